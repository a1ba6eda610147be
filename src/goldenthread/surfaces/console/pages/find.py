"""Finding: a page that the palette asks too, and that works by itself."""

from __future__ import annotations

from collections.abc import Iterator

from goldenthread.surfaces.console.asking import Asked, Deed, Page, Shown
from goldenthread.surfaces.console.pages.common import HOME
from goldenthread.surfaces.console.rights import Right
from goldenthread.surfaces.views.choosing import ONLY
from goldenthread.surfaces.views.finding import MOST, Found, FoundView, find_ids, rank


def find_page(asked: Asked) -> Shown:
    """Slices, pages, cases and what can be done, by a few letters."""
    q = " ".join(asked.query.get("q", "").split())[:100]
    return Shown(
        template="find.html",
        title="Find",
        view=FoundView(q=q, found=tuple([*_ids(asked, q), *rank(q, _places(asked))][:MOST])),
        trail=HOME,
    )


def _ids(asked: Asked, q: str) -> list[Found]:
    shelf = asked.shelf
    return find_ids(shelf.ledger, q, asked.visitor.slices(Right.CONTENT, shelf.slices()))


def _places(asked: Asked) -> Iterator[Found]:
    """Every place that has words: slices and their pages, rooms of the house, ready choices of the floor."""
    from goldenthread.surfaces.console.routes import PAGES

    visitor = asked.visitor
    slices = visitor.slices(Right.SEE, asked.shelf.slices())
    for page in PAGES:
        if page.nav and (page.right is None or visitor.may(page.right)):
            yield Found(kind="page", words=page.nav, beside="page", address=page.address)
    for only, words in ONLY.items():
        if only != "mine" or visitor.name is not None:
            yield Found(kind="page", words=f"Slices {words}", beside="factory floor", address=f"/?only={only}")
    for name in slices:
        yield Found(kind="slice", words=name, beside="contract and ladder", address=f"/slices/{name}")
    tabs = [page for page in PAGES if page.tab and page.address != "/slices/{slice}"]
    for name in slices:
        for page in tabs:
            if page.right is None or visitor.may(page.right, name):
                where = page.address.replace("{slice}", name)
                yield Found(kind="page", words=f"{name}: {page.tab}", beside="page", address=where)
    yield from _deeds(asked, slices)


def _deeds(asked: Asked, slices: tuple[str, ...]) -> Iterator[Found]:
    """What can be done, where there is a page to do it on: never done by finding it."""
    from goldenthread.surfaces.console.routes import PAGES

    addresses = {page.address for page in PAGES}
    for page, right, words in _DOING:
        if page not in addresses:
            continue
        for name in slices:
            if asked.visitor.may(right, name):
                yield Found(
                    kind="deed",
                    words=words.format(slice=name),
                    beside="asks before it does",
                    address=page.replace("{slice}", name) if "{slice}" in page else f"{page}?slice={name}",
                )


_DOING = (
    ("/stops", Right.STOP, "Stop slice {slice}"),
    ("/slices/{slice}/author", Right.AUTHOR, "Write a new version of {slice}"),
    ("/slices/{slice}/releases", Right.SIGN, "Sign a release of {slice}"),
)

PAGES: tuple[Page, ...] = (Page(address="/find", draw=find_page, right=Right.SEE),)
DEEDS: tuple[Deed, ...] = ()
