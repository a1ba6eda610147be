"""
Slicing: parts of a process that an agent might own, found in a log, ranked, valued, and drafted as a contract.

Knows what a log shows, and asks the rooms that score, value and draft. Refuses to guess what a log does not tell: what
a case is about, whether it can be taken back, what a mistake costs; it says who must say it, and on which assumption a
draft was planned. Invariants: every number comes with where it is from; nothing that waits for a timer counts as work;
the draft of the best slice cannot be signed before its owner has answered.
"""

from goldenthread.factory.slicing.drafts import TO_BE_NAMED, SliceDraft, draft_of, problem_of
from goldenthread.factory.slicing.parts import KINDS, Cut, Part, parts_of
from goldenthread.factory.slicing.saying import said_fact, said_value
from goldenthread.factory.slicing.shortlist import ASSUMED, Said, Shortlist, Taken, shortlist_of
from goldenthread.factory.slicing.words import (
    TAKEN_INSTEAD,
    TO_BEGIN_WITH,
    WHAT_IT_MUST_HAVE,
    draft_text,
    freedom,
    scores,
    shortlist_text,
    worth_lines,
    worth_words,
)

__all__ = [
    "ASSUMED",
    "KINDS",
    "TAKEN_INSTEAD",
    "TO_BEGIN_WITH",
    "TO_BE_NAMED",
    "WHAT_IT_MUST_HAVE",
    "Cut",
    "Part",
    "Said",
    "Shortlist",
    "SliceDraft",
    "Taken",
    "draft_of",
    "draft_text",
    "freedom",
    "parts_of",
    "problem_of",
    "said_fact",
    "said_value",
    "scores",
    "shortlist_of",
    "shortlist_text",
    "worth_lines",
    "worth_words",
]
