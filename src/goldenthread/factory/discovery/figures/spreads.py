"""Quantiles of durations in SQL, and the record of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from goldenthread.factory.discovery.figures.model import Spread

FIELDS = 3
"""How many columns `spread_sql` makes."""

MIDDLE = "0.5, 0.5000000001"
"""
Quantiles that are the two values in the middle, or the one twice; of up to 10^9 values. So DuckDB gathers the values of
a group once for its median and its other quantiles, and not once for each.
"""


def spread_sql(micros: str) -> str:
    """Columns that make a Spread of an expression; rows in which it is null do not count."""
    return f"count({micros}), quantile_disc({micros}, [0, 0.1, 0.25, {MIDDLE}, 0.75, 0.9, 0.95, 1]), avg({micros})"


def spread_of(columns: Sequence[Any]) -> Spread | None:
    """The record; None where there was no value."""
    count, quantiles, mean = columns
    if not count:
        return None
    least, p10, p25, low, high, p75, p90, p95, most = quantiles
    return Spread(
        count=count,
        least_us=least,
        p10_us=p10,
        p25_us=p25,
        median_us=(low + high) / 2,
        p75_us=p75,
        p90_us=p90,
        p95_us=p95,
        most_us=most,
        mean_us=mean,
    )
