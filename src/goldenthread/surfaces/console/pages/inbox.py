"""What waits for people."""

from __future__ import annotations

from goldenthread.surfaces import views
from goldenthread.surfaces.console.asking import Asked, Deed, Page, Shown
from goldenthread.surfaces.console.pages.common import tallies, to_slice
from goldenthread.surfaces.console.rights import Right


def slice_inbox_page(asked: Asked) -> Shown:
    """What waits for people in a slice."""
    name = asked.path["slice"]
    items = views.waiting(asked.shelf.desk(name))
    return Shown(
        template="inbox.html",
        title=f"Inbox of {name}",
        view=items,
        trail=to_slice(name),
        tallies=tallies(waiting=len(items)),
        live=(name,),
        more={"slice": name},
    )


PAGES: tuple[Page, ...] = (
    Page(address="/slices/{slice}/inbox", draw=slice_inbox_page, right=Right.CONTENT, tab="Inbox"),
)
DEEDS: tuple[Deed, ...] = ()
