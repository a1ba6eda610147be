"""Did chance really split the cases as it was told to? If not, no comparison of the arms can be trusted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from goldenthread.promise.errors import ImpossibleCounts, ImpossibleParameter
from goldenthread.promise.evidence.bets import log_mean_exp
from goldenthread.promise.evidence.rate import share_of
from goldenthread.promise.evidence.validation import (
    is_count,
    is_look,
    listed,
    require_several,
    require_share,
    shown,
)

CONCENTRATIONS = (10.0, 100.0, 1_000.0)
_SUM_TOLERANCE = 1e-9


@dataclass(frozen=True, kw_only=True)
class SplitState:
    """
    All that a split test must remember.

    Attributes:
        counts: Cases by arm, in the order of the shares.
        mismatch_at: Number of cases at the first look that found a mismatch, or None.

    Raises:
        ImpossibleCounts: A count that is negative or not whole, or a mismatch at no case that was counted.
    """

    counts: tuple[int, ...]
    mismatch_at: int | None = None

    def __post_init__(self) -> None:
        if not all(map(is_count, self.counts)):
            raise ImpossibleCounts(
                f"counts={shown(self.counts)} cannot be numbers of cases; each must be a whole number of at least 0. "
                "Count the cases of each arm again."
            )
        if not is_look(self.mismatch_at, self.cases):
            raise ImpossibleCounts(
                f"A mismatch at case {shown(self.mismatch_at)} of {self.cases} cannot be; it must be one of the cases "
                "counted. Count the cases of each arm again."
            )

    @property
    def cases(self) -> int:
        """Cases so far, in all arms."""
        return sum(self.counts)

    def to_json(self) -> list[int | None]:
        """One number, and one an arm."""
        return [self.mismatch_at, *self.counts]

    @classmethod
    def from_json(cls, numbers: Sequence[int | None]) -> SplitState:
        """
        The state that `to_json` wrote.

        Raises:
            ImpossibleCounts: A count that is negative or not whole.
        """
        mismatch_at, *counts = listed(numbers) or (None,)
        return cls(counts=tuple(counts), mismatch_at=mismatch_at)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class SplitTest:
    """
    Test of "each case goes to the arms with these chances", valid at every look (sample-ratio mismatch).

    The evidence against it averages over other chances, Dirichlet-distributed around the stated ones, from wide (a
    half that is really .7 shows after some 65 cases) to narrow (.52 after some 5,000). If the split is as stated, the
    chance of ever crying mismatch is at most alpha. Where the chances are changed, begin a new test; the logs of the
    evidence of successive tests may be added.

    Args:
        shares: The chance of each arm, two or more, each in (0, 1), together 1.
        alpha: Accepted chance of a false alarm, in (0, 1).

    Raises:
        ImpossibleParameter: Shares that are not the chances of two or more arms, or an alpha outside (0, 1).

    Source:
        Lindon and Malek, "Anytime-valid inference for multinomial count data" (NeurIPS 2022);
        evidence.md, "Difference to the status quo".
    """

    shares: tuple[float, ...]
    alpha: float

    def __post_init__(self) -> None:
        require_share("alpha", self.alpha, "0.05 for a confidence of 95 %")
        shares = require_several("shares", self.shares)
        for share in shares:
            require_share("share", share, "0.5 for one of two equal arms")
        if len(shares) < 2 or abs(math.fsum(shares) - 1.0) > _SUM_TOLERANCE:
            raise ImpossibleParameter(
                f"shares={shares!r} are not the chances of two or more arms; together they must come to 1. "
                "Write e.g. (0.5, 0.5)."
            )
        object.__setattr__(self, "shares", shares)

    @property
    def start(self) -> SplitState:
        """The state before the first case."""
        return SplitState(counts=(0,) * len(self.shares))

    @property
    def threshold(self) -> float:
        """log(1 / alpha), dimensionless."""
        return -math.log(self.alpha)

    def update(self, state: SplitState, arm: int) -> SplitState:
        """
        The state after one more case, which went to an arm (0 for the first). O(1).

        Raises:
            ImpossibleParameter: No such arm.
            ImpossibleCounts: A state with another number of arms.
        """
        if not is_count(arm) or arm >= len(self.shares):
            raise ImpossibleParameter(
                f"arm={shown(arm)} is none of the {len(self.shares)} arms; they are counted from 0. "
                "Give every arm its share when the test is laid out."
            )
        counts = tuple(count + (place == arm) for place, count in enumerate(state.counts))
        found = SplitState(counts=counts, mismatch_at=state.mismatch_at)
        if found.mismatch_at is None and self.log_e(found) >= self.threshold:
            return SplitState(counts=counts, mismatch_at=found.cases)
        return found

    def log_e(self, state: SplitState) -> float:
        """
        Natural log of the evidence against the stated split, dimensionless; 0 without cases.

        Raises:
            ImpossibleCounts: A state with another number of arms.
        """
        if len(state.counts) != len(self.shares):
            raise ImpossibleCounts(
                f"{len(state.counts)} counts are no state of a split in {len(self.shares)} arms. "
                "Count the cases of each arm again."
            )
        return log_mean_exp([self._log_ratio(state.counts, weight) for weight in CONCENTRATIONS])

    def mismatch(self, state: SplitState) -> bool:
        """True where some look found a mismatch: stop comparing, and look for who gets lost."""
        return state.mismatch_at is not None

    def meter(self, state: SplitState) -> float:
        """Log E / log(1 / alpha) clipped to [0, 1], dimensionless: how near the alarm is."""
        return share_of(self.log_e(state), self.alpha)

    def _log_ratio(self, counts: Sequence[int], weight: float) -> float:
        """Log of the Dirichlet-multinomial chance of this sequence over its chance under the shares."""
        found = math.lgamma(weight) - math.lgamma(weight + sum(counts))
        for count, share in zip(counts, self.shares, strict=True):
            prior = weight * share
            found += math.lgamma(prior + count) - math.lgamma(prior) - count * math.log(share)
        return found
