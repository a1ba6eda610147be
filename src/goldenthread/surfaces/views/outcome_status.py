"""The outcomes of a slice as they stand: for its product owner and for the owners of the data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from goldenthread.control.guard import Desk
from goldenthread.control.windows import Line, flags_due, holding, lines
from goldenthread.promise.values import Level
from goldenthread.surfaces.views.kept import kept
from goldenthread.surfaces.views.people_work import PeopleWork, people_work


@dataclass(frozen=True, kw_only=True)
class OutcomeStatusLine:
    """One line. `before` and `now` are in the unit of the target; `now` is empty where nothing is measured."""

    path: str
    metric: str
    before_after: str
    before: str
    now: str
    state: str
    due: date | None
    owner: str
    cases: int
    measured_over: str | None
    baseline_signed: bool
    source_stated: bool
    words: str


@dataclass(frozen=True, kw_only=True)
class FlagView:
    """A red flag; `onset` is when it was put on record, None where no tick has run since."""

    name: str
    owner: str
    onset: datetime | None
    words: str


@dataclass(frozen=True, kw_only=True)
class OutcomeStatus:
    """All of them; `holds` says why no level rises for it, None where nothing is held."""

    slice: str
    at: datetime
    words: str
    holds: str | None
    lines: tuple[OutcomeStatusLine, ...]
    flags: tuple[FlagView, ...]
    work: PeopleWork | None = None


@kept("outcome status")
def outcome_status(desk: Desk) -> OutcomeStatus:
    """
    The outcomes of a slice as of the ledger's clock.

    Raises:
        ContractNotFound: The slice has no contract.
    """
    contract, standing = desk.contract(), desk.standing()
    windows, now = standing.windows, max(desk.ledger.clock(), standing.now)
    held = holding(contract, windows, now, Level.EXPANDED)
    flags = flags_due(contract, windows, now, climbed=standing.climbed)
    return OutcomeStatus(
        slice=desk.slice,
        at=now,
        words=held or "outcomes hold nothing back",
        holds=held,
        lines=tuple(_line(one) for one in lines(contract, windows, now)),
        flags=tuple(
            FlagView(
                name=name,
                owner=flag.owner,
                onset=windows.flags[name].at if name in windows.flags else None,
                words=flag.words,
            )
            for name, flag in sorted(flags.items())
        ),
        work=people_work(contract, standing),
    )


def _line(line: Line) -> OutcomeStatusLine:
    unit = line.shift.target.unit
    return OutcomeStatusLine(
        path=line.path,
        metric=line.shift.metric,
        before_after=line.shift.before_after,
        before=_figure(line.before, unit) + ("" if line.baseline is not None else " (contract)"),
        now=_figure(line.measured, unit) if line.measured is not None else "",
        state=line.state,
        due=line.due.date() if line.due is not None else None,
        owner=line.shift.owner,
        cases=line.cases,
        measured_over=str(line.span) if line.span is not None else None,
        baseline_signed=line.baseline is not None,
        source_stated=line.source,
        words=line.words,
    )


def _figure(value: Decimal, unit: str) -> str:
    return f"{value:f} {unit}".strip()
