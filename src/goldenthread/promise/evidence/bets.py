"""Constant bets of equal weight against the claim that a mean is no better than its bar: what all such tests share."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from goldenthread.promise.errors import ImpossibleCounts, ImpossibleParameter
from goldenthread.promise.evidence.boundary import LONGEST_TABLE
from goldenthread.promise.evidence.rate import share_of
from goldenthread.promise.evidence.validation import (
    MOST_CASES,
    are_numbers,
    is_count,
    is_look,
    is_number,
    listed,
    require_cases,
    require_share,
    shown,
)

BETS_OF_A_MEAN = 12
_SLACK = 1e-6  # of rounding, relative, in sums over as many cases as are calculated with
_NEVER = 1 << 62
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

    Raises:
        ImpossibleCounts: An impossible count, or a number that is not finite.
    """

    cases: int = 0
    total: float = 0.0
    log_capitals: tuple[float, ...] = (0.0,) * BETS_OF_A_MEAN
    passed_at: int | None = None

    def __post_init__(self) -> None:
        amounts = is_number(self.total) and are_numbers(self.log_capitals)
        if not (is_count(self.cases) and is_look(self.passed_at, self.cases) and amounts):
            found = (
                f"{shown(self.cases)} cases with a total of {shown(self.total)}, first at {shown(self.passed_at)}, are"
            )
            raise _no_state(found, len(self.log_capitals))

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
        given = listed(numbers)
        if len(given) != bets + _BESIDE_BETS:
            raise _no_state(f"{len(given)} numbers beginning with {shown(given[:1])[1:-2]} are", bets)
        cases, passed_at, *rest = given
        total, *logs = [float(number) for number in rest if is_number(number)] or [math.nan]
        if len(logs) != bets or not (is_count(cases) and is_look(passed_at, cases)):
            raise _no_state(
                f"{shown(cases)} cases, the first promoted at {shown(passed_at)}, with {len(logs)} bets, are", bets
            )
        return cls(cases=cases, passed_at=passed_at, total=total, log_capitals=tuple(logs))


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
    _reach: tuple[tuple[float, float], ...] = field(init=False, repr=False, compare=False)  # of a case, by bet: logs

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
        bets = tuple(fraction / room for fraction in fractions)
        ends = lowest, highest, highest - lowest
        if not (0.0 < room < ends[-1] and all(map(is_number, (*ends, *bets))) and max(bets) * room < 1.0):
            raise ImpossibleParameter(
                f"A bar of {bar!r} with values from {lowest!r} to {highest!r} leaves nothing that numbers could prove; "
                "it must lie visibly inside of them. Write the values in another unit, or another bar."
            )
        for name, value in {**laid, "bets": bets}.items():
            object.__setattr__(self, name, value)
        slack, won = 1.0 + _SLACK, highest - lowest - room
        reach = tuple((math.log1p(-bet * room) * slack, math.log1p(bet * won) * slack) for bet in bets)
        object.__setattr__(self, "_reach", reach)
        if self.physical_fewest() > MOST_CASES:
            raise ImpossibleParameter(
                f"A bar of {bar!r} with values from {lowest!r} to {highest!r} cannot be proved by the {MOST_CASES} "
                "cases that are calculated with. Write a bar farther from the best value."
            )

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
        self.require_state(state)
        for value in values:
            require(value)
            gain = sign * (value - bar)
            logs = [log + math.log1p(bet * gain) for log, bet in zip(logs, bets, strict=True)]
            cases, total = cases + 1, total + value
            # A mean of capitals is at most the largest: mostly that settles it.
            if passed_at is None and max(logs) >= threshold and log_mean_exp(logs) >= threshold:
                passed_at = cases
        return MeanState(cases=cases, total=total, log_capitals=tuple(logs), passed_at=passed_at)

    def require_state(self, state: MeanState) -> None:
        """
        Refuse a state that no cases can have led to: another number of bets, or more won than so many cases give.

        Raises:
            ImpossibleCounts: It is one.
        """
        logs, bets, cases, total = state.log_capitals, self.bets, state.cases, state.total
        if len(logs) != len(bets):
            raise _no_state(f"{len(logs)} capitals are", len(bets))
        most = cases * _SLACK
        if not cases * self.lowest - most * self.highest <= total <= cases * self.highest * (1.0 + _SLACK):
            raise _no_state(f"A total of {total!r} after {cases} cases is", len(bets))
        for log, (lost, won) in zip(logs, self._reach, strict=True):
            if not cases * lost <= log <= cases * won:
                raise _no_state(f"A capital of {log!r} (its log) after {cases} cases is", len(bets))

    def log_e(self, state: MeanState) -> float:
        """
        Natural log of the evidence, dimensionless; 0 without cases.

        Raises:
            ImpossibleCounts: As `require_state`.
        """
        self.require_state(state)
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
        """
        Fewest cases, all at `value`, with which this test promotes; None beyond `most` or where it never does.

        Raises:
            ValueOutsideCap: A value that no case can take.
        """
        self.require(value)
        gain = self.gain(value)
        cases = self._fewest_gaining(gain) if gain > 0.0 else _NEVER
        return None if cases >= _NEVER or (most is not None and cases > most) else cases

    def two_ended_boundary(self, cases: int) -> array[int]:
        """
        Most cases at the worst value that promote, among n cases at either end, for n = 0 to `cases`; -1 where none.

        As for rates, a case at the better end never lowers the evidence and one at the worst never raises it.

        Raises:
            ImpossibleCounts: `cases` is negative, not whole or above LONGEST_TABLE.
        """
        require_cases("cases", cases, 0, LONGEST_TABLE)
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
        if max(steps) * _NEVER < self.threshold:  # it would take more cases than anybody could count
            return _NEVER
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


def _no_state(found: str, bets: int) -> ImpossibleCounts:
    return ImpossibleCounts(
        f"{found} no state of a mean; "
        f"it has {bets + _BESIDE_BETS} numbers, the first a count. Fold the observations again."
    )
