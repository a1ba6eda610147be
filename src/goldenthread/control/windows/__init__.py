"""
Windows: what a contract promised by when, what was measured of it, and what that holds back.

Knows outcome lines, sources, baselines and readings on record, and the flags that follow. Refuses to know where values
are kept and how they are read: no I/O, no clock. Invariants: a window runs from the first live case, and no later
version begins it again; no data is never a pass; only the word of the line's own data owner counts; whether a level may
rise follows from records alone, so that a replay finds the same.
"""

from goldenthread.control.windows.flags import FLAGS, Flag, flags_due
from goldenthread.control.windows.holding import holding
from goldenthread.control.windows.lines import (
    Line,
    Span,
    in_target_unit,
    line_of,
    lines,
    measured_record,
    span_of,
    statistic_of,
)
from goldenthread.control.windows.windows import (
    ASK,
    BASELINE,
    FLAG,
    HOLDOUT,
    READ,
    SOURCE,
    STATED_KINDS,
    STATUS_QUO,
    UNFLAG,
    WINDOW_KINDS,
    Baseline,
    Holdout,
    Read,
    Stated,
    Windows,
    WordProblem,
    unheard,
)

__all__ = [
    "ASK",
    "BASELINE",
    "FLAG",
    "FLAGS",
    "HOLDOUT",
    "READ",
    "SOURCE",
    "STATED_KINDS",
    "STATUS_QUO",
    "UNFLAG",
    "WINDOW_KINDS",
    "Baseline",
    "Flag",
    "Holdout",
    "Line",
    "Read",
    "Span",
    "Stated",
    "Windows",
    "WordProblem",
    "flags_due",
    "holding",
    "in_target_unit",
    "line_of",
    "lines",
    "measured_record",
    "span_of",
    "statistic_of",
    "unheard",
]
