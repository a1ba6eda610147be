"""Figures in the unit that the contract's author wrote."""

from __future__ import annotations

from goldenthread.promise.contract import METRICS, SECONDS, Clause, readable_unit


def in_unit(value: float, unit: str) -> str:
    """A measured value (share, seconds or amount) in a unit: `91.4 %`, `3.2 min` (`8 ms` if short), `0.4 EUR/case`."""
    if unit == "%":
        return f"{value * 100:.1f} %"
    if unit in SECONDS:
        readable = readable_unit(value, unit)
        return f"{_short(value / float(SECONDS[readable]))} {readable}"
    return f"{_short(value)} {unit}".strip()


def of_clause(clause: Clause, value: float | None) -> str | None:
    """A clause's estimate or bound as text."""
    if value is None:
        return None
    metric = METRICS.get(clause.metric)
    if metric is not None and metric.kind == "rate":
        return in_unit(value, "%")
    stated = clause.bound or clause.margin
    return in_unit(value, stated.unit if stated else "")


def count(number: int, noun: str) -> str:
    """`1 case`, `1,204 cases`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _short(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
