"""
In which order boxes stand in a row, so that few links cross.

Source:
    Gansner, Koutsofios, North and Vo (1993), doi:10.1109/32.221135: sweeps by the median, then neighbours swapped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median

Neighbours = Mapping[int, Sequence[int]]
_SWEEPS = 24


def ordered(rows: Sequence[Sequence[int]], above: Neighbours, below: Neighbours) -> list[list[int]]:
    """
    Rows in an order with few crossings.

    Args:
        rows: Ids of nodes, row by row; links are between rows that are next to each other.
        above: By node, those that it is linked with in the row above.
        below: Likewise, below.
    """
    current = [list(row) for row in rows]
    best, fewest = [list(row) for row in current], _crossings(current, below)
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        _by_median(current, above if downwards else below, downwards=downwards)
        _swap(current, above, below)
        found = _crossings(current, below)
        if found < fewest:
            best, fewest = [list(row) for row in current], found
        if not fewest:
            break
    return best


def _by_median(rows: list[list[int]], near: Neighbours, *, downwards: bool) -> None:
    numbers = range(1, len(rows)) if downwards else range(len(rows) - 2, -1, -1)
    for number in numbers:
        place = {node: at for at, node in enumerate(rows[number - 1 if downwards else number + 1])}
        keys = {}
        for at, node in enumerate(rows[number]):
            others = [place[one] for one in near.get(node, ()) if one in place]
            keys[node] = (median(others) if others else at, at)
        rows[number].sort(key=keys.__getitem__)


def _swap(rows: list[list[int]], above: Neighbours, below: Neighbours) -> None:
    places = {node: at for row in rows for at, node in enumerate(row)}
    for row in rows:
        for at in range(len(row) - 1):
            left, right = row[at], row[at + 1]
            now = _pair(left, right, above, places) + _pair(left, right, below, places)
            then = _pair(right, left, above, places) + _pair(right, left, below, places)
            if then < now:
                row[at], row[at + 1] = right, left
                places[left], places[right] = at + 1, at


def _pair(left: int, right: int, near: Neighbours, places: Mapping[int, int]) -> int:
    """Crossings between the links of two neighbours."""
    return sum(places[one] > places[other] for one in near.get(left, ()) for other in near.get(right, ()))


def _crossings(rows: Sequence[Sequence[int]], below: Neighbours) -> int:
    total = 0
    for row, next_row in pairwise(rows):
        place = {node: at for at, node in enumerate(next_row)}
        ends: list[int] = []
        for node in row:
            targets = sorted(place[one] for one in below.get(node, ()))
            total += sum(end > target for target in targets for end in ends)
            ends.extend(targets)
    return total
