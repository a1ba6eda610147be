"""
The value of a slice over a window, as a range: what it saves, less review, rework, runs and upkeep, level by level.

With share h handed over, M minutes of people today, hourly rate R, and C a case for runs, a case is worth

    shadow        -C
    draft         (1-h)(1-b) s M R/60 - C                 b decided blind, s saved by a proposal
    approval      (1-h) (M - r - w M) R/60 - C            r to answer its question, w comes back
    constrained,  (1-h) (M - a r - w M) R/60 - C          a audited
    expanded

and the whole is the sum over the cases worked at each level, less upkeep. That is linear in each input by itself, but
for the number of cases, in which it bends where a level is entered just at the end. So its least and greatest value lie
at corners and bends, and are found by looking at all: the range is exact, with everything at its worst or best at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product

from goldenthread.factory.value.climbing import Climb, Climbs
from goldenthread.factory.value.inputs import Shares, ValueInputs
from goldenthread.factory.value.spans import Span
from goldenthread.promise.errors import ValueProblem
from goldenthread.promise.values import LADDER, Level

_HUNDRED, _SIXTY = Decimal(100), Decimal(60)


@dataclass(frozen=True, kw_only=True)
class LevelWorth:
    """What one case is worth at a level, and the likely number of cases worked there."""

    level: Level
    low: Decimal
    likely: Decimal
    high: Decimal
    cases: Decimal


@dataclass(frozen=True, kw_only=True)
class Swing:
    """How much the likely value moves when one input goes from its low to its high; what to measure next."""

    name: str
    at_low: Decimal
    at_high: Decimal

    @property
    def width(self) -> Decimal:
        """How far apart the two are."""
        return abs(self.at_high - self.at_low)


@dataclass(frozen=True, kw_only=True)
class Value:
    """
    The value of a slice.

    Attributes:
        low: With everything at its worst at once, in the inputs' currency, over the window.
        likely: With everything at its likely value.
        high: With everything at its best at once.
        weeks: The window.
        inputs: That it is made of.
        climbs: That it is made of.
        levels: What a case is worth at each level that the likely climb knows.
        swings: Widest first.
        pays_after: Weeks until the likely value, build and all, is no longer below zero; None within the window.
        not_counted: What nobody stated and what is therefore not in it.
    """

    low: Decimal
    likely: Decimal
    high: Decimal
    weeks: int
    inputs: ValueInputs
    climbs: Climbs
    levels: tuple[LevelWorth, ...]
    swings: tuple[Swing, ...]
    pays_after: int | None
    not_counted: tuple[str, ...]

    @property
    def currency(self) -> str:
        """Of low, likely and high."""
        return self.inputs.currency


def expected_value(inputs: ValueInputs, climbs: Climbs, *, shares: Shares | None = None, weeks: int = 52) -> Value:
    """
    The value over a window, as a range.

    Args:
        inputs: Ranges with their sources.
        climbs: When levels are entered, in cases given to the agent.
        shares: What the contract says of blind and audited cases; None takes 20 % and 10 %.
        weeks: The window, 1 to 520.

    Raises:
        ValueProblem: A window outside its range.
    """
    if not 1 <= weeks <= 520:
        raise ValueProblem(f"A window of {weeks} weeks cannot be taken; name 1 to 520.")
    people = shares or Shares()
    totals = [
        _total(point, climb, people, weeks)
        for climb in (climbs.slow, climbs.likely, climbs.fast)
        for point in _corners(inputs, climb, weeks)
    ]
    likely = _total(_likely(inputs), climbs.likely, people, weeks)
    return Value(
        low=min(totals),
        likely=likely,
        high=max(totals),
        weeks=weeks,
        inputs=inputs,
        climbs=climbs,
        levels=tuple(_levels(inputs, climbs.likely, people, weeks)),
        swings=tuple(sorted(_swings(inputs, climbs.likely, people, weeks), key=lambda one: -one.width)),
        pays_after=_pays_after(inputs, climbs.likely, people, weeks),
        not_counted=() if inputs.build is not None else ("what it takes to build it: nobody has said",),
    )


def case_worth(point: Mapping[str, Decimal], level: Level, shares: Shares) -> Decimal:
    """
    What one case is worth at a level, before upkeep.

    Args:
        point: One value for each input, shares in [0, 1].
        level: At which the agent stands.
        shares: Of blind and audited cases.
    """
    minute = point["rate"] / _SIXTY
    kept = 1 - point["handed_over"]
    if level is Level.SHADOW:
        saved = Decimal(0)
    elif level is Level.DRAFT:
        saved = kept * (1 - shares.blind) * point["saved_at_draft"] * point["minutes"] * minute
    else:
        looked = Decimal(1) if level is Level.APPROVAL else shares.audited(level)
        again = point["rework"] * point["minutes"]
        saved = kept * (point["minutes"] - looked * point["review"] - again) * minute
    return saved - point["run_cost"]


def _total(point: Mapping[str, Decimal], climb: Climb, shares: Shares, weeks: int) -> Decimal:
    given = point["given"] * weeks
    worked = climb.cases_at(given)
    saved = sum((count * case_worth(point, level, shares) for level, count in worked.items()), Decimal(0))
    return saved - point["upkeep"] * point["rate"] * weeks - point.get("build", Decimal(0))


def _point(amount: Decimal, span: Span) -> Decimal:
    return amount / _HUNDRED if span.unit == "%" else amount


def _likely(inputs: ValueInputs) -> dict[str, Decimal]:
    found = {name: _point(span.likely, span) for name, span in inputs.spans()}
    return {**found, "given": inputs.a_week.likely * found["reach"]}


def _corners(inputs: ValueInputs, climb: Climb, weeks: int) -> Iterator[dict[str, Decimal]]:
    """Every corner of the inputs; of the cases given, also the bends between its ends."""
    spans = {name: span for name, span in inputs.spans() if name not in ("volume", "reach")}
    least = inputs.a_week.low * inputs.reach.low / _HUNDRED
    most = inputs.a_week.high * inputs.reach.high / _HUNDRED
    bends = [at / weeks for _, at in climb.entered if least < at / weeks < most]
    ends = [dict.fromkeys((span.low, span.high)) for span in spans.values()]
    for given in dict.fromkeys((least, most, *bends)):
        for amounts in product(*ends):
            named = zip(spans.items(), amounts, strict=True)
            yield {"given": given, **{name: _point(amount, span) for (name, span), amount in named}}


def _levels(inputs: ValueInputs, climb: Climb, shares: Shares, weeks: int) -> Iterator[LevelWorth]:
    likely = _likely(inputs)
    worked = climb.cases_at(likely["given"] * weeks)
    fixed = replace(inputs, volume=inputs.volume.at(inputs.volume.likely), reach=inputs.reach.at(inputs.reach.likely))
    stays = Climb(words="", entered=((Level.SHADOW, Decimal(0)),))
    for level in LADDER:
        if level in worked:
            ends = [case_worth(point, level, shares) for point in _corners(fixed, stays, weeks)]
            yield LevelWorth(
                level=level,
                low=min(ends),
                likely=case_worth(likely, level, shares),
                high=max(ends),
                cases=worked[level],
            )


def _swings(inputs: ValueInputs, climb: Climb, shares: Shares, weeks: int) -> Iterator[Swing]:
    for name, span in inputs.spans():
        if span.low != span.high:
            low, high = (
                _total(_likely(replace(inputs, **{name: span.at(end)})), climb, shares, weeks)
                for end in (span.low, span.high)
            )
            yield Swing(name=name, at_low=low, at_high=high)


def _pays_after(inputs: ValueInputs, climb: Climb, shares: Shares, weeks: int) -> int | None:
    point = _likely(inputs)
    paid = [week for week in range(1, weeks + 1) if _total(point, climb, shares, week) >= 0]
    return next((week for week in paid if all(later in paid for later in range(week, weeks + 1))), None)
