"""How many more cases? Exact, by dynamic programming over the boundary; no randomness."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from goldenthread.promise.errors import ImpossibleParameter
from goldenthread.promise.evidence.boundary import LONGEST_TABLE
from goldenthread.promise.evidence.mean import MeanTest
from goldenthread.promise.evidence.rate import RateTest
from goldenthread.promise.evidence.validation import (
    is_number,
    require_counts,
    require_horizon,
    shown,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HORIZON = 10_000
# The chance that the next case fails, given the failures (an array) among the cases so far.
Law: TypeAlias = "Callable[[NDArray[np.float64], int], NDArray[np.float64] | float]"
_NEGLIGIBLE = 1e-15  # chance that may be dropped at the far end of the distribution, each step
_SETTLED = 1e-9  # chance of not having promoted yet below which the rest is not worth a step


@dataclass(frozen=True, kw_only=True)
class Expected:
    """
    How many cases a rate test takes at a known true rate.

    Attributes:
        rate: The true success rate, in [0, 1].
        horizon: Cases looked at, at most.
        chance: Chance of promoting within the horizon, in [0, 1]; at the bar, the chance of doing so wrongly.
        mean: Cases to promotion among the runs that promote; None where none can.
        median: Cases by which half of all runs have promoted; None where fewer than half do.
        low: Cases by which a tenth of all runs have; None where fewer do.
        high: Cases by which nine tenths of all runs have; None where fewer do.
    """

    rate: float
    horizon: int
    chance: float
    mean: float | None
    median: int | None
    low: int | None
    high: int | None


@dataclass(frozen=True, kw_only=True)
class ExpectedOfMean:
    """
    How many cases a mean test takes at a known true mean.

    Attributes:
        mean: The true mean, in the unit of the bar.
        quickest: Cases if every case takes exactly the mean; None where it does not promote within the horizon.
        slowest: If every case takes 0 or the cap; its `rate` is the share at the better end.
    """

    mean: float
    quickest: int | None
    slowest: Expected


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """
    How many more cases a rate test takes from here, in cases after the ones seen.

    Attributes:
        point: At the present rate; None where it would not promote within the horizon.
        low: 80 % range, lower end; None beyond the horizon.
        high: 80 % range, upper end; None beyond the horizon.
        never: Chance that it does not promote within the horizon, in [0, 1].
        horizon: Total cases looked at, at most, those seen included.
    """

    point: int | None
    low: int | None
    high: int | None
    never: float
    horizon: int


def expected_cases(test: RateTest, rate: float, horizon: int = HORIZON) -> Expected:
    """
    Distribution of the number of cases to promotion, looked at after every case.

    Args:
        test: The rate test.
        rate: True success rate, in [0, 1].
        horizon: Cases at most, >= 1.

    Returns:
        Exact figures, but for chances below 1e-9.

    Raises:
        ImpossibleParameter: A rate outside [0, 1].
        ImpossibleCounts: A horizon below 1 or above LONGEST_TABLE.

    Source:
        evidence.md, "The setups behind the figures".
    """
    require_horizon(horizon, LONGEST_TABLE)
    require_chance("rate", rate, "success rate")
    return _expected(test.table.upto(horizon), rate, horizon)


def expected_cases_of_mean(test: MeanTest, mean: float, horizon: int = HORIZON) -> ExpectedOfMean:
    """
    Range of the number of cases to promotion of a capped mean, whose spread is not known beforehand.

    Args:
        test: The mean test.
        mean: True mean in the unit of the bar, in [0, cap].
        horizon: Cases at most, >= 1.

    Returns:
        From the quickest (every case takes the mean) to the slowest (every case takes 0 or the cap: the log of a
        bet's growth is concave, so that of all spreads with this mean the two ends grow it least).

    Raises:
        ImpossibleParameter: A mean outside [0, cap].
        ImpossibleCounts: A horizon below 1 or above LONGEST_TABLE.
    """
    require_horizon(horizon, LONGEST_TABLE)
    if not (is_number(mean) and 0.0 <= mean <= test.cap):
        raise ImpossibleParameter(
            f"mean={shown(mean)} cannot be with a cap of {test.cap:g}; it must lie from 0 to the cap. "
            f"Write e.g. {test.bar:g}."
        )
    share_at_worst = mean / test.cap if test.at_most else 1.0 - mean / test.cap
    return ExpectedOfMean(
        mean=mean,
        quickest=test.cases_at(mean, horizon),
        slowest=_expected(test.two_ended_boundary(horizon), 1.0 - share_at_worst, horizon),
    )


def _expected(most: array[int], rate: float, horizon: int) -> Expected:
    import numpy as np

    promoted = promotions(most, at_rate(rate), 0, 0, horizon)
    reached = np.cumsum(promoted)
    chance = float(reached[-1])
    cases = np.arange(len(promoted))
    return Expected(
        rate=rate,
        horizon=horizon,
        chance=min(1.0, chance),
        mean=float(promoted @ cases) / chance if chance > 0.0 else None,
        median=_reach(reached, 0.5),
        low=_reach(reached, 0.1),
        high=_reach(reached, 0.9),
    )


def forecast(test: RateTest, successes: int, failures: int, *, horizon: int = HORIZON) -> Forecast:
    """
    How many more cases until the test promotes.

    The range averages over what the true rate may be, given the cases seen: the posterior of Beta(1, 1).
    Its predictive is an urn (the next case succeeds with (1 + S) / (2 + n)), so that the dynamic programme
    gives exactly what draws would only estimate.

    Args:
        test: The rate test.
        successes: Cases seen that succeeded.
        failures: Cases seen that failed.
        horizon: Total cases at most, those seen included.

    Returns:
        The forecast; `point` 0 where the test promotes already.

    Raises:
        ImpossibleCounts: A count that is negative or not whole, or a horizon outside 1 to LONGEST_TABLE.

    Source:
        evidence.md, "In words, for a product owner".
    """
    import numpy as np

    require_counts(successes, failures)
    require_horizon(horizon, LONGEST_TABLE)
    seen = successes + failures
    if test.promotes(successes, failures):
        return Forecast(point=0, low=0, high=0, never=0.0, horizon=horizon)
    if seen >= horizon:
        return Forecast(point=None, low=None, high=None, never=1.0, horizon=horizon)
    reached = np.cumsum(promotions(test.table.upto(horizon), _urn, successes, failures, horizon))
    return Forecast(
        point=_at_present_rate(test, successes, failures, horizon),
        low=_reach(reached, 0.1),
        high=_reach(reached, 0.9),
        never=min(1.0, max(0.0, 1.0 - float(reached[-1]))),
        horizon=horizon,
    )


def forecast_words(forecast: Forecast) -> str:
    """The forecast in one line for a product owner."""
    if forecast.point == 0:
        return "No more cases needed: the evidence is there."
    chance = f"{_percent(forecast.never)} chance it never clears within {forecast.horizon:,}."
    if forecast.point is None:
        return f"At the present rate it does not clear within {forecast.horizon:,} cases; {chance}"
    noun = "case" if forecast.point == 1 else "cases"
    return f"About {forecast.point:,} more {noun} at the present rate (80 % range {_range(forecast)}); {chance}"


def require_chance(name: str, value: float, noun: str) -> None:
    """
    Refuse a number outside [0, 1].

    Raises:
        ImpossibleParameter: It is.
    """
    if not (is_number(value) and 0.0 <= value <= 1.0):
        raise ImpossibleParameter(
            f"{name}={shown(value)} is no {noun}; it must lie from 0 to 1. Write e.g. 0.93 for 93 %."
        )


def _range(forecast: Forecast) -> str:
    if forecast.low is None:
        return f"more than {forecast.horizon:,}"
    high = f"more than {forecast.horizon:,}" if forecast.high is None else f"{forecast.high:,}"
    return f"{forecast.low:,} to {high}"


def _percent(share: float) -> str:
    if share < 0.01:
        return "less than 1 %"
    return "more than 99 %" if share > 0.99 else f"{share:.0%}".replace("%", " %")


def at_rate(rate: float) -> Law:
    """Every case succeeds with the same chance."""
    return lambda _failures, _cases: 1.0 - rate


def _urn(failures: NDArray[np.float64], cases: int) -> NDArray[np.float64]:
    """The posterior predictive of Beta(1, 1): the next case fails with (1 + F) / (2 + n)."""
    return (failures + 1.0) / (cases + 2.0)


def promotions(most: array[int], law: Law, successes: int, failures: int, horizon: int) -> NDArray[np.float64]:
    """
    Chance of promoting first after exactly k more cases, for k = 0 to horizon - seen.

    `most[n]` is the boundary, the most failures among n cases that promote; it grows by at most 1 a case.

    `chances[i]` is the chance of standing, unpromoted, at `first + i` failures. Each step moves it, takes off
    the one count that the boundary may have reached, and drops a negligible far end.
    """
    import numpy as np

    seen = successes + failures
    promoted = np.zeros(horizon - seen + 1)
    counts = np.arange(horizon + 2, dtype=np.float64)
    chances, first = np.ones(1), failures
    for cases in range(seen, horizon):
        fails = chances * law(counts[first : first + len(chances)], cases)
        moved = np.empty(len(chances) + 1)
        moved[:-1] = chances - fails
        moved[-1] = 0.0
        moved[1:] += fails
        cut = most[cases + 1] + 1 - first
        if cut > 0:
            promoted[cases + 1 - seen] = moved[:cut].sum()
            moved, first = moved[cut:], first + cut
        if not len(moved) or (cases % 64 == 0 and moved.sum() < _SETTLED):
            break
        chances = moved if len(moved) == 1 or moved[-1] > _NEGLIGIBLE else moved[:-1]
    return promoted


def _at_present_rate(test: RateTest, successes: int, failures: int, horizon: int) -> int | None:
    """Smallest number of cases more with failures growing at their present rate, or None."""
    import numpy as np

    seen = successes + failures
    rate = failures / seen if seen else 0.0
    most = np.frombuffer(test.table.upto(horizon), dtype=np.int32)
    cases = np.arange(seen, horizon + 1)
    clears = np.flatnonzero(failures + rate * (cases - seen) <= most[seen:])
    return int(clears[0]) if len(clears) else None


def _reach(reached: NDArray[np.float64], share: float) -> int | None:
    """First place where the cumulative chance reaches `share`, or None."""
    import numpy as np

    place = int(np.searchsorted(reached, share))
    return place if place < len(reached) else None
