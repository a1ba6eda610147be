"""One row a figure, held against a peer or a limit; the ratio first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

UNKNOWN = "unknown"
_COLUMNS = ("ratio", "what", "ours", "beside", "measure again")
_PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A measured number with its unit ('us', 'ms', 's', 'decisions/s', 'MB'); None where nothing was measured."""

    value: float | None
    unit: str

    def __str__(self) -> str:
        return UNKNOWN if self.value is None else f"{_number(self.value)} {self.unit}"


@dataclass(frozen=True, kw_only=True)
class Row:
    """
    One figure of ours beside a peer's, or beside a limit that was promised.

    Attributes:
        what: What was measured, with its setting: 'decide, 100 rules, p50'.
        ours: Our figure.
        beside: The other figure, in the same unit.
        against: Whose it is, and where it is from: 'cedarpy 4.12, 100 policies, peers.md'.
        better: Which way is better.
        command: What measures this row again.
    """

    what: str
    ours: Figure
    beside: Figure
    against: str
    better: Literal["lower", "higher"]
    command: str


def ratio(row: Row) -> float | None:
    """How many times better ours is: above 1 is better, below 1 is worse; None where either figure is unknown."""
    ours, beside = row.ours.value, row.beside.value
    if not ours or not beside or row.ours.unit != row.beside.unit:
        return None
    return beside / ours if row.better == "lower" else ours / beside


def render(rows: Sequence[Row]) -> str:
    """The table as text, one line a row, columns as wide as their widest cell."""
    lines = [_COLUMNS, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_COLUMNS))]
    return "\n".join(_line(cells, widths) for cells in lines)


def _cells(row: Row) -> tuple[str, ...]:
    times = ratio(row)
    first = UNKNOWN if times is None else f"{_number(times)}x"
    return first, row.what, str(row.ours), f"{row.beside} ({row.against})", row.command


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _number(value: float) -> str:
    """Three digits that matter: 0.437, 4.37, 43.7, 437, 4.37k."""
    for size, prefix in _PREFIXES:
        if value >= size:
            return f"{value / size:.3g}{prefix}"
    return f"{value:.3g}"
