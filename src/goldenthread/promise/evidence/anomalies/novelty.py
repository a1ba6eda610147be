"""Kinds never seen before: how often such things happen, as a series of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from goldenthread.promise.evidence.anomalies.series import Point, Series

_DAY = timedelta(days=1)
_AGAIN = 3
"""How many days after its first a kind is looked at again: each says something twice, and no two days the same."""

_ROUGH = 0.15  # one new kind comes twice and the next ten times, and neither is odd
_SETTLING_DAYS = 28  # in the beginning everything is new, which says nothing


def novelty(name: str, words: str, days: Mapping[date, Mapping[str, int]], weight: float) -> Series:
    """
    Events of kinds never seen before, by day: those of a kind's first day, and those of the three days after, once.

    Args:
        name: Of the series.
        words: What it is, in plain words.
        days: By day, each from the first on, how often each kind came.
        weight: As `Series`.
    """
    first = _first_seen(days)
    points = tuple(
        Point(day=day, value=sum(_told(kind, seen, day, days) for kind, seen in first.items()))
        for day in sorted(days)
        if (day - min(days)).days >= _SETTLING_DAYS
    )
    return Series(
        name=name, words=words, kind="count", points=points, weight=weight, weekly=False, rough=_ROUGH, falls=False
    )


def new_kinds(days: Mapping[date, Mapping[str, int]], since: date, until: date) -> tuple[str, ...]:
    """The kinds that were first seen from `since` to `until`, the most frequent first."""
    found = {kind: 0 for kind, seen in _first_seen(days).items() if since <= seen <= until}
    for day, kinds in days.items():
        for kind in kinds.keys() & found.keys():
            found[kind] += kinds[kind] if since <= day <= until else 0
    return tuple(sorted(found, key=lambda kind: (-found[kind], kind)))


def _first_seen(days: Mapping[date, Mapping[str, int]]) -> dict[str, date]:
    found: dict[str, date] = {}
    for day in sorted(days):
        for kind, count in days[day].items():
            if count:
                found.setdefault(kind, day)
    return found


def _told(kind: str, first: date, day: date, days: Mapping[date, Mapping[str, int]]) -> int:
    """What a day says of a kind: on its first day how often it came, and once more how often on the days after."""
    if day == first:
        return days[day][kind]
    if (day - first).days != _AGAIN:
        return 0
    return sum(days.get(first + number * _DAY, {}).get(kind, 0) for number in range(1, _AGAIN + 1))
