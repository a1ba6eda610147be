"""What a claim about future days remembers of each day: sums for a one-way analysis of variance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from goldenthread.promise.errors import ImpossibleCounts
from goldenthread.promise.evidence.validation import MOST_CASES, is_count, is_look, is_number, listed, shown

_NUMBERS = 9
_LOWER_FIFTH = -0.8416212335729142  # of the normal law
_ROUNDING = 1e-9  # relative, of the one sum that is not of whole numbers


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

    Raises:
        ImpossibleCounts: A count that is negative or not whole, more failures than cases, more days than cases.
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

    def __post_init__(self) -> None:
        counts = (self.day_cases, self.day_failures, self.days, self.cases, self.failures)
        whole = all(map(is_count, counts)) and (self.day is None or is_count(self.day))
        squared = type(self.squared_cases) is int and 0 <= self.squared_cases <= MOST_CASES**2
        if not (whole and squared and is_number(self.day_spread) and self.day_spread >= 0.0):
            raise _no_state(self.to_json())
        fewer = self.day_failures <= self.day_cases and self.failures <= self.cases and self.days <= self.cases
        if not (fewer and is_look(self.passed_at, self.cases)):
            raise _no_state(self.to_json())

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
            ImpossibleCounts: Not nine numbers, a count that is negative or not whole, or sums that no days have.
        """
        given = listed(numbers)
        if len(given) != _NUMBERS:
            raise _no_state(numbers)
        day, day_cases, day_failures, days, cases, failures, squared_cases, day_spread, passed_at = given
        found = cls(  # the record refuses whatever is no count
            day=day,  # type: ignore[arg-type]
            day_cases=day_cases,  # type: ignore[arg-type]
            day_failures=day_failures,  # type: ignore[arg-type]
            days=days,  # type: ignore[arg-type]
            cases=cases,  # type: ignore[arg-type]
            failures=failures,  # type: ignore[arg-type]
            squared_cases=squared_cases,  # type: ignore[arg-type]
            day_spread=day_spread,  # type: ignore[arg-type]
            passed_at=passed_at,  # type: ignore[arg-type]
        )
        if not found.is_possible():
            raise _no_state(numbers)
        return found

    def is_possible(self) -> bool:
        """False for sums that no days have: squares too small or too large for their cases, a pass without two days."""
        if self.day is None and (self.day_cases or self.days):
            return False
        if not self.days:
            return not (self.cases or self.squared_cases or self.day_spread)
        least, one_large = self.cases**2, self.cases - self.days + 1
        squares = least <= self.days * self.squared_cases and self.squared_cases <= one_large**2 + self.days - 1
        spread = self.failures**2 / self.cases * (1.0 - _ROUNDING) <= self.day_spread
        spread = spread and self.day_spread <= self.failures * (1.0 + _ROUNDING)
        return squares and spread and (self.passed_at is None or (self.days >= 2 and self.passed_at >= 2))

    def with_cases(self, day: int, day_cases: int, day_failures: int) -> DaysState:
        """This state with another running day."""
        return DaysState(
            day=day,
            day_cases=day_cases,
            day_failures=day_failures,
            days=self.days,
            cases=self.cases,
            failures=self.failures,
            squared_cases=self.squared_cases,
            day_spread=self.day_spread,
            passed_at=self.passed_at,
        )

    def closed(self) -> DaysState:
        """The running day, which has cases, becomes a whole one."""
        return DaysState(
            day=self.day,
            days=self.days + 1,
            cases=self.cases + self.day_cases,
            failures=self.failures + self.day_failures,
            squared_cases=self.squared_cases + self.day_cases**2,
            day_spread=self.day_spread + self.day_failures**2 / self.day_cases,
            passed_at=self.passed_at,
        )

    def correlation_limit(self) -> float:
        """
        The 80 % upper limit of the correlation of two cases of one day, at most 1; 1 while nothing can be told.

        From a one-way analysis of variance; negative where days differ less than chance would have it.

        Source:
            Ridout, Demetrio and Firth (1999), doi:10.1111/j.0006-341X.1999.00137.x.
        """
        if self.days < 2 or self.cases <= self.days:
            return 1.0
        freedom = self.days - 1
        between = (self.day_spread - self.failures**2 / self.cases) / freedom
        within = (self.failures - self.day_spread) / (self.cases - self.days)
        if within <= 0.0:
            return 1.0 if between > 0.0 else 0.0
        size = (self.cases - self.squared_cases / self.cases) / freedom
        # The ratio over the lower fifth of its chi-square law (Wilson and Hilferty 1931).
        scatter = 2.0 / (9.0 * freedom)
        ratio = between / within / (1.0 - scatter + _LOWER_FIFTH * math.sqrt(scatter)) ** 3
        return (ratio - 1.0) / (ratio - 1.0 + size)


def _no_state(numbers: object) -> ImpossibleCounts:
    return ImpossibleCounts(
        f"{shown(numbers)} is no state of a claim about future days; it has {_NUMBERS} numbers, "
        "all of at least 0 and all but one of them counts. Fold the observations again."
    )
