"""
Evidence: what observations prove about a rate, a quantile or a capped mean, and when a failure rate has risen.

Knows: counts and amounts in case order, bars, caps, error rates. Everything in it is a plain function of these.
Refuses to know: contracts, metrics' names, levels, clocks, storage; and it draws no random numbers.
Invariants: valid at every look (the chance of ever promoting at the bar is at most alpha); a pending label is
never taken for a success; O(1) a case; every state serialises to a few JSON numbers.
"""

from goldenthread.promise.evidence.boundary import Prior
from goldenthread.promise.evidence.clusters import LEAST_DAYS, DaysEvidence, DaysState, FutureDaysTest
from goldenthread.promise.evidence.forecast import (
    HORIZON,
    Expected,
    ExpectedOfMean,
    Forecast,
    expected_cases,
    expected_cases_of_mean,
    forecast,
    forecast_words,
)
from goldenthread.promise.evidence.mean import MeanEvidence, MeanState, MeanTest, judge_mean_in_order, mean_bound
from goldenthread.promise.evidence.quantile import quantile_bound, quantile_test
from goldenthread.promise.evidence.rate import (
    RateEvidence,
    RateState,
    RateTest,
    harm_test,
    judge_in_order,
    settle,
)
from goldenthread.promise.evidence.rate_meter import RateMeter
from goldenthread.promise.evidence.rollback import DetectorPair, RollbackDetector, bets_for, detector_pair

__all__ = [
    "HORIZON",
    "LEAST_DAYS",
    "DaysEvidence",
    "DaysState",
    "DetectorPair",
    "Expected",
    "ExpectedOfMean",
    "Forecast",
    "FutureDaysTest",
    "MeanEvidence",
    "MeanState",
    "MeanTest",
    "Prior",
    "RateEvidence",
    "RateMeter",
    "RateState",
    "RateTest",
    "RollbackDetector",
    "bets_for",
    "detector_pair",
    "expected_cases",
    "expected_cases_of_mean",
    "forecast",
    "forecast_words",
    "harm_test",
    "judge_in_order",
    "judge_mean_in_order",
    "mean_bound",
    "quantile_bound",
    "quantile_test",
    "settle",
]
