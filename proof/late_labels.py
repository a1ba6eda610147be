"""
Labels that arrive late: judged in order of arrival, and as they are judged here, in case order.

Setup: the agent exactly at the bar of .90, 3,000 cases; the delays of successes and failures are exponential, their
averages in cases. The look is after every case (and every arrival).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from goldenthread.promise.evidence import RateTest
from proof.exact import shipped_boundary
from proof.ranges import Share, between, kept
from proof.registry import Run, figures
from proof.table import Figure

TEST, CASES = RateTest(bar=0.9, alpha=0.05), 3_000
SETUPS = ((0, 50), (20, 100), (0, 200), (50, 50), (200, 200))


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The agents promoted wrongly, out of the same ones, by order of arrival and by case order."""

    arrival: Share
    case_order: Share


def judge(success_delay: float, failure_delay: float, agents: int, seed: int) -> Judged:
    """
    Judge agents at the bar both ways.

    In case order a prefix promotes at time t if its failures and its pending cases together stay under the boundary.
    Both only fall as labels arrive, so that whatever promotes at any time still does at the end.
    """
    rng, most, batch = np.random.default_rng(seed), shipped_boundary(TEST, CASES)[1:], 200
    naive, ours, now = 0, 0, float(CASES)
    for _ in range(agents // batch):
        failed = rng.random((batch, CASES)) < 1.0 - TEST.bar
        delay = rng.exponential(1.0, (batch, CASES)) * np.where(failed, failure_delay, success_delay)
        known = np.arange(CASES) + delay
        order = np.argsort(known, axis=1, kind="stable")
        arrived = np.take_along_axis(known, order, axis=1) <= now
        failures = np.cumsum(np.take_along_axis(failed, order, axis=1), axis=1, dtype=np.int32)
        naive += int(((failures <= most) & arrived).any(axis=1).sum())
        against = np.cumsum(failed | (known > now), axis=1, dtype=np.int32)
        ours += int((against <= most).any(axis=1).sum())
    count = agents // batch * batch
    return Judged(arrival=Share(hits=naive, of=count), case_order=Share(hits=ours, of=count))


@figures("late-labels")
def late_labels(run: Run) -> Iterator[Figure]:
    """Both ways of judging, for all five setups."""
    for number, (success, failure) in enumerate(SETUPS):
        seed = 401 + number
        found = judge(success, failure, run.agents(10_000, 1_000), seed)
        name = f"delays {success}/{failure}"
        yield _arrival(name, found.arrival, seed, later=failure > success)
        yield Figure(
            name=f"{name}, case order: promoted wrongly",
            stated="at most 0.05",
            ours=found.case_order.value,
            error=found.case_order.error,
            seed=seed,
            **kept(TEST.alpha, found.case_order, quick=run.quick),
        )


def _arrival(name: str, share: Share, seed: int, *, later: bool) -> Figure:
    """The error of arrival order, stated where failures come later; where both come alike it does no harm."""
    name = f"{name}, order of arrival: promoted wrongly"
    if not later:
        note = "failures come no later than successes: order of arrival does no harm"
        return Figure(name=name, ours=share.value, error=share.error, seed=seed, note=note)
    within = between(0.35, 0.96, 0.01, share.error)
    return Figure(name=name, stated="35 to 96 %", ours=share.value, error=share.error, seed=seed, **within)
