"""A series by day: what it counts, and the scale on which its days are alike."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from goldenthread.promise.errors import ImpossibleCounts, ImpossibleParameter
from goldenthread.promise.evidence.validation import is_number

Kind = Literal["count", "share", "amount"]

FEWEST = 5
"""Of how many a share or an amount must be for its day to say anything."""

_DAY_SHARE = 0.01**2  # variance that a day brings to a share, on the arcsine scale: about a point at one half
_DAY_AMOUNT = 0.05**2  # and to an amount, on logs


@dataclass(frozen=True, kw_only=True)
class Point:
    """One day, UTC. `value` is a count; or for a share how many of `of`; or an amount that is made of `of` values."""

    day: date
    value: float
    of: int = 1


@dataclass(frozen=True, kw_only=True)
class Series:
    """
    Something of a slice by day.

    Args:
        name: By which incidents know it, as `runs` or `tool:pay`.
        words: What it is, in plain words, as 'runs a day'.
        kind: 'count', 'share' or 'amount' (positive, heavy-tailed: judged on logs).
        points: In the order of days, each day once; days without data are left out, and days without any event are 0.
        weight: Its part of the false alarms that all series together may give, in (0, 1].
        weekly: Whether weekdays differ.
        rough: Of a count, the relative variance that a day brings beside chance: at .01 those below 1 / .01 = 100 vary
            like dice, and larger ones by a tenth.
        falls: Whether a fall matters, and days without anything.
        unit: Of an amount, for the words.

    Raises:
        ImpossibleCounts: Days out of order, a value that no day can have.
        ImpossibleParameter: A weight outside (0, 1].
    """

    name: str
    words: str
    kind: Kind
    points: tuple[Point, ...]
    weight: float
    weekly: bool = True
    rough: float = 0.01
    falls: bool = True
    unit: str = ""

    def __post_init__(self) -> None:
        if not (is_number(self.weight) and 0.0 < self.weight <= 1.0):
            raise ImpossibleParameter(
                f"weight={self.weight!r} is no part of the false alarms of a slice; it lies above 0 and is at most 1. "
                "Write e.g. 0.125 for one of eight series."
            )
        before: date | None = None
        for point in self.points:
            if (before is not None and point.day <= before) or not _is_possible(self.kind, point):
                raise ImpossibleCounts(
                    f"{self.name}: {point.value!r} of {point.of!r} on {point.day} is no day of such a series. "
                    "Give each day once, in order, with a count of at least 0, a share of all, or an amount above 0."
                )
            before = point.day


def _is_possible(kind: Kind, point: Point) -> bool:
    if not is_number(point.value) or not math.isfinite(point.value) or point.value < 0 or point.of < 0:
        return False
    return kind == "count" or (kind == "share" and point.value <= point.of) or kind == "amount"


@dataclass(frozen=True, kw_only=True)
class Scale:
    """
    A scale on which days of a kind vary alike: `to` takes a day there, `back` takes a value home; `variance` is what
    chance alone brings, but for a factor that is learnt and is never taken for less than `least`.
    """

    to: Callable[[Point], float]
    back: Callable[[float], float]
    variance: Callable[[Point], float]
    least: float


def _count(rough: float) -> Scale:
    root = math.sqrt(rough)

    def back(value: float) -> float:
        return max(0.0, math.sinh(min(60.0, max(0.0, value) * root)) ** 2 / rough - 0.375)

    return Scale(
        to=lambda point: math.asinh(root * math.sqrt(point.value + 0.375)) / root,
        back=back,
        variance=lambda _: 0.25,
        least=1.0,
    )


def _share_to(point: Point) -> float:
    return math.asin(math.sqrt(min(1.0, (point.value + 0.375) / (point.of + 0.75))))


_SHARE = Scale(
    to=_share_to,
    back=lambda value: math.sin(min(math.pi / 2, max(0.0, value))) ** 2,
    variance=lambda point: 0.25 / (point.of + 0.5) + _DAY_SHARE,
    least=1.0,
)
_AMOUNT = Scale(
    to=lambda point: math.log(point.value),
    back=lambda value: math.exp(min(700.0, value)),
    variance=lambda point: 1.0 / point.of + _DAY_AMOUNT,
    least=0.04,
)


def scale_of(series: Series) -> Scale:
    """
    The scale of a series.

    Source:
        Anscombe (1948), doi:10.1093/biomet/35.3-4.246, for counts with and without days of their own, and shares.
    """
    if series.kind == "count":
        return _count(series.rough)
    return _SHARE if series.kind == "share" else _AMOUNT


def says_something(kind: Kind, point: Point) -> bool:
    """Whether a day is of enough to be judged."""
    return kind == "count" or (point.of >= FEWEST and (kind == "share" or point.value > 0))
