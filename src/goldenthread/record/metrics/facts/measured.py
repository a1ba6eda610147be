"""What was measured: whole numbers from an engine, and the one division that makes a share or a mean of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from goldenthread.record.metrics.facts.expressions import HALF
from goldenthread.record.metrics.standard import STANDARD, StandardMetric

_WEEK = 7


@dataclass(frozen=True, kw_only=True)
class Measured:
    """
    One metric of one slice over some days, and perhaps of one part of it.

    Attributes:
        part: The day, level, fingerprint or source that it is of; None for all.
        known: How many values it is made of; of a flow, how many cases.
        pending: How many more it may yet be made of.
        hits: Of a rate, how many of the known have it.
        amount: Of a mean, the sum of the known, in millionths.
        quantiles: By per cent, in microseconds.
        days: Over how many days.
        currencies: Of a mean, the least and the greatest; two different ones cannot be added up.
    """

    slice: str
    metric: StandardMetric
    part: str | int | None = None
    known: int
    pending: int = 0
    hits: int = 0
    amount: int = 0
    quantiles: Mapping[int, int | None] = field(default_factory=dict)
    days: int = 1
    currencies: tuple[str | None, str | None] = (None, None)

    @property
    def value(self) -> Fraction | None:
        """
        The value, exactly; None where nothing was measured, or money of several currencies.

        A share in [0, 1]; a quantile (the first of the metric's) in seconds; an amount a case; cases a week; cases.
        """
        match self.metric.kind:
            case "rate":
                return Fraction(self.hits, self.known) if self.known else None
            case "quantile":
                return self.quantile(self.metric.quantiles[0])
            case "mean":
                mixed = self.currencies[0] != self.currencies[1]
                return None if not self.known or mixed else Fraction(self.amount, self.known * 1_000_000)
            case _:
                return Fraction(self.known * _WEEK, self.days) if self.metric.of == "day" else Fraction(self.known)

    def quantile(self, percent: int) -> Fraction | None:
        """A quantile in seconds; None where nothing was measured."""
        found = self.quantiles.get(percent)
        return None if found is None else Fraction(found, 1_000_000)

    @property
    def range(self) -> tuple[Fraction, Fraction] | None:
        """Of a rate, the least and the greatest that it can still become; None where nothing is counted."""
        every = self.known + self.pending
        if self.metric.kind != "rate" or not every:
            return None
        return Fraction(self.hits, every), Fraction(self.hits + self.pending, every)

    @property
    def currency(self) -> str | None:
        """Of a mean, where it is of one currency that somebody named."""
        return self.currencies[0] if self.currencies[0] == self.currencies[1] else None

    def record(self) -> dict[str, Any]:
        """As JSON: exact counts, and the value as a number."""
        said: dict[str, Any] = {
            "slice": self.slice,
            "metric": self.metric.name,
            "part": self.part,
            "value": None if self.value is None else float(self.value),
            "unit": self.metric.unit,
            "known": self.known,
            "pending": self.pending,
        }
        if self.metric.kind == "rate":
            said["hits"] = self.hits
            said["range"] = None if self.range is None else [float(one) for one in self.range]
        if self.metric.kind == "mean":
            said.update(amount_micros=self.amount, currency=self.currency)
        if self.quantiles:
            said["quantiles_us"] = {f"p{percent}": found for percent, found in self.quantiles.items()}
        return said


def measured_of(
    slice_name: str,
    part: str | int | None,
    days: int,
    sums: Mapping[str, Any],
    ranks: Mapping[str, Any],
    flows: Mapping[str, int],
) -> list[Measured]:
    """
    Every standard metric of what an engine counted.

    Args:
        slice_name: Whose.
        part: Of which part of it.
        days: Over how many days.
        sums: Of `expressions.SUMS`, with 'first_currency' and 'last_currency'; empty where there is none.
        ranks: 'cycle_time_p50' and so on.
        flows: 'throughput' and 'backlog', as cases.
    """
    return [_one(metric, slice_name, part, days, sums, ranks, flows) for metric in STANDARD.values()]


def _one(
    metric: StandardMetric,
    slice_name: str,
    part: str | int | None,
    days: int,
    sums: Mapping[str, Any],
    ranks: Mapping[str, Any],
    flows: Mapping[str, int],
) -> Measured:
    def count(what: str) -> int:
        return int(sums.get(f"{metric.name}_{what}") or 0)

    if metric.kind == "flow":
        return Measured(slice=slice_name, metric=metric, part=part, known=flows.get(metric.name, 0), days=days)
    found = {percent: ranks.get(f"{metric.name}_p{percent}") for percent in metric.quantiles}
    return Measured(
        slice=slice_name,
        metric=metric,
        part=part,
        known=count("known"),
        pending=count("pending"),
        hits=count("hits"),
        amount=(count("high") << HALF) + count("low"),
        quantiles={percent: None if one is None else int(one) for percent, one in found.items()},
        days=days,
        currencies=(sums.get("first_currency"), sums.get("last_currency")) if metric.kind == "mean" else (None, None),
    )
