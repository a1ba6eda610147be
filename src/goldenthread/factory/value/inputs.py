"""What the value of a slice is made of: ranges with their sources, and defaults that say that they are defaults."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from goldenthread.factory.value.spans import Span, parse_span
from goldenthread.promise.contract import Contract
from goldenthread.promise.contract.parts import Part
from goldenthread.promise.errors import LineInvalid, ValueProblem
from goldenthread.promise.values import Level

_HUNDRED = Decimal(100)
UNITS: Mapping[str, tuple[str, ...]] = {
    "volume": ("cases per week", "cases per day"),
    "minutes": ("min",),
    "rate": ("CUR/h",),
    "reach": ("%",),
    "handed_over": ("%",),
    "saved_at_draft": ("%",),
    "review": ("min",),
    "rework": ("%",),
    "run_cost": ("CUR/case",),
    "upkeep": ("h/week",),
    "build": ("CUR",),
}
"""Every input with the units that it may be in."""

SAYS: Mapping[str, str] = {
    "volume": "cases that come",
    "minutes": "people's time on a case today",
    "rate": "what an hour of theirs costs, all of it",
    "reach": "share of the cases that are given to the agent",
    "handed_over": "share of those that it hands to a person",
    "saved_at_draft": "share of the time saved where a person has its proposal",
    "review": "time to answer one of its questions, or to audit a case",
    "rework": "share of its cases that come back and are done again by people",
    "run_cost": "models, tools and compute of a case",
    "upkeep": "people's time to look after it, cases apart",
    "build": "to build it, once",
}
"""What each input is."""

_DEFAULTS: Mapping[str, str] = {
    "reach": "100 % (default, all cases)",
    "handed_over": "10 to 40 %, likely 25 (default, our judgement)",
    "saved_at_draft": "0 to 30 %, likely 12 (default, Brynjolfsson and others 2023 saw 14 % more solved in an hour)",
    "review": "1 to 5 min, likely 3 (default, our judgement)",
    "rework": "1 to 5 %, likely 2 (default, our judgement)",
    "upkeep": "2 to 8 h/week, likely 4 (default, our judgement)",
}
NEEDED = ("volume", "minutes", "rate", "run_cost")
"""Inputs without a default: whoever does not know them does not know the value."""


@dataclass(frozen=True, kw_only=True)
class ValueInputs:
    """Every input as a range; see SAYS. `build` None: nobody said, so it is not counted, and that is said."""

    volume: Span
    minutes: Span
    rate: Span
    run_cost: Span
    reach: Span
    handed_over: Span
    saved_at_draft: Span
    review: Span
    rework: Span
    upkeep: Span
    build: Span | None = None

    @property
    def currency(self) -> str:
        """The one currency of all money in it."""
        return self.rate.unit[:3]

    @property
    def a_week(self) -> Span:
        """The volume in cases a week."""
        if self.volume.unit == "cases per week":
            return self.volume
        low, likely, high = (amount * 7 for amount in (self.volume.low, self.volume.likely, self.volume.high))
        return replace(self.volume, low=low, likely=likely, high=high, unit="cases per week")

    def spans(self) -> Iterator[tuple[str, Span]]:
        """Every input that is there, by name, in the order in which one reads them."""
        for name in UNITS:
            span = getattr(self, name)
            if span is not None:
                yield name, span

    def at_likely(self) -> ValueInputs:
        """The same without any doubt."""
        return replace(self, **{name: span.at(span.likely) for name, span in self.spans()})


@dataclass(frozen=True, kw_only=True)
class Shares:
    """What a contract says of people's part: blind at draft, audited when it acts alone; in [0, 1]."""

    blind: Decimal = Decimal("0.2")
    audit: Mapping[Level, Decimal] | None = None

    def audited(self, level: Level) -> Decimal:
        """The share of the cases that it does alone which people look at."""
        return Decimal("0.1") if self.audit is None else self.audit.get(level, Decimal(0))

    @classmethod
    def of(cls, contract: Contract) -> Shares:
        """As the contract states them; what it leaves out is none."""
        if contract.autonomy is None:
            return cls()
        audit = {level: share / _HUNDRED for level, share in contract.autonomy.audit.items()}
        return cls(blind=contract.autonomy.blind.get(Level.DRAFT, Decimal(0)) / _HUNDRED, audit=audit)


def value_inputs(stated: Mapping[str, Span]) -> ValueInputs:
    """
    Inputs from what was stated, with defaults for the rest.

    Raises:
        ValueProblem: One is missing that has no default, or money of several currencies.
    """
    missing = [name for name in NEEDED if name not in stated]
    if missing:
        raise ValueProblem(
            f"The value cannot be estimated without {', '.join(missing)}: {SAYS[missing[0]]}. "
            f"State it with its source, e.g. '{_example(missing[0])}'."
        )
    known = {name: stated[name] for name in UNITS if name in stated}
    for name, line in _DEFAULTS.items():
        known.setdefault(name, parse_span(line, *UNITS[name]))
    money = {name: span.unit[:3] for name, span in known.items() if "CUR" in UNITS[name][0]}
    if len(set(money.values())) > 1:
        said = ", ".join(f"{name} in {currency}" for name, currency in money.items())
        raise ValueProblem(f"Money of several currencies cannot be added up: {said}. State all in one.")
    return ValueInputs(**known)


def read_value(top: Part, key: str = "value") -> dict[str, Span]:
    """The spans under a key of a file; what is wrong stands in the report."""
    part = top.part(key, UNITS, f"{key}: {{minutes: {_example('minutes')}}}")
    if part is None:
        return {}
    found = {name: part.line(name, _reader(name)) for name in part.entries}
    return {name: span for name, span in found.items() if span is not None}


def _reader(name: str) -> Callable[[str], Span]:
    def read(text: str) -> Span:
        try:
            return parse_span(text, *UNITS[name], most=_HUNDRED if UNITS[name] == ("%",) else None)
        except LineInvalid as problem:
            raise LineInvalid(f"{problem.message} It is {SAYS[name]}.", offset=problem.offset) from problem

    return read


def _example(name: str) -> str:
    return f"2 to 4 {UNITS[name][0].replace('CUR', 'EUR')} (owner, maya's estimate)"
