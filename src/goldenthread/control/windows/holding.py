"""Why a proved gate does not open: an outcome that is overdue or was missed, or a flag."""

from __future__ import annotations

from datetime import datetime, timedelta

from goldenthread.control.windows.lines import lines
from goldenthread.control.windows.windows import Windows
from goldenthread.promise.contract import Contract, seconds
from goldenthread.promise.values import Level


def holding(contract: Contract, windows: Windows, now: datetime, target: Level) -> str | None:
    """
    Why no level rises to `target` at an instant, in words that name the line and who can end it; None if it may.

    It follows from the records and that instant alone, whether or not anybody has looked since.
    """
    if not windows.holds:
        return None
    if target > Level.CONSTRAINED and "adoption-without-outcome" in windows.flags:
        flag = windows.flags["adoption-without-outcome"]
        since = flag.at.date().isoformat()
        return f"A red flag stands since {since}, and no level rises above constrained: {flag.data['words']}"
    if not _any_due(contract, windows, now):
        return None
    for line in lines(contract, windows, now):
        if line.state == "overdue":
            return (
                f"The outcome '{line.shift}' is {line.words}; no level rises until {line.shift.owner} has reported it"
            )
        if line.state == "missed" and not line.is_adoption:
            return (
                f"The outcome '{line.shift}' is {line.words}; no level rises until it is reached, "
                "or all signers have agreed on another line"
            )
    return None


def _any_due(contract: Contract, windows: Windows, now: datetime) -> bool:
    """Cheaply, for every case: is any window over?"""
    if windows.first_live is None:
        return False
    return any(
        now >= windows.first_live + timedelta(seconds=float(seconds(shift.window)))
        for shift in contract.shifts.values()
    )
