"""What the work of a slice cost: in all, by day and a case; and one case with every figure behind it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from goldenthread.control.costs import CaseCost, CostFact, Part, SliceCosts, run_costs, slice_costs, together
from goldenthread.control.guard import Desk
from goldenthread.promise.errors import CaseUnknown, TelemetryMissing
from goldenthread.record.costs import Figure, Prices, load_stated

if TYPE_CHECKING:
    from pathlib import Path

    from goldenthread.record.telemetry import Telemetry


@dataclass(frozen=True, kw_only=True)
class DayCost:
    """Cases whose first run began on a day, UTC; `whole` of them are known in full. Amounts are millionths."""

    day: date
    cases: int
    whole: int
    models: Part
    tools: Part
    people: Part

    @property
    def amounts(self) -> Mapping[str, int]:
        """What is known, by currency."""
        return together((self.models, self.tools, self.people)).amounts


@dataclass(frozen=True, kw_only=True)
class CostView:
    """
    What a slice's cases cost, of which a run began in [begins, ends).

    Attributes:
        cases: How many; `whole` of them are known in full.
        models, tools, people: Of all of them together, in millionths by currency.
        a_case_micros: What a case cost on average, in `currency`; None unless every case is known in full.
        stray: Model calls that belong to no run.
        tables: Versions of prices, and exchange rates.
        differing: Model calls whose cost by their sender is another than ours.
        reviews: How many were measured, stated by the contract, or neither.
    """

    slice: str
    begins: datetime
    ends: datetime
    currency: str
    cases: int
    whole: int
    models: Part
    tools: Part
    people: Part
    a_case_micros: int | None
    days: tuple[DayCost, ...]
    stray: Part
    tables: tuple[str, ...]
    differing: int
    reviews: Mapping[str, int]

    @property
    def all(self) -> Part:
        """The three parts as one."""
        return together((self.models, self.tools, self.people))


@dataclass(frozen=True, kw_only=True)
class CaseCostView:
    """One case with its parts, and each of its model calls."""

    case: str
    cost: CaseCost
    total_micros: int | None
    calls: tuple[Figure, ...]


def cost_view(desk: Desk, home: Path, *, days: int, now: datetime) -> CostView:
    """
    What the cases of the last days cost, today's too.

    Args:
        desk: Of the slice.
        home: Where its telemetry lies.
        days: How many, UTC; today is one.
        now: Aware.

    Raises:
        ContractNotFound: The slice has no contract.
        PricesInvalid, TelemetryDamaged: What they rest on cannot be read.
    """
    today = datetime.combine(now.astimezone(UTC).date(), datetime.min.time(), UTC)
    begins, ends = today - timedelta(days=days - 1), today + timedelta(days=1)
    found = _costs(desk, home, begins, ends)
    costs = list(found.cases.values())
    facts = [cost.fact for cost in costs]
    totals = [fact.total_micros for fact in facts if fact.total_micros is not None]
    return CostView(
        slice=desk.slice,
        begins=begins,
        ends=ends,
        currency=found.currency or "USD",
        cases=len(costs),
        whole=len(totals),
        models=together(cost.models for cost in costs),
        tools=together(cost.tools for cost in costs),
        people=together(cost.people for cost in costs),
        a_case_micros=round(sum(totals) / len(totals)) if totals and len(totals) == len(costs) else None,
        days=tuple(_days(costs)),
        stray=found.stray,
        tables=tuple(sorted({table for cost in costs for table in cost.tables})),
        differing=sum(cost.differing for cost in costs),
        reviews={way: sum(cost.reviews.get(way, 0) for cost in costs) for way in ("measured", "stated", "unknown")},
    )


def case_cost_view(desk: Desk, home: Path, case: str) -> CaseCostView:
    """
    What a case cost, over all of its runs.

    Raises:
        CaseUnknown: The slice had no run of that case.
        ContractNotFound, PricesInvalid, TelemetryDamaged: As `cost_view`.
    """
    case_ref = desk.ledger.vault.ref(desk.slice, case)
    rows = desk.read_rows(
        "select min(started_at) as first, max(started_at) as last from run where slice = %s and case_ref = %s",
        desk.slice,
        case_ref,
    )
    if rows[0]["first"] is None:
        raise CaseUnknown(
            f"No run of '{desk.slice}' worked on a case '{case}'. See `goldenthread case list {desk.slice}`."
        )
    found = _costs(desk, home, rows[0]["first"], rows[0]["last"] + timedelta(microseconds=1))
    cost = found.cases[case_ref]
    calls = tuple(figure for run in cost.runs for figure in found.figures.get(run, ()))
    return CaseCostView(case=case, cost=cost, total_micros=cost.fact.total_micros, calls=calls)


def cost_facts(desk: Desk, home: Path, begins: datetime, ends: datetime) -> dict[str, CostFact]:
    """What each case cost of which a run began in [begins, ends), by pseudonym, as plain numbers; as `cost_view`."""
    return {case: cost.fact for case, cost in _costs(desk, home, begins, ends).cases.items()}


def run_cost_views(desk: Desk, home: Path, runs: Collection[str]) -> dict[str, CaseCost]:
    """What each of some runs cost, by id; as `run_costs`."""
    prices = _prices(desk)
    telemetry = _telemetry(home)
    if telemetry is None:
        return run_costs(desk, prices, None, runs)
    with telemetry:
        return run_costs(desk, prices, telemetry, runs)


def _costs(desk: Desk, home: Path, begins: datetime, ends: datetime) -> SliceCosts:
    prices = _prices(desk)
    telemetry = _telemetry(home)
    if telemetry is None:
        return slice_costs(desk, prices, None, begins, ends)
    with telemetry:
        return slice_costs(desk, prices, telemetry, begins, ends)


def _prices(desk: Desk) -> Prices:
    return load_stated(desk.ledger).prices()


def _telemetry(home: Path) -> Telemetry | None:
    """What is stored there; None where nothing is, or the extra that reads it is not installed."""
    if not (home / "telemetry").is_dir():
        return None
    try:
        from goldenthread.record.telemetry import Places, Telemetry
    except TelemetryMissing:
        return None
    return Telemetry(Places.of(home))


def _days(costs: Iterable[CaseCost]) -> Iterable[DayCost]:
    by_day: dict[date, list[CaseCost]] = {}
    for cost in costs:
        by_day.setdefault(cost.at.astimezone(UTC).date(), []).append(cost)
    for day, of_day in sorted(by_day.items()):
        yield DayCost(
            day=day,
            cases=len(of_day),
            whole=sum(cost.fact.total_micros is not None for cost in of_day),
            models=together(cost.models for cost in of_day),
            tools=together(cost.tools for cost in of_day),
            people=together(cost.people for cost in of_day),
        )
