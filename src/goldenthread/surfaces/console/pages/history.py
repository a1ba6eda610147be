"""All versions of a slice's contract."""

from __future__ import annotations

from goldenthread.surfaces.console.asking import Asked, Deed, Page, Shown
from goldenthread.surfaces.console.pages.common import to_slice
from goldenthread.surfaces.console.rights import Right
from goldenthread.surfaces.views.history import contract_history


def history_page(asked: Asked) -> Shown:
    """Who signed which version when, and what it changed."""
    name = asked.path["slice"]
    view = contract_history(asked.shelf.desk(name))
    return Shown(template="history.html", title=f"History of {name}", view=view, trail=to_slice(name), live=(name,))


PAGES: tuple[Page, ...] = (Page(address="/slices/{slice}/history", draw=history_page, right=Right.SEE, tab="History"),)
DEEDS: tuple[Deed, ...] = ()
