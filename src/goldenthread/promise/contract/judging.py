"""From a clause to its test: which evidence judges it, or what is missing for that."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from goldenthread.promise.contract.forms import (
    Form,
    NotJudged,
    amount_of,
    bound_of,
    form_of,
    holds,
    missing_for,
    stated_share,
    wants_high,
)
from goldenthread.promise.contract.margins import margin_of, scale_of
from goldenthread.promise.contract.model import Clause
from goldenthread.promise.contract.tripwires import TripwireDetector, tripwire_detector
from goldenthread.promise.errors import EvidenceOfAnotherClause
from goldenthread.promise.evidence import (
    DifferenceTest,
    MeanState,
    MeanTest,
    RateState,
    RateTest,
    judge_in_order,
    judge_mean_in_order,
    mean_bound,
    quantile_bound,
    settle,
)

__all__ = [
    "ClauseEvidence",
    "ClauseState",
    "ClauseTest",
    "Form",
    "NotJudged",
    "TripwireDetector",
    "clause_test",
    "tripwire_detector",
]

ClauseState: TypeAlias = RateState | MeanState
_Bets: TypeAlias = MeanTest | DifferenceTest


@dataclass(frozen=True, kw_only=True)
class ClauseEvidence:
    """
    What the observations prove of one clause.

    Amounts are in the metric's own unit: a rate as a share in [0, 1], a time in seconds, a mean in the unit of its
    bound, a difference to people in that of its margin (a share for a rate), agent minus people. `lower` is given
    for "at least" and "not below", `upper` for "at most" and "not above"; None while the evidence rules nothing
    out, and for all but rates also where the earlier cases came as a state (a bound needs the values).

    Attributes:
        clause: What is judged.
        alpha: Accepted chance of promoting wrongly.
        form: Rate, quantile, mean or difference.
        n: Observed cases.
        pending: Cases still unobserved, each taken as a failure (or as the worst value).
        failures: Observed cases against the clause; None for a mean or difference.
        estimate: Observed rate, quantile, mean or mean difference; None without cases (and for a quantile judged
            from a state).
        lower: Lower confidence bound, valid at every look.
        upper: Upper confidence bound, valid at every look.
        log_e: Natural log of the evidence now.
        meter: log E / log(1 / alpha) in [0, 1]; 1 where passed.
        passed: True where some look promoted.
        passed_at: Number of cases at that look, or None.
    """

    clause: Clause
    alpha: float
    form: Form
    n: int
    pending: int
    failures: int | None
    estimate: float | None
    lower: float | None
    upper: float | None
    log_e: float
    meter: float
    passed: bool
    passed_at: int | None


@dataclass(frozen=True, kw_only=True)
class ClauseTest:
    """
    The test of one clause over the values of its metric, one a case, in case order.

    A value is 1.0 or 0.0 for a rate (did the event that the metric names happen in this case?), seconds for a time,
    the amount for everything else, and None while it is pending. A case still running past a time's bound is no
    longer pending: pass what has elapsed. For a clause with a margin it is the agent's value minus people's on the
    same case, whichever way is better.
    """

    clause: Clause
    alpha: float
    form: Form
    test: RateTest | MeanTest | DifferenceTest

    @property
    def start(self) -> ClauseState:
        """The state before the first case."""
        return RateState() if isinstance(self.test, RateTest) else self.test.start

    def settle(self, state: ClauseState, value: float) -> ClauseState:
        """
        The state after one more observed case, in case order. O(1).

        Only for cases before the first pending one: what comes after it must wait for it, or be given to `judge`.

        Raises:
            ValueOutsideCap: A value that the metric cannot take.
        """
        if isinstance(self.test, RateTest) and isinstance(state, RateState):
            return settle(self.test, state, holds(self.clause, value))
        if not isinstance(self.test, RateTest) and isinstance(state, MeanState):
            return self.test.update(state, self._turned(value))
        raise TypeError(f"a {type(state).__name__} is no state of a {self.form} clause")

    def state_to_json(self, state: ClauseState) -> dict[str, Any]:
        """The state with what it is evidence for: clause, alpha, and a few numbers."""
        return {"clause": str(self.clause), "alpha": self.alpha, "state": state.to_json()}

    def state_from_json(self, kept: Mapping[str, Any]) -> ClauseState:
        """
        The state that `state_to_json` wrote.

        Raises:
            EvidenceOfAnotherClause: It was gathered for another clause or another alpha: a changed contract.
            ImpossibleCounts: Numbers that no cases can have led to.
        """
        gathered_for, alpha = kept.get("clause"), kept.get("alpha")
        if (gathered_for, alpha) != (str(self.clause), self.alpha):
            raise EvidenceOfAnotherClause(
                f"This evidence was gathered for '{gathered_for}' with an error of {alpha}; the contract now says "
                f"'{self.clause}' with {self.alpha:g}. Fold the observations again under the contract in force."
            )
        return self._state(kept.get("state") or [])

    def _state(self, numbers: Sequence[float | int | None]) -> ClauseState:
        if not isinstance(self.test, RateTest):
            return MeanState.from_json(numbers, bets=len(self.test.bets))
        return RateState.from_json(numbers)

    def judge(self, values: Iterable[float | None], *, after: ClauseState | None = None) -> ClauseEvidence:
        """
        What the values prove.

        Args:
            values: One a case, in case order; None pending.
            after: The state of the cases before these.

        Raises:
            ValueOutsideCap: A value that the metric cannot take.
        """
        observed = list(values)
        if isinstance(self.test, RateTest):
            return self._judge_rate(self.test, observed, after if isinstance(after, RateState) else None)
        return self._judge_mean(self.test, observed, after if isinstance(after, MeanState) else None)

    def _judge_rate(self, test: RateTest, values: list[float | None], after: RateState | None) -> ClauseEvidence:
        found = judge_in_order(
            test, (None if value is None else holds(self.clause, value) for value in values), after=after
        )
        estimate, lower, upper = self._rate_bounds(found.cases, found.failures, found.lower_bound)
        if self.form is Form.QUANTILE:
            estimate, lower, upper = self._quantile_bounds(test, values) if after is None else (None, None, None)
        return ClauseEvidence(
            clause=self.clause,
            alpha=self.alpha,
            form=self.form,
            n=found.cases,
            pending=found.pending,
            failures=found.failures,
            estimate=estimate,
            lower=lower,
            upper=upper,
            log_e=found.log_e,
            meter=found.meter,
            passed=found.passed,
            passed_at=found.passed_at,
        )

    def _judge_mean(self, test: _Bets, values: list[float | None], after: MeanState | None) -> ClauseEvidence:
        turned = [None if value is None else self._turned(value) for value in values]
        found = judge_mean_in_order(test, turned, after=after)
        known = [value for value in turned if value is not None]
        bound = mean_bound(test, known, found.pending) if after is None else None
        proved = None if bound is None else self._turned(bound)
        high = wants_high(self.clause)
        return ClauseEvidence(
            clause=self.clause,
            alpha=self.alpha,
            form=self.form,
            n=found.cases,
            pending=found.pending,
            failures=None,
            estimate=None if found.estimate is None else self._turned(found.estimate),
            lower=proved if high else None,
            upper=None if high else proved,
            log_e=found.log_e,
            meter=found.meter,
            passed=found.passed,
            passed_at=found.passed_at,
        )

    def _turned(self, value: float) -> float:
        """A difference so that higher is better, and back; a mean's test turns its values itself."""
        turns = self.form is Form.DIFFERENCE and not wants_high(self.clause)
        return 0.0 - value if turns else value

    def _rate_bounds(self, cases: int, failures: int, proved: float) -> tuple[float | None, float | None, float | None]:
        share = failures / cases if cases else None
        some = proved if proved > 0.0 else None
        if wants_high(self.clause):
            return (None if share is None else 1.0 - share), some, None
        return share, None, (None if some is None else 1.0 - some)

    def _quantile_bounds(
        self, test: RateTest, values: list[float | None]
    ) -> tuple[float | None, float | None, float | None]:
        known = sorted(value for value in values if value is not None)
        pending = len(values) - len(known)
        if wants_high(self.clause):
            mirrored = quantile_bound(test, [-value for value in known], pending)
            share = 1.0 - test.bar
            return _quantile(known, share), (None if mirrored is None else -mirrored), None
        return _quantile(known, test.bar), None, quantile_bound(test, known, pending)


def clause_test(clause: Clause, alpha: float) -> ClauseTest | NotJudged:
    """
    The test that judges a gate's clause, or what is missing for one.

    Args:
        clause: As written in the contract.
        alpha: Accepted chance of promoting wrongly, in (0, 1).

    Raises:
        ImpossibleParameter: An alpha outside (0, 1).
    """
    missing = missing_for(clause)
    if missing is not None:
        return NotJudged(clause=clause, reason=missing)
    form = form_of(clause)
    return ClauseTest(clause=clause, alpha=alpha, form=form, test=_test_of(form, clause, alpha))


def _test_of(form: Form, clause: Clause, alpha: float) -> RateTest | MeanTest | DifferenceTest:
    if form is Form.DIFFERENCE:
        return DifferenceTest(margin=margin_of(clause), scale=scale_of(clause), alpha=alpha)
    return _mean_test(clause, alpha) if form is Form.MEAN else RateTest(bar=stated_share(clause), alpha=alpha)


def _mean_test(clause: Clause, alpha: float) -> MeanTest:
    assert clause.cap is not None
    return MeanTest(bar=bound_of(clause), cap=amount_of(clause.cap), alpha=alpha, at_most=not wants_high(clause))


def _quantile(ordered: Sequence[float], q: float) -> float | None:
    """Smallest observed value with at least a share q at or below it."""
    return ordered[max(0, math.ceil(q * len(ordered) - 1e-9) - 1)] if ordered else None
