"""Promise against cost: what each costs and brings in both ways, what is dominated, and where it breaks even."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from typing import Protocol

from goldenthread.factory.value.promises import (
    WEEK,
    Frontier,
    Option,
    Promise,
    Range,
    Service,
    Way,
    agent_case_cost,
    agent_cost,
    gain,
    people_cost,
)
from goldenthread.factory.value.spans import Span

_HUNDRED, _SIXTY = Decimal(100), Decimal(60)


def frontier(service: Service) -> Frontier:
    """What each promise costs and brings, in both ways, with break-even points against today."""
    points = _Points.of(service)
    today = _option(service, service.today, "people", points)
    ways: tuple[Way, ...] = ("people", "agent")
    found = [_option(service, promise, way, points) for promise in service.promises for way in ways]
    ordered = sorted(found, key=lambda one: (one.promise.share, one.promise.hours == "always", one.cost.likely))
    placed = tuple(_placed(one, [today, *ordered]) for one in ordered)
    return Frontier(service=service, today=today, options=placed, share=points.range(_affordable(service)))


# --- corners --------------------------------------------------------------------------------------


class _Price(Protocol):
    """A number of one point of the inputs; `names` are those that it looks at."""

    @property
    def names(self) -> frozenset[str]: ...

    def __call__(self, at: Mapping[str, Decimal]) -> Decimal: ...


_AGENT = frozenset({"volume", "minutes", "rate", "run_cost", "handed_over", "looked_at", "review", "upkeep"})
_PEOPLE = frozenset({"volume", "minutes", "rate", "open", "surcharge"})
_GAIN = frozenset({"volume", "hit", "saved"})


@dataclass(frozen=True, kw_only=True)
class _Cost:
    promise: Promise
    way: Way
    staff: int

    @property
    def names(self) -> frozenset[str]:
        if self.way == "agent":
            return _AGENT
        return _PEOPLE if self.promise.hours == "always" else _PEOPLE - {"open", "surcharge"}

    def __call__(self, at: Mapping[str, Decimal]) -> Decimal:
        return agent_cost(at, self.promise) if self.way == "agent" else people_cost(at, self.promise, self.staff)


@dataclass(frozen=True, kw_only=True)
class _Net:
    cost: _Cost

    @property
    def names(self) -> frozenset[str]:
        return self.cost.names | _GAIN | {"quality" if self.cost.way == "agent" else "quality_people"}

    def __call__(self, at: Mapping[str, Decimal]) -> Decimal:
        return gain(at, self.cost.promise, self.cost.way) - self.cost(at)


@dataclass(frozen=True, kw_only=True)
class _RunCost:
    """Today's net equals the option's at this cost of a run: each unit more costs one for every case served."""

    net: _Net
    today: _Net

    @property
    def names(self) -> frozenset[str]:
        return self.net.names | self.today.names

    def __call__(self, at: Mapping[str, Decimal]) -> Decimal:
        return at["run_cost"] + (self.net(at) - self.today(at)) / (at["volume"] * self.net.cost.promise.share)


@dataclass(frozen=True, kw_only=True)
class _Share:
    today: _Cost

    @property
    def names(self) -> frozenset[str]:
        return self.today.names | _AGENT

    def __call__(self, at: Mapping[str, Decimal]) -> Decimal:
        left = self.today(at) - at["upkeep"] * at["rate"]
        every = at["volume"] * agent_case_cost(at)
        if left >= every:  # also where a case costs nothing
            return Decimal(1)
        return max(Decimal(0), left / every) if every else Decimal(0)


def _affordable(service: Service) -> _Share:
    return _Share(today=_Cost(promise=service.today, way="people", staff=_staff(service, service.today)))


@dataclass(frozen=True, kw_only=True)
class _Points:
    """The corners of the inputs that a price looks at, the rest at its likely value."""

    spans: Mapping[str, Span]
    likely: Mapping[str, Decimal]

    @classmethod
    def of(cls, service: Service) -> _Points:
        spans = service.inputs
        return cls(spans=spans, likely={name: _exact(span.likely, span) for name, span in spans.items()})

    def range(self, price: _Price) -> Range:
        names = [name for name in self.spans if name in price.names]
        ends = [dict.fromkeys(_exact(one, self.spans[name]) for one in self._ends(name)) for name in names]
        found = [price({**self.likely, **dict(zip(names, amounts, strict=True))}) for amounts in product(*ends)]
        return Range(low=min(found), likely=price(self.likely), high=max(found))

    def _ends(self, name: str) -> tuple[Decimal, Decimal]:
        return self.spans[name].low, self.spans[name].high


def _exact(amount: Decimal, span: Span) -> Decimal:
    return amount / _HUNDRED if span.unit == "%" else amount


# --- options --------------------------------------------------------------------------------------


def _option(service: Service, promise: Promise, way: Way, points: _Points) -> Option:
    cost = _Cost(promise=promise, way=way, staff=_staff(service, promise))
    today = _Net(cost=_Cost(promise=service.today, way="people", staff=_staff(service, service.today)))
    net = _Net(cost=cost)
    return Option(
        promise=promise,
        way=way,
        cost=points.range(cost),
        net=points.range(net),
        kept=_kept(service, promise, way),
        run_cost=points.range(_RunCost(net=net, today=today)) if way == "agent" else None,
        saved=_saved(net, today, points.likely),
    )


def _staff(service: Service, promise: Promise) -> int:
    """How many must be there at night so that the most that may come is worked; at least one."""
    if promise.hours == "office":
        return 0
    volume, minutes = service.inputs["volume"].high, service.inputs["minutes"].high
    at_once = volume * promise.share * minutes / (_SIXTY * WEEK)  # cases come at all hours alike
    return max(1, math.ceil(at_once)) if service.inputs["open"].low < WEEK else 0


def _saved(net: _Net, today: _Net, likely: Mapping[str, Decimal]) -> Decimal | None:
    """Where two lines in `saved` cross, at the likely point of the rest."""
    at_nought, at_one = ({**likely, "saved": Decimal(amount)} for amount in (0, 1))
    behind = today(at_nought) - net(at_nought)
    steeper = (net(at_one) - net(at_nought)) - (today(at_one) - today(at_nought))
    if behind <= 0:
        return Decimal(0)
    return behind / steeper if steeper > 0 else None


def _kept(service: Service, promise: Promise, way: Way) -> str:
    if promise.within is None:
        return "no time is promised"
    if way == "people":
        return "nobody measured how soon people answer"
    seconds, handed = service.inputs["seconds"], service.inputs["handed_over"]
    least, most = _HUNDRED - handed.high, _HUNDRED - handed.low
    share = f"{most:f} %" if least == most else f"{least:f} to {most:f} %"
    if seconds.high <= promise.within:
        return f"kept for {share} of the cases, nine times in ten; the rest waits for a person"
    if seconds.low > promise.within:
        return f"not kept: it takes {_seconds(seconds)}"
    return f"in doubt: it takes {_seconds(seconds)}"


def _seconds(span: Span) -> str:
    return f"{span.low:f} s" if span.low == span.high else f"{span.low:f} to {span.high:f} s"


def _placed(option: Option, others: Sequence[Option]) -> Option:
    better = next(_dominating(option, others), None)
    return option if better is None else replace(option, dominated_by=better.name)


def _dominating(option: Option, others: Sequence[Option]) -> Iterator[Option]:
    """Whoever promises no less for less money, and brings no less."""
    for other in others:
        cheaper = other.cost.likely < option.cost.likely and other.net.likely >= option.net.likely
        if cheaper and _promises_no_less(other.promise, option.promise):
            yield other


def _promises_no_less(one: Promise, other: Promise) -> bool:
    soon = other.within is None or (one.within is not None and one.within <= other.within)
    return one.share >= other.share and one.hours in (other.hours, "always") and soon
