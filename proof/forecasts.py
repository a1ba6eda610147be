"""
Do the ranges of a forecast keep their word? An 80 % range made at 60 cases, held against what then comes.

Exact: for every number of failures among 60 that is likely at a true rate, the chance that promotion falls into the
range. An agent that has been promoted at 60 gets no forecast.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from goldenthread.promise.evidence import Forecast, RateTest, forecast
from proof.exact import HORIZON, promotions, shipped_boundary
from proof.ranges import between
from proof.registry import Run, figures
from proof.table import Figure

TEST, SEEN = RateTest(bar=0.9, alpha=0.05), 60
_UNLIKELY = 1e-5


@figures("forecasts")
def forecasts(run: Run) -> Iterator[Figure]:
    """Coverage at true rates above the bar."""
    ranges = {failed: forecast(TEST, SEEN - failed, failed) for failed in range(20)}
    for rate in (0.93,) if run.quick else (0.92, 0.93, 0.94, 0.95):
        yield Figure(
            name=f"80 % ranges made at n = {SEEN}, true rate {rate}: covered",
            stated="78 to 84 %",
            ours=coverage(rate, ranges),
            note="ours integrates over the posterior where evidence.md drew 200 times" if rate == 0.93 else "",
            **between(0.78, 0.84, 0.01),
        )


def coverage(rate: float, ranges: dict[int, Forecast]) -> float:
    """Chance that the promotion of an agent of this rate falls into the range that was forecast for it."""
    most, weight, covered = shipped_boundary(TEST), 0.0, 0.0
    for failed, found in ranges.items():
        likely = math.comb(SEEN, failed) * rate ** (SEEN - failed) * (1.0 - rate) ** failed
        if found.point == 0 or likely < _UNLIKELY:
            continue
        reached = np.cumsum(promotions(most, rate, cases=SEEN, failures=failed))
        weight += likely
        covered += likely * _inside(reached, found)
    return covered / weight


def _inside(reached: np.typing.NDArray[np.float64], found: Forecast) -> float:
    """Chance from the lower end of a range to its upper one; an end beyond the horizon is open."""
    below = float(reached[-1]) if found.low is None else float(reached[found.low - 1])
    upto = 1.0 if found.high is None or found.high > HORIZON else float(reached[found.high])
    return upto - below
