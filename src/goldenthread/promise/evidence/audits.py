"""
A rate of failures from random audits whose probability varies from case to case.

Where every case is audited with the same probability, this is not needed: take the audited cases alone and a
`RateTest`. Where risky cases are audited more often, the audited ones alone look worse than all of them do. And a
judge's own score never replaces an audit. So each case counts as

    Z = f + A (Y - f) / pi

with A whether it was audited, Y whether the audit found a failure, pi the probability of its audit, logged before the
outcome, and f what a judge expected (0 without one). Its mean is the rate of failures whatever the judge is worth; a
good one only makes it scatter less.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from goldenthread.promise.errors import ImpossibleAudit, ImpossibleParameter
from goldenthread.promise.evidence.bets import ConstantBets, MeanState
from goldenthread.promise.evidence.mean import MeanEvidence, judge_mean_in_order
from goldenthread.promise.evidence.validation import (
    is_number,
    require_several,
    require_share,
    shown,
)

LOWEST_CHANCE = 0.1
_OUTCOMES = (None, True, False)
# Evenly spaced. Against a limit of .05, a geometric grid from .04 to .95 needed a fifth more audits at errors of
# .01 to .03, because the largest bet is so small that most errors call for a large share of it.
EVEN_FRACTIONS: tuple[float, ...] = tuple((k + 0.5) / 12 for k in range(12))


@dataclass(frozen=True, kw_only=True)
class AuditedCase:
    """
    One case that may have been audited.

    Attributes:
        audited: Whether it was drawn for an audit.
        failed: What the audit found; None where that is still to come, and where it was not drawn.
        propensity: Probability with which it was drawn, logged before the outcome; from the test's floor to 1.
        expected: Chance of failure that a judge gave before the audit, in [0, 1]; 0 without a judge.
    """

    audited: bool
    failed: bool | None
    propensity: float
    expected: float = 0.0


@dataclass(frozen=True, kw_only=True)
class AuditTest(ConstantBets):
    """
    Test that the rate of failures is below a limit, from audits of varying probability, valid at every look.

    A value is the Z of `counted`. It is largest for a failure that was audited at the floor and that nobody expected:
    1 / floor; so bets below 1 / (1 / floor - limit) cannot lose everything. They are the same for all cases. Bets that
    followed the probability would hold for a rate that every case keeps, but not for the average of them.

    Args:
        limit: Failure rate in (0, 1) to be better than.
        alpha: Accepted chance of promoting wrongly, in (0, 1).
        floor: Least probability of an audit, in [0.1, 1]; the closer to the least that occurs, the fewer audits.
        grid: The bets, each as a share in (0, 1) of the largest that cannot lose everything.

    Raises:
        ImpossibleParameter: A limit, alpha or share outside (0, 1), or a floor outside [0.1, 1].

    Source:
        evidence.md, "Random audits"; Waudby-Smith et al., arXiv 2210.10768.
    """

    limit: float
    floor: float = LOWEST_CHANCE
    grid: tuple[float, ...] = EVEN_FRACTIONS

    def __post_init__(self) -> None:
        require_share("limit", self.limit, "0.05 for 5 %")
        if not _is_between(self.floor, LOWEST_CHANCE, 1.0):
            raise ImpossibleParameter(
                f"floor={shown(self.floor)} is no least probability of an audit; it must lie from {LOWEST_CHANCE:g} to "
                "1, for below, one failure outweighs all else. Write e.g. 0.1 for at least every tenth case."
            )
        grid = require_several("grid", self.grid)
        for share in grid:
            require_share("grid", share, "0.5 for half of the largest bet")
        highest = 1.0 / self.floor
        self._lay(bar=self.limit, at_most=True, lowest=1.0 - highest, highest=highest, fractions=grid)

    @property
    def best(self) -> float:
        """No failure found, and none expected; less needs a judge that is wrong."""
        return 0.0

    def require(self, value: float) -> None:
        """Refuse a value that no audit at the floor or above can give (ImpossibleAudit)."""
        if not _is_between(value, self.lowest, self.highest):
            raise ImpossibleAudit(
                f"A case counts as {shown(value)} failures; with audits at a probability of {self.floor:g} or more it "
                f"lies from {self.lowest:g} to {self.highest:g}. Count it from its audit again."
            )

    def counted(self, case: AuditedCase) -> float | None:
        """
        What one case counts as, in failures: Z, in [1 - 1 / floor, 1 / floor]; None while its audit is pending.

        Raises:
            ImpossibleAudit: A probability outside [floor, 1], an expectation outside [0, 1], an outcome that is
                none of True, False and None, an outcome without an audit, or no audit where it was certain.
        """
        _require_possible(case, self.floor)
        if not case.audited:
            return case.expected
        return None if case.failed is None else self._drawn(case, failed=case.failed)

    def worst_of(self, case: AuditedCase) -> float:
        """What one case counts as at the worst: its pending audit finds a failure. Raises as `counted`."""
        counted = self.counted(case)
        return self._drawn(case, failed=True) if counted is None else counted

    def update_case(self, state: MeanState, case: AuditedCase) -> MeanState:
        """
        The state after one more case, in case order. O(1).

        Raises:
            ImpossibleAudit: As `counted`, or an audit without an outcome.
        """
        counted = self.counted(case)
        if counted is None:
            raise ImpossibleAudit(
                "An audited case has no outcome yet; only finished audits can be added up. "
                "Wait for it, or judge the cases in order, where a pending audit counts as a failure."
            )
        return self.update(state, counted)

    def physical_fewest(self) -> int:
        """Fewest cases, none with a failure, with which any method of this alpha could promote at this floor."""
        return max(1, math.ceil(self.threshold / -math.log1p(-self.limit * self.floor) - 1e-9))

    def _drawn(self, case: AuditedCase, *, failed: bool) -> float:
        return case.expected + (float(failed) - case.expected) / case.propensity


def judge_audits_in_order(
    test: AuditTest, cases: Iterable[AuditedCase], *, after: MeanState | None = None
) -> MeanEvidence:
    """
    Judge a rate of failures whose audits may still be pending; a pending one counts as a failure.

    Args:
        test: The audit test.
        cases: In case order, audited or not.
        after: The settled cases before these, if they were folded with `update_case`.

    Returns:
        The evidence, `passed` latching; the estimate is the rate of failures among all cases, in [0, 1].

    Raises:
        ImpossibleAudit: As `AuditTest.counted`.
    """
    given = list(cases)
    evidence = judge_mean_in_order(
        test, [test.counted(case) for case in given], after=after, worsts=[test.worst_of(case) for case in given]
    )
    if evidence.estimate is None:
        return evidence
    return replace(evidence, estimate=min(1.0, max(0.0, evidence.estimate)))


def _require_possible(case: AuditedCase, floor: float) -> None:
    if not _is_between(case.propensity, floor, 1.0):
        raise ImpossibleAudit(
            f"A case was drawn for audit with a probability of {shown(case.propensity)}; it must lie from the floor of "
            f"{floor:g} to 1. Log the probability when the case is drawn, before its outcome is known."
        )
    drawn: object = case.audited
    if type(drawn) is not bool or case.failed not in _OUTCOMES:
        raise ImpossibleAudit(
            f"A case says audited={shown(case.audited)} and failed={shown(case.failed)}; the one must be True or "
            "False, the other True, False or nothing while the audit is pending. Record the audit again."
        )
    if not _is_between(case.expected, 0.0, 1.0):
        raise ImpossibleAudit(
            f"A judge expected a failure with a chance of {shown(case.expected)}; it must lie from 0 to 1. "
            "Give 0 where there is no judge."
        )
    if not case.audited and case.failed is not None:
        raise ImpossibleAudit(
            "A case that was not drawn for audit has an outcome; to count it would favour whoever looked. "
            "Give the outcomes of drawn cases only."
        )
    if not case.audited and case.propensity >= 1.0:
        raise ImpossibleAudit(
            "A case was not audited although its probability was 1. "
            "Give the probability with which it was really drawn."
        )


def _is_between(value: object, low: float, high: float) -> bool:
    return is_number(value) and low <= value <= high
