"""Outcome lines: what was promised, by whom it is measured, and what is known of it so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from goldenthread.control.autonomy import Standing
from goldenthread.control.windows import Line, line_of
from goldenthread.promise.contract import Contract, Shift, seconds
from goldenthread.record.ledger import Ledger
from goldenthread.surfaces.views.figures import count, in_unit
from goldenthread.surfaces.views.rows import select


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


def outcome_lines(contract: Contract, standing: Standing, first_live: datetime | None) -> tuple[OutcomeLine, ...]:
    """Every outcome and adoption line of a contract, in the file's order."""
    return tuple(_line(path, shift, standing, first_live) for path, shift in contract.shifts.items())


def first_live_starts(ledger: Ledger) -> dict[str, datetime]:
    """When the first live case of each slice began, by slice; slices without one are absent."""
    rows = select(ledger, "select slice, min(started_at) as began from run where source = 'live' group by slice")
    return {row["slice"]: row["began"] for row in rows}


def _line(path: str, shift: Shift, standing: Standing, first_live: datetime | None) -> OutcomeLine:
    known = line_of(path, shift, standing.windows, standing.now)
    if known.source:
        return _read(known)
    values = sorted(_values(shift, standing))
    due = None if first_live is None else (first_live + timedelta(seconds=float(seconds(shift.window)))).date()
    measured = _statistic(shift, values) if values else None
    over = f"{measured} over {count(len(values), 'case')}, reported by {shift.owner}"
    when = f"due {due.isoformat()}" if due is not None else f"due {shift.window} after the first live case"
    unknown = f"unknown: {shift.owner} has reported nothing yet, {when}"
    return OutcomeLine(
        path=path,
        text=str(shift),
        metric=shift.metric,
        before_after=shift.before_after,
        window=str(shift.window),
        owner=shift.owner,
        measured=measured,
        cases=len(values),
        due=due,
        words=unknown if measured is None else f"{over}, {when}",
    )


def _read(known: Line) -> OutcomeLine:
    """A line whose owner has stated where its values are: by the last reading."""
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


def _values(shift: Shift, standing: Standing) -> Iterable[float]:
    """What the line's own data owner reported of live cases; nobody else's word counts."""
    for agent in standing.agents.values():
        for row in agent.rows.values():
            value = row.values.get(shift.metric)
            if value is not None and row.source == "live" and row.sources.get(shift.metric) == shift.owner:
                yield value


def _statistic(shift: Shift, ordered: list[float]) -> str:
    if shift.statistic is None or shift.statistic == "mean":
        return in_unit(sum(ordered) / len(ordered), shift.target.unit)
    share = float(shift.statistic.removeprefix("p")) / 100
    index = min(len(ordered) - 1, int(share * len(ordered)))
    return in_unit(ordered[index], shift.target.unit)
