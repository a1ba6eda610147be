"""Where the parts of a whiteboard stand on the page: five columns, boxes of one size, lines between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from goldenthread.surfaces.views.whiteboard import UNDECLARED, Edge, Part, Whiteboard

WIDTH = 1_000
BOX, GAP = 164, 45
HEIGHT, ROW = 50, 66
TOP = 46
MOST = 16
"""Boxes of a column; what is beyond stands in the list beneath."""

COLUMNS = ("Data and knowledge", "Agent", "Guard and people", "Tools and agents", "The world")


@dataclass(frozen=True, kw_only=True)
class Box:
    """A part as drawn: its upper left corner, and what fits into it."""

    part: Part
    x: int
    y: int
    name: str
    note: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line as drawn, as the path of an SVG."""

    edge: Edge
    path: str


@dataclass(frozen=True, kw_only=True)
class Board:
    """A drawing: `heads` are (x of its middle, words) of the columns, `beyond` how many parts it had no room for."""

    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    heads: tuple[tuple[int, str], ...]
    beyond: int


def laid_out(view: Whiteboard) -> Board:
    """The drawing of a whiteboard."""
    columns = [_shown([part for part in view.parts if part.column == column]) for column in range(len(COLUMNS))]
    rows = max(len(column) for column in columns)
    tall = any(part.mark == UNDECLARED and part.column == 3 for part in view.parts)
    rows = max(rows, 4 if tall else 3)
    boxes = {box.part.id: box for number, column in enumerate(columns) for box in _placed(number, column, rows)}
    lines = [
        Line(edge=edge, path=_path(boxes[edge.begin], boxes[edge.end]))
        for edge in view.edges
        if edge.begin in boxes and edge.end in boxes
    ]
    return Board(
        height=TOP + rows * ROW,
        boxes=tuple(boxes.values()),
        lines=tuple(lines),
        heads=tuple((_x(number) + BOX // 2, words) for number, words in enumerate(COLUMNS)),
        beyond=len(view.parts) - len(boxes),
    )


def _shown(parts: Sequence[Part]) -> list[Part]:
    """As many as there is room for; what nobody declared stands lowest, where its line passes below the guard."""
    strange = [part for part in parts if part.mark == UNDECLARED]
    known = [part for part in parts if part.mark != UNDECLARED]
    return [*known[: max(MOST - len(strange), MOST // 2)], *strange][:MOST]


def _placed(number: int, parts: Sequence[Part], rows: int) -> list[Box]:
    """Boxes of a column, in its middle; tools end at the bottom, below the people beside the guard."""
    spare = rows - len(parts)
    first = spare * ROW if number == 3 and any(part.mark == UNDECLARED for part in parts) else spare * ROW // 2
    return [
        Box(
            part=part,
            x=_x(number),
            y=TOP + first + place * ROW,
            name=_fitting(part.name, 20),
            note=_fitting(part.note, 23),
        )
        for place, part in enumerate(parts)
    ]


def _x(column: int) -> int:
    return column * (BOX + GAP)


def _path(begin: Box, end: Box) -> str:
    """From one box to the other: straight down within a column, else a curve from side to side."""
    if begin.x == end.x:
        upper, lower = sorted((begin, end), key=lambda box: box.y)
        middle = begin.x + BOX // 2
        return f"M{middle} {upper.y + HEIGHT}V{lower.y}"
    here, there = begin.y + HEIGHT // 2, end.y + HEIGHT // 2
    x1, x2 = begin.x + BOX, end.x
    if x2 - x1 > GAP:  # past a column between them: below its boxes, and up again
        low = max(begin.y, end.y) + HEIGHT + 6
        down = f"M{x1} {here}C{x1 + GAP} {here} {x1} {low} {x1 + GAP} {low}"
        return f"{down}H{x2 - GAP}C{x2} {low} {x2 - GAP} {there} {x2} {there}"
    bend = (x2 - x1) // 2
    return f"M{x1} {here}C{x1 + bend} {here} {x2 - bend} {there} {x2} {there}"


def _fitting(text: str, most: int) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"
