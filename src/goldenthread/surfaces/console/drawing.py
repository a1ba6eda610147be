"""Views to HTML, by the templates beside this file."""

from __future__ import annotations

import json
import textwrap
from datetime import date, datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from goldenthread.promise.values import LADDER, Json, Level
from goldenthread.surfaces.console.pages import Shown
from goldenthread.surfaces.views import evidence_words

MODE = "Cooperative mode protects against mistakes; enforcing mode holds a turned agent, too. Each action says its own."


def draw(shown: Shown, *, twin: str | None, notice: str | None) -> str:
    """
    A page as HTML.

    Args:
        shown: What is on it.
        twin: Address of the same as JSON, or None.
        notice: What every page of this home says, or None.
    """
    template = templates().get_template(shown.template)
    return template.render(
        view=shown.view, title=shown.title, trail=shown.trail, twin=twin, notice=notice, mode=MODE, **shown.more
    )


@cache
def templates() -> Environment:
    """The templates; everything that is put in is escaped, and a name that does not exist is an error."""
    environment = Environment(
        loader=PackageLoader("goldenthread.surfaces.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        moment=moment,
        day=day,
        short=short,
        compact=compact,
        beginning=beginning,
        percent=percent,
        evidence=evidence_words,
        figure=figure,
    )
    environment.globals.update(ladder=LADDER, thread_of=thread_of)
    return environment


def moment(at: datetime) -> str:
    """`21 Nov 2026, 05:42 UTC`."""
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def day(at: date) -> str:
    """`16 Jan 2027`."""
    return f"{at.day} {at:%b %Y}"


def short(digest: str) -> str:
    """The first digits of a digest, without the name of its algorithm."""
    return digest.rpartition(":")[2][:12]


def beginning(text: str) -> str:
    """The first words of a long text, on one line."""
    return f"{textwrap.shorten(text[:200], 100, placeholder='') or text[:100]} …"


def compact(value: Json) -> str:
    """A JSON value on one line; text as it is."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def percent(share: float) -> str:
    """Whole percent, rounded down: 100 % only when it is reached."""
    return f"{int(share * 100 + 1e-9)} %"


def figure(value: float | None) -> str:
    """A metric's value in a case."""
    return "pending" if value is None else f"{value:.3g}"


def thread_of(level: Level, ceiling: Level | None, meter: float) -> list[dict[str, Any]]:
    """
    The five beads of a level's thread, left to right.

    `reach` is how far the gold has come on the way to the next bead, in [0, 1].
    """
    return [
        {
            "level": bead,
            "state": _bead_state(bead, level, ceiling),
            "reach": 1.0 if bead < level else meter if bead is level and level is not ceiling else 0.0,
            "open": ceiling is None or (bead.next is not None and bead.next <= ceiling),
        }
        for bead in LADDER
    ]


def _bead_state(bead: Level, level: Level, ceiling: Level | None) -> str:
    if bead is level:
        return "here"
    if bead < level:
        return "earned"
    return "later" if ceiling is not None and bead <= ceiling else "beyond"
