"""Has the failure rate risen above its limit? An alarm that comes soon, and seldom without cause."""

from __future__ import annotations

from dataclasses import dataclass, field

from goldenthread.promise.evidence.validation import require_bet, require_false_alarm, require_share

_REFERENCE_LIMIT = 0.03
_REFERENCE_BETS = (0.04, 0.05, 0.065, 0.085, 0.11, 0.15, 0.2, 0.3, 0.45, 0.7)
_LARGEST = 1e300  # an alarm that nobody acts on must not run into infinity, which JSON cannot carry


def bets_for(limit: float) -> tuple[float, ...]:
    """
    Failure rates that the detector watches for, from 1.3 to about 20 times the limit, all below 1.

    The grid was measured at a limit of 3 %. Below that it keeps its ratios to the limit; above, its ratios
    of odds, so that it never reaches 1. At 3 % both agree.

    Args:
        limit: Failure rate in (0, 1).

    Returns:
        Ten rates, ascending, above `limit`.

    Raises:
        ImpossibleParameter: A limit outside (0, 1).
    """
    require_share("limit", limit, "0.03 for 3 %")
    if limit <= _REFERENCE_LIMIT:
        return tuple(limit * (bet / _REFERENCE_LIMIT) for bet in _REFERENCE_BETS)
    odds = (limit / (1.0 - limit)) / (_REFERENCE_LIMIT / (1.0 - _REFERENCE_LIMIT))
    return tuple(1.0 - 1.0 / (1.0 + odds * bet / (1.0 - bet)) for bet in _REFERENCE_BETS)


@dataclass(frozen=True, kw_only=True)
class RollbackDetector:
    """
    Mixture Shiryaev-Roberts e-detector of a failure rate above its limit.

    The average number of cases to a false alarm is at least `false_alarm`. Pending labels are left out;
    a failure counts when it arrives.

    Args:
        limit: Failure rate in (0, 1) that is still accepted.
        false_alarm: Average number of cases to a false alarm, > 1.
        bets: Failure rates to watch for, each in (limit, 1); by default `bets_for(limit)`.

    Raises:
        ImpossibleParameter: A limit outside (0, 1), a false_alarm not above 1, a bet not above the limit.

    Source:
        evidence.md, "Rollback"; Shin, Ramdas and Rinaldo, arXiv 2203.03532.
    """

    limit: float
    false_alarm: float
    bets: tuple[float, ...] = ()
    _on_failure: tuple[float, ...] = field(init=False, repr=False, compare=False)
    _on_success: tuple[float, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_share("limit", self.limit, "0.03 for 3 %")
        require_false_alarm(self.false_alarm)
        bets = tuple(self.bets) or bets_for(self.limit)
        for bet in bets:
            require_bet(bet, self.limit)
        object.__setattr__(self, "bets", bets)
        object.__setattr__(self, "_on_failure", tuple(bet / self.limit for bet in bets))
        object.__setattr__(self, "_on_success", tuple((1.0 - bet) / (1.0 - self.limit) for bet in bets))

    @property
    def start(self) -> tuple[float, ...]:
        """The state before the first case: one number a bet, all 0. Serialises as it is."""
        return (0.0,) * len(self.bets)

    def update(self, state: tuple[float, ...], failed: bool) -> tuple[float, ...]:
        """The state after one more labelled case. O(1)."""
        return shiryaev_roberts(state, self._on_failure if failed else self._on_success)

    def statistic(self, state: tuple[float, ...]) -> float:
        """Mean over the bets, dimensionless, >= 0; after n cases its average under the limit is at most n."""
        return sum(state) / len(state)

    def alarm(self, state: tuple[float, ...]) -> bool:
        """True where the statistic has reached `false_alarm`."""
        return self.statistic(state) >= self.false_alarm


def shiryaev_roberts(state: tuple[float, ...], ratios: tuple[float, ...]) -> tuple[float, ...]:
    """
    One step of the recursion R <- (1 + R) * LR for each bet.

    Args:
        state: One R >= 0 a bet.
        ratios: The likelihood ratio of this case, one a bet.

    Returns:
        The new state, bounded so that JSON can carry it.
    """
    return tuple(min(_LARGEST, (1.0 + old) * ratio) for old, ratio in zip(state, ratios, strict=True))
