"""Where an item is that somebody named, and the inbox that it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from goldenthread.promise.errors import AnswerInvalid, CaseErased, InboxItemNotFound
from goldenthread.promise.values import Json

if TYPE_CHECKING:
    from goldenthread.control.approvals import Inbox, Item
    from goldenthread.record.principals import KeyRing
    from goldenthread.surfaces.cli.place import Place
    from goldenthread.surfaces.views import ItemPage

ID = 8
"""Digits shown of an item's id, and of what it shows; any prefix that only it has will do."""

BY = click.option("--as", "by", required=True, metavar="NAME", help="Who answers; signs with their key.")


@dataclass(frozen=True, kw_only=True)
class Found:
    """Where an item is, and what has become of it."""

    id: str
    slice: str
    state: str


def answered(home: str | None, item: str, by: str, act: Callable[[Inbox, str], Item]) -> Item:
    """What one person does with one item, and the item after it."""
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        found = find(place, item)
        return act(inbox_of(place, found.slice, place.keys(by)), found.id)


def inbox_of(place: Place, slice_name: str, keys: KeyRing | None = None) -> Inbox:
    """The inbox of a slice; without keys it can only be read."""
    from goldenthread.control.approvals import Inbox

    return Inbox(place.desk(slice_name), keys.sign if keys is not None else _sign_nothing)


def find(place: Place, item: str) -> Found:
    """
    The item of an id's first digits that only it has in this home; its content is not opened.

    Raises:
        InboxItemNotFound: None, or several.
    """
    from goldenthread.surfaces.views.rows import select

    rows = select(place.ledger, "select id, slice, state from inbox where starts_with(id, %s) limit 2", item)
    if len(rows) == 1:
        return Found(**rows[0])
    if rows:
        raise InboxItemNotFound(
            f"Several items begin with '{item}'. Give more digits, as in `goldenthread inbox list`."
        )
    raise InboxItemNotFound(f"No item '{item}' in this home. See `goldenthread inbox list`.")


def find_in_one_slice(place: Place, items: list[str]) -> tuple[str, list[str]]:
    """
    The slice of several items, and their whole ids.

    Raises:
        InboxItemNotFound: One of them is none, or several.
        AnswerInvalid: They are of several slices.
    """
    found = [find(place, item) for item in items]
    other = next((one for one in found if one.slice != found[0].slice), None)
    if other is not None:
        raise AnswerInvalid(
            f"Item {other.id} is of '{other.slice}', and item {found[0].id} of '{found[0].slice}'; only items of one "
            "slice are answered together. Split them."
        )
    return found[0].slice, [one.id for one in found]


def opened_page(place: Place, item: str) -> ItemPage:
    """
    Raises:
        CaseErased: Nobody can read any more what was asked.
    """
    from goldenthread.surfaces.views import item_page

    found = find(place, item)
    if found.state == "erased":
        raise CaseErased(f"Item {found.id} asked about a case that was erased on request; what it said is gone.")
    return item_page(place.desk(found.slice), found.id)


def _sign_nothing(_name: str, _payload_type: str, _payload: Json) -> dict[str, Any]:
    raise AssertionError("an inbox that is only read signs nothing")
