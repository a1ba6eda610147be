"""What a claim about future days remembers of each day: sums for a one-way analysis of variance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard

from goldenthread.promise.errors import ImpossibleCounts

_NUMBERS = 9
_LOWER_FIFTH = -0.8416212335729142  # of the normal law
_COUNTS = ("day_cases", "day_failures", "days", "cases", "failures", "squared_cases")


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
        day, *counts, spread, passed_at = numbers if len(numbers) == _NUMBERS else [None] * _NUMBERS
        whole = {name: count for name, count in zip(_COUNTS, counts, strict=True) if _is_count(count)}
        possible = all(number is None or _is_count(number) for number in (day, passed_at))
        if len(whole) < len(_COUNTS) or not possible or not _is_amount(spread):
            raise ImpossibleCounts(
                f"{list(numbers)!r} is no state of a claim about future days; it has {_NUMBERS} numbers, "
                "all of at least 0 and all but one of them counts. Fold the observations again."
            )
        first, looked = (None if number is None else int(number) for number in (day, passed_at))
        return cls(day=first, **whole, day_spread=spread, passed_at=looked)

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


def _is_count(number: object) -> TypeGuard[int]:
    return isinstance(number, int) and not isinstance(number, bool) and number >= 0


def _is_amount(number: object) -> TypeGuard[float]:
    return isinstance(number, (int, float)) and not isinstance(number, bool) and 0.0 <= number < math.inf
