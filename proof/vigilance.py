"""
Do people still look? How soon somebody who approves whatever comes is flagged, and how rarely somebody who looks is.

Setup: an approver who looks misses at most 20 % of wrong checks; alpha .05; looked at after every check.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from goldenthread.control.vigilance import TOLERATED_ALONE, TOLERATED_MISSES, Answered, times_of
from goldenthread.control.vigilance.judging import least_without_one
from goldenthread.promise.evidence import LapseTest, RateTest
from goldenthread.promise.evidence.lapses import start_weight
from proof.ranges import Share, around, at_most, kept
from proof.registry import Run, figures
from proof.table import Figure

ALPHA = 0.05
CHECKS = LapseTest(tolerated=TOLERATED_MISSES, alpha=ALPHA)
SHARED = LapseTest(tolerated=TOLERATED_ALONE, alpha=ALPHA)
WORKED = 250
"""Wrong checks in a working life: at 2 % of 120 approvals a week, two years."""

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """log E of one start by misses and checks caught, so that thousands of people are judged at once."""

    test: LapseTest
    log_e: Floats

    @classmethod
    def of(cls, test: LapseTest, longest: int) -> Table:
        """For so many checks."""
        rate = RateTest(bar=test.tolerated, alpha=0.5)
        rows = [
            [rate.log_e(misses, caught) if misses + caught <= longest else -math.inf for caught in range(longest + 1)]
            for misses in range(longest + 1)
        ]
        return cls(test, np.array(rows))

    def first_rings(self, missed: Bools) -> NDArray[np.int64]:
        """By person (a row of `missed`), the number of checks at the first that flags; 0 for none."""
        people, checks = missed.shape
        total = np.concatenate([np.zeros((people, 1), dtype=np.int64), np.cumsum(missed, axis=1)], axis=1)
        found = np.zeros(people, dtype=np.int64)
        weights = np.log([start_weight(place) for place in range(1, checks + 1)])
        for seen in range(1, checks + 1):
            since = total[:, seen, None] - total[:, :seen]
            length = seen - np.arange(seen)
            terms = weights[:seen] + self.log_e[since, length - since]
            waiting = np.full((people, 1), math.log(0.4 / seen))
            every = np.concatenate([terms, waiting], axis=1)
            highest = every.max(axis=1)
            log_e = highest + np.log(np.exp(every - highest[:, None]).sum(axis=1))
            found[(found == 0) & (log_e >= self.test.threshold)] = seen
        return found


def drawn(seed: int, people: int, checks: int, miss: Callable[[int], float]) -> Bools:
    """Who misses which check; `miss` is the chance at the check of that number, from 1."""
    chance = np.array([miss(number) for number in range(1, checks + 1)])
    return np.random.default_rng(seed).random((people, checks)) < chance


def always(miss: float) -> Callable[[int], float]:
    """The same chance at every check."""
    return lambda _number: miss


@figures("vigilance")
def vigilance(run: Run) -> Iterator[Figure]:
    """Checks: false flags of those who look, and the delay for those who don't."""
    people, checks = run.agents(20_000, 2_000), 100 if run.quick else WORKED
    table = Table.of(CHECKS, checks)
    for name, miss, seed in (("exactly at the tolerated 20 %", 0.20, 701), ("misses 10 %", 0.10, 702)):
        share = _flagged(table, drawn(seed, people, checks, always(miss)))
        yield Figure(
            name=f"looks, {name}, {checks} wrong checks: flagged",
            stated="at most 0.05",
            ours=share.value,
            error=share.error,
            seed=seed,
            **kept(ALPHA, share, quick=run.quick),
        )
    yield _peeking(people, checks)
    yield Figure(name="misses all: wrong checks to the flag", stated="3", ours=CHECKS.fewest(), **around(3, 0))
    half = LapseTest(tolerated=TOLERATED_MISSES, alpha=ALPHA / 2)
    yield Figure(name="misses all, shared too: wrong checks", stated="4", ours=half.fewest(), **around(4, 0))
    for miss, within, least, seed in ((0.9, 5, 0.85, 703), (0.7, 15, 0.85, 704), (0.5, 40, 0.85, 705)):
        first = table.first_rings(drawn(seed, people, within, always(miss)))
        share = Share(hits=int((first > 0).sum()), of=people)
        name = f"misses {miss:.0%}: flagged within {within} wrong checks"
        yield Figure(name=name, stated=f"at least {least}", ours=share.value, error=share.error, seed=seed, low=least)
    yield _change(table, people)


def _flagged(table: Table, missed: Bools) -> Share:
    parts = np.array_split(missed, max(1, len(missed) // 500))
    return Share(hits=sum(int((table.first_rings(part) > 0).sum()) for part in parts), of=len(missed))


def _peeking(people: int, checks: int) -> Figure:
    """Why not a test at 5 % after each check: a binomial tail below .05, the approver exactly at 20 %."""
    seed = 706
    missed = np.cumsum(drawn(seed, people, checks, always(0.2)), axis=1)
    most = np.array([_binomial_bar(number) for number in range(1, checks + 1)])
    share = Share(hits=int((missed >= most).any(axis=1).sum()), of=people)
    name = f"a 5 % test after each check instead, exactly at 20 %, {checks} wrong checks: flagged"
    return Figure(name=name, stated="over 0.2", ours=share.value, error=share.error, seed=seed, low=0.2)


def _binomial_bar(checks: int) -> int:
    """Fewest misses whose chance, of that many or more, is at most 5 % at a rate of 20 %."""
    chances = [math.comb(checks, misses) * 0.2**misses * 0.8 ** (checks - misses) for misses in range(checks + 1)]
    tail = np.cumsum(chances[::-1])[::-1]
    fits = np.flatnonzero(tail <= ALPHA)
    return int(fits[0]) if len(fits) else checks + 1


def _change(table: Table, people: int) -> Figure:
    """Looks for 50 checks (5 % missed), then no longer does."""
    seed, before = 707, 50
    missed = drawn(seed, people, 100, lambda number: 0.05 if number <= before else 0.95)
    parts = [table.first_rings(part) for part in np.array_split(missed, max(1, people // 500))]
    first = np.concatenate(parts)
    delays = first[first > before] - before
    share = Share(hits=int((first == 0).sum()), of=people)
    return Figure(
        name="looks for 50, then misses 95 %: median wrong checks to the flag",
        stated="at most 10",
        ours=float(np.median(delays)) if share.hits == 0 else math.inf,
        seed=seed,
        high=10.0,
    )


@figures("vigilance-shared")
def shared_questions(run: Run) -> Iterator[Figure]:
    """Shared questions without checks: three colleagues who say no, the evidence of the worst one left out."""
    people, noes = run.agents(20_000, 1_000), 90
    table = Table.of(SHARED, noes)
    for name, miss, seed in (("lets through exactly half", 0.5, 711), ("lets through a quarter", 0.25, 712)):
        share = _alone(table, drawn(seed, people, noes, always(miss)))
        yield Figure(
            name=f"looks, {name} of what colleagues refuse, {noes} noes: flagged",
            stated="at most 0.05",
            ours=share.value,
            error=share.error,
            seed=seed,
            **kept(ALPHA, share, quick=run.quick),
        )
    quarrel = [("one colleague", True)] * noes
    log_e = least_without_one(SHARED, quarrel)
    yield Figure(
        name=f"one colleague alone says no {noes} times: log of the evidence", stated="0", ours=log_e, **around(0, 0)
    )
    all_missed = np.ones((1, noes), dtype=np.bool_)
    fewest = next(count for count in range(3, noes) if _alone(table, all_missed[:, :count]).hits)
    yield Figure(
        name="refuses nothing: noes of three colleagues to the flag", stated="11", ours=fewest, **around(11, 0)
    )


def _alone(table: Table, missed: Bools) -> Share:
    """Flagged where the evidence rings with any one of three colleagues (in turn) left out."""
    firsts = []
    colleague = np.arange(missed.shape[1]) % 3
    for out in range(3):
        rest = missed[:, colleague != out]
        at = np.flatnonzero(colleague != out) + 1
        first = np.concatenate([table.first_rings(part) for part in np.array_split(rest, max(1, len(rest) // 500))])
        firsts.append(np.where(first > 0, at[np.maximum(first - 1, 0)], 0))
    return Share(hits=int(np.all(np.array(firsts) > 0, axis=0).sum()), of=len(missed))


@figures("vigilance-times")
def quick_people(run: Run) -> Iterator[Figure]:
    """Why being quick flags nobody: an expert five times as quick as colleagues is as quick as who doesn't look."""
    people, rng = run.agents(400, 400), np.random.default_rng(721)
    rule = dict.fromkeys(("expert", "stamper"), 0)
    for _person in range(people):
        for kind in ("expert", "stamper"):
            times = times_of(kind, _day(rng, kind))
            assert times.quicker is not None
            rule[kind] += times.quicker > 0.9
    for kind, name in (("expert", "an expert who looks"), ("stamper", "somebody who doesn't look")):
        share = Share(hits=rule[kind], of=people)
        yield Figure(
            name=f"'quicker than colleagues in over 90 %' would flag {name}",
            stated="over 0.5",
            ours=share.value,
            error=share.error,
            seed=721,
            low=0.5,
        )
    missed = drawn(722, run.agents(20_000, 2_000), 100, always(0.05))
    share = _flagged(Table.of(CHECKS, 100), missed)
    yield Figure(
        name="the same expert, by checks (misses 5 % of 100): flagged",
        stated="at most 0.001",
        ours=share.value,
        error=share.error,
        seed=722,
        **at_most(0.001, error=share.error),
    )


def _day(rng: np.random.Generator, kind: str) -> list[Answered]:
    """Forty answers of one person and a hundred of colleagues: log-normal times, longer for longer items."""
    lengths = rng.integers(200, 3_000, 140)
    reading = lengths / 30.0 * rng.lognormal(0.0, 0.5, 140)
    own = reading[:40] / 5.0 if kind == "expert" else rng.lognormal(1.2, 0.5, 40)
    seconds = np.concatenate([own, reading[40:]])
    names = [kind] * 40 + ["colleague"] * 100
    return [
        Answered(by=name, seconds=float(one), characters=int(length))
        for name, one, length in zip(names, seconds, lengths, strict=True)
    ]
