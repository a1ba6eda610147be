"""The whiteboard of a slice."""

from __future__ import annotations

from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from goldenthread.surfaces.console.asking import Asked, Deed, Page, Part, Shown
from goldenthread.surfaces.console.board import laid_out
from goldenthread.surfaces.console.pages.common import to_slice
from goldenthread.surfaces.console.rights import Right
from goldenthread.surfaces.console.shelf import Shelf
from goldenthread.surfaces.views.whiteboard import MARKS, Whiteboard, whiteboard

KEPT = timedelta(minutes=1)
"""How long a whiteboard is kept: telemetry is read as a whole for it."""

_KEPT: WeakKeyDictionary[Shelf, dict[str, tuple[datetime, int, Whiteboard]]] = WeakKeyDictionary()


def whiteboard_page(asked: Asked) -> Shown:
    """What a slice is built of, drawn, and what each part means."""
    name = asked.path["slice"]
    view = _whiteboard(asked.shelf, name)
    return Shown(
        template="whiteboard.html",
        title=f"Whiteboard of {name}",
        view=view,
        trail=to_slice(name),
        more={"board": laid_out(view), "marks": MARKS},
    )


def _whiteboard(shelf: Shelf, name: str) -> Whiteboard:
    desk = shelf.desk(name)
    kept, now, head = _KEPT.setdefault(shelf, {}), shelf.ledger.clock(), shelf.ledger.head(name).seq
    if name in kept and now - kept[name][0] < KEPT and kept[name][1] == head:
        return kept[name][2]
    made = whiteboard(desk, shelf.home.path if shelf.home is not None else None)
    kept[name] = (now, head, made)
    return made


PAGES: tuple[Page, ...] = (
    Page(address="/slices/{slice}/whiteboard", draw=whiteboard_page, right=Right.SEE, tab="Whiteboard"),
)
PARTS: tuple[Part, ...] = ()
DEEDS: tuple[Deed, ...] = ()
