"""The alarm behind a tripwire's clause."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from goldenthread.promise.contract.forms import Form, NotJudged, form_of, happened, holds, missing_for, stated_share
from goldenthread.promise.contract.model import Clause
from goldenthread.promise.evidence import DetectorPair, detector_pair


@dataclass(frozen=True, kw_only=True)
class TripwireDetector:
    """
    The alarm of one tripwire clause; takes the values of `ClauseTest`, in order of arrival.

    Attributes:
        clause: What is watched.
        form: Rate, quantile, or event for `any X`.
        detector: None for `any X`, which one event sets off; else against the limit, and perhaps also against
            what the agent earned.
        calibrated: Whether a false alarm comes exactly as seldom as stated, for independent cases.
    """

    clause: Clause
    form: Form
    detector: DetectorPair | None
    calibrated: bool = False

    @property
    def limit(self) -> float | None:
        """The failure rate that the contract accepts, in (0, 1); None for `any X`."""
        return self.detector.on_limit.limit if self.detector else None

    @property
    def start(self) -> tuple[float, ...]:
        """The state before the first case; a few numbers, serialised as they are."""
        return self.detector.start if self.detector else (0.0,)

    def fails(self, value: float) -> bool:
        """Whether this value is what the tripwire fears. Raises ValueOutsideCap as `update`."""
        return holds(self.clause, value)

    def beside(self, baseline: float | None) -> TripwireDetector:
        """
        The same alarm that also watches the failure rate earned at promotion.

        Args:
            baseline: Upper bound of that rate, in (0, 1); None, or one that is not below the limit, adds nothing.
        """
        if self.detector is None or baseline is None:
            return self
        return _beside(self, baseline)

    def resume(self, state: tuple[float, ...]) -> tuple[float, ...]:
        """A state taken over after a promotion: what watches the earned rate starts afresh."""
        return self.detector.resume(state, earned_anew=True) if self.detector else state

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
        return self.detector.update(state, self.fails(value))

    def alarm(self, state: tuple[float, ...]) -> bool:
        """True where the agent must fall."""
        return self.detector.alarm(state) if self.detector else state[0] >= 1.0

    def nearness(self, state: tuple[float, ...]) -> float:
        """How near the alarm is, in [0, 1], on a log scale; 1 where it rings."""
        return self.detector.nearness(state) if self.detector else min(1.0, state[0])


def tripwire_detector(clause: Clause, false_alarm: float, *, calibrated: bool = False) -> TripwireDetector | NotJudged:
    """
    The alarm that watches a tripwire's clause, or what is missing for one.

    Args:
        clause: As written in the contract: the state of affairs that brings the agent down.
        false_alarm: Average number of cases to a false alarm, > 1.
        calibrated: Whether that average is met exactly for independent cases, for a sooner alarm.

    Raises:
        ImpossibleParameter: A false_alarm that is not above 1.
    """
    missing = _missing(clause)
    if missing is not None:
        return NotJudged(clause=clause, reason=missing)
    if clause.any:
        return TripwireDetector(clause=clause, form=Form.EVENT, detector=None)
    pair = detector_pair(limit=stated_share(clause), false_alarm=false_alarm, calibrated=calibrated)
    return TripwireDetector(clause=clause, form=form_of(clause), detector=pair, calibrated=calibrated)


def not_watched(clause: Clause) -> str | None:
    """Why no detector watches a margin or a segment, in words; None for a clause with neither."""
    if clause.margin is not None:
        example = _WATCHED.get(clause.metric, f"{clause.metric} > 3 %")
        return (
            f"a tripwire watches rates, quantiles and single events, not a difference to people; write e.g. '{example}'"
        )
    if clause.segment is not None:
        return f"a tripwire watches all cases together; remove 'in every {clause.segment}'"
    return None


_WATCHED = {
    "task_success": "task_success < 80 %",
    "cycle_time": "cycle_time p90 > 2 d",
    "csat": "csat p10 < 3",
    "cost": "cost p90 > 0.40 EUR/case",
}


@lru_cache(maxsize=4096)
def _beside(alarm: TripwireDetector, baseline: float) -> TripwireDetector:
    """Made once: a tripwire asks at every case."""
    assert alarm.detector is not None
    limit = alarm.detector.on_limit
    if baseline >= limit.limit:
        return alarm
    return replace(
        alarm,
        detector=detector_pair(
            limit=limit.limit, false_alarm=limit.false_alarm, baseline=baseline, calibrated=alarm.calibrated
        ),
    )


def _missing(clause: Clause) -> str | None:
    if clause.any:
        return None  # whether anyone reports such an event is the contract check's business
    missing = not_watched(clause) or missing_for(clause)
    if missing is None and form_of(clause) is Form.MEAN:
        return (
            f"a tripwire watches rates, quantiles and single events, not the mean of '{clause.metric}'; "
            f"write e.g. '{clause.metric} p90 {clause.comparison} {clause.bound}'"
        )
    return missing
