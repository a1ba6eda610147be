"""Does somebody miss more than is tolerated, or have they begun to? Valid at every look."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from goldenthread.promise.evidence.rate import RateTest
from goldenthread.promise.evidence.validation import require_label, require_share

FIRST_START = 0.6
"""Weight of "from the first item on"; the rest is spread over later starts k = 2, 3, ... as 1 / ((k - 1) k)."""


@dataclass(frozen=True, kw_only=True)
class LapseTest:
    """
    Test that somebody misses more than a tolerated share of items, since the first or since any later one.

    The null is "each item is missed with at most the tolerated chance, given all before it". If it holds, the chance
    of ever ringing is at most alpha, however many items come and however often anyone looks. A mixture over starts
    is what finds a person who looked for a year and then no longer does: one rate over the whole year would not.

    Args:
        tolerated: Share that may be missed, in (0, 1).
        alpha: Accepted chance of ever ringing wrongly, in (0, 1).

    Raises:
        ImpossibleParameter: A share outside (0, 1).

    Source:
        evidence.md, "Promotion", for each start; a mixture of e-processes is one (Shin, Ramdas and Rinaldo,
        arXiv 2203.03532, with weights that sum to one instead of an average run length).
    """

    tolerated: float
    alpha: float

    def __post_init__(self) -> None:
        require_share("tolerated", self.tolerated, "0.2 for 20 %")
        require_share("alpha", self.alpha, "0.05 for a confidence of 95 %")

    @property
    def threshold(self) -> float:
        """log(1 / alpha), dimensionless: the log of the evidence that rings."""
        return -math.log(self.alpha)

    def log_e(self, missed: Sequence[bool]) -> float:
        """
        Log of the evidence against the null.

        Args:
            missed: One an item, in their order: True where it was missed.

        Returns:
            Natural log, dimensionless; 0 without items. O(items).

        Raises:
            ImpossibleCounts: An item is neither True nor False.
        """
        for one in missed:
            require_label(one)
        cases = len(missed)
        if cases == 0:
            return 0.0
        terms = [math.log((1.0 - FIRST_START) / cases)]  # starts that are still to come have proved nothing: 1 each
        misses = 0
        for place in range(cases, 0, -1):
            misses += missed[place - 1]
            since = _log_e(self.tolerated, misses, cases - place + 1 - misses)
            terms.append(math.log(start_weight(place)) + since)
        highest = max(terms)
        return highest + math.log(math.fsum(math.exp(term - highest) for term in terms))

    def rings(self, missed: Sequence[bool]) -> bool:
        """True where the evidence reaches 1 / alpha."""
        return self.log_e(missed) >= self.threshold

    def fewest(self) -> int:
        """Fewest items, all missed from the first on, with which this rings."""
        cases = 1
        while not self.rings([True] * cases):
            cases += 1
        return cases


def start_weight(place: int) -> float:
    """The weight of "since the item at this place", from 1; all of them sum to 1."""
    return FIRST_START if place == 1 else (1.0 - FIRST_START) / ((place - 1) * place)


@lru_cache(maxsize=1 << 16)
def _log_e(tolerated: float, misses: int, caught: int) -> float:
    return RateTest(bar=tolerated, alpha=0.5).log_e(misses, caught)
