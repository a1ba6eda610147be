"""The cost of each case of a slice: model calls, tools and people's reviews, joined by run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from goldenthread.control.costs.models import model_costs
from goldenthread.control.costs.parts import together
from goldenthread.control.costs.people import REVIEW_KINDS, Review, review_cost, reviews_of
from goldenthread.control.costs.records import CaseCost, SliceCosts, Way
from goldenthread.control.costs.tools import tool_calls
from goldenthread.control.guard import Desk
from goldenthread.promise.contract import Contract
from goldenthread.record.costs import Prices

if TYPE_CHECKING:
    from goldenthread.record.telemetry import Telemetry

_RUNS = """
select id, case_ref, contract_version, source, started_seq, started_at from run
where slice = %s and started_at >= %s and started_at < %s order by started_seq
"""
_NAMED = """
select id, case_ref, contract_version, source, started_seq, started_at from run
where slice = %s and id = any(%s) order by started_seq
"""


def slice_costs(
    desk: Desk, prices: Prices, telemetry: Telemetry | None, begins: datetime, ends: datetime
) -> SliceCosts:
    """
    What each case cost of which a run began in [begins, ends).

    Args:
        desk: Of the slice.
        prices: By which model calls are priced, and money is exchanged.
        telemetry: Stored spans; None where there are none, and then what models cost is unknown.
        begins, ends: Aware.

    Raises:
        ContractNotFound: The slice has no contract.
        TelemetryDamaged: Spans cannot be read.
    """
    rows = [_RunRow(**row) for row in desk.read_rows(_RUNS, desk.slice, begins, ends)]
    found = _Gathered(desk, prices, telemetry, rows, begins, ends)
    return SliceCosts(
        slice=desk.slice,
        begins=begins,
        ends=ends,
        cases=_by_case(found.costs()),
        stray=found.models.stray,
        currency=found.currency,
        figures=found.models.figures,
    )


def run_costs(desk: Desk, prices: Prices, telemetry: Telemetry | None, runs: Collection[str]) -> dict[str, CaseCost]:
    """
    What each of some runs cost by itself, by its id; those that the slice does not have are left out.

    Args:
        desk, prices, telemetry: As `slice_costs`; so are the errors.
        runs: Their ids.
    """
    rows = [_RunRow(**row) for row in desk.read_rows(_NAMED, desk.slice, list(runs))]
    if not rows:
        return {}
    begins = min(row.started_at for row in rows)
    found = _Gathered(desk, prices, telemetry, rows, begins, begins)
    return {cost.runs[0]: cost for cost in found.costs()}


def currency_of(contract: Contract) -> str | None:
    """The money that a contract speaks of: of its rates and prices, else of its outcome lines; None where of none."""
    costs = contract.costs
    if costs is not None and costs.people:
        return next(iter(costs.people.values())).unit.removesuffix("/h")
    if costs is not None and costs.tools is not None:
        return costs.tools.unit
    prices = (action.costs.unit for action in contract.actions.values() if action.costs is not None)
    lines = (shift.target.unit.partition("/") for shift in contract.shifts.values())
    return next(prices, None) or next((money for money, _, per in lines if per == "case" and len(money) == 3), None)


@dataclass(frozen=True, kw_only=True)
class _RunRow:
    id: str
    case_ref: str
    contract_version: int | None
    source: str
    started_seq: int
    started_at: datetime


class _Gathered:
    """Everything that is known of what some runs cost, looked up once for all of them."""

    def __init__(
        self,
        desk: Desk,
        prices: Prices,
        telemetry: Telemetry | None,
        rows: list[_RunRow],
        begins: datetime,
        ends: datetime,
    ) -> None:
        self.rows = rows
        self.principals = desk.principals()
        self.slice = desk.slice
        self.currency = currency_of(desk.contract())
        self.versions = {number: version.contract for number, version in desk.standing().versions.items()}
        runs = {row.id: row.case_ref for row in rows}
        free = {row.id for row in rows if _pays_no_models(self.contract(row))}
        self.models = model_costs(desk, prices, telemetry, runs, free, self.currency, begins, ends)
        since = min((row.started_seq for row in rows), default=1)
        self.tools = tool_calls(desk, list(runs), since)
        self.reviews = _reviews(desk, since)

    def contract(self, row: _RunRow) -> Contract | None:
        """The version of the contract under which a run began."""
        return self.versions.get(row.contract_version or 0)

    def costs(self) -> Iterator[CaseCost]:
        """Of each run, in the order in which they began."""
        return map(self._cost, self.rows)

    def _cost(self, row: _RunRow) -> CaseCost:
        people, ways = review_cost(self.reviews.get(row.id, ()), self.contract(row), self.principals)
        figures = self.models.figures.get(row.id, ())
        said = [figure.said_micros for figure in figures if figure.said_micros is not None]
        return CaseCost(
            slice=self.slice,
            case_ref=row.case_ref,
            runs=(row.id,),
            at=row.started_at,
            models=self.models.parts[row.id],
            tools=self.tools[row.id].cost(self.versions, row.contract_version),
            people=people,
            currency=self.currency,
            said_micros=sum(said) if said else None,
            tables=_sorted(words for figure in figures for words in (figure.table, figure.rate)),
            reviews=ways,
            differing=sum(figure.differs for figure in figures),
        )


def _by_case(costs: Iterable[CaseCost]) -> dict[str, CaseCost]:
    found: dict[str, CaseCost] = {}
    for cost in costs:
        before = found.get(cost.case_ref)
        found[cost.case_ref] = cost if before is None else _joined(before, cost)
    return found


def _joined(one: CaseCost, other: CaseCost) -> CaseCost:
    said = [cost.said_micros for cost in (one, other) if cost.said_micros is not None]
    ways: tuple[Way, ...] = ("measured", "stated", "unknown")
    return CaseCost(
        slice=one.slice,
        case_ref=one.case_ref,
        runs=(*one.runs, *other.runs),
        at=one.at,
        models=together((one.models, other.models)),
        tools=together((one.tools, other.tools)),
        people=together((one.people, other.people)),
        currency=one.currency,
        said_micros=sum(said) if said else None,
        tables=_sorted((*one.tables, *other.tables)),
        reviews={way: n for way in ways if (n := one.reviews.get(way, 0) + other.reviews.get(way, 0))},
        differing=one.differing + other.differing,
    )


def _reviews(desk: Desk, since: int) -> dict[str, list[Review]]:
    """Reviews by run; one of an item that was asked before the first of the runs belongs to none of them."""
    found: dict[str, list[Review]] = {}
    for review in reviews_of(desk.ledger.read(desk.slice, after=since - 1, kinds=REVIEW_KINDS)):
        found.setdefault(review.run, []).append(review)
    return found


def _pays_no_models(contract: Contract | None) -> bool:
    return contract is not None and contract.costs is not None and not contract.costs.models


def _sorted(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({word for word in words if word}))
