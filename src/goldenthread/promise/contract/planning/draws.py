"""
Draws of when clauses pass: each clause exact by itself, and clauses on the same cases hanging together as they do.

The draws of one clause are the middles of equal slices of its distribution, in an order that a fixed seed shuffles.
Where several bars are held against the same cases, the order comes from playing these cases once: only the ranks are
taken from the play, the numbers from the exact distributions, so that chance has no part in any single clause.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from goldenthread.promise.evidence import RateTest
from goldenthread.promise.values import Level

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DRAWS = 1 << 13
_SEED = 20261121
_BLOCK = 32
_LONGEST_PLAY = 62 * _BLOCK + 1  # cases; what has not passed by then is ranked by how far it is behind


@dataclass(frozen=True, kw_only=True, eq=False)
class Need:
    """
    One thing that a gate needs: a clause, in one of its segments.

    Attributes:
        clause: As written.
        draw: Needs with the same name are judged on the same cases.
        odds: Chance of having passed by n cases that bear on it.
        shares: Share of all cases that bear on it, by level.
        played: The test and the true rate where each case is a yes or no by itself; else None.
        whole_days: Whether it takes at least twenty days, whatever the cases.
        certain_at: Cases at which it is met for certain, instead of the odds; None where it is not certain.
    """

    clause: str
    draw: str
    odds: NDArray[np.float64]
    shares: Mapping[Level, float]
    played: tuple[RateTest, float] | None = None
    whole_days: bool = False
    certain_at: int | None = None


def draw_needs(needs: Sequence[Need]) -> dict[int, NDArray[np.float64]]:
    """Cases that bear on each need until it is met, in each of DRAWS draws, by the need's id; infinite where never."""
    by_draw: dict[str, list[Need]] = {}
    for need in needs:
        by_draw.setdefault(need.draw, []).append(need)
    found = {}
    for name, together in by_draw.items():
        orders = _orders(name, together)
        found.update({id(need): _cases(need, orders[need.played]) for need in together})
    return found


def _cases(need: Need, order: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    if need.certain_at is not None:
        return np.full(DRAWS, float(need.certain_at))
    cases = np.searchsorted(need.odds, order).astype(float)
    cases[cases >= len(need.odds)] = np.inf
    return cases


def _orders(name: str, needs: Sequence[Need]) -> dict[tuple[RateTest, float] | None, NDArray[np.float64]]:
    """For each test among needs on the same cases, its place in its distribution in each draw."""
    import numpy as np

    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    shuffled = (np.random.default_rng([_SEED, seed]).permutation(DRAWS) + 0.5) / DRAWS
    played = tuple(dict.fromkeys(need.played for need in needs if need.played is not None))
    if len(played) < 2:
        return dict.fromkeys((need.played for need in needs), shuffled)
    return {**dict(zip(played, _play(played, seed), strict=True)), None: shuffled}


@lru_cache(maxsize=64)
def _play(tests: tuple[tuple[RateTest, float], ...], seed: int) -> tuple[NDArray[np.float64], ...]:
    """Judge the same cases by each test; return each draw's rank among the times at which the test passes."""
    import numpy as np

    random = np.random.default_rng([_SEED, seed])
    most = [np.frombuffer(test.table.upto(_LONGEST_PLAY), dtype=np.int32) for test, _ in tests]
    passed = np.full((len(tests), DRAWS), _LONGEST_PLAY)
    failures = np.zeros((len(tests), DRAWS), dtype=np.int32)
    running = np.arange(DRAWS)
    for first in range(1, _LONGEST_PLAY, _BLOCK):
        cases = random.random((_BLOCK, len(running)), dtype=np.float32)
        for each, (_, rate) in enumerate(tests):
            count = failures[each, running] + np.cumsum(cases >= rate, axis=0, dtype=np.int32)
            here = count <= most[each][first : first + _BLOCK, None]
            at = np.where(here.any(axis=0), first + here.argmax(axis=0), _LONGEST_PLAY)
            passed[each, running] = np.minimum(passed[each, running], at)
            failures[each, running] = count[-1]
        running = running[(passed[:, running] >= _LONGEST_PLAY).any(axis=0)]
        if not len(running):
            break
    late = passed + np.where(passed >= _LONGEST_PLAY, failures, 0)
    return tuple((np.argsort(np.argsort(each, kind="stable"), kind="stable") + 0.5) / DRAWS for each in late)
