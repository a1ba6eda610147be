"""A quantile is a rate in disguise: "p90 of X at most c" says that at least 90 % of cases have X <= c."""

from __future__ import annotations

from collections.abc import Sequence

from goldenthread.promise.errors import ValueOutsideCap
from goldenthread.promise.evidence.rate import RateTest
from goldenthread.promise.evidence.validation import (
    is_number,
    require_cases,
    require_share,
    shown,
)


def quantile_test(q: float, alpha: float) -> RateTest:
    """
    Test that the q-quantile of X is at most c; a case with X <= c is a success.

    A case that is still running past c has already failed. For "at least c" pass 1 - q; success is X >= c.

    Args:
        q: In (0, 1); 0.90 for p90.
        alpha: Accepted chance of promoting wrongly, in (0, 1).

    Raises:
        ImpossibleParameter: q or alpha outside (0, 1).
    """
    require_share("q", q, "0.9 for p90")
    return RateTest(bar=q, alpha=alpha)


def quantile_bound(test: RateTest, values: Sequence[float], pending: int = 0) -> float | None:
    """
    Upper confidence bound of the quantile: the smallest observed c that the test would promote.

    Args:
        test: `quantile_test(q, alpha)`.
        values: Observed values, any order, any unit.
        pending: Cases still unobserved, each counted as larger than all.

    Returns:
        The bound in the unit of `values`, or None while there are too few cases for any.

    Raises:
        ImpossibleCounts: `pending` is negative or not whole.
        ValueOutsideCap: A value that is not finite.
    """
    require_cases("pending", pending, 0)
    for value in values:
        if not is_number(value):
            raise ValueOutsideCap(
                f"A case was observed at {shown(value)}; a quantile is found among finite numbers. Correct the "
                "measurement, or count a case that is still running as pending."
            )
    above = test.boundary(len(values) + pending)
    place = len(values) + pending - above - 1
    if above < 0 or place >= len(values):
        return None
    return sorted(values)[place]
