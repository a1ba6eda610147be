"""
Factory: finding the work worth giving to an agent, and looking after all that agents do.

Knows logs of work, what they show, and what follows for a contract. Refuses to know pages, commands and agents at run
time. Invariant: a figure says what it counts, over what, and what was left out of it.
"""
