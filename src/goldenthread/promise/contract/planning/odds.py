"""The chance of having passed a clause by each number of cases, if the agent is as good as is taken."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from goldenthread.promise.contract.forms import Form, amount_of, wants_high
from goldenthread.promise.contract.judging import ClauseTest
from goldenthread.promise.contract.metrics import METRICS
from goldenthread.promise.contract.planning.truth import Truth, key_of
from goldenthread.promise.evidence import RateTest
from goldenthread.promise.evidence.bets import ConstantBets
from goldenthread.promise.evidence.clusters import FutureDaysTest
from goldenthread.promise.evidence.odds import future_days_odds, rate_odds, two_valued_odds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIFFERING = Decimal("0.1")  # of cases in which agent and people come to another result, where nobody said
_TYPICAL_SPREAD = Decimal("0.2")  # of the cap, by which a difference in a score typically lies off its mean


@dataclass(frozen=True, kw_only=True)
class Days:
    """Days of so many cases that bear on a clause, whose cases are so much alike."""

    cases: int
    likeness: float


def passing_odds(
    judged: ClauseTest, truth: Mapping[str, Truth], horizon: int, days: Days | None = None
) -> NDArray[np.float64]:
    """
    Chance of having passed a clause by n cases that bear on it, for n = 0 to at least `horizon`.

    A mean whose spread nobody stated is taken at its slowest: a few cases take the whole cap and the rest nothing.

    Args:
        judged: The clause with its test.
        truth: By key.
        horizon: Cases at most.
        days: For a claim about future days; only rates and quantiles have one.
    """
    true = truth[key_of(judged)]
    test = judged.test
    if not isinstance(test, RateTest):
        return _bets_odds(judged, test, true, horizon)
    rate = success_rate(judged, true)
    if days is None:
        return rate_odds(test, rate, horizon)
    return future_days_odds(FutureDaysTest(test=test), rate, days.cases, days.likeness, horizon)


def odds_at_bar(judged: ClauseTest, horizon: int) -> float:
    """The chance that an agent exactly at the bar passes the clause within the horizon: promoted wrongly."""
    test = judged.test
    if isinstance(test, RateTest):
        return float(rate_odds(test, test.bar, horizon)[-1])
    gain, loss = test.gain(test.best), test.gain(test.worst)
    return float(two_valued_odds(test, gain, loss, gain / (gain - loss), horizon)[-1])


def success_rate(judged: ClauseTest, true: Truth) -> float:
    """The true share of cases that are as the clause says, in [0, 1]."""
    share = true.amount / 100
    return float(share if judged.form is Form.QUANTILE or wants_high(judged.clause) else 1 - share)


def _bets_odds(judged: ClauseTest, test: ConstantBets, true: Truth, horizon: int) -> NDArray[np.float64]:
    """Two values with the mean and the spread: the ends of the range where nobody stated a spread of a mean."""
    mean = float(true.amount)
    low, high, share = _two_values(test, mean, _spread(judged, true))
    gains = sorted((test.gain(low), test.gain(high)))
    loss_is_low = test.gain(low) <= test.gain(high)
    return two_valued_odds(test, gains[1], gains[0], 1.0 - share if loss_is_low else share, horizon)


def _spread(judged: ClauseTest, true: Truth) -> float | None:
    if true.spread is not None:
        return float(true.spread)
    if judged.form is not Form.DIFFERENCE:
        return None
    if METRICS[judged.clause.metric].kind == "rate":
        return math.sqrt(float(DIFFERING))
    assert judged.clause.cap is not None
    return float(_TYPICAL_SPREAD) * amount_of(judged.clause.cap)


def _two_values(test: ConstantBets, mean: float, spread: float | None) -> tuple[float, float, float]:
    """Low, high, and the chance of high: as near to even as the range allows."""
    lowest, highest = test.lowest, test.highest
    widest = math.sqrt(max(0.0, (mean - lowest) * (highest - mean)))
    if spread is None or spread >= widest:
        return lowest, highest, (mean - lowest) / (highest - lowest)
    low, high = mean - spread, mean + spread
    if low < lowest:
        low, high = lowest, mean + spread**2 / (mean - lowest)
    elif high > highest:
        low, high = mean - spread**2 / (highest - mean), highest
    return low, high, (mean - low) / (high - low) if high > low else 1.0
