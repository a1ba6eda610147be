"""What a stated figure allows: its own rounding, and three standard errors of the simulation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike

from goldenthread.promise.evidence.beta import regularised_beta

ERRORS = 3.0
STATED_AGENTS = 2_000  # evidence.md does not say how many agents its own simulations had; this many are assumed


class Range(TypedDict):
    """The two ends, named as a Figure names them, so that `Figure(..., **around(...))` reads."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Share:
    """How many of the simulated agents something happened to."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """The share, in [0, 1]."""
        return self.hits / self.of

    @property
    def error(self) -> float:
        """Standard error; with one hit and one miss more, so that 0 of n is not certain."""
        guess = (self.hits + 1) / (self.of + 2)
        return math.sqrt(guess * (1.0 - guess) / self.of)

    @property
    def spread(self) -> float:
        """Standard deviation of one agent's yes or no."""
        return self.error * math.sqrt(self.of)

    @property
    def upper(self) -> float:
        """Upper limit of the true share, at 95 % (Clopper and Pearson)."""
        if self.hits >= self.of:
            return 1.0
        low, high = self.value, 1.0
        for _ in range(60):
            middle = (low + high) / 2.0
            below = regularised_beta(middle, self.hits + 1.0, self.of - self.hits)
            low, high = (middle, high) if below < 0.95 else (low, middle)
        return high


def around(stated: float, unit: float, error: float = 0.0) -> Range:
    """
    A stated figure, written to the nearest `unit` (55.6 % as .556 to the nearest .001), and three standard errors.

    Args:
        stated: The figure.
        unit: Its last digit; half of it is its rounding.
        error: Standard error of the simulation.
    """
    slack = unit / 2.0 + ERRORS * error
    return Range(low=stated - slack, high=stated + slack)


def around_simulated(stated: float, unit: float, error: float, spread: float) -> Range:
    """
    A stated figure that was itself simulated: as `around`, with three standard errors of both simulations together.

    Args:
        stated: The figure.
        unit: Its last digit.
        error: Standard error of our simulation; 0 where ours is exact.
        spread: Standard deviation of what is averaged, one agent's; over STATED_AGENTS it gives the stated one's error.
    """
    return around(stated, unit, math.hypot(error, spread / math.sqrt(STATED_AGENTS)))


def between(low: float, high: float, unit: float = 0.0, error: float = 0.0) -> Range:
    """A stated range ('35 to 96 %'), its rounding and three standard errors."""
    slack = unit / 2.0 + ERRORS * error
    return Range(low=low - slack, high=high + slack)


def at_most(stated: float, unit: float = 0.0, error: float = 0.0) -> Range:
    """A stated largest figure ('at most .6 %'), its rounding and three standard errors."""
    return Range(low=0.0, high=stated + unit / 2.0 + ERRORS * error)


def surely_at_most(limit: float, share: Share) -> Range:
    """A limit that the upper end of the share at 95 % must keep, so that the simulation's luck cannot hide a breach."""
    return Range(low=0.0, high=limit - (share.upper - share.value))


def kept(limit: float, share: Share, *, quick: bool) -> Range:
    """A limit on a share: as `surely_at_most`; a quick run has too few agents for that and allows its three errors."""
    return at_most(limit, error=share.error) if quick else surely_at_most(limit, share)


def mean_and_error(values: ArrayLike | Sequence[float]) -> tuple[float, float]:
    """Mean of simulated values, and its standard error; NaN without values."""
    sample = np.asarray(values, dtype=np.float64)
    if len(sample) < 2:
        return math.nan, math.inf
    return float(sample.mean()), float(sample.std(ddof=1) / math.sqrt(len(sample)))
