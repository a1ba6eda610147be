"""
Chaos: the reference products at work while everything that can die, stall, lie or come twice does so.

Knows: how to start the parts of an installation as processes, how to harm them on a seeded schedule, and how to judge
afterwards what happened outside against what the ledger says. Refuses to know how the guard decides. Invariants: the
judge trusts only the book of effects, which no guarded process writes without being recorded, and the ledger; a check
that finds nothing to check is a finding.
"""
