"""In which form a clause can be judged, its numbers as the observations come, or what is missing for that."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from goldenthread.promise.contract.margins import missing_for_margin
from goldenthread.promise.contract.metrics import METRICS
from goldenthread.promise.contract.model import Clause, Comparison, Quantity
from goldenthread.promise.contract.quantities import dimension, magnitude
from goldenthread.promise.errors import ValueOutsideCap

_QUANTILE = re.compile(r"p([0-9]{1,2}(?:\.[0-9]+)?)")


class Form(StrEnum):
    """How a clause is judged."""

    RATE = "rate"
    QUANTILE = "quantile"
    MEAN = "mean"
    DIFFERENCE = "difference"
    EVENT = "event"


@dataclass(frozen=True, kw_only=True)
class NotJudged:
    """A clause that this evidence cannot judge yet, and what is missing, in words."""

    clause: Clause
    reason: str

    def __str__(self) -> str:
        return f"insufficient: {self.reason}"


def missing_for(clause: Clause) -> str | None:
    """The first thing that keeps the clause from being judged, in words, or None."""
    if clause.margin is not None:
        return _lacks_metric(clause) or missing_for_margin(clause)
    for lack in _LACKS:
        words = lack(clause)
        if words is not None:
            return words
    return None


def form_of(clause: Clause) -> Form:
    """Rate, quantile, mean or difference, for a clause that lacks nothing."""
    if clause.margin is not None:
        return Form.DIFFERENCE
    if METRICS[clause.metric].kind == "rate":
        return Form.RATE
    return Form.QUANTILE if quantile_of(clause) is not None else Form.MEAN


def quantile_of(clause: Clause) -> Decimal | None:
    """0.9 for p90; None without such a statistic."""
    match = _QUANTILE.fullmatch(clause.statistic or "")
    return Decimal(match[1]) / 100 if match else None


def wants_high(clause: Clause) -> bool:
    """True for "at least", "above" and "not below"."""
    return clause.comparison in (Comparison.AT_LEAST, Comparison.ABOVE)


def bound_of(clause: Clause) -> float:
    """The bound as the values come: a share, seconds or an amount."""
    assert clause.bound is not None
    return float(clause.bound.amount / 100) if form_of(clause) is Form.RATE else amount_of(clause.bound)


def stated_share(clause: Clause) -> float:
    """
    The share of cases that the clause is about, in (0, 1).

    `agreement >= 80 %`: .8 agree. `rework_rate <= 2 %`: .98 do not. `agent_time p90 <= 10 min`: .9 are within.
    For a gate it is the bar of what is good, for a tripwire the limit of what is bad.
    """
    assert clause.bound is not None
    q = quantile_of(clause)
    if q is None:
        share = clause.bound.amount / 100
        return float(share if wants_high(clause) else 1 - share)
    return float(1 - q if wants_high(clause) else q)


def amount_of(quantity: Quantity) -> float:
    """Times in seconds, everything else as written."""
    return float(magnitude(quantity))


def holds(clause: Clause, value: float) -> bool:
    """
    True where this one case is as the clause says.

    Args:
        clause: A rate or quantile that lacks nothing, or `any X`.
        value: 1.0 or 0.0 for a rate (did it happen?), seconds for a time, else the amount.

    Raises:
        ValueOutsideCap: A value that the metric cannot take.
    """
    if clause.any or form_of(clause) is Form.RATE:
        return happened(clause, value) == (clause.any or wants_high(clause))
    return _compares(clause, _amount(clause, value), bound_of(clause))


def happened(clause: Clause, value: float) -> bool:
    """
    Whether the event that a rate's metric names happened in this case.

    Raises:
        ValueOutsideCap: Neither 0 nor 1.
    """
    if value not in (0.0, 1.0):
        raise ValueOutsideCap(
            f"A case's {clause.metric} was observed as {value!r}; in one case a rate is 1 (it happened) "
            "or 0 (it did not). Correct the measurement."
        )
    return value == 1.0


def _amount(clause: Clause, value: float) -> float:
    if not 0.0 <= value < math.inf:
        raise ValueOutsideCap(
            f"A case's {clause.metric} was observed as {value!r}; it must be a finite number of at least 0. "
            "Correct the measurement."
        )
    return value


def _compares(clause: Clause, value: float, bound: float) -> bool:
    match clause.comparison:
        case Comparison.AT_LEAST:
            return value >= bound
        case Comparison.ABOVE:
            return value > bound
        case Comparison.BELOW:
            return value < bound
        case _:
            return value <= bound


def _lacks_metric(clause: Clause) -> str | None:
    if clause.metric in METRICS:
        return None
    return f"nobody measures '{clause.metric}'; what can be measured is {', '.join(sorted(METRICS))}"


def _lacks_bound(clause: Clause) -> str | None:
    if clause.any:
        return f"'any {clause.metric}' is a tripwire; a gate needs a number, e.g. '{clause.metric} <= 1 %'"
    if clause.bound is None or clause.comparison is None:
        return f"'{clause.metric}' has no number to be held against; write a bound, or a margin beside people"
    return None


def _lacks_case(clause: Clause) -> str | None:
    if METRICS[clause.metric].kind != "count":
        return None
    return (
        f"'{clause.metric}' counts cases over a time and has no value in a single case; "
        "only rates, quantiles and capped means can be judged yet"
    )


def _lacks_span(clause: Clause) -> str | None:
    if clause.window is None:
        return None
    return (
        f"'in {clause.window}' is a moving window, and a test that is looked at after every case "
        "needs all cases since the version was signed; leave the window out"
    )


def _lacks_form(clause: Clause) -> str | None:
    assert clause.bound is not None
    kind, name = METRICS[clause.metric].kind, clause.metric
    if kind == "rate":
        fits = clause.bound.unit == "%" and clause.statistic is None
        return None if fits else f"'{name}' is a rate; write a percentage, e.g. '{name} {clause.comparison} 5 %'"
    if quantile_of(clause) is not None:
        return None
    if clause.statistic not in (None, "mean"):
        return f"'{clause.statistic}' is no statistic that can be judged; write e.g. p90"
    if kind == "quantile" and clause.statistic is None:
        return f"'{name}' needs a statistic; write e.g. '{name} p90 {clause.comparison} {clause.bound}'"
    return _lacks_cap(clause, clause.bound)


def _lacks_cap(clause: Clause, bound: Quantity) -> str | None:
    currency = bound.unit.removesuffix("/case")
    if clause.cap is None:
        tenfold = bound.amount * 10
        whole = tenfold.to_integral_value()
        cap = Quantity(amount=whole if whole == tenfold else tenfold, unit=currency)
        return (
            f"a mean of '{clause.metric}' has no valid bound without a hard cap per case; "
            f"write e.g. '{clause.metric} {clause.comparison} {bound} cap {cap}'"
        )
    if dimension(clause.cap).removesuffix("/case") != dimension(bound).removesuffix("/case"):
        return (
            f"the cap of {clause.cap} and the bound of {bound} differ in unit; write both in {currency or 'one unit'}"
        )
    if not 0.0 < amount_of(bound) < amount_of(clause.cap):
        return (
            f"a bound of {bound} with a cap of {clause.cap} leaves nothing to prove; "
            "the bound lies between 0 and the cap"
        )
    return None


def _lacks_room(clause: Clause) -> str | None:
    assert clause.bound is not None
    q = quantile_of(clause)
    if form_of(clause) is Form.RATE and not 0 < clause.bound.amount < 100:
        return f"no number of cases can prove a rate of {clause.bound}; the bound lies between 0 % and 100 %"
    if q is not None and q == 0:
        return f"'{clause.statistic}' is the smallest value of all and no number of cases can prove it; write e.g. p90"
    return None


_Lack: TypeAlias = Callable[[Clause], str | None]
_LACKS: tuple[_Lack, ...] = (_lacks_metric, _lacks_bound, _lacks_case, _lacks_span, _lacks_form, _lacks_room)
