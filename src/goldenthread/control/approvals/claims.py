"""Claims: one person at an item at a time. Exact, since every claim and every answer holds the slice's chain."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from goldenthread.control.approvals.items import claim_of
from goldenthread.control.approvals.voice import Voice
from goldenthread.control.guard import Writing
from goldenthread.promise.errors import AnswerInvalid, InboxItemClaimed

CLAIM_MINUTES = 15
"""How long a claim lasts if nobody says."""

LONGEST_CLAIM_MINUTES = 8 * 60


def claim(voice: Voice, writing: Writing, row: dict[str, Any], by: str, minutes: int) -> None:
    """
    Take an item, or keep it for longer. `row` was taken for `by`: nobody else is at it.

    Raises:
        AnswerInvalid: For no time, or too long.
    """
    if not 1 <= minutes <= LONGEST_CLAIM_MINUTES:
        raise AnswerInvalid(
            f"Item {row['id']} cannot be claimed for {minutes} minutes; a claim lasts 1 to {LONGEST_CLAIM_MINUTES}. "
            "Claim it again before it ends if you need longer."
        )
    until = voice.desk.ledger.clock() + timedelta(minutes=minutes)
    voice.say(writing, row, by, "approval:claim", {"until": until.isoformat()})
    writing.execute("update inbox set claimed_by = %s, claimed_until = %s where id = %s", by, until, row["id"])


def release(voice: Voice, writing: Writing, row: dict[str, Any], by: str) -> None:
    """
    Give a claim back; an owner of the slice may break anybody's.

    Raises:
        AnswerInvalid: Nobody is at it.
        InboxItemClaimed: Somebody else is, and `by` is no owner.
    """
    holder = claim_of(row, voice.desk.ledger.clock())
    if holder is None:
        raise AnswerInvalid(f"Nobody is at item {row['id']}, so there is no claim to release. Answer it, or claim it.")
    principals = voice.desk.principals()
    if holder != by and not principals.active(by).has("owner", row["slice"]):
        owners = " or ".join(one.name for one in principals.holders("owner", row["slice"]))
        raise InboxItemClaimed(
            f"Item {row['id']} is claimed by {holder}, and '{by}' is no owner of '{row['slice']}', who could break "
            f"that. Ask {holder}{f', or {owners}' if owners else ''}."
        )
    voice.say(writing, row, by, "approval:release", {"of": holder})
    writing.execute("update inbox set claimed_by = null, claimed_until = null where id = %s", row["id"])
