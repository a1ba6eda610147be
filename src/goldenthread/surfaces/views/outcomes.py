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
    runs from the first live case; None before there is one. `state` is of `control.windows.STATES`; `before` is what
    the owner signed as measured, or else the contract's own figure, and `target` what it shall be. `progress` is the
    share of the way from the one to the other, 1 all of it; None where nothing is measured.
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
    state: str
    before: str
    baseline_signed: bool
    target: str
    span: str | None
    progress: float | None

    @property
    def figures(self) -> tuple[str, str | None, str]:
        """What it was, is (None: unknown) and shall be, with the unit named once where it is the same."""
        unit = self.target.partition(" ")[2]
        before, now = (one if one is None else one.removesuffix(f" {unit}") for one in (self.before, self.measured))
        return str(before), now, self.target


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
        state=known.state,
        before=f"{known.before:f} {shift.target.unit}".strip(),
        baseline_signed=known.baseline is not None,
        target=str(shift.target),
        span=str(known.span) if known.span is not None else None,
        progress=float(known.progress) if known.progress is not None else None,
    )
