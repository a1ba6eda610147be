"""
Drafts of contracts: what somebody is still writing, kept until they commit it or throw it away.

Knows a text, whose it is, which slice it is meant for, and how often it was saved. Refuses to know contracts, rules and
signatures: a draft is no record, binds nobody, and stands in no chain. Invariants: a draft is its author's alone; what
was saved survives any crash; nothing is saved over a text that its author has not seen, unless they say so, and then
that text is kept as a draft of its own.
"""

from goldenthread.record.drafts.drafts import LARGEST, MOST, Draft, Drafts, Line
from goldenthread.record.drafts.schema import DRAFTS_SCHEMA

__all__ = ["DRAFTS_SCHEMA", "LARGEST", "MOST", "Draft", "Drafts", "Line"]
