"""
In which order boxes stand in a row, so that few links cross.

Source:
    Gansner, Koutsofios, North and Vo (1993), doi:10.1109/32.221135: sweeps by the median, then neighbours swapped.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from itertools import pairwise

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
    seen: set[tuple[bool, tuple[tuple[int, ...], ...]]] = set()
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        state = (downwards, tuple(map(tuple, current)))
        if state in seen:  # from here on everything comes again
            break
        seen.add(state)
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
            others = sorted([place[one] for one in near.get(node, ()) if one in place])
            half = len(others) // 2
            middle = at if not others else others[half] if len(others) % 2 else (others[half - 1] + others[half]) / 2
            keys[node] = (middle, at)
        rows[number].sort(key=keys.__getitem__)


def _swap(rows: list[list[int]], above: Neighbours, below: Neighbours) -> None:
    """Neighbours change places where that makes fewer crossings; other rows stand still meanwhile."""
    places = {node: at for row in rows for at, node in enumerate(row)}
    for row in rows:
        ups = {node: [places[one] for one in above.get(node, ())] for node in row}
        downs = {node: [places[one] for one in below.get(node, ())] for node in row}
        for at in range(len(row) - 1):
            left, right = row[at], row[at + 1]
            if _gain(ups[left], ups[right]) + _gain(downs[left], downs[right]) > 0:
                row[at], row[at + 1] = right, left
        places.update({node: at for at, node in enumerate(row)})


def _gain(left: Sequence[int], right: Sequence[int]) -> int:
    """How many crossings fewer the links of two neighbours have when these change places."""
    gain = 0
    for one in left:
        for other in right:
            if one > other:
                gain += 1
            elif one < other:
                gain -= 1
    return gain


def _crossings(rows: Sequence[Sequence[int]], below: Neighbours) -> int:
    total = 0
    for row, next_row in pairwise(rows):
        place = {node: at for at, node in enumerate(next_row)}
        ends: list[int] = []
        for node in row:
            targets = [place[one] for one in below.get(node, ())]
            total += sum([len(ends) - bisect_right(ends, target) for target in targets])
            for target in targets:
                insort(ends, target)
    return total
