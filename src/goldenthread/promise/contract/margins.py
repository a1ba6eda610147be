"""Clauses beside people: what a margin needs before it can be judged, and its numbers as the observations come."""

from __future__ import annotations

from decimal import Decimal

from goldenthread.promise.contract.metrics import METRICS
from goldenthread.promise.contract.model import Clause, Comparison, Quantity
from goldenthread.promise.contract.quantities import SECONDS, dimension, magnitude

BESIDE_PEOPLE: tuple[str, ...] = tuple(sorted(name for name, metric in METRICS.items() if metric.people))
"""Metrics that people's own work has too."""


def missing_for_margin(clause: Clause) -> str | None:
    """The first thing that keeps a clause with a margin from being judged, in words, or None; the metric is known."""
    assert clause.margin is not None
    name = clause.metric
    if not METRICS[name].people:
        return (
            f"people's own work has no '{name}' to be compared with; "
            f"a margin can be given for {', '.join(BESIDE_PEOPLE[:-1])} and {BESIDE_PEOPLE[-1]}"
        )
    if clause.statistic not in (None, "mean"):
        return f"a margin compares means case by case; leave '{clause.statistic}' out"
    if clause.window is not None:
        return f"'in {clause.window}' is a moving window, and a margin needs all cases since signing; leave it out"
    return _lacks_unit(clause, clause.margin) or _lacks_scale(clause, clause.margin) or _lacks_room(clause)


def scale_of(clause: Clause) -> float:
    """The largest difference that one case can show, in the unit of the values: 1 for a rate, else the cap."""
    return float(_scale(clause))


def margin_of(clause: Clause) -> float:
    """The margin in the unit of the values: a share, seconds, or an amount."""
    return float(_margin(clause))


def _scale(clause: Clause) -> Decimal:
    return Decimal(1) if clause.cap is None else magnitude(clause.cap)


def _margin(clause: Clause) -> Decimal:
    assert clause.margin is not None
    return clause.margin.amount / 100 if METRICS[clause.metric].kind == "rate" else magnitude(clause.margin)


def _lacks_unit(clause: Clause, margin: Quantity) -> str | None:
    name, kind = clause.metric, METRICS[clause.metric].kind
    if kind == "rate":
        fits, example = margin.unit == "%", "1 %"
    elif kind == "quantile":
        fits, example = margin.unit in SECONDS, "1 h cap 5 d"
    elif METRICS[name].unit:
        fits, example = margin.unit.endswith("/case"), "0.10 EUR/case cap 5 EUR"
    else:
        fits, example = margin.unit == "", "0.1 cap 5"
    return None if fits else f"'{margin}' is no margin of '{name}'; write e.g. '{_begin(clause)} {example}'"


def _lacks_scale(clause: Clause, margin: Quantity) -> str | None:
    rate = METRICS[clause.metric].kind == "rate"
    if rate and clause.cap is not None:
        return f"a case of '{clause.metric}' is yes or no and needs no cap; leave 'cap {clause.cap}' out"
    if rate:
        return None
    stem = dimension(margin).removesuffix("/case")
    if clause.cap is None:
        example = {"time": "5 d", "": "5"}.get(stem, f"5 {stem}")
        return (
            f"a difference in '{clause.metric}' has no valid bound without the largest value that a case can take; "
            f"write e.g. '{_begin(clause)} {margin} cap {example}'"
        )
    if dimension(clause.cap).removesuffix("/case") != stem:
        return f"the cap of {clause.cap} and the margin of {margin} differ in unit; write both in {stem or 'one unit'}"
    return None


def _lacks_room(clause: Clause) -> str | None:
    if _margin(clause) <= 0:
        return (
            f"a margin of {clause.margin} would ask the agent to be better than people, and says nothing of how much "
            "worse is still good enough; write a margin above 0"
        )
    if _margin(clause) >= _scale(clause):
        whole = clause.cap or Quantity(amount=Decimal(100), unit="%")
        return f"a margin of {clause.margin} allows any difference there can be; write one well below {whole}"
    return None


def _begin(clause: Clause) -> str:
    side = "not below" if clause.comparison is Comparison.AT_LEAST else "not above"
    return f"{clause.metric} {side} people by"
