"""
Anomaly detection on simulated days: false alarms of a slice in a year, all its series together, and how soon a
change is told.

Setup: eight series (runs, refusals, agent time, cost, latency, two tools, errors never seen before), 120 runs a day
that vary by 12 % a day beside chance, weekdays, 30 % growth a year, ten holidays; one false alarm in 365 days stated.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta

import numpy as np

from goldenthread.promise.evidence.anomalies import Anomaly, watch
from proof.anomaly_days import BEGIN, Change, World, days_of
from proof.registry import Run, figures
from proof.table import Figure

YEAR = 365
LEARNT = 42
"""Days before anything is bet on: they come before the year that is counted."""

_CLEAN = (
    ("clean year", World(), 801),
    ("clean year, 6 runs a day", World(runs=6.0), 802),
    ("clean year, four times as many new kinds", World(novel=0.2), 803),
    ("days that ring on (0.3 of a day's noise stays)", World(ring=0.3), 804),
)
_CHANGES = (
    ("runs", 10.0, 1.0),
    ("runs", 2.0, 7.0),
    ("runs", 1.5, 21.0),
    ("runs", 0.5, 7.0),
    ("cost", 2.0, 7.0),
    ("cost", 1.5, 21.0),
    ("refusals", 2.0, 14.0),
    ("new errors", 40.0, 4.0),
)
"""Which series, by how much, and within how many days half of the changes must be told."""


@figures("anomalies")
def anomalies(run: Run) -> Iterator[Figure]:
    """False alarms a slice and year."""
    for name, world, seed in _CLEAN[: 2 if run.quick else None]:
        yield _alarms(run, name, world, seed, most=1.0)
    if run.quick:
        return
    drifting = World(season=0.3)
    yield _alarms(run, "where it does not hold: volume swings by 30 % over the year", drifting, 805, most=math.inf)


@figures("anomaly-delays")
def anomaly_delays(run: Run) -> Iterator[Figure]:
    """Days from a change to the end of the day that tells it, beginning on any weekday."""
    for place, (series, by, within) in enumerate(_CHANGES[: 3 if run.quick else None]):
        slices = run.agents(100, 2)
        delays = delays_of(slices, series, by, seed=820 + place)
        yield Figure(
            name=f"{series} times {by:g}: median days until it is told",
            stated=f"at most {within:g}",
            ours=float(np.median(delays)),
            seed=820 + place,
            high=within if not run.quick else 2 * within,
        )
    seed, slices = 840, run.agents(100, 2)
    found = np.array(delays_of(slices, "runs", 1.2, seed=seed))
    share = float(np.mean(np.isfinite(found)))
    yield Figure(name="runs times 1.2: share told within 90 days", stated="no claim", ours=share, seed=seed, low=0.0)


def alarms_of(slices: int, world: World, seed: int) -> list[int]:
    """False alarms of each slice in a year after it was learnt."""
    rng, until = np.random.default_rng(seed), BEGIN + timedelta(days=LEARNT + YEAR)
    return [len(watch(days_of(rng, world, LEARNT + YEAR), until)) for _ in range(slices)]


def delays_of(slices: int, series: str, by: float, seed: int) -> list[float]:
    """Of each slice the days until a change is told; infinite where it never is within 90 days."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(slices):
        day = 150 + int(rng.integers(7))
        changed = days_of(rng, World(), day + 90, Change(day=day, by={series: by}))
        found.append(_delay(watch(changed, BEGIN + timedelta(days=day + 90)), series, day))
    return found


def _alarms(run: Run, name: str, world: World, seed: int, most: float) -> Figure:
    slices = run.agents(400 if seed == _CLEAN[0][2] else 150, 2)
    counts = np.array(alarms_of(slices, world, seed), dtype=float)
    error = max(float(counts.std()), 1.0 / math.sqrt(len(counts))) / math.sqrt(len(counts))
    return Figure(
        name=f"{name}: false alarms a slice and year",
        stated="at most 1" if math.isfinite(most) else "no claim",
        ours=float(counts.mean()),
        error=error,
        seed=seed,
        high=most + (3 * error if run.quick else 0.0),
    )


def _delay(found: tuple[Anomaly, ...], series: str, day: int) -> float:
    for one in found:
        if one.series == series and one.told >= BEGIN + timedelta(days=day):
            return float((one.told - BEGIN).days - day + 1)
    return math.inf
