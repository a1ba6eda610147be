"""The detectors in bulk: the one that ships, and those that it is held against; simulated, or exact as a chain."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from goldenthread.promise.evidence import DetectorPair, RollbackDetector

Floats: TypeAlias = NDArray[np.float64]
Watching: TypeAlias = RollbackDetector | DetectorPair


@dataclass(frozen=True, kw_only=True)
class Change:
    """A failure rate that rises once: `before` for the first `at` cases, `after` from then on."""

    before: float
    after: float
    at: int


def first_alarms(watch: Watching, change: Change, agents: int, seed: int, horizon: float = math.inf) -> Floats:
    """
    Cases to the first alarm of each agent; infinite where none came within the horizon.

    Simulated from failure to failure: over g successes in a row R becomes R l^g + l + ... + l^g. Nothing is lost,
    because near the threshold a success only lowers the statistic, so an alarm can only come with a failure.
    """
    rng, (on_failure, on_success) = np.random.default_rng(seed), _ratios(watch)
    threshold = watch.threshold if isinstance(watch, DetectorPair) else watch.false_alarm
    state, seen = np.zeros((agents, len(on_failure))), np.zeros(agents, dtype=np.int64)
    rung, quiet = np.full(agents, math.inf), np.arange(agents)
    while len(quiet):
        gap = _successes_before_failure(rng, seen, change)
        shrink = on_success ** gap[:, None]
        state = (1.0 + state * shrink + on_success * (1.0 - shrink) / (1.0 - on_success)) * on_failure
        seen = seen + gap + 1
        hit, over = state.mean(axis=1) >= threshold, seen > horizon
        rung[quiet[hit & ~over]] = seen[hit & ~over]
        going = ~(hit | over)
        quiet, state, seen = quiet[going], state[going], seen[going]
    return rung


def _ratios(watch: Watching) -> tuple[Floats, Floats]:
    """Likelihood ratios of a failure and of a success, one a bet; two detectors have as many bets each."""
    detectors = watch.detectors if isinstance(watch, DetectorPair) else (watch,)
    bets = np.array([detector.bets for detector in detectors])
    limits = np.array([[detector.limit] for detector in detectors])
    return (bets / limits).ravel(), ((1.0 - bets) / (1.0 - limits)).ravel()


def _successes_before_failure(rng: np.random.Generator, seen: NDArray[np.int64], change: Change) -> NDArray[np.int64]:
    """How many successes come next; where they reach the change, the rest is drawn anew at the new rate."""
    if change.at == 0:
        return rng.geometric(change.after, len(seen)) - 1
    early = rng.geometric(change.before, len(seen)) - 1
    late = rng.geometric(change.after, len(seen)) - 1
    left = np.maximum(change.at - seen, 0)
    return np.where(early < left, early, left + late)


def alarms_within(watch: Watching, rate: float, cases: int, agents: int, seed: int) -> NDArray[np.int64]:
    """How many alarms each agent has within so many cases at one rate, the detector starting afresh after each."""
    start, count = np.zeros(agents), np.zeros(agents, dtype=np.int64)
    for again in range(100):
        rung = start + first_alarms(watch, Change(before=rate, after=rate, at=0), len(start), seed + again, cases)
        start = rung[rung <= cases]
        if not len(start):
            break
        count[: len(start)] += 1  # which agent it was does not matter for the sum
    return count


@dataclass(frozen=True, kw_only=True)
class Chain:
    """
    A rule with few states, as a Markov chain; everything about it is exact.

    Attributes:
        success: Which state each state goes to on a success; the number of states is the alarm.
        failure: Which state each state goes to on a failure; the same.
    """

    success: NDArray[np.int64]
    failure: NDArray[np.int64]

    def step(self, chances: Floats, rate: float) -> tuple[Floats, float]:
        """The chances of the states after one more case, and the chance that it rang."""
        size = len(chances) + 1
        after = np.bincount(self.success, chances * (1.0 - rate), size).astype(np.float64)
        after += np.bincount(self.failure, chances * rate, size)
        return after[:-1], float(after[-1])

    def runs(self, rate: float) -> Floats:
        """Average cases to the alarm from each state."""
        size = len(self.success)
        stays = np.eye(size, size + 1)
        np.add.at(stays, (np.arange(size), self.success), rate - 1.0)
        np.add.at(stays, (np.arange(size), self.failure), -rate)
        return np.asarray(np.linalg.solve(stays[:, :-1], np.ones(size)), dtype=np.float64)

    def delay_after(self, change: Change) -> float:
        """Average cases from the change to the alarm, given that none came before it."""
        chances = self._start()
        for _ in range(change.at):
            chances, _rang = self.step(chances, change.before)
        return float(chances @ self.runs(change.after) / chances.sum())

    def alarms_within(self, rate: float, cases: int) -> float:
        """Average number of alarms within so many cases, starting afresh after each."""
        chances, total = self._start(), 0.0
        for _ in range(cases):
            chances, rang = self.step(chances, rate)
            chances[0] += rang
            total += rang
        return total

    def _start(self) -> Floats:
        return np.asarray(np.eye(1, len(self.success))[0])


# On this lattice a success of the CUSUM of .10 against .03 goes 27 down and a failure 434 up; the true ratio differs
# by 3 in a million, so that the chain may be called exact.
CUSUM_DOWN, CUSUM_UP = 27, 434


def cusum(threshold: int) -> Chain:
    """The oracle: CUSUM of the log likelihood ratio of .10 against .03, its threshold in steps of the lattice."""
    values = np.arange(threshold)
    return Chain(success=np.maximum(values - CUSUM_DOWN, 0), failure=np.minimum(values + CUSUM_UP, threshold))


def cusum_with(false_alarms: float, cases: int) -> Chain:
    """The CUSUM of the lowest threshold with at most so many false alarms within so many cases at .03."""
    low, high = 1, 4_000
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if cusum(middle).alarms_within(0.03, cases) <= false_alarms else (middle, high)
    return cusum(high)


def strikes(batch: int, failures: int, demoting: int) -> Chain:
    """A strike is a batch with at least so many failures; strikes are counted for good, and the last one demotes."""
    states = [(struck, seen, bad) for struck in range(demoting) for seen in range(batch) for bad in range(failures + 1)]
    places = {state: place for place, state in enumerate(states)}

    def place(struck: int, seen: int, bad: int) -> int:
        if seen < batch:
            return places[struck, seen, min(bad, failures)]
        struck += bad >= failures
        return len(states) if struck == demoting else places[struck, 0, 0]

    return Chain(
        success=np.array([place(struck, seen + 1, bad) for struck, seen, bad in states]),
        failure=np.array([place(struck, seen + 1, bad + 1) for struck, seen, bad in states]),
    )


def window_alarms(width: int, failures: int, change: Change, agents: int, horizon: int, seed: int) -> Floats:
    """Cases to the first alarm of a full sliding window with at least so many failures; infinite where none came."""
    rng = np.random.default_rng(seed)
    held, count = np.zeros((width, agents), dtype=bool), np.zeros(agents, dtype=np.int64)
    rung = np.full(agents, math.inf)
    for case in range(horizon):
        failed = rng.random(agents) < (change.before if case < change.at else change.after)
        count += failed.astype(np.int64) - held[case % width]
        held[case % width] = failed
        if case + 1 >= width:
            rung = np.where((count >= failures) & np.isinf(rung), case + 1.0, rung)
    return rung
