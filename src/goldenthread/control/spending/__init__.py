"""
What is used up: calls, sums of arguments, tokens and money of a run, a day and a slice.

Knows the records that reserve, use and give back. Refuses to know verdicts. Invariants: derived from the chain alone;
what may have been spent counts as spent.
"""
