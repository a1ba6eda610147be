"""Is the mean of a capped amount (a cost, a score) on the right side of the bar, however often anyone looks?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from goldenthread.promise.evidence.bets import BETS_OF_A_MEAN, ConstantBets, MeanState, geometric, log_mean_exp
from goldenthread.promise.evidence.boundary import LONGEST_TABLE
from goldenthread.promise.evidence.rate import share_of
from goldenthread.promise.evidence.validation import (
    require_cap,
    require_cases,
    require_within_cap,
)

__all__ = ["BETS", "FRACTIONS", "MeanEvidence", "MeanState", "MeanTest", "judge_mean_in_order", "mean_bound"]

BETS = BETS_OF_A_MEAN
FRACTIONS = geometric(0.02, 0.97, BETS)


@dataclass(frozen=True, kw_only=True)
class MeanTest(ConstantBets):
    """
    Test that a mean is below a bar (or above it), by twelve constant bets of equal weight, valid at every look.

    Args:
        bar: The mean to be better than, in the unit of the values; 0 < bar < cap.
        cap: Largest value that a case can take, same unit; the contract states it and the guard enforces it.
        alpha: Accepted chance of promoting wrongly, in (0, 1).
        at_most: True for "mean at most bar", False for "mean at least bar".

    Raises:
        ImpossibleParameter: A bar that does not lie between 0 and the cap, or an alpha outside (0, 1).

    Source:
        evidence.md, "Promotion"; Waudby-Smith and Ramdas, arXiv 2010.09686.
    """

    bar: float
    cap: float
    at_most: bool = True

    def __post_init__(self) -> None:
        require_cap(self.bar, self.cap)
        self._lay(bar=self.bar, at_most=self.at_most, lowest=0.0, highest=self.cap, fractions=FRACTIONS)

    def require(self, value: float) -> None:
        """Refuse a value below 0, above the cap or not finite (ValueOutsideCap)."""
        require_within_cap(value, self.cap)


@dataclass(frozen=True, kw_only=True)
class MeanEvidence:
    """
    What the observations of a mean prove.

    Attributes:
        cases: Observed cases.
        pending: Cases still unobserved.
        estimate: Mean of the observed, in their unit, or None without any.
        passed: True where some look promoted, pending cases counted as the worst value.
        passed_at: Number of cases at the first such prefix, or None.
        log_e: Natural log of the evidence now.
        meter: In [0, 1]; 1 where passed.
    """

    cases: int
    pending: int
    estimate: float | None
    passed: bool
    passed_at: int | None
    log_e: float
    meter: float


def judge_mean_in_order(
    test: ConstantBets,
    values: Iterable[float | None],
    *,
    after: MeanState | None = None,
    worsts: Iterable[float] | None = None,
) -> MeanEvidence:
    """
    Judge a mean whose observations may still be pending; a pending case counts as the worst value.

    Args:
        test: The test of a mean, or of a difference.
        values: One a case, in case order, in the unit of the bar; None pending.
        after: The settled cases before these, if they were folded with `update`.
        worsts: The worst that each case could take, one a case, where that is known better than for all.

    Returns:
        The evidence; `passed` latches.

    Raises:
        ValueOutsideCap: A value that no case can take.
        ImpossibleCounts: A state of a test with another number of bets.
    """
    given = list(values)
    known = [value for value in given if value is not None]
    start = after or test.start
    clear = given.index(None) if None in given else len(given)
    assumed = test.update_all(start, known[:clear])
    strongest = -math.inf
    worst_of = [test.worst] * len(given) if worsts is None else list(worsts)
    for value, worst in zip(given[clear:], worst_of[clear:], strict=True):
        if value is None:
            strongest = max(strongest, test.log_e(assumed))  # it is strongest just before a pending case
        assumed = test.update(assumed, worst if value is None else value)
    cases, total = start.cases + len(known), start.total
    for value in known:  # one by one, so that a folded history gives the same last digit
        total += value
    log_e = max(strongest, test.log_e(assumed))
    return MeanEvidence(
        cases=cases,
        pending=len(given) - len(known),
        estimate=total / cases if cases else None,
        passed=assumed.passed_at is not None,
        passed_at=assumed.passed_at,
        log_e=log_e,
        meter=1.0 if assumed.passed_at is not None else share_of(log_e, test.alpha),
    )


def mean_bound(test: ConstantBets, values: Sequence[float], pending: int = 0) -> float | None:
    """
    Confidence bound of the mean: the bar closest to the data that the evidence still rules out.

    The evidence rises with the bar for "at most" and falls for "at least", so bisection finds it.

    Args:
        test: The test of a mean, or of a difference; its own bar is not used.
        values: Observed values in the unit of the bar, any order.
        pending: Cases still unobserved, each counted as the worst value.

    Returns:
        Upper bound for "at most", lower bound for "at least"; None while nothing can be ruled out.

    Raises:
        ValueOutsideCap: A value that no case can take.
        ImpossibleCounts: `pending` is negative, not whole or above LONGEST_TABLE.
    """
    import numpy as np

    require_cases("pending", pending, 0, LONGEST_TABLE)
    for value in values:
        test.require(value)
    fractions, span = np.array(test.fractions)[:, None], test.highest - test.lowest
    # From the worst value up: a mean at most m is a distance to the cap of at least cap - m. Equal values are one.
    away = np.abs(np.array([*values, *[test.worst] * pending], dtype=float) - test.worst)
    data, times = np.unique(away, return_counts=True)

    def rules_out(bar: float) -> bool:
        return log_mean_exp((np.log1p(fractions * ((data - bar) / bar)) @ times).tolist()) >= test.threshold

    low, high = 0.0, float(away.mean()) if len(away) else 0.0
    while high - low > 1e-8 * span:
        middle = (low + high) / 2.0
        low, high = (middle, high) if rules_out(middle) else (low, middle)
    if low == 0.0:
        return None
    return test.worst - low if test.at_most else test.worst + low
