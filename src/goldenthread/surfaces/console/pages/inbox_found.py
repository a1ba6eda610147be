"""Which items a list is of, by its address, and what comes after one in it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from goldenthread.promise.errors import CaseErased, InboxItemNotFound, PageNotFound
from goldenthread.surfaces import views
from goldenthread.surfaces.console.asking import Asked
from goldenthread.surfaces.console.rights import Right
from goldenthread.surfaces.views.triage import KINDS, SHOWS

FILTERS = ("show", "slice", "kind", "action")
_LONGEST = 200


def filters_of(asked: Asked) -> views.Wanted:
    """
    What the address wants of the list.

    Raises:
        PageNotFound: It wants something that a list has not.
    """
    given = _given(asked.query)
    show = given.get("show", "")
    if show not in ("", *SHOWS):
        raise PageNotFound(f"No list shows '{show}'. Choose one of {', '.join(SHOWS)}.")
    if given.get("kind", "") not in ("", *KINDS):
        raise PageNotFound(f"No item is of the kind '{given['kind']}'. Choose one of {', '.join(KINDS)}.")
    return views.Wanted(
        show=show, slice=given.get("slice", ""), kind=given.get("kind", ""), action=given.get("action", "")
    )


def _given(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: fields[name][:_LONGEST] for name in FILTERS if fields.get(name)}


def here(wanted: views.Wanted, *, within: str | None = None) -> str:
    """The query of an address that wants this; '' for all that there is. `within`: the slice stands in the address."""
    found = {name: value for name in FILTERS if (value := getattr(wanted, name)) and (name, value) != ("slice", within)}
    return f"?{urlencode(found)}" if found else ""


def find_item(asked: Asked, item: str, right: Right) -> views.Found:
    """
    An item that the visitor may see; with `right` in its slice.

    Raises:
        InboxItemNotFound: None that they may see.
        RightMissing: They lack the right there.
        CaseErased: Nobody can read any more what was asked.
    """
    found = views.find_waiting(asked.shelf.ledger, item)
    if found is None or not asked.visitor.may(Right.CONTENT, found.slice):
        raise InboxItemNotFound(f"No item '{item[:80]}' that you may see. See the inbox.")
    asked.visitor.require(right, found.slice)
    if found.state == "erased":
        raise CaseErased(f"Item {found.id} asked about a case that was erased on request; what it said is gone.")
    return found


def queue_of(asked: Asked, wanted: views.Wanted) -> tuple[str, ...]:
    """The ids of a list, in its order."""
    shelf = asked.shelf
    seen = asked.visitor.slices(Right.CONTENT, shelf.slices())
    return views.order_of(shelf.ledger, seen, shelf.desk, shelf.principals(), name=asked.visitor.name, wanted=wanted)
