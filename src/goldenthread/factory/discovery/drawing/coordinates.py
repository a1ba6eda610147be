"""
How far to the right boxes stand: near what they are linked with, in their order, and never on each other.

Each row is a least-squares problem with the order as constraints, solved exactly by pooling neighbours that would
overlap; rows are taken in turn, downwards and upwards.

Source:
    Pool adjacent violators: Barlow, Bartholomew, Bremner and Brunk (1972), chapter 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise

_ROUNDS, _STILL = 40, 0.05


def columns_of(
    rows: Sequence[Sequence[int]],
    widths: Mapping[int, float],
    links: Mapping[int, Mapping[int, float]],
    gap: float,
) -> dict[int, float]:
    """
    The middle of each node.

    Args:
        rows: Nodes in their order.
        widths: Of nodes.
        links: By node, its neighbours above and below, with weights.
        gap: Between nodes.
    """
    x = {node: place for row in rows for node, place in zip(row, _packed(row, widths, gap), strict=True)}
    row_of = {node: number for number, row in enumerate(rows) for node in row}
    sides = _sides(rows, links, row_of)
    offsets = [offsets_of([widths[node] for node in row], gap) for row in rows]
    order = list(range(len(rows)))
    for turn in range(_ROUNDS):
        downwards = turn % 2 == 0
        side = sides[2 if turn >= _ROUNDS // 2 else 0 if downwards else 1]
        moved = 0.0
        for number in order if downwards else reversed(order):
            near, weights = side[number]
            wanted = [
                sum([x[one] * weight for one, weight in others]) / total if total else x[node]
                for node, total, others in near
            ]
            places = spaced(wanted, weights, offsets[number])
            moved = max(moved, *[abs(place - x[node]) for node, place in zip(rows[number], places, strict=True)])
            x.update(zip(rows[number], places, strict=True))
        if moved < _STILL and turn >= _ROUNDS // 2:
            break
    least = min(x[node] - widths[node] / 2 for node in x)
    return {node: place - least for node, place in x.items()}


_Pull = tuple[int, float, list[tuple[int, float]]]
_Side = list[tuple[list[_Pull], list[float]]]


def _sides(
    rows: Sequence[Sequence[int]], links: Mapping[int, Mapping[int, float]], row_of: Mapping[int, int]
) -> tuple[_Side, _Side, _Side]:
    """By row, its nodes with the sum of weights and the neighbours (above, below, all), and these sums."""
    sides: tuple[_Side, _Side, _Side] = ([], [], [])
    for number, row in enumerate(rows):
        for side, counts in zip(sides, ((-1,), (1,), (-1, 1)), strict=True):
            pulls: list[_Pull] = []
            for node in row:
                near = [pair for pair in links.get(node, {}).items() if row_of[pair[0]] - number in counts]
                pulls.append((node, sum(weight for _, weight in near), near))
            side.append((pulls, [total or 0.01 for _, total, _ in pulls]))
    return sides


def offsets_of(widths: Sequence[float], gap: float) -> list[float]:
    """How far right of the first the middle of each is, where they stand as close as they can."""
    return list(accumulate(((a + b) / 2 + gap for a, b in pairwise(widths)), initial=0.0))[: len(widths)]


def spaced(wanted: Sequence[float], weights: Sequence[float], offsets: Sequence[float]) -> list[float]:
    """Places as near to the wanted ones as can be, by weighted squares, in order and at least so far apart."""
    blocks: list[tuple[float, float, int]] = []
    for place, offset, weight in zip(wanted, offsets, weights, strict=True):
        value, total, count = place - offset, weight, 1
        while blocks and blocks[-1][0] > value:
            before, mass, size = blocks.pop()
            value = (before * mass + value * total) / (mass + total)
            total, count = total + mass, count + size
        blocks.append((value, total, count))
    flat = [value for value, _, count in blocks for _ in range(count)]
    return [value + offset for value, offset in zip(flat, offsets, strict=True)]


def _packed(row: Sequence[int], widths: Mapping[int, float], gap: float) -> list[float]:
    """Side by side around the middle."""
    right, places = 0.0, []
    for node in row:
        places.append(right + widths[node] / 2)
        right += widths[node] + gap
    return [place - right / 2 for place in places]
