"""Up and down, through the whole engine: wrong promotions and cases to promotion, and how soon a fall is noticed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from goldenthread.control.simulation import Change, Rate
from goldenthread.promise.evidence import RateTest, RollbackDetector
from proof.engine import ALPHA, BAR, GATE, HORIZON, Bench, Seen, mean_figure, of_rate, promoted, unlike_figure
from proof.exact import shipped_boundary
from proof.ranges import around, around_simulated, mean_and_error
from proof.registry import Run, figures
from proof.table import Figure

TRIPWIRE = {"approval": ["rework_rate > 3 %"]}
DETECTOR = RollbackDetector(limit=0.03, false_alarm=10_000.0)


@figures("engine-promotion")
def promotion(run: Run) -> Iterator[Figure]:
    """Wrong promotions at the bar, and cases to promotion above it; each agent against the rule alone."""
    bench, seed = Bench(gates=GATE), 901
    seen = list(bench.first_moves(of_rate("task_success", BAR), HORIZON, run.agents(200, 10), seed))
    share, unlike, asked = promoted(seen), sum(map(is_unlike, seen)), len(seen)
    yield Figure(
        name="at the bar: promoted wrongly",
        stated=".045",
        ours=share.value,
        error=share.error,
        seed=seed,
        **around(0.045, 0.001, share.error),
    )
    for truth, mean, median in ((0.93, 670, 557), (0.95, 209, 168), (0.97, 97, 85)):
        seed += 1
        agents = run.agents(400, 10 if truth < BAR + 0.04 else 30)
        seen = list(bench.first_moves(of_rate("task_success", truth), HORIZON if truth < 0.94 else 3_000, agents, seed))
        unlike, asked = unlike + sum(map(is_unlike, seen)), asked + agents
        yield from _cases(f"truth {truth}", seen, mean, median, seed)
    yield unlike_figure(unlike, asked)


def _cases(name: str, seen: Sequence[Seen], mean: int, median: int, seed: int) -> Iterator[Figure]:
    cases = [one.cases for one in seen if one.move is not None]
    ours, error = mean_and_error(cases)
    yield Figure(
        name=f"{name}: mean cases", stated=str(mean), ours=ours, error=error, seed=seed, **around(mean, 1, error)
    )
    # The error of a median, for a law whose spread is about that of the mean: a quarter more.
    slack = 1.25 * error
    yield Figure(
        name=f"{name}: median cases",
        stated=str(median),
        ours=float(np.median(cases)),
        error=slack,
        seed=seed,
        **around(median, 1, slack),
    )


def passes(seen: Seen, bar: float = BAR) -> NDArray[np.bool_]:
    """By known case, whether the rule alone would promote there, all known values in case order."""
    failures = np.cumsum(seen.known == 0.0)
    most = shipped_boundary(RateTest(bar=bar, alpha=ALPHA), HORIZON)
    return np.asarray(failures <= most[1 : len(failures) + 1])


def is_unlike(seen: Seen, bar: float = BAR) -> bool:
    """Whether the rule alone promotes at another case, or one of the two does not."""
    return seen.is_unlike(passes(seen, bar))


@figures("engine-rollback")
def rollback(run: Run) -> Iterator[Figure]:
    """The tripwire against its limit alone: how soon it notices .03 turning into .10, and how often it is wrong."""
    bench, seed = Bench(tripwires=TRIPWIRE), 911
    seen = list(bench.first_moves(of_rate("rework_rate", 0.10), 5_000, run.agents(500, 100), seed))
    unlike, asked = sum(map(rings_unlike, seen)), len(seen)
    yield mean_figure("from case 0, cases", 122, [one.cases for one in seen], seed)
    seed = 912
    change = Change(metric="rework_rate", quality=Rate(share=0.10), case=1_001)
    later = of_rate("rework_rate", 0.03, changes=(change,))
    seen = list(bench.first_moves(later, 6_000, run.agents(250, 16), seed))
    unlike, asked = unlike + sum(map(rings_unlike, seen)), asked + len(seen)
    yield mean_figure("after case 1,000, cases", 103, [one.cases - 1_000 for one in seen if one.cases > 1_000], seed)
    seed = 913
    counts = bench.count_moves(of_rate("rework_rate", 0.03), HORIZON, run.agents(60, 5), seed)
    mean, error = mean_and_error(counts)
    error = max(error, math.sqrt(0.58 / len(counts)))
    yield Figure(
        name="false alarms in 10,000 cases",
        stated="0.58",
        ours=mean,
        error=error,
        seed=seed,
        **around_simulated(0.58, 0.01, error, math.sqrt(0.58)),
    )
    yield unlike_figure(unlike, asked)


def rings_unlike(seen: Seen) -> bool:
    """Whether the detector alone, told the same cases in their order, first rings at another one or not at all."""
    state, rings = DETECTOR.start, np.zeros(len(seen.known), dtype=bool)
    for place, value in enumerate(seen.known.tolist()):
        state = DETECTOR.update(state, value == 1.0)
        if DETECTOR.alarm(state):
            rings[place] = True
            break
    return seen.is_unlike(rings)
