"""
Coverage: who can answer for a slice when, how long what waits will wait, and when a slice has been left alone.

Knows people's roles and absences, the calendar and the escalation path of a contract, and when what was asked and
answered. Refuses to know levels that were earned, actions, tables and the ledger. Invariants: plain functions, no clock
of their own; working time alone counts; who is on leave is not there; who answers is; what is unknown is said to be.
"""

from goldenthread.control.coverage.alone import NOBODY, SILENCE, Alone, Cover, Question, Watch, watch
from goldenthread.control.coverage.forecast import AHEAD, DayAhead, Forecast, Lines, Range, forecast
from goldenthread.control.coverage.gaps import Gap, Shift, gaps, shifts
from goldenthread.control.coverage.measured import LOOKS_BACK, Asked, Measured, measure
from goldenthread.control.coverage.presence import Presence, Stretch, presence, presences

__all__ = [
    "AHEAD",
    "LOOKS_BACK",
    "NOBODY",
    "SILENCE",
    "Alone",
    "Asked",
    "Cover",
    "DayAhead",
    "Forecast",
    "Gap",
    "Lines",
    "Measured",
    "Presence",
    "Question",
    "Range",
    "Shift",
    "Stretch",
    "Watch",
    "forecast",
    "gaps",
    "measure",
    "presence",
    "presences",
    "shifts",
    "watch",
]
