"""Constant bets of equal weight against the claim that a mean is no better than its bar: what all such tests share."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeGuard

from goldenthread.promise.errors import ImpossibleCounts
from goldenthread.promise.evidence.rate import share_of
from goldenthread.promise.evidence.validation import require_share

BETS_OF_A_MEAN = 12
_BESIDE_BETS = 3  # the cases, the first look that promoted, the total


def geometric(smallest: float, largest: float, bets: int) -> tuple[float, ...]:
    """So many numbers from the smallest to the largest, each the same multiple of the one before."""
    return tuple(smallest * (largest / smallest) ** (k / (bets - 1)) for k in range(bets))


@dataclass(frozen=True, kw_only=True)
class MeanState:
    """
    All that a test by bets must remember.

    The count, the sum (unit of the values), the log of each bet's capital, and the number of cases at the
    first look that promoted (or None).
    """

    cases: int = 0
    total: float = 0.0
    log_capitals: tuple[float, ...] = (0.0,) * BETS_OF_A_MEAN
    passed_at: int | None = None

    def to_json(self) -> list[float | int | None]:
        """Three numbers and one a bet: fifteen for the twelve bets of a mean."""
        return [self.cases, self.passed_at, self.total, *self.log_capitals]

    @classmethod
    def from_json(cls, numbers: Sequence[float | int | None], *, bets: int = BETS_OF_A_MEAN) -> MeanState:
        """
        The state that `to_json` wrote.

        Args:
            numbers: As they were written.
            bets: How many bets the test has, `len(test.bets)`.

        Raises:
            ImpossibleCounts: Another number of numbers, one that is not finite, or an impossible count.
        """
        cases, passed_at, *rest = [*numbers, None, None][: max(2, len(numbers))]
        amounts = tuple(float(number) for number in rest if _is_finite(number))
        if not _is_count(cases) or len(amounts) != bets + 1 or len(rest) != bets + 1:
            raise _no_state(f"{len(numbers)} numbers beginning with {cases!r} are", bets)
        if not (passed_at is None or (_is_count(passed_at) and 0 < passed_at <= cases)):
            raise _no_state(f"{cases} cases of which the first {passed_at!r} promoted are", bets)
        return cls(cases=cases, passed_at=passed_at, total=amounts[0], log_capitals=amounts[1:])


@dataclass(frozen=True, kw_only=True)
class ConstantBets(ABC):
    """
    Test that a mean is on the right side of a bar, by constant bets of equal weight, valid at every look.

    Evidence = mean over the bets of the product over the cases of 1 + bet * (gain of the case over the bar).
    Constant bets, because then the guarantee covers the average so far, also when quality drifts; adaptive bets
    promoted wrongly in 44 to 99 % under drift.

    Attributes:
        alpha: Accepted chance of promoting wrongly, in (0, 1).
        bar: The mean to be better than, in the unit of the values.
        at_most: True where lower is better.
        lowest: Smallest value that a case can take, same unit.
        highest: Largest value that a case can take, same unit.
        fractions: Each bet as a share of the largest that cannot lose everything in one case.
        bets: The same per unit of the values.

    Source:
        evidence.md, "Promotion"; Waudby-Smith and Ramdas, arXiv 2010.09686.
    """

    alpha: float
    bar: float = field(init=False, repr=False, compare=False)
    at_most: bool = field(init=False, repr=False, compare=False)
    lowest: float = field(init=False, repr=False, compare=False)
    highest: float = field(init=False, repr=False, compare=False)
    fractions: tuple[float, ...] = field(init=False, repr=False, compare=False)
    bets: tuple[float, ...] = field(init=False, repr=False, compare=False)

    @abstractmethod
    def require(self, value: float) -> None:
        """
        Refuse a value that no case can take.

        Raises:
            ValueOutsideCap: Below the lowest, above the highest, or not finite.
        """

    def _lay(self, *, bar: float, at_most: bool, lowest: float, highest: float, fractions: tuple[float, ...]) -> None:
        require_share("alpha", self.alpha, "0.05 for a confidence of 95 %")
        room = highest - bar if at_most else bar - lowest
        laid = {"bar": bar, "at_most": at_most, "lowest": lowest, "highest": highest, "fractions": fractions}
        for name, value in {**laid, "bets": tuple(fraction / room for fraction in fractions)}.items():
            object.__setattr__(self, name, value)

    @property
    def start(self) -> MeanState:
        """The state before the first case."""
        return MeanState(log_capitals=(0.0,) * len(self.bets))

    @property
    def worst(self) -> float:
        """The value that a pending case counts as: the end on the wrong side of the bar."""
        return self.highest if self.at_most else self.lowest

    @property
    def best(self) -> float:
        """The value that speaks most for the agent."""
        return self.lowest if self.at_most else self.highest

    @property
    def threshold(self) -> float:
        """log(1 / alpha), dimensionless."""
        return -math.log(self.alpha)

    def gain(self, value: float) -> float:
        """How far a value is on the right side of the bar, in its unit; negative on the wrong side."""
        return self.bar - value if self.at_most else value - self.bar

    def update(self, state: MeanState, value: float) -> MeanState:
        """
        The state after one more observed case. O(1).

        Raises:
            ValueOutsideCap: A value that no case can take.
            ImpossibleCounts: A state of a test with another number of bets.
        """
        return self.update_all(state, (value,))

    def update_all(self, state: MeanState, values: Iterable[float]) -> MeanState:
        """The state after more observed cases, in case order. Raises as `update`."""
        bets, cases, total, passed_at = self.bets, state.cases, state.total, state.passed_at
        logs, threshold, require = list(state.log_capitals), self.threshold, self.require
        bar, sign = self.bar, -1.0 if self.at_most else 1.0
        if len(logs) != len(bets):
            raise _no_state(f"{len(logs)} capitals are", len(bets))
        for value in values:
            require(value)
            gain = sign * (value - bar)
            logs = [log + math.log1p(bet * gain) for log, bet in zip(logs, bets, strict=True)]
            cases, total = cases + 1, total + value
            # A mean of capitals is at most the largest: mostly that settles it.
            if passed_at is None and max(logs) >= threshold and log_mean_exp(logs) >= threshold:
                passed_at = cases
        return MeanState(cases=cases, total=total, log_capitals=tuple(logs), passed_at=passed_at)

    def log_e(self, state: MeanState) -> float:
        """Natural log of the evidence, dimensionless; 0 without cases."""
        return log_mean_exp(state.log_capitals)

    def promotes(self, state: MeanState) -> bool:
        """True where the evidence reaches 1 / alpha now."""
        return self.log_e(state) >= self.threshold

    def meter(self, state: MeanState) -> float:
        """Log E / log(1 / alpha) clipped to [0, 1], dimensionless."""
        return share_of(self.log_e(state), self.alpha)

    def fewest(self) -> int:
        """Fewest cases, all at the best possible value, with which this test promotes."""
        return self._fewest_gaining(self.gain(self.best))

    def cases_at(self, value: float, most: int | None = None) -> int | None:
        """Fewest cases, all at `value`, with which this test promotes; None beyond `most` or where it never does."""
        gain = self.gain(value)
        cases = self._fewest_gaining(gain) if gain > 0.0 else None
        return None if cases is None or (most is not None and cases > most) else cases

    def two_ended_boundary(self, cases: int) -> array[int]:
        """
        Most cases at the worst value that promote, among n cases at either end, for n = 0 to `cases`; -1 where none.

        As for rates, a case at the better end never lowers the evidence and one at the worst never raises it.
        """
        up = [math.log1p(bet * self.gain(self.best)) for bet in self.bets]
        down = [math.log1p(-fraction) for fraction in self.fractions]
        boundary, allowed = array("i", [-1]), 0
        for n in range(1, cases + 1):
            logs = [(n - allowed) * gain + allowed * loss for gain, loss in zip(up, down, strict=True)]
            allowed += log_mean_exp(logs) >= self.threshold
            boundary.append(allowed - 1)
        return boundary

    def physical_fewest(self) -> int:
        """Fewest cases, all at the best possible value, with which any method of this alpha could promote."""
        # The best bet against the null stakes everything on the worst value never coming.
        room = abs(self.worst - self.bar)
        growth = (self.highest - self.lowest) / room
        return max(1, math.ceil(self.threshold / math.log(growth) - 1e-9))

    def _fewest_gaining(self, gain: float) -> int:
        steps = [math.log1p(bet * gain) for bet in self.bets]
        low, high = 0, 1
        while not self._promotes_after(steps, high):
            low, high = high, high * 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._promotes_after(steps, middle) else (middle, high)
        return high

    def _promotes_after(self, steps: Sequence[float], cases: int) -> bool:
        return log_mean_exp([cases * step for step in steps]) >= self.threshold


def log_mean_exp(logs: Sequence[float]) -> float:
    """Log of the mean of exponentials, without overflow."""
    peak = max(logs)
    return peak + math.log(sum(math.exp(value - peak) for value in logs) / len(logs))


def _is_finite(number: object) -> TypeGuard[float]:
    return isinstance(number, (int, float)) and not isinstance(number, bool) and math.isfinite(number)


def _is_count(number: object) -> TypeGuard[int]:
    return isinstance(number, int) and not isinstance(number, bool) and number >= 0


def _no_state(found: str, bets: int) -> ImpossibleCounts:
    return ImpossibleCounts(
        f"{found} no state of a mean; "
        f"it has {bets + _BESIDE_BETS} numbers, the first a count. Fold the observations again."
    )
