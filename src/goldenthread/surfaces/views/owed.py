"""What data owners owe: every outcome line by its owner, what is overdue, and what that holds back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from goldenthread.surfaces.views.outcome_status import FlagView, OutcomeStatus, OutcomeStatusLine

STATES = ("overdue", "missed", "unknown", "running", "met")
"""In the order in which they are shown: what somebody must do first."""


@dataclass(frozen=True, kw_only=True)
class OwedLine:
    """A line of a slice; `holds`: why no level rises there, where it is for this line."""

    slice: str
    line: OutcomeStatusLine
    holds: str | None


@dataclass(frozen=True, kw_only=True)
class OwedBy:
    """All lines of one data owner, what is to be done first."""

    owner: str
    overdue: int
    lines: tuple[OwedLine, ...]


@dataclass(frozen=True, kw_only=True)
class RedFlag:
    """A red flag of a slice."""

    slice: str
    flag: FlagView


@dataclass(frozen=True, kw_only=True)
class Owed:
    """All of it; `held` counts the slices in which no level rises for an outcome."""

    overdue: int
    held: int
    owners: tuple[OwedBy, ...]
    flags: tuple[RedFlag, ...]


def owed(found: Iterable[OutcomeStatus], *, first: str | None = None) -> Owed:
    """
    Every line of some slices by owner: whoever owes most first, but `first` before all.

    Args:
        found: The outcomes of each slice.
        first: Whose stand at the top.
    """
    views = list(found)
    lines = [
        OwedLine(slice=view.slice, line=line, holds=view.holds if _holds(view, line) else None)
        for view in views
        for line in view.lines
    ]
    owners = [_of(owner, [one for one in lines if one.line.owner == owner]) for owner in _owners(lines)]
    return Owed(
        overdue=sum(one.line.state == "overdue" for one in lines),
        held=sum(view.holds is not None for view in views),
        owners=tuple(sorted(owners, key=lambda one: (one.owner != first, -one.overdue, one.owner))),
        flags=tuple(RedFlag(slice=view.slice, flag=flag) for view in views for flag in view.flags),
    )


def _owners(lines: list[OwedLine]) -> list[str]:
    return sorted({one.line.owner for one in lines})


def _of(owner: str, lines: list[OwedLine]) -> OwedBy:
    def order(one: OwedLine) -> tuple[int, date, str, str]:
        return STATES.index(one.line.state), one.line.due or date.max, one.slice, one.line.path

    return OwedBy(
        owner=owner,
        overdue=sum(one.line.state == "overdue" for one in lines),
        lines=tuple(sorted(lines, key=order)),
    )


def _holds(view: OutcomeStatus, line: OutcomeStatusLine) -> bool:
    """Whether it is for this line that no level rises: `holding` names it by its words."""
    return view.holds is not None and line.state in ("overdue", "missed") and line.words in view.holds
