"""Agreement and times of approvers: what supports a judgement, and never makes one alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from goldenthread.control.vigilance.watching import Pair

READING_CHARACTERS_PER_S = 60.0
"""
Faster than this nobody reads: about 600 words a minute of 6 characters. People read silently at 238 (Brysbaert 2019,
doi:10.1016/j.jml.2019.104047), and who knows the form skims.
"""

FEWEST_TIMES = 8
"""Answers of either side from which times are compared at all."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Answers of an approver beside those of colleagues who were asked apart. `kappa` None: nothing to correct by."""

    pairs: int
    same: int
    kappa: float | None

    @property
    def share(self) -> float | None:
        """Share of equal answers, in [0, 1]; None without any."""
        return self.same / self.pairs if self.pairs else None


def agreement_of(pairs: Sequence[Pair]) -> Agreement:
    """
    How often two people said the same, and how much of it is more than chance.

    Source:
        Cohen (1960), doi:10.1177/001316446002000104. Where nearly everything is right it is near 0 for careful people
        too, so that it is shown and decides nothing.
    """
    count = len(pairs)
    same = sum(pair.own_no == pair.other_no for pair in pairs)
    if not count:
        return Agreement(pairs=0, same=0, kappa=None)
    own, other = (sum(pair.own_no for pair in pairs) / count, sum(pair.other_no for pair in pairs) / count)
    chance = own * other + (1.0 - own) * (1.0 - other)
    kappa = None if chance >= 1.0 else (same / count - chance) / (1.0 - chance)
    return Agreement(pairs=count, same=same, kappa=kappa)


@dataclass(frozen=True, kw_only=True)
class Answered:
    """One answer: who gave it, how long they had it before them at most (seconds), and how long what they read was."""

    by: str
    seconds: float
    characters: int


@dataclass(frozen=True, kw_only=True)
class Times:
    """
    How long an approver takes.

    Attributes:
        answers: How many.
        median_s: Seconds; None without any.
        unread: Share of answers given sooner than the item could have been read; None without any.
        quicker: Chance that an answer of theirs is quicker than one of a colleague (ties count half), in [0, 1];
            None with too few.
        by_length: Rank correlation of their times with the length of what was asked, in [-1, 1]; None with too few.
            Who reads, quickly or not, takes longer for more.
    """

    answers: int
    median_s: float | None
    unread: float | None
    quicker: float | None
    by_length: float | None


def times_of(name: str, answers: Sequence[Answered]) -> Times:
    """
    Times of one approver beside all others of the slice, by ranks: one case left open over night moves nothing.

    Source:
        Mann and Whitney (1947), doi:10.1214/aoms/1177730491; Spearman (1904), doi:10.2307/1412159.
    """
    own = [one for one in answers if one.by == name]
    others = sorted(one.seconds for one in answers if one.by != name)
    if not own:
        return Times(answers=0, median_s=None, unread=None, quicker=None, by_length=None)
    seconds = sorted(one.seconds for one in own)
    enough = min(len(own), len(others)) >= FEWEST_TIMES
    unread = sum(one.seconds < one.characters / READING_CHARACTERS_PER_S for one in own) / len(own)
    return Times(
        answers=len(own),
        median_s=_median(seconds),
        unread=unread,
        quicker=_quicker(seconds, others) if enough else None,
        by_length=_rank_correlation(own) if len(own) >= FEWEST_TIMES else None,
    )


def _median(ordered: Sequence[float]) -> float:
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2.0


def _quicker(own: Sequence[float], others: Sequence[float]) -> float:
    from bisect import bisect_left, bisect_right

    slower = sum(len(others) - bisect_right(others, one) for one in own)
    ties = sum(bisect_right(others, one) - bisect_left(others, one) for one in own)
    return (slower + ties / 2.0) / (len(own) * len(others))


def _rank_correlation(own: Sequence[Answered]) -> float | None:
    lengths, seconds = _ranks([float(one.characters) for one in own]), _ranks([one.seconds for one in own])
    middle = (len(own) - 1) / 2.0
    spread = [sum((rank - middle) ** 2 for rank in ranks) for ranks in (lengths, seconds)]
    if not all(spread):
        return None
    together = sum((x - middle) * (y - middle) for x, y in zip(lengths, seconds, strict=True))
    return float(together / (spread[0] * spread[1]) ** 0.5)


def _ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 0; equal values share the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in order[start : end + 1]:
            ranks[place] = (start + end) / 2.0
        start = end + 1
    return ranks
