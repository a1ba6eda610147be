"""A simulated agent's nature as a contract suggests it, and as somebody states it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from goldenthread.control.simulation.asked import Asked, asked_by
from goldenthread.control.simulation.quality import (
    VARIATION,
    Amount,
    Change,
    Delay,
    Nature,
    Quality,
    Rate,
    amount_with_mean,
    amount_with_share,
    distance,
    good_share,
)
from goldenthread.control.simulation.stated import StatedChange, StatedQuality
from goldenthread.promise.contract import METRICS, Autonomy, Clause, ClauseTest, Contract, wants_high
from goldenthread.promise.contract.forms import Form, amount_of, bound_of, stated_share
from goldenthread.promise.contract.margins import scale_of
from goldenthread.promise.contract.quantities import SECONDS
from goldenthread.promise.errors import ValueProblem

WRONG = 0.5
"""Of what a clause's bound lets go wrong, how much really goes wrong where nobody said so: as `contract plan`."""

_CASES_A_DAY = {"cases per day": 1.0, "cases per week": 1.0 / 7.0}
_PEOPLE_RIGHT = 0.9


def nature_of(
    contract: Contract,
    *,
    stated: Iterable[StatedQuality] = (),
    changes: Iterable[StatedChange] = (),
    day_effect: float = 0.0,
    together: float = 0.0,
    delay: Delay | None = None,
    faults: float = 0.0,
    shares: Mapping[tuple[str, str], float] | None = None,
) -> Nature:
    """
    The agent to be played: as stated, and for the rest half as much wrong as the strictest bound allows.

    Raises:
        ValueProblem: Something stated about a metric that the contract does not ask, in a unit that it cannot have,
            luck shared with people whom no clause compares with, or a share, day effect or faults out of range.
    """
    asked = asked_by(contract)
    autonomy = contract.autonomy
    assert autonomy is not None
    _require_share("day effect", day_effect)
    _require_share("faults", faults)
    _require_share("share of cases as hard for people", together)
    agent: dict[str, Quality] = {metric: _likely(metric, asked) for metric in asked.metrics}
    agent.setdefault("escalation_rate", Rate(share=0.0))
    people = {one.clause.metric: _people(one, agent) for one in asked.judged if one.form is Form.DIFFERENCE}
    if together and not people:
        raise ValueProblem("No clause compares with people; cases were stated to be as hard for them. Leave it out.")
    nature = Nature(
        agent=agent,
        people=people,
        day_effect=day_effect,
        together=together,
        delay=delay or Delay(),
        faults=faults,
        shares=_shares(autonomy, shares or {}),
        cases_a_day=_cases_a_day(contract),
    )
    for one in stated:
        nature = _with(nature, one, asked, autonomy)
    later = sorted((_change(one, asked) for one in changes), key=lambda change: change.case)
    return replace(nature, changes=tuple(later))


# --- what the contract suggests -------------------------------------------------------------------


def _likely(metric: str, asked: Asked) -> Quality:
    """Half as much wrong as the strictest clause on the metric allows; beside people alone, as good as they are."""
    clauses = [one.clause for one in asked.judged if one.clause.metric == metric and one.clause.margin is None]
    watched = [clause for _level, clause in asked.tripwires if clause.metric == metric and not clause.any]
    if clauses:
        return max(map(_half_wrong, clauses), key=lambda quality: min(distance(one, quality) for one in clauses))
    if watched:
        return min(map(_half_of_limit, watched), key=lambda quality: max(good_share(one, quality) for one in watched))
    if METRICS[metric].kind == "rate":
        harmless = METRICS[metric].direction == "lower"
        beside = any(one.clause.metric == metric for one in asked.judged)
        right = _PEOPLE_RIGHT if beside else 1.0
        return Rate(share=1.0 - right if harmless else right)
    return next(_amount_of_people(one.clause) for one in asked.judged if one.clause.metric == metric)


def _half_wrong(clause: Clause) -> Quality:
    good = 1.0 - WRONG * (1.0 - stated_share(clause)) if clause.statistic or _is_rate(clause) else 0.0
    if _is_rate(clause):
        return Rate(share=good if wants_high(clause) else 1.0 - good)
    if clause.statistic not in (None, "mean"):
        return amount_with_share(clause, good, variation=VARIATION)
    assert clause.cap is not None
    cap, bound = amount_of(clause.cap), bound_of(clause)
    if wants_high(clause):
        return amount_with_mean(cap - WRONG * (cap - bound), variation=VARIATION, cap=cap, mirrored=True)
    return amount_with_mean(WRONG * bound, variation=VARIATION, cap=cap)


def _half_of_limit(clause: Clause) -> Quality:
    """A tripwire states what is bad; half as much of it as it lets pass."""
    bad = WRONG * stated_share(clause)
    if _is_rate(clause):
        return Rate(share=bad if wants_high(clause) else 1.0 - bad)
    return amount_with_share(clause, bad, variation=VARIATION)


def _is_rate(clause: Clause) -> bool:
    return METRICS[clause.metric].kind == "rate"


def _people(judged: ClauseTest, agent: Mapping[str, Quality]) -> Quality:
    return agent[judged.clause.metric]


def _amount_of_people(clause: Clause) -> Amount:
    """Beside people alone: 8 tenths of the scale where more is better, else 2 tenths."""
    scale = scale_of(clause)
    share = 0.8 if wants_high(clause) else 0.2
    return amount_with_mean(share * scale, variation=VARIATION, cap=scale, mirrored=wants_high(clause))


def _cases_a_day(contract: Contract) -> float:
    volume = contract.volume
    return float(volume.amount) * _CASES_A_DAY[volume.unit] if volume is not None and volume.amount else 50.0


def _shares(autonomy: Autonomy, given: Mapping[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    known = {(name, value) for name, values in autonomy.segments.items() for value in values}
    for name, value in given:
        if (name, value) not in known:
            listed = ", ".join(f"{one}.{two}" for one, two in sorted(known)) or "none"
            raise ValueProblem(f"The contract has no segment '{name}.{value}'; it has {listed}. Name one of these.")
    found = {}
    for name, values in autonomy.segments.items():
        stated = sum(given.get((name, value), 0.0) for value in values)
        others = sum((name, value) not in given for value in values)
        if stated > 1.0 + 1e-9 or (not others and abs(stated - 1.0) > 1e-9):
            raise ValueProblem(f"The shares of '{name}' add up to {stated:.0%}; they must make 100 %. Correct them.")
        rest = (1.0 - stated) / others if others else 0.0
        found.update({(name, value): given.get((name, value), rest) for value in values})
    return found


def _require_share(what: str, value: float) -> None:
    if not 0.0 <= value < 1.0:
        raise ValueProblem(f"A {what} of {value!r} is impossible; expected a share from 0 to below 1. Write e.g. 0.05.")


# --- what somebody states -------------------------------------------------------------------------


def _with(nature: Nature, stated: StatedQuality, asked: Asked, autonomy: Autonomy) -> Nature:
    quality = _quality(stated, asked)
    if stated.people:
        if stated.metric not in nature.people:
            raise ValueProblem(
                f"No clause compares {stated.metric} with people's; it was stated for them. Leave 'of people' out."
            )
        return replace(nature, people={**nature.people, stated.metric: quality})
    if stated.segment is None:
        return replace(nature, agent={**nature.agent, stated.metric: quality})
    name, value = stated.segment
    if value not in autonomy.segments.get(name, ()):
        known = ", ".join(f"{one}.{two}" for one, values in autonomy.segments.items() for two in values) or "none"
        raise ValueProblem(f"The contract has no segment '{name}.{value}'; it has {known}. Name one of these.")
    return replace(nature, in_segment={**nature.in_segment, (stated.metric, name, value): quality})


def _change(stated: StatedChange, asked: Asked) -> Change:
    if stated.quality.people or stated.quality.segment is not None:
        raise ValueProblem("A change is of the agent in every segment. Leave 'of people' and 'in ...' out.")
    return Change(
        metric=stated.quality.metric, quality=_quality(stated.quality, asked), case=stated.case, turns=stated.turns
    )


def _quality(stated: StatedQuality, asked: Asked) -> Quality:
    metric = stated.metric
    if metric not in (*asked.metrics, "escalation_rate"):
        listed = ", ".join(asked.metrics)
        raise ValueProblem(f"The contract asks nothing about '{metric}'; it asks about {listed}. Name one of these.")
    amount, unit = float(stated.amount.amount), stated.amount.unit
    clauses = [one.clause for one in asked.judged if one.clause.metric == metric]
    clauses += [clause for _level, clause in asked.tripwires if clause.metric == metric]
    if METRICS[metric].kind == "rate":
        if unit != "%" or not 0.0 <= amount <= 100.0:
            raise _impossible(stated, f"{metric}=95 %")
        return Rate(share=amount / 100.0)
    variation = VARIATION if stated.variation is None else stated.variation
    quantile = next((one for one in clauses if one.margin is None and one.statistic not in (None, "mean")), None)
    if unit == "%":
        if quantile is None or not 0.0 < amount < 100.0:
            raise _impossible(stated, str(clauses[0].bound or clauses[0].margin))
        return amount_with_share(quantile, amount / 100.0, variation=variation)
    return _stated_amount(stated, clauses, variation)


def _stated_amount(stated: StatedQuality, clauses: Sequence[Clause], variation: float) -> Amount:
    """A time is a median where a clause asks for a quantile, else a mean, which a cap is taken into account for."""
    written = next(one.bound or one.margin for one in clauses)
    value = amount_of(stated.amount)
    assert written is not None
    same = stated.amount.unit == written.unit or {stated.amount.unit, written.unit} <= set(SECONDS)
    capped = next((one for one in clauses if one.cap is not None), None)
    cap = amount_of(capped.cap) if capped is not None and capped.cap is not None else math.inf
    if not same or not 0.0 < value < cap:
        raise _impossible(stated, f"{stated.metric}={written}")
    if capped is None:
        return Amount(centre=value, sigma=math.sqrt(math.log1p(variation**2)))
    return amount_with_mean(value, variation=variation, cap=cap, mirrored=wants_high(capped))


def _impossible(stated: StatedQuality, example: str) -> ValueProblem:
    return ValueProblem(
        f"{stated.metric} cannot be {stated.amount}; expected a number in the unit of its clause. "
        f"Write e.g. '{example}'."
    )
