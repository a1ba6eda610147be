"""Batches: several alike items answered in one go, each one shown, each one signed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from goldenthread.control.approvals.items import Item, find_item, seen_of
from goldenthread.control.approvals.voice import Voice
from goldenthread.control.guard import Writing, new_id
from goldenthread.promise.errors import AnswerInvalid, GoldenthreadError, InboxItemChanged
from goldenthread.promise.values import Json

LARGEST_BATCH = 50
"""More than anybody looks at in one go."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """An item as somebody was shown it: `seen` is the whole digest that it had then, or at least 8 digits of it."""

    item: str
    seen: str


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What became of one item of a batch: `item` as it is now, or `refused`, and then nothing happened to it."""

    id: str
    item: Item | None = None
    refused: GoldenthreadError | None = None


def require_alike(writing: Writing, shown: Sequence[Shown]) -> list[str]:
    """
    The whole ids of a batch.

    Raises:
        AnswerInvalid: None, too many, one of them twice, or they don't all ask for the same action.
        InboxItemNotFound: One of them is not there.
    """
    if not 1 <= len(shown) <= LARGEST_BATCH:
        raise AnswerInvalid(
            f"A batch of {len(shown)} items is too many or too few; 1 to {LARGEST_BATCH} are answered together. "
            "Look at each of them, and split the batch."
        )
    rows = [find_item(writing, one.item) for one in shown]
    twice = next((row["id"] for row in rows if [other["id"] for other in rows].count(row["id"]) > 1), None)
    if twice is not None:
        raise AnswerInvalid(f"Item {twice} is named twice. Name each item once.")
    other = next((row for row in rows if row["kind"] != "approval"), None)
    if other is not None:
        raise AnswerInvalid(
            f"Item {other['id']} is of kind '{other['kind']}', and only approvals are answered together. "
            "Leave it out, and answer it by itself."
        )
    unlike = next((row for row in rows if row["action_name"] != rows[0]["action_name"]), None)
    if unlike is not None:
        raise AnswerInvalid(
            f"Item {unlike['id']} asks for '{unlike['action_name']}', and item {rows[0]['id']} for "
            f"'{rows[0]['action_name']}'; only alike items are answered together. Split them."
        )
    return [row["id"] for row in rows]


def require_seen(writing: Writing, row: dict[str, Any], seen: str) -> None:
    """
    Raises:
        AnswerInvalid: No digest of anything.
        InboxItemChanged: The item is not what was shown any more.
    """
    wanted = seen.removeprefix("sha256:")
    if len(wanted) < _FEWEST_DIGITS:
        raise AnswerInvalid(
            f"'{seen}' is too short to say what item {row['id']} showed; {_FEWEST_DIGITS} digits are the fewest. "
            "Take it from `goldenthread inbox list --json`."
        )
    if not seen_of(row, writing.contract().version).removeprefix("sha256:").startswith(wanted):
        raise InboxItemChanged(
            f"Item {row['id']} is not any more what you were shown: it was answered or asked about since, or the "
            "contract changed. "
            f"Look at it again: `goldenthread inbox show {row['id']}`."
        )


_FEWEST_DIGITS = 8


def answer_each(
    voice: Voice,
    shown: Sequence[Shown],
    ids: Sequence[str],
    by: str,
    act: Callable[[Writing, dict[str, Any], dict[str, Json]], Item],
) -> tuple[Answered, ...]:
    """Answer each item in a transaction of its own; what is refused is told, and keeps none of the others back."""
    batch, found = new_id(), list[Answered]()
    for one, item in zip(shown, ids, strict=True):
        try:
            with voice.desk.transaction() as writing:
                row = voice.take(writing, item, "approval", by)
                require_seen(writing, row, one.seen)
                said: dict[str, Json] = {
                    "batch": batch,
                    "of": len(shown),
                    "seen": seen_of(row, writing.contract().version),
                }
                found.append(Answered(id=item, item=act(writing, row, said)))
        except GoldenthreadError as refused:
            found.append(Answered(id=item, refused=refused))
    return tuple(found)
