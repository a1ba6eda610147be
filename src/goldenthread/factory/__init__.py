"""
Factory: which work is worth giving to an agent, before there is one.

Knows problems, facts of the work, and what an agent would have to be and be worth. Refuses to know screens, and to
decide anything that binds: it recommends, drafts and counts, and people sign. Invariants: pure functions over plain
records wherever nothing has to be on record; what nobody measured or stated is unknown, or a default that says so.
"""
