"""What a part of a log may be worth: volume and people's time as the log tells them, the rest said or default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from goldenthread.factory.candidates import Draft, Planned
from goldenthread.factory.fit import Approach, Recommendation, our_table
from goldenthread.factory.slicing.parts import Part
from goldenthread.factory.slicing.touching import Touch
from goldenthread.factory.value import (
    Climbs,
    Shares,
    Span,
    Value,
    ValueInputs,
    climbs_of_reaches,
    expected_value,
    parse_span,
    value_inputs,
)
from goldenthread.promise.contract import likely_ladders, parse_contract

WEEKS = 52
_RATE = "20 to 55 EUR/h, likely 33.5 (default, Eurostat, hourly labour costs in the EU in 2024)"
_HORIZON = 20_000
_MINUTE_US = 60_000_000


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """
    A value over a year; or `missing`: why there is none, and what to say for one. `pays_from`: minutes of people's time
    on a case at which the likely value is nil, all else alike; None where no time would do.
    """

    value: Value | None = None
    missing: str = ""
    pays_from: Decimal | None = None

    @property
    def minutes_a_week(self) -> Decimal:
        """People's time on it, likely; 0 where nobody knows."""
        if self.value is None:
            return Decimal(0)
        return self.value.inputs.a_week.likely * self.value.inputs.minutes.likely


class Estimates:
    """Estimates for the parts of one log; drafts with the same gates are planned once."""

    def __init__(self, said: Mapping[str, Span]) -> None:
        self._said = said
        self.planned: Planned = {}
        self._climbs: dict[str, tuple[Climbs, Shares]] = {}

    def of(self, part: Part, planned: Recommendation, draft: Draft) -> Estimate:
        """
        The value of a part over a year.

        Args:
            part: With its numbers.
            planned: The approach, for what a run may cost before anybody measured.
            draft: With the gates that say when levels are entered.
        """
        stated = {**_measured(part, planned), **self._said}
        if "minutes" not in stated:
            return Estimate(missing="the log does not show how long people work on it; say it with --value minutes=...")
        inputs, (climbs, shares) = value_inputs(stated), self._climbed(draft)
        return Estimate(
            value=expected_value(inputs, climbs, shares=shares, weeks=WEEKS),
            pays_from=_pays_from(inputs.at_likely(), climbs, shares),
        )

    def _climbed(self, draft: Draft) -> tuple[Climbs, Shares]:
        gates = repr(sorted(draft.gates.answers.items()))
        if gates not in self._climbs:
            contract = parse_contract(draft.answered({one.key: one.example for one in draft.questions}))
            climbs = climbs_of_reaches(likely_ladders(contract, horizon=_HORIZON))
            self._climbs[gates] = (climbs, Shares.of(contract))
        return self._climbs[gates]


def _pays_from(inputs: ValueInputs, climbs: Climbs, shares: Shares) -> Decimal | None:
    """The value is linear in the minutes, so that two of them tell where it is nil."""
    none, one = (
        expected_value(
            replace(inputs, minutes=inputs.minutes.at(Decimal(at))), climbs, shares=shares, weeks=WEEKS
        ).likely
        for at in (0, 1)
    )
    return None if one <= none else max(Decimal(0), -none / (one - none))


def _measured(part: Part, planned: Recommendation) -> dict[str, Span]:
    found: dict[str, Span] = {"rate": parse_span(_RATE, "CUR/h")}
    a_week = part.log.a_week
    if a_week is not None:
        passes = round(a_week * part.passes / (part.log.cases or 1), 1)
        found["volume"] = _log(passes, passes, passes, "cases per week", f"{part.passes:,} times")
    if part.touch is not None:
        found["minutes"] = _minutes(part.touch)
    if planned.approach is not None:
        found["run_cost"] = _run_cost(planned.approach)
    return found


def _minutes(touch: Touch) -> Span:
    """From the quartiles: half of what was seen lies in between."""
    low, likely, high = (round(Decimal(one) / _MINUTE_US, 2) for one in (touch.p25_us, touch.median_us, touch.p75_us))
    how = "from begin to end" if touch.stated else "gaps of at most 30 min after a step of the same person"
    return _log(low, min(max(likely, low), high), high, "min", f"half of {touch.count:,} times lie in between; {how}")


def _log(low: Decimal, likely: Decimal, high: Decimal, unit: str, words: str) -> Span:
    return Span(low=low, likely=likely, high=high, unit=unit, source="log", words=words)


def _run_cost(approach: Approach) -> Span:
    typical = our_table().typical[approach].cost
    return Span(
        low=typical / 2,
        likely=typical,
        high=typical * 4,
        unit="EUR/case",
        source="default",
        words=f"typical of {approach} before anybody measured, half to four times",
    )
