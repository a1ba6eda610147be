"""The cost of each case of a slice: model calls, tools and people's reviews, joined by run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from goldenthread.control.costs.models import Models, model_costs
from goldenthread.control.costs.parts import Part, together
from goldenthread.control.costs.people import REVIEW_KINDS, Review, review_cost, reviews_of
from goldenthread.control.costs.tools import ToolCalls, tool_calls
from goldenthread.control.guard import Desk
from goldenthread.promise.contract import Contract
from goldenthread.promise.errors import CaseUnknown
from goldenthread.record.costs import Figure, Prices, added_up, merged

if TYPE_CHECKING:
    from goldenthread.record.telemetry import Telemetry

Way = Literal["measured", "stated", "unknown"]

_RUNS = """
select id, case_ref, contract_version, source, started_seq, started_at from run
where slice = %s and started_at >= %s and started_at < %s order by started_seq
"""
_RUN = """
select id, case_ref, contract_version, source, started_seq, started_at from run
where slice = %s and starts_with(id, %s) order by id limit 2
"""


@dataclass(frozen=True, kw_only=True)
class CaseCost:
    """
    What a case cost, over all of its runs that began in the window; or one run of it.

    Attributes:
        slice, case_ref: Which; the pseudonym on record.
        runs: Ids, in the order in which they began.
        at: When the first of them began.
        models, tools, people: The parts.
        currency: Of the contract, into which money is exchanged where a rate is stated; None where it names none.
        said_micros: What senders say that model calls cost, in millionths of a US dollar; None where none says.
        tables: Versions of the prices that were used, and the exchange rates.
        reviews: How many were measured, stated by the contract, or neither.
        differing: Model calls whose cost by their sender is another than ours.
    """

    slice: str
    case_ref: str
    runs: tuple[str, ...]
    at: datetime
    models: Part
    tools: Part
    people: Part
    currency: str | None
    said_micros: int | None = None
    tables: tuple[str, ...] = ()
    reviews: Mapping[Way, int] = field(default_factory=dict)
    differing: int = 0

    @property
    def unknown(self) -> Mapping[str, int]:
        """What of it nobody can tell, by what it is; empty where the cost is all of it."""
        return together((self.models, self.tools, self.people)).unknown

    @property
    def amounts(self) -> Mapping[str, int]:
        """What is known, in millionths by currency."""
        return merged(part.amounts for part in (self.models, self.tools, self.people))

    @property
    def known(self) -> tuple[int, str] | None:
        """
        What is known of it, in millionths of one currency; a lower bound where `unknown` is not empty, and None where
        nothing is.

        Raises:
            ExchangeUnknown: It is of several currencies.
        """
        return added_up(self.amounts)

    def total(self, currency: str) -> int | None:
        """All of it in a currency, in millionths; None where a part is unknown, or of another currency."""
        parts = [part.micros(currency) for part in (self.models, self.tools, self.people)]
        return None if None in parts else sum(micros for micros in parts if micros is not None)


@dataclass(frozen=True, kw_only=True)
class SliceCosts:
    """
    Every case of a slice that had a run in a window, by its pseudonym, the earliest first.

    `stray` is what model calls cost that belong to no run of these, and `figures` are those of model calls, by run, for
    whoever wants to make them again.
    """

    slice: str
    begins: datetime
    ends: datetime
    cases: Mapping[str, CaseCost]
    stray: Part
    currency: str | None
    figures: Mapping[str, Sequence[Figure]] = field(default_factory=dict)


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
    return _of_rows(desk, prices, telemetry, rows, begins, ends)


def run_cost(desk: Desk, prices: Prices, telemetry: Telemetry | None, run: str) -> CaseCost:
    """
    What one run cost.

    Args:
        desk, prices, telemetry: As `slice_costs`.
        run: Its id, or how that begins.

    Raises:
        CaseUnknown: No run of that id in the slice, or several that begin so.
        ContractNotFound, TelemetryDamaged: As `slice_costs`.
    """
    found = desk.read_rows(_RUN, desk.slice, run)
    if len(found) != 1:
        raise CaseUnknown(
            f"{'Several runs' if found else 'No run'} of '{desk.slice}' {'begin' if found else 'begins'} with '{run}'. "
            f"See `goldenthread case list {desk.slice}`, and give more letters."
        )
    row = _RunRow(**found[0])
    costs = _of_rows(desk, prices, telemetry, [row], row.started_at, row.started_at)
    return costs.cases[row.case_ref]


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


def _of_rows(
    desk: Desk,
    prices: Prices,
    telemetry: Telemetry | None,
    rows: list[_RunRow],
    begins: datetime,
    ends: datetime,
) -> SliceCosts:
    versions = {number: version.contract for number, version in desk.standing().versions.items()}
    currency = currency_of(desk.contract())
    runs = {row.id: row.case_ref for row in rows}
    free = {row.id for row in rows if _pays_no_models(versions.get(row.contract_version or 0))}
    models = model_costs(desk, prices, telemetry, runs, free, currency, begins, ends)
    since = rows[0].started_seq if rows else 1
    tools = tool_calls(desk, list(runs), since)
    reviews = _reviews(desk, since)
    of_run = [
        _cost_of_run(desk, row, versions.get(row.contract_version or 0), versions, currency, models, tools, reviews)
        for row in rows
    ]
    return SliceCosts(
        slice=desk.slice,
        begins=begins,
        ends=ends,
        cases=_by_case(of_run),
        stray=models.stray,
        currency=currency,
        figures=models.figures,
    )


def _cost_of_run(
    desk: Desk,
    row: _RunRow,
    contract: Contract | None,
    versions: Mapping[int, Contract],
    currency: str | None,
    models: Models,
    tools: Mapping[str, ToolCalls],
    reviews: Mapping[str, list[Review]],
) -> CaseCost:
    people, ways = review_cost(reviews.get(row.id, ()), contract, desk.principals())
    figures = models.figures.get(row.id, ())
    said = [figure.said_micros for figure in figures if figure.said_micros is not None]
    return CaseCost(
        slice=desk.slice,
        case_ref=row.case_ref,
        runs=(row.id,),
        at=row.started_at,
        models=models.parts[row.id],
        tools=tools[row.id].cost(versions, row.contract_version),
        people=people,
        currency=currency,
        said_micros=sum(said) if said else None,
        tables=_sorted(said for figure in figures for said in (figure.table, figure.rate)),
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
