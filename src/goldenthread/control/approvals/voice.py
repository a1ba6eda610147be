"""A person's word on an item: whether they may say it, signed, and on the slice's chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from goldenthread.control.approvals.items import claim_of, find_item
from goldenthread.control.approvals.turns import how_it_waits, moment
from goldenthread.control.guard import Desk, Sign, Writing
from goldenthread.promise.errors import (
    AnswerInvalid,
    InboxItemClaimed,
    InboxItemClosed,
    InboxItemExpired,
)

ANSWER_TYPE = "application/vnd.goldenthread.answer+json"
"""Payload type of a signed answer (DSSE)."""

INBOX_TYPE = "application/vnd.goldenthread.inbox+json"
"""Payload type of whatever else people say about an item, signed: claims, hand-overs, questions, replies (DSSE)."""


@dataclass(frozen=True, kw_only=True)
class Voice:
    """What people say in one slice; `sign` makes the envelope that binds it to who said it."""

    desk: Desk
    sign: Sign

    def take(self, writing: Writing, item: str, kind: str | tuple[str, ...] | None, by: str) -> dict[str, Any]:
        """
        The row of an open item, if `by` may answer it now.

        Raises:
            InboxItemNotFound, InboxItemClosed, InboxItemExpired: It isn't there, or can't be answered any more.
            AnswerInvalid: It is of another kind.
            InboxItemClaimed: Somebody else is at it.
            NotPermitted, SecondRole, PrincipalUnknown: They may not.
        """
        row = self.open_row(writing, item)
        kinds = (kind,) if isinstance(kind, str) else kind
        if kinds is not None and row["kind"] not in kinds:
            raise AnswerInvalid(
                f"Item {row['id']} is of kind '{row['kind']}', which this does not answer. "
                f"{_HOW[row['kind']].format(**row)}"
            )
        self.require_entitled(writing, row, by)
        holder = claim_of(row, self.desk.ledger.clock())
        if holder not in (None, by):
            raise InboxItemClaimed(
                f"{holder} is at item {row['id']} until {moment(row['claimed_until'])}. Take another one, or ask them "
                f"to run `goldenthread inbox release {row['id']}`; an owner of the slice may break the claim."
            )
        return row

    def open_row(self, writing: Writing, item: str) -> dict[str, Any]:
        """
        The row of an open item, whoever asks.

        Raises:
            InboxItemNotFound, InboxItemClosed, InboxItemExpired: It isn't there, or can't be answered any more.
        """
        row = find_item(writing, item)
        waits = how_it_waits(writing.contract(), row, self.desk.ledger.clock())
        if row["state"] == "expired" or (row["state"] == "open" and waits.expired):
            when = min(one for one in (waits.expires, row["answered_at"]) if one is not None)
            raise InboxItemExpired(
                f"Item {row['id']} expired at {moment(when)}: nobody said yes until then, so it does not "
                "happen. Have the agent work the case again; it asks anew."
            )
        if row["state"] != "open":
            who = f" by {row['answered_by']}" if row["answered_by"] else ""
            raise InboxItemClosed(
                f"Item {row['id']} is closed: {row['answer'] or row['state']}{who}. "
                "See `goldenthread inbox list` for open ones."
            )
        return row

    def require_entitled(self, writing: Writing, row: Mapping[str, Any], by: str) -> None:
        """
        Make sure that `by` may answer for this agent. It is not asked whose turn it is: who had an earlier one may
        still answer, and so may a deputy, with rights of their own.

        Raises:
            NotPermitted, SecondRole, PrincipalUnknown, NotInitialised: They may not.
        """
        path = writing.contract().path
        self.desk.principals().require_approver(self.desk.slice, by, row["agent"], path=path)

    def answer(self, writing: Writing, row: Mapping[str, Any], by: str, answer: str, more: Mapping[str, Any]) -> None:
        """Put the signed answer on the chain."""
        said = {"slice": row["slice"], "item": row["id"], "action": row["action"], "answer": answer, **more}
        kind = "approval:answer" if row["purpose"] is None else "vigilance:escalate"
        self._append(writing, row, by, kind, ANSWER_TYPE, said)

    def close(self, writing: Writing, row: Mapping[str, Any], by: str, answer: str, more: Mapping[str, Any]) -> None:
        """The signed answer on the chain, and the item closed."""
        self.answer(writing, row, by, answer, more)
        writing.execute(
            "update inbox set state = 'answered', answer = %s, answered_by = %s, answered_at = %s where id = %s",
            answer,
            by,
            self.desk.ledger.clock(),
            row["id"],
        )

    def say(self, writing: Writing, row: Mapping[str, Any], by: str, kind: str, more: Mapping[str, Any]) -> None:
        """Put on the chain what somebody else than an answer says of the item: a record of kind `kind`, signed."""
        said = {"record": kind, "slice": row["slice"], "item": row["id"], **more}
        self._append(writing, row, by, kind, INBOX_TYPE, said)

    def _append(
        self, writing: Writing, row: Mapping[str, Any], by: str, kind: str, payload_type: str, said: dict[str, Any]
    ) -> None:
        envelope = self.sign(by, payload_type, said)
        self.desk.principals().require_signed(by, envelope, payload_type, said)
        data = {**said, "run": row["run"], "case": row["case_ref"], "envelope": dict(envelope)}
        writing.append(kind, data, by=by)


_HOW = {
    "approval": "Use `goldenthread inbox approve {id}`, `edit` or `reject`.",
    "blind question": "Use `goldenthread inbox answer {id} ACTION NAME=VALUE ...`.",
    "escalation": "Use `goldenthread inbox answer {id} ACTION NAME=VALUE ...`.",
    "in-doubt effect": "Use `goldenthread inbox settle {id} --happened` or `--did-not-happen`.",
    "in-doubt undo": "Use `goldenthread inbox settle {id} --happened` or `--did-not-happen`.",
}
