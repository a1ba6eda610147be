"""Is the agent's success rate better than the bar, however often anyone looks?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from goldenthread.promise.errors import ImpossibleCounts, ImpossibleParameter
from goldenthread.promise.evidence.boundary import LONGEST_TABLE, BoundaryTable, Prior, boundary_table
from goldenthread.promise.evidence.boundary import log_e as mixture_log_e
from goldenthread.promise.evidence.validation import (
    MOST_CASES,
    is_look,
    listed,
    require_cases,
    require_counts,
    require_label,
    require_labels_or_none,
    require_share,
    shown,
)

JEFFREYS_FROM = 0.99  # near 1 the uniform prior wastes its weight on rates that nobody expects
_MOST_CANDIDATES = 32
_NUMBERS_OF_A_STATE = 3


@dataclass(frozen=True, kw_only=True)
class RateTest:
    """
    Test that a success rate exceeds a bar, valid at every look.

    The null is "the rate is at most the bar". If it holds, the chance of ever promoting is at most alpha.

    Args:
        bar: Rate in (0, 1).
        alpha: Accepted chance of promoting wrongly, in (0, 1).

    Raises:
        ImpossibleParameter: A bar or alpha outside (0, 1), or a bar so near 1 that no number of cases proves it.

    Source:
        evidence.md, "Promotion": a Beta mixture cut off below the bar; Ville's inequality.
    """

    bar: float
    alpha: float

    def __post_init__(self) -> None:
        require_share("bar", self.bar, "0.9 for 90 %")
        require_share("alpha", self.alpha, "0.05 for a confidence of 95 %")
        if self.physical_fewest() > MOST_CASES:
            raise ImpossibleParameter(
                f"bar={self.bar!r} with alpha={self.alpha!r} cannot be proved by the {MOST_CASES} cases that are "
                "calculated with. Write a lower bar, e.g. 0.999999."
            )

    @property
    def prior(self) -> Prior:
        """Uniform, or Jeffreys' for bars from 0.99."""
        return Prior.JEFFREYS if self.bar >= JEFFREYS_FROM else Prior.UNIFORM

    def log_e(self, successes: int, failures: int) -> float:
        """
        Log of the evidence against the null.

        Args:
            successes: Count >= 0.
            failures: Count >= 0.

        Returns:
            Natural log, dimensionless; 0 without cases; promotes from log(1 / alpha).

        Raises:
            ImpossibleCounts: A count that is negative or not whole.
        """
        require_counts(successes, failures)
        return mixture_log_e(self.bar, self.prior, successes, failures)

    def boundary(self, cases: int) -> int:
        """
        Most failures among `cases` that promote, or -1 where even a clean record does not.

        Raises:
            ImpossibleCounts: `cases` is negative or not whole.
        """
        require_cases("cases", cases, 0)
        if cases <= LONGEST_TABLE:
            return self.table.most_failures(cases)
        return self._search_boundary(cases)

    @cached_property
    def table(self) -> BoundaryTable:
        """The compiled boundary, shared by every equal test of this process."""
        return boundary_table(self.bar, self.alpha, self.prior)

    def __getstate__(self) -> dict[str, float]:
        """Bar and alpha; another process compiles its own table."""
        return {"bar": self.bar, "alpha": self.alpha}

    def promotes(self, successes: int, failures: int) -> bool:
        """True where the evidence reaches 1 / alpha. Raises ImpossibleCounts as `log_e`."""
        require_counts(successes, failures)
        return failures <= self.boundary(successes + failures)

    def lower_bound(self, successes: int, failures: int) -> float:
        """
        Largest rate that the evidence rules out: the lower confidence bound, valid at every look.

        Args:
            successes: Count >= 0.
            failures: Count >= 0.

        Returns:
            inf{p: E_p < 1 / alpha}, a rate in [0, 1); at least the bar exactly where the test promotes.
            (E_p falls in p up to successes / (cases + 1), and is below e from there, so that
            bisection finds the infimum for every alpha below 1 / e.)

        Raises:
            ImpossibleCounts: A count that is negative or not whole.
        """
        require_counts(successes, failures)
        low, high = 0.0, successes / (successes + failures) if successes else 0.0
        while high - low > 1e-12 * max(high, 1e-3):
            middle = (low + high) / 2.0
            if mixture_log_e(middle, self.prior, successes, failures) >= self.threshold:
                low = middle
            else:
                high = middle
        return low

    @property
    def threshold(self) -> float:
        """log(1 / alpha), dimensionless: the log of the evidence that promotes."""
        return -math.log(self.alpha)

    def meter(self, successes: int, failures: int) -> float:
        """
        How far the evidence has come, log E / log(1 / alpha) clipped to [0, 1], dimensionless.

        Raises:
            ImpossibleCounts: A count that is negative or not whole.
        """
        return share_of(self.log_e(successes, failures), self.alpha)

    def fewest(self) -> int:
        """Fewest cases, all successes, with which this test promotes."""
        high = self.physical_fewest()
        while not self._clean_promotes(high):
            high *= 2
        low = high // 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._clean_promotes(middle) else (middle, high)
        return high

    def physical_fewest(self) -> int:
        """Fewest cases, all successes, with which any method of this alpha could promote: log(1/alpha) / log(1/bar)."""
        # A hair below, so that a whole quotient (alpha .25, bar .5) is not rounded up past itself.
        return max(1, math.ceil(self.threshold / -math.log(self.bar) - 1e-9))

    def _clean_promotes(self, cases: int) -> bool:
        return mixture_log_e(self.bar, self.prior, cases, 0) >= self.threshold

    def _search_boundary(self, cases: int) -> int:
        low, high = -1, cases + 1
        while high - low > 1:
            middle = (low + high) // 2
            promotes = mixture_log_e(self.bar, self.prior, cases - middle, middle) >= self.threshold
            low, high = (middle, high) if promotes else (low, middle)
        return low


def harm_test(limit: float, alpha: float) -> RateTest:
    """
    Test that a harm's rate is below a limit: the rate of cases without the harm exceeds 1 - limit.

    Args:
        limit: Rate of harm in (0, 1).
        alpha: Accepted chance of promoting wrongly, in (0, 1).

    Raises:
        ImpossibleParameter: A limit or alpha outside (0, 1).
    """
    require_share("limit", limit, "0.05 for 5 %")
    return RateTest(bar=1.0 - limit, alpha=alpha)


def share_of(log_e: float, alpha: float) -> float:
    """The meter: log E as a share of log(1 / alpha), clipped to [0, 1], dimensionless."""
    return min(1.0, max(0.0, log_e / -math.log(alpha)))


@dataclass(frozen=True, kw_only=True)
class RateState:
    """
    All that a rate test must remember of the cases before the first pending one.

    `passed_at` is the number of cases at the first look that promoted, or None.

    Raises:
        ImpossibleCounts: A count that is negative or not whole, or a first look that never was.
    """

    successes: int = 0
    failures: int = 0
    passed_at: int | None = None

    def __post_init__(self) -> None:
        if None in (self.successes, self.failures):  # where a state was cut off
            raise _no_state(f"successes={shown(self.successes)} and failures={shown(self.failures)} are")
        require_counts(self.successes, self.failures)
        if self.passed_at is not None and not is_look(self.passed_at, self.cases):
            raise _no_state(f"{self.cases} cases of which the first {shown(self.passed_at)} promoted are")

    @property
    def cases(self) -> int:
        """Labelled cases so far."""
        return self.successes + self.failures

    def to_json(self) -> list[int | None]:
        """Three numbers."""
        return [self.successes, self.failures, self.passed_at]

    @classmethod
    def from_json(cls, numbers: Sequence[float | int | None]) -> RateState:
        """
        The state that `to_json` wrote.

        Raises:
            ImpossibleCounts: Not three numbers, a count that is negative or not whole, or a first look that never was.
        """
        given = listed(numbers)
        if len(given) != _NUMBERS_OF_A_STATE:
            raise _no_state(f"{len(given)} numbers are")
        successes, failures, passed_at = given
        # The record refuses whatever is no count, so that a state cannot be made wrongly in another way either.
        return cls(successes=successes, failures=failures, passed_at=passed_at)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class RateEvidence:
    """
    What the labels of a rate prove.

    Attributes:
        successes: Labelled cases that succeeded.
        failures: Labelled cases that failed.
        pending: Cases whose label is still to come.
        passed: True where some look promoted, pending cases counted as failures.
        passed_at: Number of cases at the first such prefix, or None.
        log_e: Natural log of the evidence now, pending cases counted as failures where they stand inside.
        meter: In [0, 1]; 1 where passed.
        lower_bound: Rate ruled out now, in [0, 1).
    """

    successes: int
    failures: int
    pending: int
    passed: bool
    passed_at: int | None
    log_e: float
    meter: float
    lower_bound: float

    @property
    def cases(self) -> int:
        """Labelled cases."""
        return self.successes + self.failures


def settle(test: RateTest, state: RateState, success: bool) -> RateState:
    """
    The state after one more labelled case, in case order. O(1).

    Raises:
        ImpossibleCounts: `success` is neither True nor False.
    """
    require_label(success)
    successes, failures = state.successes + success, state.failures + (not success)
    passed_at, cases = state.passed_at, successes + failures
    if passed_at is None and failures <= test.boundary(cases):
        passed_at = cases
    return RateState(successes=successes, failures=failures, passed_at=passed_at)


def require_look(test: RateTest, state: RateState) -> None:
    """
    Refuse a state whose first promoting look is none of this test's: with as few failures as could be, it would not.

    Raises:
        ImpossibleCounts: It is.
    """
    passed_at = state.passed_at
    if passed_at is not None and max(0, passed_at - state.successes) > test.boundary(passed_at):
        raise _no_state(f"{state.cases} cases of which the first {passed_at} cannot have promoted are")


def judge_in_order(test: RateTest, labels: Iterable[bool | None], *, after: RateState | None = None) -> RateEvidence:
    """
    Judge a rate whose labels may still be pending.

    In order of arrival the error would be 35 to 96 %, because failures often arrive late. So cases keep
    their order, and any prefix promotes whose failures and pending cases together stay under the boundary.

    Args:
        test: The rate test.
        labels: One a case, in case order: True success, False failure, None pending.
        after: The settled cases before these, if they were folded with `settle`.

    Returns:
        The evidence; `passed` latches.

    Raises:
        ImpossibleCounts: A label that is none of True, False and None, or a state that this test cannot have left.

    Source:
        evidence.md, "Delayed labels".
    """
    start = after or RateState()
    require_look(test, start)
    settled, waiting = _fold(test, start, labels)
    prefixes, passed_at = _look(test, settled, waiting)
    successes = settled.successes + sum(label is True for label in waiting)
    pending = sum(label is None for label in waiting)
    failures = settled.failures + len(waiting) - pending - (successes - settled.successes)
    best, log_e = _strongest(test, prefixes)
    return RateEvidence(
        successes=successes,
        failures=failures,
        pending=pending,
        passed=passed_at is not None,
        passed_at=passed_at,
        log_e=log_e,
        meter=1.0 if passed_at is not None else share_of(log_e, test.alpha),
        lower_bound=test.lower_bound(*best),
    )


def _fold(test: RateTest, state: RateState, labels: Iterable[bool | None]) -> tuple[RateState, list[bool | None]]:
    """Settle everything before the first pending case; return the rest as it came."""
    given = list(labels)
    require_labels_or_none(given)
    clear = given.index(None) if None in given else len(given)
    if state.cases + clear > LONGEST_TABLE:
        for label in given[:clear]:
            state = settle(test, state, label is True)
        return state, given[clear:]
    # The same as `settle` case by case, without a record for each: gates are judged anew at every look.
    most = test.table.upto(state.cases + clear)
    cases, failures, passed_at = state.cases, state.failures, state.passed_at
    for label in given[:clear]:
        cases, failures = cases + 1, failures + (label is not True)
        if passed_at is None and failures <= most[cases]:
            passed_at = cases
    return RateState(successes=cases - failures, failures=failures, passed_at=passed_at), given[clear:]


def _look(
    test: RateTest, settled: RateState, waiting: Sequence[bool | None]
) -> tuple[list[tuple[int, int]], int | None]:
    """Look at every longer prefix, pending as failed; return those worth showing and the first that promotes."""
    good, bad, passed_at = settled.successes, settled.failures, settled.passed_at
    prefixes = [(good, bad)]
    for label in waiting:
        if label is None:
            prefixes.append((good, bad))
        good, bad = good + (label is True), bad + (label is not True)
        if passed_at is None and bad <= test.boundary(good + bad):
            passed_at = good + bad
    prefixes.append((good, bad))
    return prefixes, passed_at


def _strongest(test: RateTest, prefixes: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], float]:
    """The prefix to show: evidence is strongest just before a pending case, or at the end."""
    tried = {(counts, test.log_e(*counts)) for counts in (prefixes[0], *prefixes[-_MOST_CANDIDATES:])}
    return max(tried, key=lambda item: (item[1], item[0]))


def _no_state(found: str) -> ImpossibleCounts:
    return ImpossibleCounts(
        f"{found} no state of a rate; it has three numbers: successes, failures, and the number of cases at the first "
        "look that promoted, or none. Fold the labels again."
    )
