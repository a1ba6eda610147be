"""
Minutes of review: from taking an item to answering it, as people's own signed records say.

How long a question waited is no review. Whoever answers without taking the item first was not measured: then the
contract's `review` counts, and without one it is unknown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from goldenthread.control.costs.parts import Part
from goldenthread.promise.contract import EVERYBODY, Contract, Costs, Quantity, seconds
from goldenthread.record.ledger import Record
from goldenthread.record.principals import Principals

LONGEST_REVIEW = timedelta(minutes=30)
"""So much of a review counts at most where the contract names no `longest`: lunch is not review."""

REVIEW_KINDS = (
    "approval:ask", "approval:claim", "approval:release", "approval:handover", "approval:answer", "approval:expire",
    "vigilance:ask", "vigilance:answer", "vigilance:escalate",
)  # fmt: skip
"""Records that reviews are made of."""

_ANSWERS = ("approval:answer", "vigilance:answer")


@dataclass(frozen=True, kw_only=True)
class Review:
    """
    One person at one item.

    Attributes:
        item, run: Ids.
        by: Who.
        took: How long by the record, before anything is capped; None where they answered without taking it.
        answered: Whether they did.
    """

    item: str
    run: str
    by: str
    took: timedelta | None
    answered: bool


def reviews_of(records: Iterable[Record]) -> tuple[Review, ...]:
    """Every review in a chain's records, in their order; a claim that nobody ended lasts until it ends by itself."""
    desk = _Reviews()
    for record in records:
        desk.see(record)
    return desk.all()


def review_cost(
    reviews: Iterable[Review], contract: Contract | None, principals: Principals
) -> tuple[Part, Mapping[Literal["measured", "stated", "unknown"], int]]:
    """
    What reviews cost as the contract says, and of how many the minutes were measured, stated or neither.

    Args:
        reviews: Of one run.
        contract: Under which it began.
        principals: To tell who holds which role.
    """
    costs = contract.costs if contract is not None and contract.costs is not None else Costs()
    amounts: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    ways: Counter[Literal["measured", "stated", "unknown"]] = Counter()
    for review in reviews:
        length = _counted(review, costs)
        ways["unknown" if length is None else "measured" if review.took is not None else "stated"] += 1
        rate = _rate(review.by, costs, principals, contract.slice if contract is not None else "")
        if length is None:
            unknown["how long a review took was not measured"] += 1
        elif rate is None:
            unknown[f"the contract states no hourly rate of '{review.by}'"] += 1
        else:
            micros = round(length * rate.amount * 1_000_000 / 3600)
            amounts[rate.unit.removesuffix("/h")] += micros
    return Part(amounts=dict(amounts), unknown=dict(unknown), count=sum(ways.values())), dict(ways)


def _counted(review: Review, costs: Costs) -> Decimal | None:
    """Seconds that count."""
    if review.took is None:
        return seconds(costs.review) if costs.review is not None else None
    took = Decimal(review.took // timedelta(microseconds=1)) / 1_000_000
    longest = seconds(costs.longest) if costs.longest is not None else Decimal(LONGEST_REVIEW.total_seconds())
    return min(took, longest)


def _rate(by: str, costs: Costs, principals: Principals, slice_name: str) -> Quantity | None:
    """Their own rate, else that of a role they hold, the dearest of several, else everybody's."""
    if by in costs.people:
        return costs.people[by]
    person = principals.find(by)
    held = [rate for name, rate in costs.people.items() if name and person and person.has(name, slice_name)]
    return max(held, key=lambda rate: rate.amount) if held else costs.people.get(EVERYBODY)


class _Reviews:
    """Who is at which item since when."""

    def __init__(self) -> None:
        self._runs: dict[str, str] = {}
        self._at: dict[str, tuple[str, datetime, datetime]] = {}  # by item: who, since when, until when
        self._took: dict[tuple[str, str], timedelta] = {}  # by item and person
        self._order: dict[tuple[str, str], bool] = {}  # answered

    def see(self, record: Record) -> None:
        """Take in one record of `REVIEW_KINDS`; others are passed over."""
        if record.kind not in REVIEW_KINDS:
            return
        item = str(record.data["item"])
        if record.kind in {"approval:ask", "vigilance:ask"}:  # a second person is asked about what the first was
            self._runs[item] = str(record.data.get("run") or self._runs.get(record.data.get("first_item") or "", ""))
            return
        if item not in self._runs:
            return
        if record.kind == "approval:claim":
            self._claimed(item, record)
            return
        self._left(item, record.at)
        if record.kind in _ANSWERS:
            self._order[item, str(record.data.get("by") or record.by)] = True

    def all(self) -> tuple[Review, ...]:
        """Everything seen so far."""
        for item in list(self._at):
            self._left(item, self._at[item][2])
        return tuple(
            Review(item=item, run=self._runs[item], by=by, took=self._took.get((item, by)), answered=answered)
            for (item, by), answered in self._order.items()
        )

    def _claimed(self, item: str, record: Record) -> None:
        until = datetime.fromisoformat(record.data["until"])
        before = self._at.get(item)
        if before is not None and before[0] == record.by and record.at <= before[2]:
            self._at[item] = (record.by, before[1], until)
            return
        self._left(item, record.at)
        self._at[item] = (record.by, record.at, until)
        self._order.setdefault((item, record.by), False)

    def _left(self, item: str, at: datetime) -> None:
        held = self._at.pop(item, None)
        if held is not None:
            by, since, until = held
            spent = max(min(at, until) - since, timedelta(0))
            self._took[item, by] = self._took.get((item, by), timedelta(0)) + spent
