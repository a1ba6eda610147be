"""One outcome line in full: what was promised, what it is, whether that was the agent, why it moved, and the runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from goldenthread.control.guard import Desk
from goldenthread.control.outcomes import (
    DESIGNS,
    Delta,
    Explained,
    Thread,
    behind_outcome,
    explain_outcome,
    outcome_delta,
    require_line,
)
from goldenthread.control.windows import line_of
from goldenthread.promise.errors import OutcomeError
from goldenthread.surfaces.views.kept import kept

Found = TypeVar("Found")

MOST_RUNS = 50
"""Values on the page, the largest first."""

SIDES = {
    "paired": ("by the agent", "by people"),
    "holdout": ("with the agent", "held out"),
    "before-after": ("since", "before"),
}
"""What the two sides of each design are called."""


@dataclass(frozen=True, kw_only=True)
class DifferenceView:
    """What difference the line made. `claim` says it whole; `rests_on` names the design in words."""

    claim: str
    design: str
    rests_on: str
    sides: tuple[str, ...]
    mix: str
    low: float | None
    high: float | None
    difference: float


@dataclass(frozen=True, kw_only=True)
class DriverView:
    """
    One part of why a number moved. `amount` is in words; `begin` and `end` are its place between the smallest and the
    largest figure of the split, in [0, 1], for a drawing.
    """

    name: str
    amount: str
    begin: float
    end: float
    rises: bool


@dataclass(frozen=True, kw_only=True)
class ValueView:
    """One value behind the number: of which run, '' where people did the case."""

    value: str
    day: str
    kind: str
    by: str
    run: str
    record: str


@dataclass(frozen=True, kw_only=True)
class OutcomePage:
    """
    An outcome line with all that is known of it.

    Attributes:
        state: Of the line, in a word; `words` say why.
        progress: How much of the way from before to the target was made, in percent; None where nothing is measured.
        why_no_difference: Why no difference is told; '' where one is. `why_no_drivers` and `why_no_values` likewise.
        count: Values behind the number; `values` holds the largest of them.
    """

    slice: str
    path: str
    metric: str
    owner: str
    before_after: str
    before: str
    baseline_signed: bool
    now: str
    target: str
    due: date | None
    state: str
    words: str
    progress: int | None
    cases: int
    span: str
    source_stated: bool
    difference: DifferenceView | None
    why_no_difference: str
    drivers: tuple[DriverView, ...]
    notes: tuple[str, ...]
    why_no_drivers: str
    values: tuple[ValueView, ...]
    count: int
    by: str
    why_no_values: str


def outcome_page(desk: Desk, metric: str) -> OutcomePage:
    """
    An outcome line in full.

    Raises:
        ContractNotFound: The slice has no contract.
        OutcomeUnknown: No such line.
    """
    _, shift = require_line(desk.held_to(), metric)
    return outcome_pages(desk).get(shift.metric) or _page(desk, shift.metric)


@kept("outcome lines in full")
def outcome_pages(desk: Desk) -> dict[str, OutcomePage]:
    """Every line of the contract that a slice is held to, by its metric."""
    return {shift.metric: _page(desk, shift.metric) for shift in desk.held_to().shifts.values()}


def _page(desk: Desk, metric: str) -> OutcomePage:
    path, shift = require_line(desk.held_to(), metric)
    standing = desk.standing()
    line = line_of(path, shift, standing.windows, max(desk.ledger.clock(), standing.now))
    unit = shift.target.unit
    difference, why_no_difference = _told(lambda: outcome_delta(desk, metric))
    explained, why_no_drivers = _told(lambda: explain_outcome(desk, metric))
    behind, why_no_values = _told(lambda: behind_outcome(desk, metric))
    progress = line.progress
    return OutcomePage(
        slice=desk.slice,
        path=path,
        metric=metric,
        owner=shift.owner,
        before_after=shift.before_after,
        before=_figure(line.before, unit),
        baseline_signed=line.baseline is not None,
        now=_figure(line.measured, unit) if line.measured is not None else "",
        target=_figure(shift.target.amount, unit),
        due=line.due.date() if line.due is not None else None,
        state=line.state,
        words=line.why,
        progress=int(100 * progress) if progress is not None else None,
        cases=line.cases,
        span=str(line.span) if line.span is not None else "",
        source_stated=line.source,
        difference=_difference(difference) if difference is not None else None,
        why_no_difference=why_no_difference,
        drivers=_drivers(explained, unit) if explained is not None else (),
        notes=_notes(explained) if explained is not None else (),
        why_no_drivers=why_no_drivers,
        values=_values(desk.slice, behind) if behind is not None else (),
        count=len(behind.values) if behind is not None else 0,
        by=_by(behind) if behind is not None else "",
        why_no_values=why_no_values,
    )


def _told(ask: Callable[[], Found]) -> tuple[Found | None, str]:
    """What is found, or in words why nothing is."""
    try:
        return ask(), ""
    except OutcomeError as problem:
        return None, problem.message


def _difference(found: Delta) -> DifferenceView:
    unit = "% of cases reach the target" if found.share else found.line.shift.target.unit
    now, before = SIDES[found.design]
    mix = ""
    if found.kinds > 1 or found.left_out:
        mix = f"{found.kinds} kinds of case in the same mix; {found.left_out:,} cases of other kinds are left out"
    return DifferenceView(
        claim=found.claim,
        design=found.design,
        rests_on=DESIGNS[found.design],
        sides=(
            f"{now} {found.agent:.2f} {unit} over {found.agent_cases:,} cases",
            f"{before} {found.other:.2f} {unit} over {found.other_cases:,} cases",
        ),
        mix=mix,
        low=found.low,
        high=found.high,
        difference=found.difference,
    )


def _drivers(found: Explained, unit: str) -> tuple[DriverView, ...]:
    """A fall of water: from the figure before, part by part, to the figure after."""
    cents = found.explanation.in_places(2)
    levels = [cents.before]
    for amount in cents.drivers.values():
        levels.append(levels[-1] + amount)
    low, high = min(0, *levels), max(0, *levels)
    reach = (high - low) or 1

    def place(level: int) -> float:
        return (level - low) / reach

    parts = [_part("before", cents.before, place(0), place(cents.before), unit, signed=False)]
    for (name, amount), level in zip(cents.drivers.items(), levels, strict=False):
        parts.append(_part(name, amount, place(level), place(level + amount), unit, signed=True))
    parts.append(_part("after", cents.after, place(0), place(cents.after), unit, signed=False))
    return tuple(parts)


def _part(name: str, amount: int, begin: float, end: float, unit: str, *, signed: bool) -> DriverView:
    shown = Decimal(amount).scaleb(-2)
    words = f"{shown:+.2f}" if signed else f"{shown:.2f}"
    return DriverView(
        name=name, amount=f"{words} {unit}".strip(), begin=min(begin, end), end=max(begin, end), rises=end >= begin
    )


def _notes(found: Explained) -> tuple[str, ...]:
    notes = []
    if not found.kinds:
        notes.append("The values name no kinds of case, so mix cannot be told and stays in the rest.")
    if not found.explanation.priced:
        notes.append("The values name no units, so no price can be told and stays in the rest.")
    return tuple(notes)


def _values(slice_name: str, found: Thread) -> tuple[ValueView, ...]:
    unit = found.line.shift.target.unit
    return tuple(
        ValueView(
            value=_figure(one.value, unit),
            day=one.day,
            kind=one.kind,
            by=one.arm,
            run=one.run,
            record=f"{slice_name}#{one.since}",
        )
        for one in found.values[:MOST_RUNS]
    )


def _by(found: Thread) -> str:
    return " and ".join(f"{count:,} by {arm if arm == 'people' else 'the agent'}" for arm, count in found.by.items())


def _figure(value: Decimal, unit: str) -> str:
    return f"{value:f} {unit}".strip()
