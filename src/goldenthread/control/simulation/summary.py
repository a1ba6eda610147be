"""What many plays of a contract came to: reached, wrongly reached, fallen, and where they ended."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from goldenthread.control.simulation.asked import Asked, asked_by
from goldenthread.control.simulation.plays import Played, Turn
from goldenthread.control.simulation.quality import Nature
from goldenthread.control.simulation.truth import TIE, Truth
from goldenthread.promise.contract import Clause, Contract
from goldenthread.promise.values import LADDER, Level


@dataclass(frozen=True, kw_only=True)
class Share:
    """How many plays something happened in."""

    plays: int
    of: int

    @property
    def value(self) -> float:
        """In [0, 1]; 0 of 0 is 0."""
        return self.plays / self.of if self.of else 0.0

    @property
    def error(self) -> float:
        """Standard error; with one hit and one miss more, so that 0 of n is not certain."""
        guess = (self.plays + 1) / (self.of + 2)
        return math.sqrt(guess * (1.0 - guess) / self.of) if self.of else 0.0


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Median and the range of the middle 80 %."""

    median: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Reached:
    """
    One level.

    Attributes:
        reached: Plays in which it was reached at some time.
        wrongly: Plays in which it was, although a clause of its gate did not hold on the average of the cases by then.
        stale: Plays in which that average held, but the agent had just become worse than a clause asks.
        cases: Until first reached; None where nobody did.
        weeks: The same, at the contract's volume.
    """

    level: Level
    reached: Share
    wrongly: Share
    stale: Share
    cases: Spread | None
    weeks: Spread | None


@dataclass(frozen=True, kw_only=True)
class Falls:
    """
    Rollbacks.

    Attributes:
        rightly: Plays with a rollback at a time when the tripwire's limit really was broken.
        delay: Cases from the first change to the first rightful rollback; None without a change or such a rollback.
        false_per_10k: Rollbacks at a time when no limit was broken, per 10,000 cases played while none was.
        false_error: Its standard error.
        missed: Plays whose agent broke a limit from some case on, and never fell.
    """

    rightly: Share
    delay: Spread | None
    mean_delay: float | None
    false_per_10k: float
    false_error: float
    missed: Share


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """Everything that the plays came to."""

    slice: str
    version: int
    agents: int
    cases: int
    seed: int
    changed_at: int | None
    reached: tuple[Reached, ...]
    falls: Falls
    ends: Mapping[Level, int]


def summarise_plays(
    contract: Contract, nature: Nature, plays: Sequence[Played], *, cases: int, seed: int
) -> Simulation:
    """Count what happened; the truth about each agent is its nature, not what the plays showed."""
    assert contract.autonomy is not None
    asked, truth = asked_by(contract), Truth(nature, contract.autonomy)
    levels = [level for level in asked.gates if contract.autonomy.start < level <= contract.autonomy.ceiling]
    return Simulation(
        slice=contract.slice,
        version=contract.version,
        agents=len(plays),
        cases=cases,
        seed=seed,
        changed_at=nature.changes[0].case if nature.changes else None,
        reached=tuple(_reached(level, asked, truth, plays) for level in levels),
        falls=_falls(asked, truth, plays, cases),
        ends={level: sum(one.end is level for one in plays) for level in LADDER if any(p.end is level for p in plays)},
    )


def _reached(level: Level, asked: Asked, truth: Truth, plays: Sequence[Played]) -> Reached:
    first, wrong, stale = [], 0, 0
    clauses = [one.clause for one in asked.gates[level]]
    for one in plays:
        rises = [(turn, since) for turn, since in _since(one.turns) if not turn.fell and turn.after is level]
        if rises:
            first.append(rises[0][0])
        lied = [_below(truth, clauses, since, turn.cases) for turn, since in rises]
        wrong += any(lied)
        stale += not any(lied) and any(_stale(truth, clauses, turn.cases) for turn, _ in rises)
    return Reached(
        level=level,
        reached=Share(plays=len(first), of=len(plays)),
        wrongly=Share(plays=wrong, of=len(plays)),
        stale=Share(plays=stale, of=len(plays)),
        cases=spread_of([turn.cases for turn in first]),
        weeks=spread_of([turn.days / 7.0 for turn in first]),
    )


def _since(turns: Sequence[Turn]) -> Iterator[tuple[Turn, int]]:
    """Each change, with the first case whose evidence counted towards it."""
    since = 1
    for turn in turns:
        yield turn, since
        if turn.fell:
            since = turn.cases + 1


def _below(truth: Truth, clauses: Sequence[Clause], first: int, last: int) -> bool:
    return any(truth.average(clause, first, max(first, last)) <= TIE for clause in clauses)


def _stale(truth: Truth, clauses: Sequence[Clause], case: int) -> bool:
    return any(truth.now(clause, case) <= TIE for clause in clauses)


def _falls(asked: Asked, truth: Truth, plays: Sequence[Played], cases: int) -> Falls:
    wires = {str(clause): clause for _level, clause in asked.tripwires}
    broken_from, calm_cases = _broken(truth, wires.values(), cases)
    rightly, false, delays, missed = 0, [], [], 0
    for one in plays:
        falls = [turn for turn in one.turns if turn.fell and turn.tripwire is not None]
        right = [turn for turn in falls if truth.is_broken(wires[turn.tripwire or ""], turn.cases)]
        rightly += bool(right)
        false.append(len(falls) - len(right))
        if broken_from is not None:
            delays += [turn.cases - broken_from + 1 for turn in right if turn.cases >= broken_from][:1]
            missed += not right
    calm = calm_cases / 10_000
    mean, error = _mean(false)
    return Falls(
        rightly=Share(plays=rightly, of=len(plays)),
        delay=spread_of(delays),
        mean_delay=sum(delays) / len(delays) if delays else None,
        false_per_10k=mean / calm if calm else 0.0,
        false_error=error / calm if calm else 0.0,
        missed=Share(plays=missed, of=len(plays)),
    )


def _broken(truth: Truth, wires: Iterable[Clause], cases: int) -> tuple[int | None, int]:
    """The first case at which a limit really is broken, or None; and the number of cases at which none is."""
    steady = [clause for clause in wires if not clause.any]
    broken_from, calm = None, 0
    for first, end in pairwise([1, *truth.nature.cuts(1, cases + 1), cases + 1]):
        if any(truth.is_broken(clause, first) for clause in steady):
            broken_from = broken_from or first
        else:
            calm += end - first
    return broken_from, calm


def spread_of(values: Sequence[float]) -> Spread | None:
    """Median and 10 % and 90 % points; None without values."""
    if not values:
        return None
    ordered = sorted(values)
    low, high = (ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.1, 0.9))
    return Spread(median=median(ordered), low=low, high=high)


def _mean(values: Sequence[int]) -> tuple[float, float]:
    count = len(values)
    mean = sum(values) / count if count else 0.0
    variance = sum((value - mean) ** 2 for value in values) / max(1, count - 1)
    return mean, math.sqrt(variance / count) if count else 0.0
