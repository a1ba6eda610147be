"""
Rules of the whole organisation, beside every contract: CEL in files, versioned and signed.

Knows rules, how they are compiled and which version is in force. Refuses to know contracts and levels. Invariants:
a rule only takes away; one that cannot be evaluated forbids; nothing unsigned is in force.
"""
