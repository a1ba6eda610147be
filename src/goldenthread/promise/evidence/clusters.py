"""
A claim about future days: cases of one day share that day's luck, so a thousand cases of one day prove little.

Labelled a heuristic wherever it is shown. The per-case test is exact about the period that was observed; with day
effects it is wrong about future days in 21 to 42 %. This one counts for less the more the cases of a day are alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from goldenthread.promise.errors import ImpossibleCounts, TimeWentBackwards
from goldenthread.promise.evidence.days import DaysState
from goldenthread.promise.evidence.rate import RateTest
from goldenthread.promise.evidence.validation import (
    require_cases,
    require_counts,
    require_label,
)

__all__ = ["LEAST_DAYS", "DaysEvidence", "DaysState", "FutureDaysTest"]

LEAST_DAYS = 20
_BAD_DAY = 0.3  # squared distance of the unseen day from the bar, in units of sqrt(bar / (1 - bar)) * bar * (1 - bar)


@dataclass(frozen=True, kw_only=True)
class DaysEvidence:
    """
    What whole days prove about the days to come.

    Attributes:
        days: Whole days.
        cases: Cases in them.
        likeness: How alike the cases of a day are at most, from 0 (not at all) to 1 (all the same).
        cases_for_one: Cases that count as one, >= 1.
        successes: Counted successes, rounded down.
        failures: Counted failures, rounded up.
    """

    days: int
    cases: int
    likeness: float
    cases_for_one: float
    successes: int
    failures: int


@dataclass(frozen=True, kw_only=True)
class FutureDaysTest:
    """
    The claim "about future days": a rate test on counts that are divided by how much a day's cases are alike.

    Looks at whole days only, from `least_days` on. A heuristic: simulated, not proved. With day rates of a Beta
    law and a correlation within days up to .10 it promotes wrongly in less than alpha, at bars from .50 to .995 and
    5 to 300 cases a day; with rare and very bad days (one in twenty, correlation .10) in up to 18 % at an alpha of 5 %.

    Args:
        test: The rate test whose counts are divided.
        least_days: Whole days that must have been seen, >= 2.

    Raises:
        ImpossibleCounts: `least_days` is no whole number of at least 2.

    Source:
        evidence.md, "Clusters".
    """

    test: RateTest
    least_days: int = LEAST_DAYS

    def __post_init__(self) -> None:
        require_cases("least_days", self.least_days, 2)

    @property
    def start(self) -> DaysState:
        """The state before the first case."""
        return DaysState()

    def update(self, state: DaysState, success: bool, day: int) -> DaysState:
        """
        The state after one more labelled case, in order of days. O(1).

        Args:
            state: The state before.
            success: Whether the case succeeded.
            day: The day's number; any count that rises, e.g. a date's ordinal.

        Raises:
            TimeWentBackwards: `day` lies before the running one.
            ImpossibleCounts: `day` is no whole number, or `success` neither True nor False.
        """
        require_label(success)
        return self.add(state, int(success), 1 - int(success), day)

    def add(self, state: DaysState, successes: int, failures: int, day: int) -> DaysState:
        """
        The state after several more labelled cases of one day; more of that day may follow. O(1).

        Raises:
            TimeWentBackwards: `day` lies before the running one.
            ImpossibleCounts: A count or `day` that is negative or no whole number.
        """
        require_counts(successes, failures)
        require_cases("day", day, 0)
        if state.day is not None and day < state.day:
            raise TimeWentBackwards(
                f"A case of day {day} came after one of day {state.day}; days are judged in their order. "
                "Sort the cases by their day and fold them again."
            )
        if day != state.day:
            state = self._closed(state)
        return state.with_cases(day, state.day_cases + successes + failures, state.day_failures + failures)

    def passed(self, state: DaysState) -> bool:
        """
        True where the end of some whole day promoted; it latches.

        Raises:
            ImpossibleCounts: A state that this claim cannot have left: passed before the days or cases it takes.
        """
        least = max(self.least_days, self.test.physical_fewest())
        if state.passed_at is not None and (state.days < self.least_days or state.passed_at < least):
            raise ImpossibleCounts(
                f"A claim about future days cannot have passed at case {state.passed_at} of {state.days} whole days; "
                f"it takes {self.least_days} days and {least} cases at least. Fold the observations again."
            )
        return state.passed_at is not None

    def days(self, state: DaysState) -> int:
        """Whole days so far; the running one does not count."""
        return state.days

    def evidence(self, state: DaysState) -> DaysEvidence:
        """The counts that the whole days are worth, and why."""
        likeness = _likeness(state, self.test.bar)
        # The size of the day that an average case belongs to: for a pooled rate over unequal days, the variance
        # grows by 1 + (this - 1) * likeness; the plain mean of the sizes would understate it (Kish 1965).
        size = state.squared_cases / state.cases if state.cases else 1.0
        for_one = max(1.0, 1.0 + (size - 1.0) * likeness)
        return DaysEvidence(
            days=state.days,
            cases=state.cases,
            likeness=likeness,
            cases_for_one=for_one,
            successes=math.floor((state.cases - state.failures) / for_one),
            failures=math.ceil(state.failures / for_one),
        )

    def lower_bound(self, state: DaysState) -> float:
        """Rate ruled out by the counted cases now, in [0, 1); 0 before `least_days`."""
        if state.days < self.least_days:
            return 0.0
        counted = self.evidence(state)
        return self.test.lower_bound(counted.successes, counted.failures)

    def meter(self, state: DaysState) -> float:
        """How far the evidence has come, in [0, 1]: 1 where passed, and at most the share of the days needed."""
        if self.passed(state):
            return 1.0
        counted = self.evidence(state)
        return min(self.test.meter(counted.successes, counted.failures), state.days / self.least_days, 1.0)

    def _closed(self, state: DaysState) -> DaysState:
        """The running day becomes a whole one, and is looked at."""
        if not state.day_cases:
            return state
        closed = state.closed()
        if closed.passed_at is not None or closed.days < self.least_days:
            return closed
        counted = self.evidence(closed)
        passes = self.test.promotes(counted.successes, counted.failures)
        return replace(closed, passed_at=closed.cases) if passes else closed


def _likeness(state: DaysState, bar: float) -> float:
    """
    How alike the cases of a day are at most: the estimate's upper limit, and an allowance for a bad day to come.

    The estimate is that of a one-way analysis of variance (Ridout et al. 1999). Alone it promotes wrongly in 5 % at
    a bar of .90 and in 21 % at .99, because the agents that are lucky in their days are those whose days look alike:
    the bad day that would tell is still to come. So its 80 % upper limit is taken, and the spread counts as if one
    more day had been seen: at a bar of .90 one with 38 % of failures, at .98 one with 22 %.
    """
    unseen = _BAD_DAY * math.sqrt(bar / (1.0 - bar)) / max(1, state.days)
    return min(1.0, max(0.0, state.correlation_limit()) + unseen)
