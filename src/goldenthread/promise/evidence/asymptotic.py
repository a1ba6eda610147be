"""
Means from counts, averages and variances alone: intervals that hold at every look once there are many cases.

For amounts without a cap, such as those of an experiment that others ran, where only sums were kept. A gate never
rests on them: they hold for large numbers of cases only, where the tests with a bar and a cap hold from the first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from goldenthread.promise.errors import CountsWentBackwards, ImpossibleSample
from goldenthread.promise.evidence.normal import NormalMixture
from goldenthread.promise.evidence.validation import (
    is_count,
    is_look,
    is_number,
    listed,
    require_cases,
    require_share,
    shown,
)

FEWEST_CASES = 100
_LARGEST = 1e100  # beyond it squares and products overflow, and infinity must never look like evidence


@dataclass(frozen=True, kw_only=True)
class Sample:
    """
    All cases of one arm so far, as three numbers.

    Args:
        cases: Count >= 0.
        mean: Of the cases, in their unit.
        variance: Of one case around that mean, in the squared unit; >= 0.

    Raises:
        ImpossibleSample: A number that is not finite or absurdly large, a negative variance or count.
    """

    cases: int
    mean: float
    variance: float

    def __post_init__(self) -> None:
        amounts = _is_amount(self.mean) and _is_amount(self.variance) and self.variance >= 0.0
        if not (amounts and is_count(self.cases)):
            raise ImpossibleSample(
                f"cases={shown(self.cases)}, mean={shown(self.mean)} and variance={shown(self.variance)} are no "
                "sample; the count must be a whole number of at least 0, the mean finite, the variance finite and "
                "at least 0. Correct the measurement."
            )


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Where the mean (or the difference of two) may lie, in the unit of the cases; infinite where nothing is known."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class SequenceState:
    """
    All that a sequence must remember.

    Attributes:
        agent: The cases of the arm that is judged, so far.
        other: Those of the arm it is compared with; None where a mean is judged against the bar alone.
        above_at: Cases in both arms at the first look that lay wholly above the bar, or None.
        below_at: The same below the bar; None for ever if one-sided.

    Raises:
        ImpossibleSample: A look at cases that were not counted.
    """

    agent: Sample = field(default_factory=lambda: Sample(cases=0, mean=0.0, variance=0.0))
    other: Sample | None = None
    above_at: int | None = None
    below_at: int | None = None

    def __post_init__(self) -> None:
        seen = _cases(self.agent, self.other)
        for look in (self.above_at, self.below_at):
            if not is_look(look, seen):
                raise _no_look(look, seen)

    def to_json(self) -> list[float | int | None]:
        """Five or eight numbers."""
        arms = [self.agent] if self.other is None else [self.agent, self.other]
        numbers = [number for arm in arms for number in (arm.cases, arm.mean, arm.variance)]
        return [self.above_at, self.below_at, *numbers]

    @classmethod
    def from_json(cls, numbers: Sequence[float | int | None]) -> SequenceState:
        """
        The state that `to_json` wrote.

        Raises:
            ImpossibleSample: Not five or eight numbers, or numbers that no cases have.
        """
        given = listed(numbers)
        if len(given) not in {5, 8}:
            raise ImpossibleSample(
                f"{len(given)} numbers are no state of a sequence of means; it has five, or eight for two arms. "
                "Fold the looks again."
            )
        above_at, below_at, *rest = given
        arms = [_sample_of(rest[place : place + 3]) for place in range(0, len(rest), 3)]
        return cls(
            agent=arms[0],
            other=arms[1] if len(arms) > 1 else None,
            above_at=above_at,  # type: ignore[arg-type]
            below_at=below_at,  # type: ignore[arg-type]
        )


@dataclass(frozen=True, kw_only=True)
class AsymptoticSequence:
    """
    Confidence sequence for a mean, or for the difference of two, from cumulative counts, means and variances.

    Over all looks together it misses the truth with a chance of about alpha, ever closer as cases grow in number.
    The wandering is measured in variance, not in cases, so cases may become more variable in time.

    Args:
        alpha: Accepted chance of ever being wrong, in (0, 1).
        best_at: Clock (see `clock`) at which the interval is to be tightest; choose it without looking at the means.
        bar: The mean or difference that is held against, in the unit of the cases.
        one_sided: True where only "above the bar" is asked; the interval then has no upper end.
        fewest: Cases in each arm before anything is said at all.

    Raises:
        ImpossibleParameter: An alpha outside (0, 1), or a clock that is not finite and above 0.
        ImpossibleCounts: `fewest` below 2.
        ImpossibleSample: A bar that is not finite.

    Source:
        Waudby-Smith et al., arXiv 2103.06476, theorem 2.5 and section 3 (differences), with the one-sided
        boundary solved instead of approximated.
    """

    alpha: float
    best_at: float
    bar: float = 0.0
    one_sided: bool = False
    fewest: int = FEWEST_CASES
    mixture: NormalMixture = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_share("alpha", self.alpha, "0.05 for a confidence of 95 %")
        require_cases("fewest", self.fewest, 2)
        Sample(cases=0, mean=self.bar, variance=0.0)
        mixture = NormalMixture(best_at=self.best_at, best_alpha=self.alpha, one_sided=self.one_sided)
        object.__setattr__(self, "mixture", mixture)

    @property
    def start(self) -> SequenceState:
        """The state before the first look."""
        return SequenceState()

    @property
    def threshold(self) -> float:
        """log(1 / alpha), dimensionless."""
        return -math.log(self.alpha)

    def interval(self, agent: Sample, other: Sample | None = None) -> Interval:
        """Where the agent's mean, or its mean minus the other's, may lie; infinite while there are too few cases."""
        if not self.speaks(agent, other):
            return Interval(low=-math.inf, high=math.inf)
        centre = _difference(agent, other)
        reach = self.mixture.boundary(clock(agent, other), self.alpha) / _cases(agent, other)
        return Interval(low=centre - reach, high=math.inf if self.one_sided else centre + reach)

    def log_e(self, agent: Sample, other: Sample | None = None) -> float:
        """Natural log of the evidence against the bar, dimensionless; 0 while there are too few cases."""
        if not self.speaks(agent, other):
            return 0.0
        wandered = _cases(agent, other) * (_difference(agent, other) - self.bar)
        return self.mixture.log_e(wandered, clock(agent, other))

    def update(self, state: SequenceState, agent: Sample, other: Sample | None = None) -> SequenceState:
        """
        The state after one more look at the cumulative numbers. O(1); what was found stays found.

        Raises:
            CountsWentBackwards: An arm has fewer cases than at the look before, or one has come or gone.
            ImpossibleSample: The state before found something at fewer cases than this sequence speaks of.
        """
        _require_onwards(state, agent, other)
        for look in (state.above_at, state.below_at):
            if look is not None and look < self.fewest:
                raise _no_look(look, _cases(state.agent, state.other))
        seen = _cases(agent, other)
        above_at, below_at = state.above_at, state.below_at
        if self.log_e(agent, other) >= self.threshold:
            higher = _difference(agent, other) > self.bar
            above_at = seen if above_at is None and higher else above_at
            below_at = seen if below_at is None and not higher else below_at
        return SequenceState(agent=agent, other=other, above_at=above_at, below_at=below_at)

    def speaks(self, agent: Sample, other: Sample | None = None) -> bool:
        """False while cases are few or all alike: then their variance could not be trusted."""
        arms = [agent] if other is None else [agent, other]
        enough = all(arm.cases >= self.fewest and arm.variance > 0.0 for arm in arms)
        return enough and clock(agent, other) > 0.0


def clock(agent: Sample, other: Sample | None = None) -> float:
    """
    Variance of the sum that wanders: how much chance has had its say.

    For one arm, cases times the variance of a case. For two, the same of the signed, weighted cases whose mean is
    the difference: squared number of all cases times the squared standard error of the difference.

    Returns:
        In the squared unit of the cases; 0 while an arm is empty.
    """
    arms = [agent] if other is None else [agent, other]
    if any(arm.cases == 0 for arm in arms):
        return 0.0
    return float(_cases(agent, other)) ** 2 * sum(arm.variance / arm.cases for arm in arms)


def _cases(agent: Sample, other: Sample | None) -> int:
    return agent.cases + (other.cases if other else 0)


def _difference(agent: Sample, other: Sample | None) -> float:
    return agent.mean - (other.mean if other else 0.0)


def _require_onwards(state: SequenceState, agent: Sample, other: Sample | None) -> None:
    if state.agent.cases > 0 and (state.other is None) != (other is None):
        raise CountsWentBackwards(
            f"A look has {'one arm' if other is None else 'two arms'}, the look before it had another number; "
            "cumulative numbers keep their arms. Begin a new sequence."
        )
    nothing = Sample(cases=0, mean=0.0, variance=0.0)
    for before, now in ((state.agent, agent), (state.other or nothing, other or nothing)):
        if now.cases < before.cases:
            raise CountsWentBackwards(
                f"An arm has {now.cases} cases where the look before had {before.cases}; cumulative numbers only "
                "grow. Sort the looks by time, or leave out those that were corrected afterwards."
            )


def _sample_of(numbers: Sequence[object]) -> Sample:
    cases, mean, variance = numbers
    return Sample(cases=cases, mean=mean, variance=variance)  # type: ignore[arg-type]


def _no_look(look: object, seen: int) -> ImpossibleSample:
    return ImpossibleSample(
        f"A look at {shown(look)} of {seen} cases cannot have been; it must be one of them. Fold the looks again."
    )


def _is_amount(value: object) -> bool:
    return is_number(value) and abs(value) <= _LARGEST
