"""Printing: tables, bars and JSON; plain unless a person sits at a terminal that wants colour."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime

import click

BAR_WIDTH = 20


def say(*lines: str) -> None:
    """Print lines."""
    for line in lines:
        click.echo(_harmless(line))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under their columns: aligned text, or a rich table where `fancy`."""
    texts = [["" if value is None else _harmless(str(value)).replace("\n", " ") for value in row] for row in rows]
    if fancy():
        _rich_table(columns, texts)
        return
    widths = [max(len(row[i]) for row in [list(columns), *texts]) for i in range(len(columns))]
    for row in [list(columns), *texts]:
        say("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def bar(share: float, width: int = BAR_WIDTH) -> str:
    """`[########............]  40 %`; full only at 1."""
    share = min(1.0, max(0.0, share))
    return f"[{'#' * int(share * width):.<{width}}] {int(share * 100):3d} %"


def emit(value: object) -> None:
    """Print a value as JSON, two spaces deep; records as objects, times in ISO 8601."""
    from goldenthread.surfaces.views import as_json

    click.echo(json.dumps(as_json(value), indent=2))


def fancy() -> bool:
    """Whether a person reads this at a terminal that wants colour: see https://no-color.org."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def moment(at: datetime | None) -> str:
    """`2026-11-21 05:42 UTC`, or '' for none."""
    return at.strftime("%Y-%m-%d %H:%M UTC") if at is not None else ""


def _harmless(text: str) -> str:
    """The text with everything written out that would steer the terminal or reorder what a reader sees."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character == "\n" else ascii(character)[1:-1] for character in text
    )


def _rich_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    drawn = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(_escaped(text) for text in row))
    Console().print(drawn)


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
