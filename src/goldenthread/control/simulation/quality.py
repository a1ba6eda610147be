"""How good a simulated agent really is: what happens in how many cases, how long they take, what they cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from goldenthread.promise.contract import Clause, holds, wants_high
from goldenthread.promise.contract.forms import Form, bound_of, form_of, quantile_of, stated_share
from goldenthread.promise.contract.margins import margin_of

VARIATION = 1.2
"""Coefficient of variation of amounts where nobody stated one, as in the setups of evidence.md."""


@dataclass(frozen=True, kw_only=True)
class Rate:
    """In which share of cases, in [0, 1], what the metric names really happens."""

    share: float


@dataclass(frozen=True, kw_only=True)
class Amount:
    """
    A log-normal amount a case, cut at `cap`; mirrored (the cap less such an amount) where more is better.

    Attributes:
        centre: Median of the log-normal, in the unit of the values, > 0.
        sigma: Standard deviation of its natural logarithm, > 0.
        cap: Largest value of a case, or infinity.
        mirrored: Whether what is drawn is what is missing to the cap.
    """

    centre: float
    sigma: float
    cap: float = math.inf
    mirrored: bool = False

    @property
    def mean(self) -> float:
        """Of the values of a case, after cutting; exact."""
        drawn = self._cut_mean()
        return self.cap - drawn if self.mirrored else drawn

    def share_within(self, bound: float) -> float:
        """Share of cases with a value of at most `bound`."""
        if not self.mirrored:
            return float(bound >= self.cap) or _normal(math.log(max(bound, 1e-300) / self.centre) / self.sigma)
        missing = self.cap - bound
        return 1.0 if missing <= 0 else 1.0 - _normal(math.log(missing / self.centre) / self.sigma)

    def share_below(self, value: float) -> float:
        """Share of cases with a value below this one; at an end where values are cut, less than up to it."""
        if self.mirrored:
            return 0.0 if value <= 0.0 else self.share_within(value)
        return _normal(math.log(max(value, 1e-300) / self.centre) / self.sigma)

    def _cut_mean(self) -> float:
        whole = self.centre * math.exp(self.sigma**2 / 2)
        if math.isinf(self.cap):
            return whole
        at = math.log(self.cap / self.centre) / self.sigma
        return whole * _normal(at - self.sigma) + self.cap * (1.0 - _normal(at))


Quality: TypeAlias = Rate | Amount


@dataclass(frozen=True, kw_only=True)
class Change:
    """
    From case number `case` on, counted from 1, a metric is as `quality` says, in every segment.

    With `turns` it comes and goes: it is so for that many cases, then as before for as many, and so on.
    """

    metric: str
    quality: Quality
    case: int
    turns: int | None = None

    def holds_at(self, case: int) -> bool:
        """Whether the metric is as said at this case."""
        return case >= self.case and (self.turns is None or (case - self.case) // self.turns % 2 == 0)

    def since(self, case: int) -> int:
        """The latest case up to `case` at which it came or went; 1 where it has not come yet."""
        if case < self.case:
            return 1
        return self.case if self.turns is None else case - (case - self.case) % self.turns

    def cuts(self, end: int) -> range:
        """The cases before `end` at which it comes or goes."""
        return range(self.case, end, self.turns or max(1, end - self.case))


@dataclass(frozen=True, kw_only=True)
class Delay:
    """How many cases a label waits on average, exponentially; a good one and a bad one apart."""

    good: float = 0.0
    bad: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Nature:
    """
    A simulated agent as it really is.

    Attributes:
        agent: By metric.
        people: People's own work on the same cases, by metric; only where a margin asks for it.
        in_segment: By (metric, segment's name, its value), where it differs there.
        changes: In order of their case.
        day_effect: How alike the cases of one day are, in [0, 1): the share of the variance that lies between days.
        together: Share of the cases, in [0, 1), that are as hard for people as for the agent; in the others each has
            luck of its own. Where both are right in as many cases, this is the correlation of their yes or no.
        delay: Of what others report; what the guard sees is known at once.
        faults: Share of runs that end in a fault, in [0, 1).
        shares: Share of the cases by (segment's name, value).
        cases_a_day: Evenly spread.
    """

    agent: Mapping[str, Quality]
    people: Mapping[str, Quality] = field(default_factory=dict)
    in_segment: Mapping[tuple[str, str, str], Quality] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    day_effect: float = 0.0
    together: float = 0.0
    delay: Delay = Delay()
    faults: float = 0.0
    shares: Mapping[tuple[str, str], float] = field(default_factory=dict)
    cases_a_day: float = 50.0

    def quality(self, metric: str, case: int, attribute: str = "", value: str = "") -> Quality:
        """What a metric really is at a case, in a segment or in those that nobody set apart."""
        found = self.in_segment.get((metric, attribute, value), self.agent[metric])
        for change in self.changes:
            if change.metric == metric and change.holds_at(case):
                found = change.quality
        return found

    def since(self, case: int) -> int:
        """The latest case up to `case` from which on nothing changed; 1 where nothing ever did."""
        return max((change.since(case) for change in self.changes), default=1)

    def cuts(self, first: int, end: int) -> list[int]:
        """The cases after `first` and before `end` at which something changes, in order."""
        return sorted({cut for change in self.changes for cut in change.cuts(end) if cut > first})


def distance(clause: Clause, quality: Quality, people: Quality | None = None) -> float:
    """
    By how much the truth is better than a clause asks, in the clause's own unit (a rate or quantile as a share).

    Zero is exactly at the bar, where a promotion is wrong as it is below it.
    """
    form, sign = form_of(clause), 1.0 if wants_high(clause) else -1.0
    if form is Form.DIFFERENCE:
        assert people is not None
        return sign * (average(quality) - average(people)) + margin_of(clause)
    if form is Form.MEAN:
        return sign * (average(quality) - bound_of(clause))
    return good_share(clause, quality) - stated_share(clause)


def average(quality: Quality) -> float:
    """A rate's share, or the mean of an amount."""
    return quality.share if isinstance(quality, Rate) else quality.mean


def good_share(clause: Clause, quality: Quality) -> float:
    """Share of cases that are as a rate or quantile clause says."""
    if isinstance(quality, Rate):
        return quality.share if holds(clause, 1.0) else 1.0 - quality.share
    within = quality.share_within(bound_of(clause))
    return 1.0 - within if wants_high(clause) else within


def amount_with_mean(mean: float, *, variation: float, cap: float = math.inf, mirrored: bool = False) -> Amount:
    """
    The amount whose mean, after cutting at the cap, is exactly `mean`.

    Args:
        mean: In (0, cap).
        variation: Standard deviation over mean, before cutting, > 0.
        cap: Largest value of a case.
        mirrored: See `Amount`.
    """
    sigma = math.sqrt(math.log1p(variation**2))
    wanted = cap - mean if mirrored else mean
    low, high = math.log(wanted) - sigma**2, math.log(wanted) + 40.0
    for _ in range(100):
        middle = (low + high) / 2
        below = Amount(centre=math.exp(middle), sigma=sigma, cap=cap)._cut_mean() < wanted
        low, high = (middle, high) if below else (low, middle)
    return Amount(centre=math.exp(low), sigma=sigma, cap=cap, mirrored=mirrored)


def amount_with_share(clause: Clause, good: float, *, variation: float) -> Amount:
    """The amount of which a share `good`, in (0, 1), of the cases is as a quantile clause says."""
    assert quantile_of(clause) is not None
    sigma = math.sqrt(math.log1p(variation**2))
    within = 1.0 - good if wants_high(clause) else good
    return Amount(centre=bound_of(clause) / math.exp(sigma * _normal_point(within)), sigma=sigma)


def _normal(at: float) -> float:
    return 0.5 * math.erfc(-at / math.sqrt(2.0))


def _normal_point(share: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(min(max(share, 1e-9), 1.0 - 1e-9))
