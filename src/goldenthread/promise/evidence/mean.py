"""Is the mean of a capped amount (a cost, a score) on the right side of the bar, however often anyone looks?"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from goldenthread.promise.errors import ImpossibleCounts
from goldenthread.promise.evidence.rate import share_of
from goldenthread.promise.evidence.validation import require_cap, require_cases, require_share, require_within_cap

BETS = 12
SMALLEST_BET, LARGEST_BET = 0.02, 0.97
FRACTIONS: tuple[float, ...] = tuple(
    SMALLEST_BET * (LARGEST_BET / SMALLEST_BET) ** (k / (BETS - 1)) for k in range(BETS)
)


@dataclass(frozen=True, kw_only=True)
class MeanState:
    """
    All that a mean test must remember.

    The count, the sum (unit of the values), the log of each bet's capital, and the number of cases at the
    first look that promoted (or None).
    """

    cases: int = 0
    total: float = 0.0
    log_capitals: tuple[float, ...] = (0.0,) * BETS
    passed_at: int | None = None

    def to_json(self) -> list[float | int | None]:
        """Fifteen numbers."""
        return [self.cases, self.passed_at, self.total, *self.log_capitals]

    @classmethod
    def from_json(cls, numbers: Sequence[float | int | None]) -> MeanState:
        """
        The state that `to_json` wrote.

        Raises:
            ImpossibleCounts: Not fifteen numbers, or a count that is negative or not whole.
        """
        cases, passed_at, *rest = numbers
        capitals = tuple(float(number) for number in rest if number is not None)
        if not isinstance(cases, int) or cases < 0 or len(capitals) != BETS + 1:
            raise ImpossibleCounts(
                f"{len(numbers)} numbers beginning with {cases!r} are no state of a mean; "
                f"it has {BETS + 3} numbers, the first a count. Fold the observations again."
            )
        looked = None if passed_at is None else int(passed_at)
        return cls(cases=cases, passed_at=looked, total=capitals[0], log_capitals=capitals[1:])


@dataclass(frozen=True, kw_only=True)
class MeanTest:
    """
    Test that a mean is below a bar (or above it), by twelve constant bets of equal weight, valid at every look.

    Constant bets, because then the guarantee covers the average so far, also when quality drifts;
    adaptive bets promoted wrongly in 44 to 99 % under drift.

    Args:
        bar: The mean to be better than, in the unit of the values; 0 < bar < cap.
        cap: Largest value that a case can take, same unit; the contract states it and the guard enforces it.
        alpha: Accepted chance of promoting wrongly, in (0, 1).
        at_most: True for "mean at most bar", False for "mean at least bar".

    Raises:
        ImpossibleParameter: A bar that does not lie between 0 and the cap, or an alpha outside (0, 1).

    Source:
        evidence.md, "Promotion"; Waudby-Smith and Ramdas, arXiv 2010.09686.
    """

    bar: float
    cap: float
    alpha: float
    at_most: bool = True
    bets: tuple[float, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_cap(self.bar, self.cap)
        require_share("alpha", self.alpha, "0.05 for a confidence of 95 %")
        # Per unit of the values: a share of the largest bet that cannot lose everything in one case.
        room = self.cap - self.bar if self.at_most else self.bar
        object.__setattr__(self, "bets", tuple(fraction / room for fraction in FRACTIONS))

    @property
    def start(self) -> MeanState:
        """The state before the first case."""
        return MeanState()

    @property
    def worst(self) -> float:
        """The value that a pending case counts as: the cap, or 0 for "at least"."""
        return self.cap if self.at_most else 0.0

    @property
    def threshold(self) -> float:
        """log(1 / alpha), dimensionless."""
        return -math.log(self.alpha)

    def update(self, state: MeanState, value: float) -> MeanState:
        """
        The state after one more observed case. O(1).

        Raises:
            ValueOutsideCap: `value` is below 0, above the cap or not finite.
        """
        return self.update_all(state, (value,))

    def update_all(self, state: MeanState, values: Iterable[float]) -> MeanState:
        """The state after more observed cases, in case order. Raises ValueOutsideCap as `update`."""
        bets, cases, total, passed_at = self.bets, state.cases, state.total, state.passed_at
        logs = list(state.log_capitals)
        for value in values:
            require_within_cap(value, self.cap)
            gain = self.bar - value if self.at_most else value - self.bar
            logs = [log + math.log1p(bet * gain) for log, bet in zip(logs, bets, strict=True)]
            cases, total = cases + 1, total + value
            # A mean of capitals is at most the largest: mostly that settles it.
            if passed_at is None and max(logs) >= self.threshold and _log_mean_exp(logs) >= self.threshold:
                passed_at = cases
        return MeanState(cases=cases, total=total, log_capitals=tuple(logs), passed_at=passed_at)

    def log_e(self, state: MeanState) -> float:
        """Natural log of the evidence, dimensionless; 0 without cases."""
        return _log_mean_exp(state.log_capitals)

    def promotes(self, state: MeanState) -> bool:
        """True where the evidence reaches 1 / alpha now."""
        return self.log_e(state) >= self.threshold

    def meter(self, state: MeanState) -> float:
        """Log E / log(1 / alpha) clipped to [0, 1], dimensionless."""
        return share_of(self.log_e(state), self.alpha)

    def fewest(self) -> int:
        """Fewest cases, all at the best possible value, with which this test promotes."""
        return self._fewest_gaining(self.bar if self.at_most else self.cap - self.bar)

    def cases_at(self, value: float, most: int | None = None) -> int | None:
        """Fewest cases, all at `value`, with which this test promotes; None beyond `most` or where it never does."""
        gain = self.bar - value if self.at_most else value - self.bar
        cases = self._fewest_gaining(gain) if gain > 0.0 else None
        return None if cases is None or (most is not None and cases > most) else cases

    def _fewest_gaining(self, gain: float) -> int:
        steps = [math.log1p(bet * gain) for bet in self.bets]
        low, high = 0, 1
        while not self._promotes_after(steps, high):
            low, high = high, high * 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._promotes_after(steps, middle) else (middle, high)
        return high

    def two_ended_boundary(self, cases: int) -> array[int]:
        """
        Most cases at the worst value that promote, among n cases at either end, for n = 0 to `cases`; -1 where none.

        As for rates, a case at the better end never lowers the evidence and one at the worst never raises it.
        """
        best = 0.0 if self.at_most else self.cap
        up = [math.log1p(bet * abs(self.bar - best)) for bet in self.bets]
        down = [math.log1p(-fraction) for fraction in FRACTIONS]
        boundary, allowed = array("i", [-1]), 0
        for n in range(1, cases + 1):
            logs = [(n - allowed) * gain + allowed * loss for gain, loss in zip(up, down, strict=True)]
            allowed += _log_mean_exp(logs) >= self.threshold
            boundary.append(allowed - 1)
        return boundary

    def physical_fewest(self) -> int:
        """Fewest cases, all at the best possible value, with which any method of this alpha could promote."""
        # The best bet against the null stakes everything on the worst value never coming.
        growth = self.cap / (self.cap - self.bar) if self.at_most else self.cap / self.bar
        return max(1, math.ceil(self.threshold / math.log(growth) - 1e-9))

    def _promotes_after(self, steps: Sequence[float], cases: int) -> bool:
        return _log_mean_exp([cases * step for step in steps]) >= self.threshold


@dataclass(frozen=True, kw_only=True)
class MeanEvidence:
    """
    What the observations of a mean prove.

    Attributes:
        cases: Observed cases.
        pending: Cases still unobserved.
        estimate: Mean of the observed, in their unit, or None without any.
        passed: True where some look promoted, pending cases counted as the worst value.
        passed_at: Number of cases at the first such prefix, or None.
        log_e: Natural log of the evidence now.
        meter: In [0, 1]; 1 where passed.
    """

    cases: int
    pending: int
    estimate: float | None
    passed: bool
    passed_at: int | None
    log_e: float
    meter: float


def judge_mean_in_order(
    test: MeanTest, values: Iterable[float | None], *, after: MeanState | None = None
) -> MeanEvidence:
    """
    Judge a mean whose observations may still be pending; a pending case counts as the worst value.

    Args:
        test: The mean test.
        values: One a case, in case order, in the unit of the bar; None pending.
        after: The settled cases before these, if they were folded with `update`.

    Returns:
        The evidence; `passed` latches.

    Raises:
        ValueOutsideCap: A value below 0, above the cap or not finite.
    """
    given = list(values)
    known = [value for value in given if value is not None]
    start = after or test.start
    clear = given.index(None) if None in given else len(given)
    assumed = test.update_all(start, known[:clear])
    strongest = -math.inf
    for value in given[clear:]:
        if value is None:
            strongest = max(strongest, test.log_e(assumed))  # it is strongest just before a pending case
        assumed = test.update(assumed, test.worst if value is None else value)
    cases, total = start.cases + len(known), start.total
    for value in known:  # one by one, so that a folded history gives the same last digit
        total += value
    log_e = max(strongest, test.log_e(assumed))
    return MeanEvidence(
        cases=cases,
        pending=len(given) - len(known),
        estimate=total / cases if cases else None,
        passed=assumed.passed_at is not None,
        passed_at=assumed.passed_at,
        log_e=log_e,
        meter=1.0 if assumed.passed_at is not None else share_of(log_e, test.alpha),
    )


def mean_bound(test: MeanTest, values: Sequence[float], pending: int = 0) -> float | None:
    """
    Confidence bound of the mean: the bar closest to the data that the evidence still rules out.

    The evidence rises with the bar for "at most" and falls for "at least", so bisection finds it.

    Args:
        test: The mean test; its own bar is not used.
        values: Observed values in the unit of the bar, each in [0, cap].
        pending: Cases still unobserved, each counted as the worst value.

    Returns:
        Upper bound for "at most", lower bound for "at least"; None while nothing can be ruled out.

    Raises:
        ValueOutsideCap: A value below 0, above the cap or not finite.
        ImpossibleCounts: `pending` is negative or not whole.
    """
    import numpy as np

    require_cases("pending", pending, 0)
    for value in values:
        require_within_cap(value, test.cap)
    fractions = np.array(FRACTIONS)[:, None]
    data = np.array([*values, *[test.worst] * pending], dtype=float)
    if test.at_most:
        data = test.cap - data  # the mirror: a mean at most m is a distance to the cap of at least cap - m

    def rules_out(bar: float) -> bool:
        return _log_mean_exp(np.log1p(fractions * ((data - bar) / bar)).sum(axis=1).tolist()) >= test.threshold

    low, high = 0.0, float(data.mean()) if len(data) else 0.0
    while high - low > 1e-8 * test.cap:
        middle = (low + high) / 2.0
        low, high = (middle, high) if rules_out(middle) else (low, middle)
    if low == 0.0:
        return None
    return test.cap - low if test.at_most else low


def _log_mean_exp(logs: Sequence[float]) -> float:
    """Log of the mean of exponentials, without overflow."""
    peak = max(logs)
    return peak + math.log(sum(math.exp(value - peak) for value in logs) / len(logs))
