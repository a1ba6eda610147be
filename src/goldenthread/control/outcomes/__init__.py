"""
Outcomes: what a business number was before, what it is now, whether that was the agent, and why it moved.

Knows contracts' outcome lines, their data owners, their sources, and which runs stand behind a case's value. Refuses
to know how a table is read and how a level is earned. Invariants: only the line's own data owner states a source and
freezes a baseline; a difference names the design behind it and how strong that is; an explanation adds up exactly;
nobody has to look for an overdue outcome to hold what it must.
"""

from goldenthread.control.outcomes.comparing import DESIGNS, Delta, outcome_delta
from goldenthread.control.outcomes.explaining import Explained, explain_outcome
from goldenthread.control.outcomes.joining import Joined, joined
from goldenthread.control.outcomes.pasting import PERIOD_COLUMNS, state_values
from goldenthread.control.outcomes.people import FrozenWork, freeze_work
from goldenthread.control.outcomes.reading import OutcomeReading, read_outcome
from goldenthread.control.outcomes.stating import Frozen, freeze_baseline, hold_out, require_line, state_source
from goldenthread.control.outcomes.tracing import Above, Behind, Thread, above_run, behind_outcome, case_of, run_of
from goldenthread.control.outcomes.watching import tick_outcomes

__all__ = [
    "DESIGNS",
    "PERIOD_COLUMNS",
    "Above",
    "Behind",
    "Delta",
    "Explained",
    "Frozen",
    "FrozenWork",
    "Joined",
    "OutcomeReading",
    "Thread",
    "above_run",
    "behind_outcome",
    "case_of",
    "explain_outcome",
    "freeze_baseline",
    "freeze_work",
    "hold_out",
    "joined",
    "outcome_delta",
    "read_outcome",
    "require_line",
    "run_of",
    "state_source",
    "state_values",
    "tick_outcomes",
]
