"""The chance of having passed by each number of cases, at a known quality: exact, and no randomness."""

from __future__ import annotations

import math
from array import array
from functools import lru_cache
from typing import TYPE_CHECKING

from goldenthread.promise.errors import ImpossibleParameter
from goldenthread.promise.evidence.bets import ConstantBets
from goldenthread.promise.evidence.boundary import LONGEST_TABLE
from goldenthread.promise.evidence.clusters import FutureDaysTest
from goldenthread.promise.evidence.days import DaysState
from goldenthread.promise.evidence.forecast import HORIZON, at_rate, promotions, require_chance
from goldenthread.promise.evidence.rate import RateTest
from goldenthread.promise.evidence.validation import (
    is_number,
    require_cases,
    require_horizon,
    shown,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LARGEST_DAY = 400  # cases; a larger day says hardly more: its cases count for about one over their likeness
_NEGLIGIBLE = 1e-14


@lru_cache(maxsize=256)
def rate_odds(test: RateTest, rate: float, horizon: int = HORIZON) -> NDArray[np.float64]:
    """
    Chance that a rate test has promoted by n cases, looked at after every case, for n = 0 to `horizon`.

    Args:
        test: The rate test.
        rate: True success rate, in [0, 1].
        horizon: Cases at most, >= 1.

    Returns:
        Rising, read-only, `horizon` + 1 long.

    Raises:
        ImpossibleParameter: A rate outside [0, 1].
        ImpossibleCounts: A horizon below 1 or above LONGEST_TABLE.
    """
    require_horizon(horizon, LONGEST_TABLE)
    require_chance("rate", rate, "success rate")
    return _rising(promotions(test.table.upto(horizon), at_rate(rate), 0, 0, horizon))


@lru_cache(maxsize=256)
def two_valued_odds(
    test: ConstantBets, gain: float, loss: float, chance_of_loss: float, horizon: int = HORIZON
) -> NDArray[np.float64]:
    """
    Chance that a test of bets has promoted by n cases, if a case comes to one of two values.

    Args:
        test: The test of a mean or of a difference.
        gain: What the better value is better than the bar, in the unit of the values.
        loss: What the worse value is better than the bar; below `gain`, mostly negative.
        chance_of_loss: Of the worse value, in [0, 1].
        horizon: Cases at most, >= 1.

    Returns:
        As `rate_odds`.

    Raises:
        ImpossibleParameter: A chance outside [0, 1], or a gain and a loss that no values have.
        ImpossibleCounts: A horizon below 1 or above LONGEST_TABLE.
    """
    require_horizon(horizon, LONGEST_TABLE)
    require_chance("chance_of_loss", chance_of_loss, "chance")
    if not (is_number(gain) and is_number(loss) and loss <= gain and max(test.bets) * loss > -1.0):
        raise ImpossibleParameter(
            f"gain={shown(gain)} and loss={shown(loss)} are not how far two values lie from the bar; the loss must be "
            "the smaller, and no worse than the worst value. Take both from the test's `gain`."
        )
    most = _two_valued_boundary(test, gain, loss, horizon)
    return _rising(promotions(most, at_rate(1.0 - chance_of_loss), 0, 0, horizon))


@lru_cache(maxsize=256)
def future_days_odds(
    test: FutureDaysTest, rate: float, cases_a_day: int, likeness: float, horizon: int = HORIZON
) -> NDArray[np.float64]:
    """
    Chance that a claim about future days has passed by n cases, if how alike a day's cases are were known.

    Days are equally full, each has its own rate (Beta distributed around `rate`), and the evidence is looked at
    when a day ends, from the twentieth on. What a case counts for follows from the likeness that is expected to be
    estimated on that day, so that this is about right and not exact.

    Args:
        test: The claim.
        rate: True success rate over all days, in [0, 1].
        cases_a_day: Cases of one day, >= 1.
        likeness: Correlation of two cases of one day, in [0, 1).
        horizon: Cases at most; at least forty days are looked at.

    Returns:
        As `rate_odds`, for as many cases as were looked at; it rises at the end of days only.

    Raises:
        ImpossibleParameter: A rate or likeness outside its range.
        ImpossibleCounts: A horizon below 1 or above LONGEST_TABLE, or days without cases.

    Source:
        evidence.md, "Clusters"; `clusters.FutureDaysTest`.
    """
    import numpy as np

    require_horizon(horizon, LONGEST_TABLE)
    require_cases("cases_a_day", cases_a_day, 1)
    require_chance("rate", rate, "success rate")
    require_chance("likeness", likeness, "likeness of cases")
    size = min(cases_a_day, _LARGEST_DAY)
    days = max(2 * test.least_days, horizon // cases_a_day)
    passed = np.zeros(days * cases_a_day + 1)
    passed[cases_a_day::cases_a_day] = _passing_days(test, size, 1.0 - rate, likeness, days)
    return _rising(passed)


def _passing_days(test: FutureDaysTest, size: int, failing: float, likeness: float, days: int) -> NDArray[np.float64]:
    """Chance of passing first at the end of each day."""
    import numpy as np

    of_a_day = _failures_of_a_day(size, failing, likeness)
    most = np.frombuffer(test.test.table.upto(days * size + 1), dtype=np.int32)
    passed, chances, first = np.zeros(days), np.ones(1), 0
    for day in range(1, days + 1):
        chances = np.convolve(chances, of_a_day)
        if day >= test.least_days:
            for_one = _cases_for_one(test, day, size, failing, likeness)
            failed = np.arange(first, first + len(chances))
            counted = np.ceil(failed / for_one - 1e-9).astype(np.int64)
            good = np.floor((day * size - failed) / for_one + 1e-9).astype(np.int64)
            passes = (good >= 0) & (counted <= most[np.maximum(0, good) + counted])
            passed[day - 1] = chances[passes].sum()
            chances[passes] = 0.0
        kept = np.flatnonzero(chances > _NEGLIGIBLE)
        if not len(kept):
            break
        chances, first = chances[kept[0] : kept[-1] + 1], first + int(kept[0])
    return passed


def _cases_for_one(test: FutureDaysTest, days: int, size: int, failing: float, likeness: float) -> float:
    """How many cases are expected to count as one after so many days: the test's own words on typical days."""
    cases = days * size
    failures = round(cases * failing)
    spread = failing * (1.0 - failing) * (1.0 + (size - 1) * likeness) * (days - 1)
    typical = DaysState(
        days=days,
        cases=cases,
        failures=failures,
        squared_cases=days * size * size,
        day_spread=failures**2 / cases + spread,
    )
    return test.evidence(typical).cases_for_one


def _failures_of_a_day(size: int, failing: float, likeness: float) -> NDArray[np.float64]:
    """Chances of 0 to `size` failures in one day: Beta-binomial, binomial without likeness."""
    import numpy as np

    if likeness <= 0.0 or failing in (0.0, 1.0):
        likeness = 1e-9
        failing = min(1.0 - 1e-12, max(1e-12, failing))
    whole = 1.0 / likeness - 1.0
    a, b = failing * whole, (1.0 - failing) * whole
    logs = [0.0]
    for k in range(size):  # from one count to the next: the law's own ratio, which loses no digits
        logs.append(logs[-1] + math.log((size - k) * (a + k) / ((k + 1.0) * (b + size - k - 1.0))))
    chances = np.exp(np.array(logs) - max(logs))
    return np.asarray(chances / chances.sum())


def _two_valued_boundary(test: ConstantBets, gain: float, loss: float, horizon: int) -> array[int]:
    """Most cases at the worse value that promote, among n cases of the two, for n = 0 to `horizon`; -1 where none."""
    import numpy as np

    up = np.log1p(np.array(test.bets) * gain)
    down = np.log1p(np.array(test.bets) * loss)
    cases = np.arange(horizon + 1)
    low, high = np.full(horizon + 1, -1), cases + 1  # promotes at `low`, or -1; does not at `high`
    while (gap := high - low > 1).any():
        middle = np.where(gap, (low + high) // 2, low)
        promotes = gap & (_log_mean(cases - middle, up, middle, down) >= test.threshold)
        low, high = np.where(promotes, middle, low), np.where(gap & ~promotes, middle, high)
    return array("i", low.astype(np.int32).tobytes())


def _log_mean(
    ups: NDArray[np.int64], up: NDArray[np.float64], downs: NDArray[np.int64], down: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Log of the mean capital after so many gains and losses."""
    import numpy as np

    logs = ups[:, None] * up + downs[:, None] * down
    peak = logs.max(axis=1)
    return np.asarray(peak + np.log(np.exp(logs - peak[:, None]).mean(axis=1)))


def _rising(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    reached = np.minimum(1.0, np.cumsum(chances))
    reached.setflags(write=False)
    return reached
