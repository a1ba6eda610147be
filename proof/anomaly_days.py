"""Simulated days of a slice: what anomaly detection is held to. Weekdays, growth, holidays, noise that days share."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np

from goldenthread.promise.evidence.anomalies import Point, Series, novelty

BEGIN = date(2024, 1, 1)  # a Monday
WEEK = (1.0, 1.06, 1.03, 0.98, 0.9, 0.15, 0.1)
HOLIDAYS = (0, 88, 91, 120, 129, 140, 276, 304, 358, 359)
"""Days of a year without any work: ten, two of them in a row."""


@dataclass(frozen=True, kw_only=True)
class World:
    """
    A slice. Rates are a day's; `rough` is the relative standard deviation that a whole day shares; `ring` how much of
    a day's own noise stays for the next; `season` how much a year swings.
    """

    runs: float = 120.0
    rough: float = 0.12
    growth: float = 0.3
    refused: float = 0.04
    ring: float = 0.0
    season: float = 0.0
    novel: float = 0.05
    holidays: tuple[int, ...] = HOLIDAYS


@dataclass(frozen=True, kw_only=True)
class Change:
    """From `day` on, what a series is multiplied by."""

    day: int = 10**6
    by: dict[str, float] = field(default_factory=dict)

    def of(self, name: str, day: int) -> float:
        """The factor on a day."""
        return self.by.get(name, 1.0) if day >= self.day else 1.0


def days_of(rng: np.random.Generator, world: World, days: int, change: Change | None = None) -> tuple[Series, ...]:
    """The series of one slice: runs, refusals, agent time, cost, latency, two tools, and errors never seen before."""
    change, noise = change or Change(), np.zeros(5)
    found: dict[str, list[Point]] = {
        name: [] for name in ("runs", "refusals", "time", "cost", "latency", "pay", "read")
    }
    kinds: dict[date, dict[str, int]] = {}
    alive: list[list[int]] = []
    for number in range(days):
        day = BEGIN + timedelta(days=number)
        noise = world.ring * noise + np.sqrt(1 - world.ring**2) * rng.standard_normal(5)
        swing = 1 + world.season * np.sin(2 * np.pi * number / 365)
        mean = world.runs * WEEK[day.weekday()] * (1 + world.growth) ** (number / 365) * swing
        mean *= np.exp(world.rough * noise[0] - world.rough**2 / 2) * change.of("runs", number)
        count = 0 if number % 365 in world.holidays else int(rng.poisson(mean))
        found["runs"].append(Point(day=day, value=count))
        calls = 3 * count
        for name, base, place in (("refusals", world.refused, 1), ("pay", 0.2, 2), ("read", 0.6, 2)):
            share = min(0.999, base * np.exp(0.1 * noise[place] * (1 - base)) * change.of(name, number))
            found[name].append(Point(day=day, value=int(rng.binomial(calls, share)), of=calls))
        for name, base, width, place in (("time", 30.0, 0.8, 3), ("cost", 0.2, 1.2, 3), ("latency", 2.0, 0.6, 4)):
            value = 1e-9
            if count:
                one = rng.lognormal(np.log(base) + 0.04 * noise[place], width, count) * change.of(name, number)
                value = float(np.median(one) if name == "latency" else one.mean())
            found[name].append(Point(day=day, value=value, of=count))
        kinds[day] = _errors(rng, alive, number, count, world, change)
    made = [_series(name, tuple(points)) for name, points in found.items()]
    return (*made, novelty("new errors", "errors of kinds never seen before", kinds, 1 / 8))


def _errors(
    rng: np.random.Generator, alive: list[list[int]], number: int, count: int, world: World, change: Change
) -> dict[str, int]:
    """A stock of kinds that come often, and now and then one more that comes a few times."""
    if rng.random() < world.novel:
        alive.append([number, 1 + int(rng.geometric(0.5))])
    said = {f"usual-{kind}": int(rng.poisson(0.01 * count)) for kind in range(4)}
    said |= {f"new-{since}": int(rng.poisson(times)) for since, times in alive if number - since < 30}
    extra = change.by.get("new errors", 0.0) if number >= change.day else 0.0
    return said | ({"broken": int(rng.poisson(extra))} if extra else {})


_KINDS = {"runs": "count", "time": "amount", "cost": "amount", "latency": "amount"}


def _series(name: str, points: tuple[Point, ...]) -> Series:
    kind = _KINDS.get(name, "share")
    return Series(name=name, words=name, kind=kind, points=points, weight=1 / 8)  # type: ignore[arg-type]


def without_weekends(series: Series) -> Series:
    """As a slice that stands still at weekends."""
    return replace(series, points=tuple(point for point in series.points if point.day.weekday() < 5))
