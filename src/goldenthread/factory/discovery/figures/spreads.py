"""Quantiles of durations in SQL, and the record of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from goldenthread.factory.discovery.figures.model import Spread

FIELDS = 6
"""How many columns `spread_sql` makes."""


def spread_sql(micros: str) -> str:
    """Columns that make a Spread of an expression; rows in which it is null do not count."""
    return (
        f"count({micros}), min({micros}), quantile_disc({micros}, [0.1, 0.25, 0.75, 0.9, 0.95]), "
        f"median({micros}), max({micros}), avg({micros})"
    )


def spread_of(columns: Sequence[Any]) -> Spread | None:
    """The record; None where there was no value."""
    count, least, quantiles, median, most, mean = columns
    if not count:
        return None
    p10, p25, p75, p90, p95 = quantiles
    return Spread(
        count=count,
        least_us=least,
        p10_us=p10,
        p25_us=p25,
        median_us=median,
        p75_us=p75,
        p90_us=p90,
        p95_us=p95,
        most_us=most,
        mean_us=mean,
    )
