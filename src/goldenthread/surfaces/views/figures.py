"""Figures in the unit that the contract's author wrote."""

from __future__ import annotations

from decimal import Decimal

from goldenthread.promise.contract import METRICS, Clause, Quantity, seconds

_TIMES = ("ms", "s", "min", "h", "d", "weeks")
_ONE = Decimal(1)


def in_unit(value: float, unit: str) -> str:
    """A measured value (share, seconds or amount) in a unit: `91.4 %`, `3.2 min` (`8 ms` if short), `0.4 EUR/case`."""
    if unit == "%":
        return f"{value * 100:.1f} %"
    if unit in _TIMES:
        readable = _readable(value, unit)
        return f"{_short(value / _seconds_of(readable))} {readable}"
    return f"{_short(value)} {unit}".strip()


def _readable(value_s: float, unit: str) -> str:
    """The author's unit, or the largest below it in which the value is at least a tenth: 8 ms, not 0.000138 min."""
    units = _TIMES[: _TIMES.index(unit) + 1]
    return next((smaller for smaller in reversed(units) if abs(value_s) >= 0.1 * _seconds_of(smaller)), units[0])


def _seconds_of(unit: str) -> float:
    return float(seconds(Quantity(amount=_ONE, unit=unit)))


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
