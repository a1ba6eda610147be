"""Exact chances for any rule that looks at the numbers of cases and failures alone, by dynamic programming."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from goldenthread.promise.evidence import MeanTest, RateTest

Floats: TypeAlias = NDArray[np.float64]
Counts: TypeAlias = NDArray[np.int64]
# Whether a rule promotes after n cases with F failures (arrays of equal length); never true again as F grows.
Rule: TypeAlias = Callable[[Counts, Counts], NDArray[np.bool_]]

HORIZON = 10_000
_NEGLIGIBLE = 1e-15
_SETTLED = 1e-10


@dataclass(frozen=True, kw_only=True)
class Cases:
    """
    When a rule promotes.

    Attributes:
        chance: Chance of promoting within the horizon, in [0, 1].
        mean: Cases to promotion among the runs that promote; NaN where none can.
        median: Cases by which half of all runs have promoted; infinite where fewer than half do.
    """

    chance: float
    mean: float
    median: float


def shipped_boundary(test: RateTest, horizon: int = HORIZON) -> Counts:
    """Most failures among 0 to `horizon` cases that promote, from the compiled table; -1 where none do."""
    return np.frombuffer(test.table.upto(horizon), dtype=np.int32).astype(np.int64)


def shipped_mean_boundary(test: MeanTest, horizon: int = HORIZON) -> Counts:
    """The same of a mean whose every case is at one of its two ends: most cases at the worse end that promote."""
    return np.frombuffer(test.two_ended_boundary(horizon), dtype=np.int32).astype(np.int64)


def boundary(rule: Rule, horizon: int = HORIZON) -> Counts:
    """Most failures that promote by any rule, for 0 to `horizon` cases, by bisection; -1 where none do."""
    cases = np.arange(1, horizon + 1)
    promotes, refuses = np.full(horizon, -1), cases + 1
    while (refuses - promotes > 1).any():
        middle = (promotes + refuses) // 2
        with np.errstate(divide="ignore", invalid="ignore"):
            passed = rule(cases, middle)
        open_still = refuses - promotes > 1
        promotes = np.where(passed & open_still, middle, promotes)
        refuses = np.where(~passed & open_still, middle, refuses)
    return np.concatenate([[-1], promotes])


def promotions(most: Counts, rate: float | Floats, *, cases: int = 0, failures: int = 0) -> Floats:
    """
    Chance of promoting first after exactly k more cases, for k = 0 to the end of the boundary.

    Args:
        most: `most[n]` is the most failures among n cases that promote, or -1.
        rate: The true success rate, in [0, 1]; an array where it changes, one for each case from the first.
        cases: Cases seen already, without promotion.
        failures: Failures among them.
    """
    found, chances, first = np.zeros(len(most) - cases), np.ones(1), failures
    rates = np.broadcast_to(np.asarray(rate, dtype=np.float64), (len(most) - 1,))
    for seen in range(cases + 1, len(most)):
        moved = np.zeros(len(chances) + 1)
        moved[1:] = chances * (1.0 - rates[seen - 1])
        moved[:-1] += chances * rates[seen - 1]
        cut = int(most[seen]) + 1 - first
        if cut > 0:
            found[seen - cases] = moved[:cut].sum()
            moved, first = moved[cut:], first + cut
        if not len(moved) or (seen % 64 == 0 and moved.sum() < _SETTLED):
            break
        chances = moved if len(moved) == 1 or moved[-1] > _NEGLIGIBLE else moved[:-1]
    return found


def alarms(fewest: Counts, rates: Callable[[int], float]) -> Floats:
    """
    Chance of first reaching `fewest[n]` failures after exactly n cases; the mirror of `promotions`.

    `rates(n)` is the failure rate of the n-th case, n from 1.
    """
    found, chances = np.zeros(len(fewest)), np.ones(1)
    for seen in range(1, len(fewest)):
        rate = rates(seen)
        moved = np.zeros(len(chances) + 1)
        moved[1:] = chances * rate
        moved[:-1] += chances * (1.0 - rate)
        cut = int(fewest[seen])
        found[seen] = moved[cut:].sum()
        chances = moved[:cut]
        while len(chances) > 1 and chances[-1] < _NEGLIGIBLE:
            chances = chances[:-1]
    return found


def law(most: Counts, rate: float) -> Cases:
    """When a rule with this boundary promotes an agent of this true rate."""
    found = promotions(most, rate)
    reached, chance = np.cumsum(found), float(found.sum())
    median = float(np.searchsorted(reached, 0.5)) if chance >= 0.5 else math.inf
    mean = float(found @ np.arange(len(found))) / chance if chance > 0.0 else math.nan
    return Cases(chance=min(1.0, chance), mean=mean, median=median)


def divergence(rate: float, bar: float) -> float:
    """KL(rate || bar) of two coins, in nats a case: how fast the best test of all gains evidence."""
    rest = 0.0 if rate >= 1.0 else (1.0 - rate) * math.log((1.0 - rate) / (1.0 - bar))
    return rest + rate * math.log(rate / bar)
