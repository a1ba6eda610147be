"""What waits for people: the list over all slices or of one, and one item beside the form that answers it."""

from __future__ import annotations

from dataclasses import replace

from goldenthread.surfaces import views
from goldenthread.surfaces.console.asking import Asked, Page, Shown
from goldenthread.surfaces.console.pages.common import HOME, tallies, to_slice
from goldenthread.surfaces.console.pages.inbox_answers import deeds
from goldenthread.surfaces.console.pages.inbox_found import filters_of, find_item, here, queue_of
from goldenthread.surfaces.console.rights import Right
from goldenthread.surfaces.views.triage import KINDS, SHOWS

PAGE = 50
"""Items on one page: as many as a batch may have."""


def inbox_page(asked: Asked) -> Shown:
    """What waits in all slices whose cases the visitor may see, and what waits for their signature."""
    return _list(asked, None)


def slice_inbox_page(asked: Asked) -> Shown:
    """What waits for people in a slice."""
    return _list(asked, asked.path["slice"])


def item_page(asked: Asked) -> Shown:
    """One item, with all that somebody answers it by."""
    found = find_item(asked, asked.path["item"], Right.CONTENT)
    view = views.answering(asked.shelf.desk(found.slice), found.id, name=asked.visitor.name)
    wanted = filters_of(asked)
    order = queue_of(asked, wanted)
    place = order.index(found.id) if found.id in order else None
    return Shown(
        template="item.html",
        title=f"{view.page.item.kind.capitalize()} in {found.slice}",
        view=view,
        trail=(*HOME, ("Inbox", f"/inbox{here(wanted)}")),
        live=(found.slice,),
        scripts=("inbox",),
        more={
            "slice": found.slice,
            "here": here(wanted),
            "place": place,
            "queue": len(order),
            "before": order[place - 1] if place else None,
            "after": _after(order, place, found.id),
            "may_answer": asked.visitor.may(Right.ANSWER, found.slice) and not view.why_not,
            "may_break": asked.visitor.principal is not None and asked.visitor.principal.has("owner", found.slice),
            "typed": asked.form,
            "doing": asked.form.get("doing", ""),
        },
    )


def _list(asked: Asked, slice_name: str | None) -> Shown:
    shelf, visitor = asked.shelf, asked.visitor
    wanted = replace(filters_of(asked), slice=slice_name or filters_of(asked).slice)
    seen = visitor.slices(Right.CONTENT, shelf.slices() if slice_name is None else (slice_name,))
    view = views.triage(shelf.ledger, seen, shelf.desk, shelf.principals(), name=visitor.name, wanted=wanted, most=PAGE)
    wanted = view.wanted
    signing = visitor.slices(Right.SIGN, shelf.slices() if slice_name is None else (slice_name,))
    if visitor.name is not None and signing:
        view = replace(view, signatures=views.signatures_of(signing, shelf.desk, visitor.name))
    return Shown(
        template="inbox.html",
        title=f"Inbox of {slice_name}" if slice_name is not None else "Inbox",
        view=view,
        trail=to_slice(slice_name) if slice_name is not None else HOME,
        tallies=tallies(waiting=view.counts["all"]),
        live=seen,
        scripts=("inbox",),
        more={
            "slice": slice_name,
            "shows": SHOWS,
            "kinds": KINDS,
            "address": f"/slices/{slice_name}/inbox" if slice_name is not None else "/inbox",
            "link": lambda **changed: here(replace(wanted, **changed), within=slice_name),
            "here": here(wanted),
            "answerable": frozenset(visitor.slices(Right.ANSWER, seen)),
            "ticked": frozenset(asked.many.get("item", ())),
            "typed": asked.form,
        },
    )


def _after(order: tuple[str, ...], place: int | None, item: str) -> str | None:
    if place is None:
        return next((one for one in order if one != item), None)
    return order[place + 1] if place + 1 < len(order) else None


ITEM = Page(address="/inbox/{item}", draw=item_page, right=Right.CONTENT)
INBOX = Page(address="/inbox", draw=inbox_page, right=Right.SEE, nav="Inbox")

PAGES: tuple[Page, ...] = (
    INBOX,
    Page(address="/slices/{slice}/inbox", draw=slice_inbox_page, right=Right.CONTENT, tab="Inbox"),
    ITEM,
)
DEEDS = deeds(item=ITEM, inbox=INBOX)
