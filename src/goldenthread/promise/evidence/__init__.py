"""
Evidence: what observations prove about a rate, a quantile, a capped mean or a difference to people; when failures rise.

Knows: counts and amounts in case order, bars, caps, error rates. Everything in it is a plain function of these.
Refuses to know: contracts, metrics' names, levels, clocks, storage; and it draws no random numbers
(calibration simulates from a fixed seed, so that it too gives the same for the same).
Invariants: valid at every look (the chance of ever promoting at the bar is at most alpha); a pending label is
never taken for a success; O(1) a case; every state serialises to a few JSON numbers.
"""

from goldenthread.promise.evidence.asymptotic import FEWEST_CASES, AsymptoticSequence, Sample
from goldenthread.promise.evidence.audits import AuditedCase, AuditTest, judge_audits_in_order
from goldenthread.promise.evidence.boundary import Prior, keep_boundaries_in
from goldenthread.promise.evidence.bulk import RateGates
from goldenthread.promise.evidence.bulk_bets import MeanGates, RollbackGates
from goldenthread.promise.evidence.cache import BoundaryStore
from goldenthread.promise.evidence.clusters import LEAST_DAYS, DaysEvidence, DaysState, FutureDaysTest
from goldenthread.promise.evidence.control_charts import ControlChart, Limit, shares_chart, values_chart
from goldenthread.promise.evidence.difference import DifferenceTest, difference_bound
from goldenthread.promise.evidence.drivers import DRIVERS, Explanation, Piece, explain_mean
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
from goldenthread.promise.evidence.lapses import LapseTest
from goldenthread.promise.evidence.many import Worst, e_bh, worst
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
from goldenthread.promise.evidence.rollback import (
    DetectorPair,
    RollbackDetector,
    bets_for,
    calibrated_for,
    detector_pair,
)
from goldenthread.promise.evidence.split import SplitState, SplitTest
from goldenthread.promise.evidence.unpaired import ArmCase, RunningCentre, UnpairedTest, unpaired_difference

__all__ = [
    "DRIVERS",
    "FEWEST_CASES",
    "HORIZON",
    "LEAST_DAYS",
    "ArmCase",
    "AsymptoticSequence",
    "AuditTest",
    "AuditedCase",
    "BoundaryStore",
    "ControlChart",
    "DaysEvidence",
    "DaysState",
    "DetectorPair",
    "DifferenceTest",
    "Expected",
    "ExpectedOfMean",
    "Explanation",
    "Forecast",
    "FutureDaysTest",
    "LapseTest",
    "Limit",
    "MeanEvidence",
    "MeanGates",
    "MeanState",
    "MeanTest",
    "Piece",
    "Prior",
    "RateEvidence",
    "RateGates",
    "RateMeter",
    "RateState",
    "RateTest",
    "RollbackDetector",
    "RollbackGates",
    "RunningCentre",
    "Sample",
    "SplitState",
    "SplitTest",
    "UnpairedTest",
    "Worst",
    "bets_for",
    "calibrated_for",
    "detector_pair",
    "difference_bound",
    "e_bh",
    "expected_cases",
    "expected_cases_of_mean",
    "explain_mean",
    "forecast",
    "forecast_words",
    "harm_test",
    "judge_audits_in_order",
    "judge_in_order",
    "judge_mean_in_order",
    "keep_boundaries_in",
    "mean_bound",
    "quantile_bound",
    "quantile_test",
    "settle",
    "shares_chart",
    "unpaired_difference",
    "values_chart",
    "worst",
]
