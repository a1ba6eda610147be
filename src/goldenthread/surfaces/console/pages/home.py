"""The first page: the factory floor."""

from __future__ import annotations

from goldenthread.surfaces import views
from goldenthread.surfaces.console.asking import Asked, Deed, Page, Shown
from goldenthread.surfaces.console.rights import Right


def home_page(asked: Asked) -> Shown:
    """Every slice that the visitor may see."""
    shelf = asked.shelf
    found = [one for one in views.products(shelf.ledger, shelf.desk) if asked.visitor.may(Right.SEE, one.slice)]
    return Shown(template="products.html", title="Factory floor", view=found, live=tuple(one.slice for one in found))


PAGES: tuple[Page, ...] = (Page(address="/", draw=home_page, right=Right.SEE, nav="Factory floor"),)
DEEDS: tuple[Deed, ...] = ()
