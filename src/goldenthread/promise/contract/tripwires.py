"""The alarm behind a tripwire's clause."""

from __future__ import annotations

import math
from dataclasses import dataclass

from goldenthread.promise.contract.forms import Form, NotJudged, form_of, happened, holds, missing_for, stated_share
from goldenthread.promise.contract.model import Clause
from goldenthread.promise.evidence import RollbackDetector


@dataclass(frozen=True, kw_only=True)
class TripwireDetector:
    """
    The alarm of one tripwire clause; takes the values of `ClauseTest`, in order of arrival.

    Attributes:
        clause: What is watched.
        form: Rate, quantile, or event for `any X`.
        detector: None for `any X`, which one event sets off.
    """

    clause: Clause
    form: Form
    detector: RollbackDetector | None

    @property
    def start(self) -> tuple[float, ...]:
        """The state before the first case; a few numbers, serialised as they are."""
        return self.detector.start if self.detector else (0.0,)

    def update(self, state: tuple[float, ...], value: float | None) -> tuple[float, ...]:
        """
        The state after one more value; a pending one changes nothing. O(1).

        Raises:
            ValueOutsideCap: A value that the metric cannot take.
        """
        if value is None:
            return state
        if self.detector is None:
            return (state[0] + happened(self.clause, value),)
        return self.detector.update(state, holds(self.clause, value))

    def alarm(self, state: tuple[float, ...]) -> bool:
        """True where the agent must fall."""
        return self.detector.alarm(state) if self.detector else state[0] >= 1.0

    def nearness(self, state: tuple[float, ...]) -> float:
        """How near the alarm is, in [0, 1], on a log scale; 1 where it rings."""
        if self.detector is None:
            return min(1.0, state[0])
        near = math.log1p(self.detector.statistic(state)) / math.log1p(self.detector.false_alarm)
        return 1.0 if self.alarm(state) else min(1.0, near)


def tripwire_detector(clause: Clause, false_alarm: float) -> TripwireDetector | NotJudged:
    """
    The alarm that watches a tripwire's clause, or what is missing for one.

    Args:
        clause: As written in the contract: the state of affairs that brings the agent down.
        false_alarm: Average number of cases to a false alarm, > 1.

    Raises:
        ImpossibleParameter: A false_alarm that is not above 1.
    """
    missing = _missing(clause)
    if missing is not None:
        return NotJudged(clause=clause, reason=missing)
    if clause.any:
        return TripwireDetector(clause=clause, form=Form.EVENT, detector=None)
    detector = RollbackDetector(limit=stated_share(clause), false_alarm=false_alarm)
    return TripwireDetector(clause=clause, form=form_of(clause), detector=detector)


def _missing(clause: Clause) -> str | None:
    if clause.any:
        return None  # whether anyone reports such an event is the contract check's business
    missing = missing_for(clause)
    if missing is None and form_of(clause) is Form.MEAN:
        return (
            f"a tripwire watches rates, quantiles and single events, not the mean of '{clause.metric}'; "
            f"write e.g. '{clause.metric} p90 {clause.comparison} {clause.bound}'"
        )
    return missing
