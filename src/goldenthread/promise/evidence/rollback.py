"""Has the failure rate risen above its limit, or above what was earned? Alarms that come soon, and seldom in vain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from goldenthread.promise.errors import ImpossibleCounts, ImpossibleParameter
from goldenthread.promise.evidence.calibration import Watch, calibrated_threshold
from goldenthread.promise.evidence.validation import (
    is_number,
    listed,
    require_bet,
    require_false_alarm,
    require_label,
    require_several,
    require_share,
)

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
        bets = bets_for(self.limit) if self.bets == () else require_several("bets", self.bets)
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
        """
        The state after one more labelled case. O(1).

        Raises:
            ImpossibleCounts: `failed` is neither True nor False, or no state of this detector.
        """
        require_label(failed)
        self._require(state)
        return shiryaev_roberts(state, self._on_failure if failed else self._on_success)

    def statistic(self, state: tuple[float, ...]) -> float:
        """Mean over the bets, dimensionless, >= 0; after n cases its average under the limit is at most n."""
        self._require(state)
        return sum(state) / len(state)

    def alarm(self, state: tuple[float, ...]) -> bool:
        """True where the statistic has reached `false_alarm`."""
        return self.statistic(state) >= self.false_alarm

    def _require(self, state: tuple[float, ...]) -> None:
        """Refuse what is no state of this detector (ImpossibleCounts); NaN would silence it for ever."""
        if len(state) != len(self.bets) or not _are_statistics(state):
            raise _no_state(state, len(self.bets))


@dataclass(frozen=True, kw_only=True)
class DetectorPair:
    """
    Two detectors whose average is compared with one threshold: against the limit, and against what was earned.

    An average of e-detectors is an e-detector too: while the failure rate is at or below both, the average
    number of cases to a false alarm is at least the threshold. The one against the earned rate notices a fall
    that the limit alone would sleep through for long. Made by `detector_pair`.

    Args:
        on_limit: Watches the contract's limit.
        on_baseline: Watches the rate that was earned at promotion; None for the limit alone.
        threshold: The average of both that rings, > 1.

    Raises:
        ImpossibleParameter: A threshold that is not a finite number above 1.

    Source:
        evidence.md, "Rollback": .97 to .90 found in 122 cases where the limit alone took 265.
    """

    on_limit: RollbackDetector
    on_baseline: RollbackDetector | None = None
    threshold: float

    def __post_init__(self) -> None:
        require_false_alarm(self.threshold)

    @property
    def detectors(self) -> tuple[RollbackDetector, ...]:
        """The one or the two."""
        return (self.on_limit,) if self.on_baseline is None else (self.on_limit, self.on_baseline)

    @property
    def start(self) -> tuple[float, ...]:
        """The state before the first case: those of the detectors one after the other. Serialises as it is."""
        return tuple(number for detector in self.detectors for number in detector.start)

    def update(self, state: tuple[float, ...], failed: bool) -> tuple[float, ...]:
        """The state after one more labelled case. O(1). Raises ImpossibleCounts as its detectors do."""
        first = len(self.on_limit.bets)
        after = self.on_limit.update(state[:first], failed)
        return after if self.on_baseline is None else after + self.on_baseline.update(state[first:], failed)

    def statistic(self, state: tuple[float, ...]) -> float:
        """Average of the detectors' statistics, dimensionless, >= 0."""
        first = len(self.on_limit.bets)
        on_limit = self.on_limit.statistic(state[:first])
        return on_limit if self.on_baseline is None else (on_limit + self.on_baseline.statistic(state[first:])) / 2.0

    def alarm(self, state: tuple[float, ...]) -> bool:
        """True where the average has reached the threshold."""
        return self.statistic(state) >= self.threshold

    def nearness(self, state: tuple[float, ...]) -> float:
        """How near the alarm is, in [0, 1], on a log scale; 1 where it rings."""
        near = math.log1p(self.statistic(state)) / math.log1p(self.threshold)
        return 1.0 if self.alarm(state) else min(1.0, near)

    def resume(self, state: Sequence[float], *, earned_anew: bool = False) -> tuple[float, ...]:
        """
        A stored state, taken over; also where an earned rate came, changed or went since it was stored.

        Args:
            state: Of this pair, or of the limit alone (the new detector then starts afresh), or of a pair
                whose earned rate is gone (its part is dropped).
            earned_anew: Whether the earned rate is another than the state was kept for; its detector then
                starts afresh, and the one on the limit goes on.

        Raises:
            ImpossibleCounts: Of another length, or with a number that is negative or not finite.
        """
        first, whole = len(self.on_limit.bets), len(self.start)
        given = listed(state)
        numbers = tuple(float(number) for number in given if is_number(number))
        if len(given) != len(numbers) or len(numbers) not in {first, 2 * first, whole} or not _are_statistics(numbers):
            raise _no_state(state, whole)
        return numbers if len(numbers) == whole and not earned_anew else numbers[:first] + self.start[first:]


def detector_pair(
    *, limit: float, false_alarm: float, baseline: float | None = None, calibrated: bool = False
) -> DetectorPair:
    """
    The detectors that a tripwire needs, with the measured bets.

    Args:
        limit: Failure rate in (0, 1) that the contract still accepts.
        false_alarm: Average number of cases to a false alarm, > 1.
        baseline: Upper bound of the failure rate at promotion, in (0, 1); None before any. One that is not
            below the limit adds nothing, so it makes no second detector.
        calibrated: Whether false alarms come once in `false_alarm` cases if cases are independent, and not
            seldomer whatever the order of failures; see `calibration.py` for what that gives up.

    Raises:
        ImpossibleParameter: A limit or baseline outside (0, 1), or a false_alarm that is not above 1.
    """
    on_limit, on_baseline = RollbackDetector(limit=limit, false_alarm=false_alarm), None
    if baseline is not None:
        require_share("baseline", baseline, "0.02 for 2 %")
        if baseline < limit:
            on_baseline = RollbackDetector(limit=baseline, false_alarm=false_alarm)
    pair = DetectorPair(on_limit=on_limit, on_baseline=on_baseline, threshold=false_alarm)
    return replace(pair, threshold=calibrated_for(*pair.detectors)) if calibrated else pair


def calibrated_for(*detectors: RollbackDetector) -> float:
    """
    The threshold at which the average of these detectors rings falsely once in A cases, if cases are independent.

    Args:
        detectors: One, or two with as many bets; A is the false alarm of the first.

    Returns:
        At most A, dimensionless. See `calibration.py` for the guarantee that it gives up.

    Raises:
        ImpossibleParameter: No detector at all.
    """
    if not detectors:
        raise ImpossibleParameter(
            "No detector was given to calibrate; there must be one or two. Give the one at the limit."
        )
    watches = tuple(Watch(limit=detector.limit, bets=detector.bets) for detector in detectors)
    return calibrated_threshold(watches, detectors[0].false_alarm)


def shiryaev_roberts(state: tuple[float, ...], ratios: tuple[float, ...]) -> tuple[float, ...]:
    """
    One step of the recursion R <- (1 + R) * LR for each bet.

    Args:
        state: One R >= 0 a bet.
        ratios: The likelihood ratio of this case, one a bet.

    Returns:
        The new state, bounded so that JSON can carry it.
    """
    after = [(1.0 + old) * ratio for old, ratio in zip(state, ratios, strict=True)]
    return tuple(after) if max(after) < _LARGEST else tuple([min(_LARGEST, one) for one in after])


def _are_statistics(numbers: tuple[float, ...]) -> bool:
    try:
        return min(numbers) >= 0.0 and sum(numbers) < math.inf  # with NaN anywhere the sum is NaN, and below nothing
    except (TypeError, ValueError, OverflowError):
        return False


def _no_state(state: object, whole: int) -> ImpossibleCounts:
    return ImpossibleCounts(
        f"{len(listed(state))} numbers are no state of a detector; it has {whole} numbers, all of at least 0. "
        "Fold the observations again."
    )
