"""
A layered layout, from top to bottom: rows, orders, places, then the ways of the links.

Every link has room for its label: rows of boxes alternate with rows of labels, in which a label is a box like others,
so that nothing is ever written over something else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from goldenthread.factory.discovery.drawing.coordinates import columns_of
from goldenthread.factory.discovery.drawing.graph import Box, Layout, Link, Route
from goldenthread.factory.discovery.drawing.layering import rows_of
from goldenthread.factory.discovery.drawing.ordering import ordered

_GAP = 16.0
_BEND_WIDTH = 6.0
_LABEL_HEIGHT, _ROW_GAP = 16.0, 13.0
_SIDE, _PORT = 0.7, 18.0
_STEEPEST = 0.3  # with rows of boxes up to 60 high a way stays within the gap beside them
_STRAIGHT = {0: 1.0, 1: 2.0, 2: 8.0}


def lay_out(boxes: Sequence[Box], links: Sequence[Link], first: int, last: int) -> Layout:
    """
    Where boxes and links go.

    Args:
        boxes: With different ids, not below 0.
        links: Between them, none from a box to itself.
        first: The box at the top.
        last: The box at the bottom.
    """
    rows = {box: 2 * row for box, row in rows_of([box.id for box in boxes], links, first, last).items()}
    widths = {box.id: box.width for box in boxes}
    heights = {box.id: box.height for box in boxes}
    chains, lettered = _chains(links, rows, widths)
    above, below, near = _neighbours(chains, links, {box.id for box in boxes})
    table: list[list[int]] = [[] for _ in range(max(rows.values()) + 1)]
    for node, row in rows.items():
        table[row].append(node)
    placed = ordered(table, above, below)
    x = columns_of(placed, widths, near, _GAP)
    tops, high = _tops(placed, heights)
    y = {node: tops[rows[node]] + high[rows[node]] / 2 for node in rows}
    routes = tuple(
        _route(link, chain, letter, (x, y, heights), {node: high[rows[node]] for node in chain})
        for link, chain, letter in zip(links, chains, lettered, strict=True)
    )
    routes = _spread_ends(routes, {box.id: box.side for box in boxes})
    return Layout(
        places={box.id: (x[box.id], y[box.id]) for box in boxes},
        routes=routes,
        width=max(x[node] + widths[node] / 2 for node in x),
        height=tops[-1] + high[-1],
    )


def _chains(links: Sequence[Link], rows: dict[int, int], widths: dict[int, float]) -> tuple[list[list[int]], list[int]]:
    """By link, its nodes from top to bottom and which of them bears the label; adds these nodes to rows and widths."""
    chains, lettered = [], []
    fresh = max(rows) + 1
    for link in links:
        top, bottom = sorted((link.source, link.target), key=lambda box: rows[box])
        chain = [top]
        middle = (rows[top] + rows[bottom]) // 2
        middle += middle % 2 == 0
        letter = fresh
        for row in range(rows[top] + 1, rows[bottom]):
            rows[fresh] = row
            widths[fresh] = max(_BEND_WIDTH, link.label_width if row == middle else 0.0)
            letter = fresh if row == middle else letter
            chain.append(fresh)
            fresh += 1
        chains.append([*chain, bottom])
        lettered.append(letter)
    return chains, lettered


def _neighbours(
    chains: Sequence[Sequence[int]], links: Sequence[Link], real: set[int]
) -> tuple[dict[int, list[int]], dict[int, list[int]], dict[int, dict[int, float]]]:
    above: dict[int, list[int]] = defaultdict(list)
    below: dict[int, list[int]] = defaultdict(list)
    near: dict[int, dict[int, float]] = defaultdict(dict)
    for chain, link in zip(chains, links, strict=True):
        for upper, lower in pairwise(chain):
            below[upper].append(lower)
            above[lower].append(upper)
            weight = link.weight * _STRAIGHT[(upper not in real) + (lower not in real)]
            near[upper][lower] = near[lower][upper] = near[upper].get(lower, 0.0) + weight
    return above, below, near


def _spread_ends(routes: Sequence[Route], sides_of: Mapping[int, float]) -> tuple[Route, ...]:
    """Links leave and reach a box side by side, in the order of where they go to, and not all in its middle."""
    sides: dict[tuple[int, bool], list[tuple[float, int, int]]] = defaultdict(list)
    for number, route in enumerate(routes):
        begin, end = (0, -1)
        sides[route.link.source, not route.upwards].append((route.points[1][0], number, begin))
        sides[route.link.target, route.upwards].append((route.points[-2][0], number, end))
    points = [list(route.points) for route in routes]
    for (box, _below), ends in sides.items():
        room = min(sides_of[box] * _SIDE, _PORT * (len(ends) - 1))
        for at, (_, number, end) in enumerate(sorted(ends)):
            x, y = points[number][end]
            shift = room * (at / (len(ends) - 1) - 0.5) if len(ends) > 1 else 0.0
            points[number][end] = (x + shift, y)
    return tuple(replace(route, points=tuple(way)) for route, way in zip(routes, points, strict=True))


def _tops(rows: Sequence[Sequence[int]], heights: Mapping[int, float]) -> tuple[list[float], list[float]]:
    tops, high, at = [], [], 0.0
    for row in rows:
        tall = max((heights.get(node, _LABEL_HEIGHT) for node in row), default=0.0)
        tops.append(at)
        high.append(tall)
        at += tall + _ROW_GAP
    return tops, high


def _route(
    link: Link,
    chain: Sequence[int],
    letter: int,
    places: tuple[Mapping[int, float], Mapping[int, float], Mapping[int, float]],
    row_heights: Mapping[int, float],
) -> Route:
    """Through a row of boxes a way goes nearly straight down, between two of them; it swings between rows only."""
    x, y, heights = places
    top, bottom = chain[0], chain[-1]
    knots = [
        (x[top], y[top] + heights[top] / 2),
        *((x[node], y[node]) for node in chain[1:-1]),
        (x[bottom], y[bottom] - heights[bottom] / 2),
    ]
    points, slopes = [knots[0]], [0.0]
    for at, node in enumerate(chain[1:-1], start=1):
        (from_x, from_y), (to_x, to_y) = knots[at - 1], knots[at + 1]
        slope = (to_x - from_x) / (to_y - from_y)
        if row_heights[node] <= _LABEL_HEIGHT:
            points.append((x[node], y[node]))
            slopes.append(slope)
            continue
        slope = max(-_STEEPEST, min(_STEEPEST, slope))
        half = row_heights[node] / 2
        points += [(x[node] - slope * half, y[node] - half), (x[node] + slope * half, y[node] + half)]
        slopes += [slope, slope]
    points, slopes = [*points, knots[-1]], [*slopes, 0.0]
    upwards = link.source != top
    if upwards:
        points, slopes = points[::-1], slopes[::-1]
    return Route(link=link, points=tuple(points), slopes=tuple(slopes), label=(x[letter], y[letter]), upwards=upwards)
