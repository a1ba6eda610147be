"""
A claim about future days: cases of one day share that day's luck, so a thousand cases of one day prove little.

Labelled a heuristic wherever it is shown. The per-case test is exact about the period that was observed; with day
effects it is wrong about future days in 21 to 42 %. This one counts for less the more the cases of a day are alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from goldenthread.promise.errors import ImpossibleCounts, TimeWentBackwards
from goldenthread.promise.evidence.rate import RateTest
from goldenthread.promise.evidence.validation import require_cases

LEAST_DAYS = 20


@dataclass(frozen=True, kw_only=True)
class DaysState:
    """
    All that the claim must remember: the running day, and sums over the whole days before it.

    Attributes:
        day: The running day's number, or None before the first case.
        day_cases: Cases of the running day.
        day_failures: Failures among them.
        days: Whole days.
        cases: Cases of the whole days.
        failures: Failures among them.
        squared_cases: Sum over the whole days of cases squared.
        day_spread: Sum over the whole days of failures squared over cases.
        passed_at: Cases of whole days at the first look that promoted, or None.
    """

    day: int | None = None
    day_cases: int = 0
    day_failures: int = 0
    days: int = 0
    cases: int = 0
    failures: int = 0
    squared_cases: int = 0
    day_spread: float = 0.0
    passed_at: int | None = None

    def to_json(self) -> list[float | int | None]:
        """Nine numbers."""
        return [
            self.day,
            self.day_cases,
            self.day_failures,
            self.days,
            self.cases,
            self.failures,
            self.squared_cases,
            self.day_spread,
            self.passed_at,
        ]

    @classmethod
    def from_json(cls, numbers: Sequence[float | int | None]) -> DaysState:
        """
        The state that `to_json` wrote.

        Raises:
            ImpossibleCounts: Not nine numbers, or a count that is negative or not whole.
        """
        if len(numbers) != 9:
            raise ImpossibleCounts(
                f"{len(numbers)} numbers are no state of a claim about future days; it has 9 numbers. "
                "Fold the observations again."
            )
        day, *counts, spread, passed_at = numbers
        for name, count in zip(_COUNTS, counts, strict=True):
            require_cases(name, count, 0)  # type: ignore[arg-type]
        looked = None if passed_at is None else int(passed_at)
        first = None if day is None else int(day)
        whole = dict(zip(_COUNTS, (int(count or 0) for count in counts), strict=True))
        return cls(day=first, **whole, day_spread=float(spread or 0.0), passed_at=looked)


_COUNTS = ("day_cases", "day_failures", "days", "cases", "failures", "squared_cases")


@dataclass(frozen=True, kw_only=True)
class DaysEvidence:
    """
    What whole days prove about the days to come.

    Attributes:
        days: Whole days.
        cases: Cases in them.
        likeness: How alike the cases of a day are, from 0 (not at all) to 1 (all the same); never below the
            estimate, see `FutureDaysTest`.
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

    Looks at whole days only, from `least_days` on. A heuristic: its error was simulated, not proved.

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
            ImpossibleCounts: `day` is no whole number.
        """
        require_cases("day", day, 0)
        if state.day is not None and day < state.day:
            raise TimeWentBackwards(
                f"A case of day {day} came after one of day {state.day}; days are judged in their order. "
                "Sort the cases by their day and fold them again."
            )
        if day != state.day:
            state = replace(self._closed(state), day=day, day_cases=0, day_failures=0)
        return replace(state, day_cases=state.day_cases + 1, day_failures=state.day_failures + (not success))

    def passed(self, state: DaysState) -> bool:
        """True where the end of some whole day promoted; it latches."""
        return state.passed_at is not None

    def days(self, state: DaysState) -> int:
        """Whole days so far; the running one does not count."""
        return state.days

    def evidence(self, state: DaysState) -> DaysEvidence:
        """The counts that the whole days are worth, and why."""
        likeness = _likeness(state)
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
        closed = replace(
            state,
            days=state.days + 1,
            cases=state.cases + state.day_cases,
            failures=state.failures + state.day_failures,
            squared_cases=state.squared_cases + state.day_cases**2,
            day_spread=state.day_spread + state.day_failures**2 / state.day_cases,
        )
        if closed.passed_at is not None or closed.days < self.least_days:
            return closed
        counted = self.evidence(closed)
        passes = self.test.promotes(counted.successes, counted.failures)
        return replace(closed, passed_at=closed.cases if passes else None)


def _likeness(state: DaysState) -> float:
    """The correlation of two cases of one day, from a one-way analysis of variance."""
    if state.days < 2 or state.cases <= state.days:
        return 1.0
    pooled = state.failures**2 / state.cases
    between = (state.day_spread - pooled) / (state.days - 1)
    within = (state.failures - state.day_spread) / (state.cases - state.days)
    size = (state.cases - state.squared_cases / state.cases) / (state.days - 1)
    whole = between + (size - 1.0) * within
    return min(1.0, max(0.0, (between - within) / whole)) if whole > 0.0 else 0.0
