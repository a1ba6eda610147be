"""
Vigilance: whether people still look, and so what their approvals weigh as labels.

Knows checks (questions whose right answer is known), questions that two people answered apart, and times; when an
approver is flagged and when cleared. Refuses to know where items are kept, how they are asked, and who may answer:
no I/O, no clock, no chance. Invariants: an approver who looks is flagged at most at the stated rate, however long
they are watched; being quick flags nobody; of two people who differ, neither is flagged by the other alone;
nobody clears themselves.
"""

from goldenthread.control.vigilance.figures import Agreement, Answered, Times, agreement_of, times_of
from goldenthread.control.vigilance.judging import TOLERATED_ALONE, TOLERATED_MISSES
from goldenthread.control.vigilance.known import Known, Past, altered, as_it_was, read_known
from goldenthread.control.vigilance.watching import (
    ANSWER,
    ASK,
    CLEAR,
    FLAG,
    Pair,
    Vigilance,
    Watched,
    WordProblem,
    unheard,
)

VIGILANCE_KINDS = (ANSWER, FLAG, CLEAR)
"""The record kinds that the fold reads."""

__all__ = [
    "ANSWER",
    "ASK",
    "CLEAR",
    "FLAG",
    "TOLERATED_ALONE",
    "TOLERATED_MISSES",
    "VIGILANCE_KINDS",
    "Agreement",
    "Answered",
    "Known",
    "Pair",
    "Past",
    "Times",
    "Vigilance",
    "Watched",
    "WordProblem",
    "agreement_of",
    "altered",
    "as_it_was",
    "read_known",
    "times_of",
    "unheard",
]
