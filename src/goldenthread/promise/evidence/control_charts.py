"""
Control charts: whether a group of cases, or a day, is other than a stated baseline says.

They describe, and gate nothing: limits of three sigma give a false alarm about once in 370 groups, and the rule of nine
adds about one in 260, so a point outside asks somebody to look and decides nothing.

Source:
    Shares: p-chart (Shewhart 1931; Montgomery, Introduction to Statistical Quality Control, 8th ed., 7.2), never
    narrower than the binomial's own limits of the same chance, and for large groups widened by what they differ more
    than chance makes them, as Laney's p'-chart (2002, doi:10.1081/QEN-120006555). Values: individuals and moving range
    (Montgomery 6.4). Nine in a row on one side: Nelson (1984, doi:10.1080/00224065.1984.11978921), rule 2; not told of
    groups so small that most of them lie on one side anyway.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import Literal

from goldenthread.promise.errors import ImpossibleCounts, ImpossibleSample

FEWEST = 8
"""Groups that a chart takes: fewer show no habit."""

BASELINE = 20
"""Groups that limits are computed from; of fewer they are provisional."""

IN_A_ROW = 9
_SIGMAS = 3.0
_TAIL = 0.00135
"""The chance beyond three sigma on one side."""
_D2 = 1.128
"""The mean range of two values of a normal, in sigmas."""
_EXACT = 2_000
"""Cases in a group up to which the binomial's own limits are summed up."""
_LARGE = 200
"""Cases in a group, on average, from which on small differences between days show as spread."""
_EVEN = 5.0
"""Hits, and misses, that a group must be expected to have for its sides to be alike."""

_MOST = 1e12
"""The largest amount or count that sums of are still exact enough."""

Sign = Literal["within", "above", "below", "run"]


@dataclass(frozen=True, kw_only=True)
class Limit:
    """The limits of one group, None where none can be computed; and where its value lies: 'run' is the ninth or later
    in a row on one side of the centre.
    """

    low: float | None
    high: float | None
    sign: Sign


@dataclass(frozen=True, kw_only=True)
class ControlChart:
    """
    A chart's centre and limits, one each group in their order.

    Attributes:
        kind: 'p' for shares, 'individuals' for values.
        baseline: How many of the first groups the limits are computed from.
        firm: Whether those are enough.
        why: Why there are no limits; '' where there are.
    """

    kind: Literal["p", "individuals"]
    centre: float
    baseline: int
    firm: bool
    limits: tuple[Limit, ...]
    why: str = ""

    @property
    def outside(self) -> int:
        """How many groups lie outside their limits."""
        return sum(one.sign in ("above", "below") for one in self.limits)

    @property
    def runs(self) -> int:
        """How many stand at the ninth place or later of a row on one side."""
        return sum(one.sign == "run" for one in self.limits)


def shares_chart(groups: Sequence[tuple[int, int]], baseline: int = BASELINE) -> ControlChart:
    """
    A p-chart of groups of any size.

    Args:
        groups: (hits, cases) of each, cases >= 1, in the order of time.
        baseline: How many of the first the limits come from, at most.

    Returns:
        Centre and limits as shares in [0, 1].

    Raises:
        ImpossibleCounts: Fewer than two groups, more hits than cases, no case, or no baseline.
    """
    _check_groups(groups, baseline)
    first = groups[:baseline]
    centre = sum(hits for hits, _ in first) / sum(cases for _, cases in first)
    if centre in (0.0, 1.0):
        every = "none" if centre == 0.0 else "all"
        return _without("p", [hits / cases for hits, cases in groups], centre, len(first), f"{every} of them had it")
    size = fmean(cases for _, cases in first)
    spread = max(1.0, _spread(first, centre)) if size >= _LARGE else 1.0
    limits = [_share_limits(cases, centre, spread) for _, cases in groups]
    even = size * min(centre, 1 - centre) >= _EVEN
    return _chart("p", [hits / cases for hits, cases in groups], centre, len(first), limits, runs=even)


def values_chart(values: Sequence[float], baseline: int = BASELINE) -> ControlChart:
    """
    An individuals chart, with limits from the moving range; for amounts and times, which are never below zero.

    Args:
        values: One of each group, in the order of time, >= 0.
        baseline: How many of the first the limits come from, at most.

    Raises:
        ImpossibleCounts: Fewer than two values, or no baseline.
        ImpossibleSample: A value that is not finite, or below zero.
    """
    _check_baseline(values, baseline)
    for value in values:
        _check_amount(value)
    first = values[:baseline]
    centre = fmean(first)
    sigma = fmean(abs(one - before) for before, one in pairwise(first)) / _D2
    if sigma == 0.0:
        return _without("individuals", values, centre, len(first), "all of them are the same")
    limit = (max(0.0, centre - _SIGMAS * sigma), centre + _SIGMAS * sigma)
    return _chart("individuals", values, centre, len(first), [limit] * len(values), runs=True)


def _check_groups(groups: Sequence[object], baseline: int) -> None:
    _check_baseline(groups, baseline)
    for group in groups:
        if not _is_group(group):
            raise ImpossibleCounts(
                f"{_named(group)} is no group; expected (hits, cases), 0 <= hits <= cases, 1 <= cases <= {_MOST:g}."
            )


def _is_group(group: object) -> bool:
    if not isinstance(group, tuple) or len(group) != 2 or not all(type(one) is int for one in group):
        return False
    hits, cases = group
    return bool(0 <= hits <= cases and 1 <= cases <= _MOST)


def _check_amount(value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= _MOST:
        raise ImpossibleSample(f"{_named(value)} is no amount or time; expected a number from 0 to {_MOST:g}.")


def _check_baseline(groups: object, baseline: object) -> None:
    if not isinstance(groups, Sequence) or isinstance(groups, str) or len(groups) < 2:
        raise ImpossibleCounts("A control chart takes two groups at least, in the order of time.")
    if not isinstance(baseline, int) or isinstance(baseline, bool) or not 2 <= baseline <= _MOST:
        raise ImpossibleCounts(f"A baseline of {_named(baseline)} groups gives no limits; expected 2 or more.")


def _named(value: object) -> str:
    try:
        return repr(value)[:60]
    except ValueError:
        return "a number of very many digits"


def _spread(groups: Sequence[tuple[int, int]], centre: float) -> float:
    """By how much groups differ more than chance makes them: Laney's sigma of z."""
    z = [(hits / cases - centre) / math.sqrt(centre * (1 - centre) / cases) for hits, cases in groups]
    return fmean(abs(one - before) for before, one in pairwise(z)) / _D2


def _share_limits(cases: int, centre: float, spread: float) -> tuple[float, float]:
    wide = _SIGMAS * spread * math.sqrt(centre * (1 - centre) / cases)
    low, high = _binomial_limits(cases, centre)
    return max(0.0, min(centre - wide, low / cases)), min(1.0, max(centre + wide, high / cases))


def _binomial_limits(cases: int, centre: float) -> tuple[int, int]:
    """The numbers of hits beyond which, on either side, chance leads in less than `_TAIL`."""
    if cases > _EXACT:
        return cases, 0  # Three sigma are as wide there.
    chance, term, low, high = 0.0, (1 - centre) ** cases, 0, cases
    for hits in range(cases + 1):
        if chance < _TAIL:
            low = hits
        chance += term
        if 1 - chance < _TAIL:
            high = hits
            break
        term *= (cases - hits) / (hits + 1) * centre / (1 - centre)
    return low, high


def _chart(
    kind: Literal["p", "individuals"],
    values: Sequence[float],
    centre: float,
    baseline: int,
    limits: Sequence[tuple[float, float]],
    *,
    runs: bool,
) -> ControlChart:
    found, side, length = [], 0, 0
    for value, (low, high) in zip(values, limits, strict=True):
        now = (value > centre) - (value < centre)
        length = length + 1 if now and now == side else abs(now)
        side = now
        sign: Sign = "run" if runs and length >= IN_A_ROW else "within"
        if value > high:
            sign = "above"
        elif value < low:
            sign = "below"
        found.append(Limit(low=low, high=high, sign=sign))
    return ControlChart(kind=kind, centre=centre, baseline=baseline, firm=baseline >= BASELINE, limits=tuple(found))


def _without(
    kind: Literal["p", "individuals"], values: Sequence[float], centre: float, baseline: int, why: str
) -> ControlChart:
    limits = tuple(Limit(low=None, high=None, sign="within") for _ in values)
    return ControlChart(kind=kind, centre=centre, baseline=baseline, firm=baseline >= BASELINE, limits=limits, why=why)
