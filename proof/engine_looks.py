"""
Who looks at a case, through the whole engine: random audits, the blind share, and people who worked the same case.

A contract states an even share of cases at which somebody looks, so that share is played here. It has no line yet for
audits whose chance differs from case to case, nor for cases that go either to the agent or to people: these are proved
of the rule alone, in the sections 'audits' and 'differences'.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from goldenthread.control.simulation import Nature, Rate
from proof.audits import AUDITED, LIMIT
from proof.differences import MARGIN, PAIRED, PEOPLE
from proof.engine import ALPHA, HORIZON, Bench, Seen, mean_figure, of_rate, promoted, unlike_figure
from proof.engine_moves import is_unlike
from proof.ranges import around_simulated, at_most, mean_and_error
from proof.registry import Run, figures
from proof.table import Figure

RIGHT = 1.0 - LIMIT
CLAUSE = f"agreement >= {RIGHT:.0%}"
AUDITS = f"audit: {AUDITED:.0%} of cases"
BLIND = f"blind: {AUDITED:.0%} of cases at draft"
BESIDE = {"draft": [f"task_success not below people by {MARGIN:.0%}"]}
UNPAIRED, IN_PAIRS, APART = 2_381, 552, 1_219


@figures("engine-audits")
def audits(run: Run) -> Iterator[Figure]:
    """An error of .02 or .01 against a limit of .05, a fifth of the cases looked at by chance, acting alone or not."""
    above, below = Bench(gates={"expanded": [CLAUSE]}, looks=AUDITS), Bench(gates={"approval": [CLAUSE]}, looks=BLIND)
    unlike, asked, long = 0, 0, 20_000
    setups = (
        (951, "audited while acting alone", above, 0.02, 286, 400),
        (952, "audited while acting alone", above, 0.01, 147, 500),
        (953, "decided blind at draft", below, 0.02, 286, 120),
    )
    for seed, name, bench, error, stated, full in setups:
        seen = list(bench.first_moves(of_rate("agreement", 1.0 - error), long, run.agents(full, 25), seed))
        unlike, asked = unlike + sum(map(_is_unlike, seen)), asked + len(seen)
        looks = [len(one.known) for one in seen if one.move is not None]
        yield mean_figure(f"{name}, error {error:g}: mean audits", stated, looks, seed)
    seed = 954
    cases, agents = (5_000, run.agents(100)) if not run.quick else (2_000, 10)
    seen = list(above.first_moves(of_rate("agreement", RIGHT), cases, agents, seed))
    share, unlike, asked = promoted(seen), unlike + sum(map(_is_unlike, seen)), asked + len(seen)
    name, within = "audited, at the limit: promoted wrongly", at_most(ALPHA, error=share.error)
    yield Figure(name=name, stated="at most 0.05", ours=share.value, error=share.error, seed=seed, **within)
    yield unlike_figure(unlike, asked)


def _is_unlike(seen: Seen) -> bool:
    return is_unlike(seen, RIGHT)


@figures("engine-differences")
def differences(run: Run) -> Iterator[Figure]:
    """Agent and people on the same cases in shadow; as good as people, then worse than people by the margin."""
    bench, unlike, asked = Bench(gates=BESIDE), 0, 0
    for seed, together, stated, full in ((961, 0.6, IN_PAIRS, 500), (962, 0.0, APART, 250)):
        seen = list(bench.first_moves(_beside(PEOPLE, together), HORIZON, run.agents(full, full // 10), seed))
        moved = [one.cases for one in seen if one.move is not None]
        yield mean_figure(f"paired, correlation {together:g}: mean cases", stated, moved, seed)
        unlike, asked = unlike + sum(map(_is_judged_unlike, seen)), asked + len(seen)
        if together:
            yield _saved(moved, seed)
    seed = 963
    cases, agents = (3_000, run.agents(100)) if not run.quick else (1_000, 8)
    seen = list(bench.first_moves(_beside(PEOPLE - MARGIN, 0.6), cases, agents, seed))
    share, unlike, asked = promoted(seen), unlike + sum(map(_is_judged_unlike, seen)), asked + len(seen)
    name, within = "paired, worse by the margin: promoted wrongly", at_most(ALPHA, error=share.error)
    yield Figure(name=name, stated="at most 0.05", ours=share.value, error=share.error, seed=seed, **within)
    yield unlike_figure(unlike, asked)


def _beside(right: float, together: float) -> Nature:
    people = {"task_success": Rate(share=PEOPLE)}
    return of_rate("task_success", right, people=people, together=together)


def _saved(cases: Sequence[int], seed: int) -> Figure:
    """How many cases the stated comparison apart takes for each one of the engine's in pairs."""
    mean, error = mean_and_error(cases)
    stated, ours, spread = UNPAIRED / IN_PAIRS, UNPAIRED / mean, math.sqrt(len(cases)) * error / mean
    # Both of the stated means were simulated, and spread about as widely as ours.
    within = around_simulated(stated, 0.01, ours * error / mean, math.sqrt(2.0) * ours * spread)
    return Figure(
        name=f"cases apart ({UNPAIRED:,}, the rule alone) for one in pairs",
        stated=f"{stated:.2f}",
        ours=ours,
        error=ours * error / mean,
        seed=seed,
        **within,
    )


def _is_judged_unlike(seen: Seen) -> bool:
    """Whether the bets alone, on the same differences in case order, promote at another case or not at all."""
    return seen.is_unlike(capital(seen) >= PAIRED.threshold)


def capital(seen: Seen) -> NDArray[np.float64]:
    """The log of the mean capital of the bets after each case."""
    gains = np.array([PAIRED.gain(value) for value in seen.known.tolist()])
    logs = np.cumsum(np.log1p(np.multiply.outer(gains, np.array(PAIRED.bets))), axis=0)
    return np.asarray(np.logaddexp.reduce(logs, axis=1) - math.log(len(PAIRED.bets)), dtype=np.float64)
