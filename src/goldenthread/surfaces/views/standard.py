"""The standard metrics of a slice as a page or a command shows them: in words, with the contract's line beside."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

from goldenthread.control.guard import Desk
from goldenthread.control.workflow import Budget
from goldenthread.promise.contract import Contract
from goldenthread.record.metrics import STANDARD, StandardMetric, folder_of
from goldenthread.record.metrics.facts import (
    Days,
    Facts,
    LineState,
    Measured,
    facts_as_of,
    facts_in_memory,
    line_states,
    open_facts,
    read_manifest,
    refresh,
    take_costs,
)
from goldenthread.record.store import Home
from goldenthread.surfaces.views.budget import budget_at
from goldenthread.surfaces.views.costs import cost_facts
from goldenthread.surfaces.views.figures import count, in_unit

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, kw_only=True)
class SliceMetrics:
    """
    All standard metrics of a slice over some days.

    Attributes:
        parts: By day, level, fingerprint or source, where that was asked; else empty.
        lines: Of the contract's workflow, each held against these days.
        budget: The error budget at the end of these days, as it holds promotions; None where there is none, with
            `as_of`, and where only facts were asked.
        refused: Records of the slice that could not be read, and count for nothing.
        as_of: By what was known at this instant; None for now.
    """

    slice: str
    days: Days
    whole: tuple[Measured, ...]
    parts: tuple[Measured, ...]
    lines: tuple[LineState, ...]
    budget: Budget | None = None
    refused: int = 0
    as_of: datetime | None = None

    def line(self, metric: str) -> LineState | None:
        """The contract's line of a metric."""
        return next((one for one in self.lines if one.metric == metric), None)

    def record(self) -> dict[str, Any]:
        """As JSON: exact counts, and values as numbers."""
        budget = self.budget
        return {
            "slice": self.slice,
            "first_day": self.days.first.isoformat(),
            "last_day": self.days.last.isoformat(),
            "as_of": None if self.as_of is None else self.as_of.isoformat(),
            "metrics": [one.record() for one in self.whole],
            "parts": [{**one.record(), "part": part_words(one)} for one in self.parts],
            "lines": [vars_of(one) for one in self.lines],
            "budget": None
            if budget is None
            else {
                "budget": budget.text,
                "state": "fails" if budget.is_spent else "holds",
                "cases": budget.cases,
                "errors": budget.failed,
                "allowed": budget.allowed,
                "spent": budget.spent,
                "burn": budget.burn,
            },
            "refused": self.refused,
        }


def slice_metrics(
    home: Home,
    desk: Desk,
    *,
    days: Days,
    by: str | None = None,
    as_of: datetime | None = None,
) -> SliceMetrics:
    """
    Bring the facts up to date and ask them; with `as_of`, by what was known then, from the ledger alone.

    Raises:
        MetricUnknown: Metrics are not kept apart by that.
        MetricsDamaged, MetricsForeign, MetricsUnwritable: The facts of this home cannot be used.
    """
    if as_of is not None:
        with facts_in_memory(facts_as_of(desk.ledger, desk.slice, as_of)) as facts:
            return replace(metrics_of(facts, desk.held_to(), days, by=by), as_of=as_of)
    folder = folder_of(home.path)
    refresh(folder, desk.ledger)
    with open_facts(folder) as facts:
        found = metrics_of(facts, desk.held_to(), days, by=by)
    return replace(found, budget=budget_now(desk, days), refused=read_manifest(folder).refused.get(desk.slice, 0))


def take_in_costs(home: Home, desk: Desk, days: Days) -> int:
    """
    Put what cases cost, of which a run began on these days, beside their other facts; how many cost something else now.

    Raises:
        ContractNotFound: The slice has no contract.
        PricesInvalid, TelemetryDamaged, MetricsDamaged, MetricsUnwritable: What it rests on cannot be used.
    """
    begins = datetime.combine(days.first, time(), UTC)
    costs = cost_facts(desk, home.path, begins, instant_after(days.last))
    return take_costs(folder_of(home.path), desk.slice, costs) if costs else 0


def metrics_of(facts: Facts, contract: Contract, days: Days, *, by: str | None = None) -> SliceMetrics:
    """
    What the facts say now of a contract's slice, without bringing them up to date.

    Args:
        facts: To ask.
        contract: Whose lines are held against these days.
        days: Over which.
        by: To be kept apart by day, level, fingerprint or source.
    """
    whole = facts.measure(days, slice_name=contract.slice) or _nothing(contract.slice, days)
    parts = facts.measure(days, slice_name=contract.slice, by=by) if by is not None else []
    lines = line_states(facts, contract, whole, days)
    return SliceMetrics(slice=contract.slice, days=days, whole=tuple(whole), parts=tuple(parts), lines=lines)


def budget_now(desk: Desk, days: Days) -> Budget | None:
    """The error budget at the end of these days, or now where they are not over; None where there is none."""
    return budget_at(desk, min(max(desk.ledger.clock(), desk.outline().now), instant_after(days.last)))


def value_words(one: Measured) -> str:
    """`63.2 %`, `p50 3 min, p90 2 d`, `0.41 EUR/case`; 'unknown' where nothing was measured."""
    if one.metric.kind == "quantile":
        known = [(percent, one.quantile(percent)) for percent in one.metric.quantiles]
        return ", ".join(f"p{percent} {_time(value)}" for percent, value in known if value is not None) or "unknown"
    if one.value is None:
        mixed = one.metric.kind == "mean" and one.known
        return f"unknown: several currencies ({one.currencies[0]} to {one.currencies[1]})" if mixed else "unknown"
    if one.metric.kind == "rate":
        return in_unit(float(one.value), "%") + _range_words(one)
    if one.metric.kind == "mean":
        return in_unit(float(one.value), f"{one.currency}/case" if one.currency else "a case")
    return in_unit(float(one.value), one.metric.unit)


def _range_words(one: Measured) -> str:
    """What a rate can still become."""
    if one.range is None or not one.pending:
        return ""
    least, most = (f"{float(end) * 100:.1f}" for end in one.range)
    return f" ({least} to {most})"


def worth(metric: StandardMetric, value: int | None) -> str:
    """What one run says of a metric, in words."""
    if value is None:
        return "pending"
    match metric.kind:
        case "rate":
            return "yes" if value else "no"
        case "quantile":
            return _time(Fraction(value, 1_000_000))
        case "mean":
            return in_unit(value / 1_000_000, "")
        case _:
            return "counted"


def part_words(one: Measured) -> str | None:
    """Which part it is of; a day as `2026-11-21`."""
    return (_EPOCH + timedelta(days=one.part)).isoformat() if isinstance(one.part, int) else one.part


def line_words(one: LineState | None) -> str:
    """`<= 35 %: holds`, or why nobody knows."""
    if one is None:
        return ""
    return f"{one.clause}: {one.state}" + (f", {one.why}" if one.why else "")


def budget_words(budget: Budget) -> str:
    """How much of an error budget is spent, and how fast."""
    left = math.ceil(budget.allowed) - 1 - budget.failed
    more = f"{count(left, 'more case')} may go wrong before it is" if left > 0 else "no more case may go wrong"
    spent = (
        "spent: no level rises and no release is signed"
        if budget.is_spent
        else f"{budget.spent * 100:.0f} % spent, {more}"
    )
    return (
        f"Error budget, {budget.text}: {count(budget.failed, 'error')} of {budget.allowed:.3g} allowed, with "
        f"{count(budget.cases, 'case')} ended; {spent}; burn in the last fourth of it {budget.burn:.2g} (1 just lasts)."
    )


def instant_after(day: date) -> datetime:
    """The last instant of a day, UTC."""
    return datetime.combine(day + timedelta(days=1), time(), UTC) - timedelta(microseconds=1)


def vars_of(line: LineState) -> dict[str, str]:
    """A line as JSON."""
    return {"metric": line.metric, "clause": line.clause, "state": line.state, "why": line.why}


def _nothing(slice_name: str, days: Days) -> list[Measured]:
    return [Measured(slice=slice_name, metric=metric, known=0, days=days.count) for metric in STANDARD.values()]


def _time(value: Fraction) -> str:
    return in_unit(float(value), "d")
