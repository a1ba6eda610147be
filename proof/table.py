"""One line a figure: what was claimed, what came out, how far the simulation may err, and whether it holds."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

_COLUMNS = ("", "figure", "evidence.md", "ours", "error", "seed", "allowed")
_HOLDS, _OUTSIDE = "ok", "OUTSIDE"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """
    One figure of evidence.md beside ours.

    Attributes:
        name: What was measured, with its unit: 'late labels, arrival order, 0/50: promoted wrongly'.
        stated: The figure as evidence.md writes it: '35 to 96 %'; empty where it states none.
        ours: Our figure, in the unit of the stated one (shares as shares: .35).
        error: Standard error of the simulation; 0 where exact.
        seed: Seed of the simulation; None where exact.
        low: Smallest value that holds: what the stated one, its rounding and three standard errors allow.
        high: Largest value that holds.
        holds: The verdict itself, where a range cannot say it; None to hold it against the range.
        note: What a reader must know: a setup that is not stated, a deviation and its reason.
    """

    name: str
    ours: float
    stated: str = ""
    error: float = 0.0
    seed: int | None = None
    low: float = -math.inf
    high: float = math.inf
    holds: bool | None = None
    note: str = ""

    @property
    def inside(self) -> bool:
        """True where the figure holds; a figure that is no number never does."""
        within = self.low <= self.ours <= self.high
        return within if self.holds is None else self.holds and not math.isnan(self.ours)


def render(section: str, figures: Sequence[Figure]) -> str:
    """One section as text: its name, then one line a figure, columns as wide as their widest cell, notes below."""
    lines = [_COLUMNS, *(_cells(figure) for figure in figures)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_COLUMNS))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    notes = [f"  {figure.name}: {figure.note}" for figure in figures if figure.note]
    return "\n".join([f"== {section}", *table, *notes])


def summary(outside: Sequence[str], total: int) -> str:
    """The last lines: how many figures hold, and the names of those that do not."""
    if not outside:
        return f"Figures: {total}, all inside what was claimed."
    return "\n".join(
        [f"Figures: {total}, {len(outside)} OUTSIDE what was claimed:", *(f"  {name}" for name in outside)]
    )


def _cells(figure: Figure) -> tuple[str, ...]:
    exact = figure.seed is None and figure.error == 0.0
    return (
        _HOLDS if figure.inside else _OUTSIDE,
        figure.name,
        figure.stated or "-",
        number(figure.ours, _decimals(figure.stated)),
        "exact" if exact else number(figure.error),
        "-" if figure.seed is None else str(figure.seed),
        _allowed(figure),
    )


def _decimals(stated: str) -> int:
    """How many decimals a stated figure has; ours is printed with no fewer."""
    return max((len(part) for part in re.findall(r"\.(\d+)", stated)), default=0)


def _allowed(figure: Figure) -> str:
    decimals = _decimals(figure.stated)
    low, high = number(figure.low, decimals), number(figure.high, decimals)
    if math.isinf(figure.low) and math.isinf(figure.high):
        return "-"
    if math.isinf(figure.low) or figure.low == 0.0:
        return f"at most {high}"
    return f"at least {low}" if math.isinf(figure.high) else f"{low} to {high}"


def number(value: float, decimals: int = 0) -> str:
    """Four digits that matter, or as many decimals as asked for: 0.04512, 209.1, 2,995, 10,000.78."""
    if value == 0.0 or not math.isfinite(value):
        return f"{value:g}"
    digits = max(decimals, 3 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
