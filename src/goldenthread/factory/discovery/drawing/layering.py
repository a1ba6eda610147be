"""
Which row a box stands in: links point downwards, as many and as heavy of them as can.

Source:
    Eades, Lin and Smyth (1993), doi:10.1016/0020-0190(93)90079-O, for the order; rows by longest path, then moved to
    where their links are shortest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from goldenthread.factory.discovery.drawing.graph import Link

_ROUNDS = 8


def rows_of(boxes: Sequence[int], links: Sequence[Link], first: int, last: int) -> dict[int, int]:
    """
    The row of each box, from 0.

    Args:
        boxes: Their ids.
        links: Between them.
        first: The box at the top.
        last: The box at the bottom.
    """
    order = {box: place for place, box in enumerate(_order(boxes, links, first, last))}
    down: dict[int, dict[int, float]] = defaultdict(dict)
    up: dict[int, dict[int, float]] = defaultdict(dict)
    for link in links:
        above, below = sorted((link.source, link.target), key=order.__getitem__)
        down[above][below] = down[above].get(below, 0.0) + link.strength
        up[below][above] = down[above][below]
    rows: dict[int, int] = {}
    for box in sorted(boxes, key=order.__getitem__):
        rows[box] = max((rows[one] + 1 for one in up[box]), default=0)
    rows[last] = max(rows[last], 1 + max((row for box, row in rows.items() if box != last), default=-1))
    _shorten(rows, down, up, {first, last})
    return rows


def _order(boxes: Sequence[int], links: Sequence[Link], first: int, last: int) -> list[int]:
    """An order in which little weight points backwards."""
    out: dict[int, dict[int, float]] = {box: {} for box in boxes}
    into: dict[int, dict[int, float]] = {box: {} for box in boxes}
    for link in links:
        out[link.source][link.target] = out[link.source].get(link.target, 0.0) + link.strength
        into[link.target][link.source] = out[link.source][link.target]
    left = [box for box in boxes if box not in (first, last)]
    for box in (first, last):
        _take(box, out, into)
    head: list[int] = []
    tail: list[int] = []
    while left:
        chosen = next((box for box in left if not out[box]), None)
        if chosen is not None:
            tail.append(chosen)
        else:
            chosen = next((box for box in left if not into[box]), None)
            if chosen is None:
                chosen = max(left, key=lambda box: sum(out[box].values()) - sum(into[box].values()))
            head.append(chosen)
        left.remove(chosen)
        _take(chosen, out, into)
    return [first, *head, *reversed(tail), last]


def _take(box: int, out: dict[int, dict[int, float]], into: dict[int, dict[int, float]]) -> None:
    for other in out[box]:
        into[other].pop(box, None)
    for other in into[box]:
        out[other].pop(box, None)
    out[box], into[box] = {}, {}


def _shorten(
    rows: dict[int, int],
    down: Mapping[int, Mapping[int, float]],
    up: Mapping[int, Mapping[int, float]],
    fixed: set[int],
) -> None:
    """Move boxes inside their room to where their links are shortest together."""
    for _ in range(_ROUNDS):
        moved = False
        for box in sorted(rows, key=rows.__getitem__, reverse=True):
            above, below = up.get(box, {}), down.get(box, {})
            if box in fixed or not below:
                continue
            low = max((rows[one] + 1 for one in above), default=0)
            high = min(rows[one] - 1 for one in below)
            row = high if sum(below.values()) > sum(above.values()) else low
            moved = moved or row != rows[box]
            rows[box] = row
        if not moved:
            return
