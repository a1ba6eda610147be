"""
Calibration mode: the threshold at which false alarms come exactly as seldom as the contract says, and no seldomer.

What is gained: alarms that come sooner, for the proved threshold A keeps false alarms about 1.6 times as far apart
as A cases. What is given up: the proved one holds whatever order failures come in, as long as the chance of the next
one never exceeds the limit. The calibrated one holds only if cases are independent of each other; with good and bad
days, false alarms come more often than the contract says.

The average run is simulated, with a fixed seed and with additions and multiplications alone, so that every machine
finds the same threshold, and a replay the same alarms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SEED = 22033532
_AGENTS = 8000
_FAILURES = 60.0  # beyond so many expected failures the ratio of run to threshold no longer changes (renewal theory)
_GRID = 48
_RAREST = 5e-4  # below, a unit of time of several cases gives the same law and a shorter table
_SPARE = 2.0  # standard errors that the simulated average run must exceed A by
_UNIFORM_BITS = 53


@dataclass(frozen=True, kw_only=True)
class Watch:
    """A detector's numbers: the failure rate it accepts, and those it watches for, all in (0, 1)."""

    limit: float
    bets: tuple[float, ...]


@lru_cache(maxsize=256)
def calibrated_threshold(watches: tuple[Watch, ...], false_alarm: float) -> float:
    """
    The threshold at which the average of some detectors rings falsely once in `false_alarm` independent cases.

    Failures are simulated at the lowest limit of all: there every detector's case is a false alarm.

    Args:
        watches: One or two detectors, each with as many bets.
        false_alarm: Average number of cases to a false alarm, A > 1.

    Returns:
        At most A, to three digits, rounded up. A itself where fewer than about three failures are expected
        in a run: there the alarm could come without one, and nothing is left to gain.

    Source:
        E[T] = E[R_T] for a Shiryaev-Roberts statistic R stopped at T (Pollak 1987, doi:10.1214/aos/1176350373):
        R_n - n is a martingale, so the mean statistic at the alarm is the mean run, with a far smaller scatter.
    """
    unit = max(1.0, _RAREST / min(watch.limit for watch in watches))
    scaled = tuple(_scaled(watch, unit) for watch in watches)
    found = _solve(scaled, false_alarm / unit)
    return false_alarm if found is None else min(false_alarm, _rounded_up(found * unit))


def _scaled(watch: Watch, unit: float) -> Watch:
    return Watch(limit=watch.limit * unit, bets=tuple(min(0.999, bet * unit) for bet in watch.bets))


def _rounded_up(value: float) -> float:
    digits = 10.0 ** (math.floor(math.log10(value)) - 2)
    return math.ceil(value / digits - 1e-9) * digits


def _solve(watches: tuple[Watch, ...], false_alarm: float) -> float | None:
    """The threshold for A in units of time, or None where it would lie too low."""
    # Above this a success never raises a statistic, so that alarms come with failures only.
    least = max((1.0 - bet) / (bet - watch.limit) for watch in watches for bet in watch.bets)
    top = min(false_alarm, max(4.0 * least, _FAILURES / min(watch.limit for watch in watches)))
    if top <= least:
        return None
    runs = _mean_runs(watches, least, top)
    if runs[0][1] >= false_alarm:
        return least
    for (below, shorter), (above, longer) in pairwise(runs):
        if longer >= false_alarm:
            return below + (above - below) * (false_alarm - shorter) / (longer - shorter)
    tail = [run / threshold for threshold, run in runs if threshold >= top / 4.0]
    return false_alarm / (math.fsum(tail) / len(tail))


def _mean_runs(watches: tuple[Watch, ...], least: float, top: float) -> list[tuple[float, float]]:
    """For thresholds from `least` to `top`, ascending: the mean run to a false alarm, less its spare."""
    import numpy as np

    thresholds = np.array([least * (top / least) ** (step / (_GRID - 1)) for step in range(_GRID)])
    simulated = _Simulation(watches=watches)
    means, squares = np.zeros(_GRID + 1), np.zeros(_GRID + 1)
    highest = np.zeros(_AGENTS)
    while len(highest):
        mean, own = simulated.next_failure()
        rung = mean > highest
        first = np.searchsorted(thresholds, highest[rung], side="right")
        last = np.searchsorted(thresholds, mean[rung], side="right")
        for sums, values in ((means, own[rung]), (squares, own[rung] * own[rung])):
            np.add.at(sums, first, values)
            np.subtract.at(sums, last, values)
        highest = np.maximum(highest, mean)
        still = highest < top
        simulated.keep(still)
        highest = highest[still]
    run = np.cumsum(means)[:-1] / _AGENTS
    error = np.sqrt(np.maximum(np.cumsum(squares)[:-1] / _AGENTS - run * run, 0.0) / _AGENTS)
    return list(zip(thresholds.tolist(), (run - _SPARE * error).tolist(), strict=True))


class _Simulation:
    """Many agents at the lowest limit, from failure to failure."""

    def __init__(self, *, watches: tuple[Watch, ...]) -> None:
        import numpy as np

        rate = min(watch.limit for watch in watches)
        longest = 2 + math.ceil(_UNIFORM_BITS * math.log(2.0) / -math.log1p(-rate))
        self._bits = np.random.PCG64(_SEED)  # its raw numbers are the same in every version of numpy
        self._chance = -np.cumprod(np.full(longest, 1.0 - rate))  # of more successes than the index, negated to ascend
        self._lowest = [watch.limit for watch in watches].index(rate)
        self._statistics = [[_Bet(watch.limit, bet, longest) for bet in watch.bets] for watch in watches]

    def next_failure(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The average statistic after the next failure, and that of the detector whose limit is the lowest."""
        import numpy as np

        agents = len(self._statistics[0][0].value)
        uniform = ((self._bits.random_raw(agents) >> np.uint64(64 - _UNIFORM_BITS)) + 1.0) * 2.0**-_UNIFORM_BITS
        successes = np.searchsorted(self._chance, -uniform, side="right")
        each = [_average([bet.after(successes) for bet in bets]) for bets in self._statistics]
        return _average(each), each[self._lowest]

    def keep(self, still: NDArray[np.bool_]) -> None:
        """Drop the agents whose alarm has rung at every threshold."""
        for bets in self._statistics:
            for bet in bets:
                bet.value = bet.value[still]


class _Bet:
    """R of one bet for many agents: n successes in a row take R to limit + (R - limit) r^n."""

    def __init__(self, limit: float, bet: float, longest: int) -> None:
        import numpy as np

        ratio = (1.0 - bet) / (1.0 - limit)
        self._powers = np.cumprod(np.concatenate([[1.0], np.full(longest, ratio)]))
        self._resting = (1.0 - bet) / (bet - limit)
        self._on_failure = bet / limit
        self.value = np.zeros(_AGENTS)

    def after(self, successes: NDArray[np.int64]) -> NDArray[np.float64]:
        """R after so many successes and then a failure."""
        rested = (self.value - self._resting) * self._powers[successes] + self._resting
        self.value = (rested + 1.0) * self._on_failure
        return self.value


def _average(arrays: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """One by one in a fixed order, so that the last digit is the same everywhere."""
    total = arrays[0]
    for array in arrays[1:]:
        total = total + array
    return total / float(len(arrays))
