"""Outcome lines: what was promised, by whom it is measured, and what is known of it so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from goldenthread.control.autonomy import Standing
from goldenthread.control.guard import Desk
from goldenthread.control.windows import Line, lines
from goldenthread.promise.contract import Contract
from goldenthread.surfaces.views.kept import kept


@dataclass(frozen=True, kw_only=True)
class OutcomeLine:
    """
    One outcome or adoption line.

    `measured` is None while nobody has measured it: unknown, never zero. `due` is the end of the window, which
    runs from the first live case; None before there is one.
    """

    path: str
    text: str
    metric: str
    before_after: str
    window: str
    owner: str
    measured: str | None
    cases: int
    due: date | None
    words: str


def outcome_lines(contract: Contract, standing: Standing) -> tuple[OutcomeLine, ...]:
    """Every outcome and adoption line of a contract, in the file's order."""
    return tuple(_line(one) for one in lines(contract, standing.windows, standing.now))


@kept("outcomes")
def outcomes_of(desk: Desk) -> dict[int, tuple[OutcomeLine, ...]]:
    """The lines of each version of a slice's contract."""
    standing = desk.standing()
    return {number: outcome_lines(version.contract, standing) for number, version in standing.versions.items()}


def _line(known: Line) -> OutcomeLine:
    shift, measured = known.shift, known.measured
    return OutcomeLine(
        path=known.path,
        text=str(shift),
        metric=shift.metric,
        before_after=shift.before_after,
        window=str(shift.window),
        owner=shift.owner,
        measured=f"{measured:f} {shift.target.unit}".strip() if measured is not None else None,
        cases=known.cases,
        due=known.due.date() if known.due is not None else None,
        words=known.words,
    )
