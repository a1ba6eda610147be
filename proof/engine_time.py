"""What time does to evidence, through the whole engine: labels come late, days differ, quality drifts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from goldenthread.control.simulation import Change, Delay, Rate
from goldenthread.promise.evidence import FutureDaysTest
from proof.days import CASES, TEST, day_of_promotion
from proof.engine import ALPHA, BAR, GATE, HORIZON, Bench, Seen, of_rate, promoted, unlike_figure
from proof.engine_moves import is_unlike, passes
from proof.means import DRIFTS
from proof.ranges import Share, around_simulated, at_most
from proof.registry import Run, figures
from proof.table import Figure


@figures("engine-late-labels")
def late_labels(run: Run) -> Iterator[Figure]:
    """Agents at the bar whose failures are known later: promoted no oftener than if all were known at once."""
    bench, unlike, asked = Bench(gates=GATE), 0, 0
    cases = 3_000 if not run.quick else 1_000
    for seed, (good, bad) in enumerate(((0, 50), (20, 100), (0, 200)), start=921):
        nature = of_rate("task_success", BAR, delay=Delay(good=good, bad=bad))
        seen = list(bench.first_moves(nature, cases, run.agents(130, 5), seed))
        unlike, asked = unlike + sum(map(_is_judged_unlike, seen)), asked + len(seen)
        yield _at_most(f"delays {good}/{bad}", promoted(seen), seed)
    yield unlike_figure(unlike, asked)


def _is_judged_unlike(seen: Seen) -> bool:
    """Whether the play promoted although no prefix is good enough, all labels known; or did not although one is."""
    return bool(passes(seen).any()) != (seen.move is not None)


def _at_most(name: str, share: Share, seed: int) -> Figure:
    within = at_most(ALPHA, error=share.error)
    name = f"{name}: promoted wrongly"
    return Figure(name=name, stated="at most 0.05", ours=share.value, error=share.error, seed=seed, **within)


@figures("engine-days")
def days(run: Run) -> Iterator[Figure]:
    """Days that differ, 50 cases each, 200 of them: wrong about days to come by case, and by the claim about them."""
    seed, unlike, asked = 930, 0, 0
    for correlation, stated in ((0.02, 0.21), (0.05, 0.42)):
        seed += 1
        seen = _of_days("over the period", correlation, run.agents(260, 6), seed)
        share, unlike, asked = promoted(seen), unlike + sum(map(is_unlike, seen)), asked + len(seen)
        yield Figure(
            name=f"over the period, correlation {correlation}: promoted wrongly",
            stated=f"{stated:.0%}",
            ours=share.value,
            error=share.error,
            seed=seed,
            **around_simulated(stated, 0.01, share.error, share.spread),
        )
    for correlation in (0.05, 0.10):
        seed += 1
        seen = _of_days("about future days", correlation, run.agents(60, 3), seed)
        unlike, asked = unlike + sum(map(is_unlike_by_day, seen)), asked + len(seen)
        yield _at_most(f"about future days, correlation {correlation}", promoted(seen), seed)
    yield unlike_figure(unlike, asked)


def _of_days(claim: str, correlation: float, agents: int, seed: int) -> list[Seen]:
    nature = of_rate("task_success", BAR, day_effect=correlation)
    return list(Bench(gates=GATE, claim=claim).first_moves(nature, HORIZON, agents, seed))


def is_unlike_by_day(seen: Seen) -> bool:
    """Whether the claim alone, told each whole day's cases, is proved after another day or not at all."""
    whole = seen.known[: len(seen.known) // CASES * CASES].reshape(-1, CASES)
    stop = day_of_promotion(FutureDaysTest(test=TEST), (CASES - whole.sum(axis=1)).astype(int).tolist())
    first = np.zeros(max(len(seen.known), 1), dtype=bool)
    if stop is not None and stop * CASES < len(first):
        first[stop * CASES] = True  # a day is whole when the next one begins
    return seen.is_unlike(first)


@figures("engine-drift")
def drift(run: Run) -> Iterator[Figure]:
    """Agents that waver around the bar, the worse half first, so that their average so far is never above it."""
    bench, unlike, asked = Bench(gates=GATE), 0, 0
    for seed, (low, high, block) in enumerate(DRIFTS, start=941):
        better = Change(metric="task_success", quality=Rate(share=high), case=block + 1, turns=block)
        nature = of_rate("task_success", low, changes=(better,))
        seen = list(bench.first_moves(nature, HORIZON, run.agents(60, 4), seed))
        share, unlike, asked = promoted(seen), unlike + sum(map(is_unlike, seen)), asked + len(seen)
        yield Figure(
            name=f"blocks {low}/{high} of {block}: promoted wrongly",
            stated="at most .6 %",
            ours=share.value,
            error=share.error,
            seed=seed,
            **at_most(0.006, 0.001, share.error),
        )
    yield unlike_figure(unlike, asked)
