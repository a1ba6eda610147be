"""
Incidents: something in a slice is not as it must be, since when, whose it is, and what became of it.

Knows what the chain says that opens one (a red flag, a fall, a stop, a line that fails, a spent budget, an overdue
outcome, an anomaly), and what people said of it. Refuses to know where days come from and how anybody is told: no I/O,
no clock. Invariants: one incident for a ground at a time; so many a day and slice at most, and what is more comes the
day after; only a person closes one, by a word signed for its place; times that nobody knows are None.
"""

from goldenthread.control.incidents.fold import Incidents
from goldenthread.control.incidents.grounds import (
    BACKLOG,
    add_record,
    expired,
    grounds_due,
    is_anomaly,
    is_derived,
    may_add,
    open_record,
    recover_record,
    recoveries_due,
)
from goldenthread.control.incidents.model import (
    ADD,
    CAUSES,
    CLOSE,
    FOLDED,
    INCIDENT_KINDS,
    MOST_A_DAY,
    NOTE,
    OPEN,
    RECOVER,
    SAID_KINDS,
    TAKE,
    Ground,
    Incident,
    Said,
    WordProblem,
    unheard,
)

__all__ = [
    "ADD",
    "BACKLOG",
    "CAUSES",
    "CLOSE",
    "FOLDED",
    "INCIDENT_KINDS",
    "MOST_A_DAY",
    "NOTE",
    "OPEN",
    "RECOVER",
    "SAID_KINDS",
    "TAKE",
    "Ground",
    "Incident",
    "Incidents",
    "Said",
    "WordProblem",
    "add_record",
    "expired",
    "grounds_due",
    "is_anomaly",
    "is_derived",
    "may_add",
    "open_record",
    "recover_record",
    "recoveries_due",
    "unheard",
]
