"""Asking back: what people want to know before they answer, and what the agent or somebody says to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from goldenthread.control.approvals.answers import require_words
from goldenthread.control.approvals.items import find_item
from goldenthread.control.approvals.voice import Voice
from goldenthread.control.guard import Desk, Run, Writing
from goldenthread.promise.errors import AnswerInvalid, InboxItemClosed, NotPermitted
from goldenthread.promise.values import Json

_MAY_REPLY = ("approver", "owner", "expert", "data-owner")


@dataclass(frozen=True, kw_only=True)
class Message:
    """A question about an item, or a reply to one; `kind` is 'question' or 'reply', `number` counts from 1."""

    item: str
    number: int
    kind: str
    by: str
    text: str
    at: datetime


def ask_back(voice: Voice, writing: Writing, row: dict[str, Any], question: str, by: str) -> None:
    """
    Put a question to the agent, or to who answers for it; the item waits on, and its clock runs.

    Raises:
        AnswerInvalid: Nothing is asked, or the item is a blind question.
    """
    if row["kind"] == "blind question":
        raise AnswerInvalid(
            f"Item {row['id']} is a blind question: what the agent says to it would give its proposal away. "
            f"Decide it with what the case says: `goldenthread inbox answer {row['id']} ACTION NAME=VALUE ...`."
        )
    require_words(row, "question", question)
    number, kept = _keep(writing, row, "question", question, by)
    voice.say(writing, row, by, "approval:question", {"message": number, "content": kept})


def reply(voice: Voice, writing: Writing, row: dict[str, Any], text: str, by: str) -> None:
    """
    Say something to a question: the person who answers for the agent, or anybody with a role in the slice.

    Raises:
        AnswerInvalid: Nothing is said, or nothing was asked.
        NotPermitted, PrincipalUnknown: None of them.
    """
    principals = voice.desk.principals()
    if principals.require_agent(row["agent"]).responsible != by:
        principals.require_role(by, _MAY_REPLY, row["slice"])
    number, kept = _replied(writing, row, text, by)
    voice.say(writing, row, by, "approval:reply", {"message": number, "content": kept})


def reply_of_agent(desk: Desk, run: Run, item: str, text: str) -> None:
    """
    The agent's own reply to a question about an item of its run.

    Raises:
        InboxItemNotFound, InboxItemClosed: There is no such open item.
        NotPermitted: It is another run's.
        AnswerInvalid: Nothing is said, or nothing was asked.
    """
    with desk.transaction() as writing:
        row = find_item(writing, item)
        if row["run"] != run.id:
            raise NotPermitted(f"Item {row['id']} belongs to another run than {run.id}. Reply to what was asked of it.")
        if row["state"] != "open":
            raise InboxItemClosed(
                f"Item {row['id']} is closed: {row['answer'] or row['state']}. Nobody waits for this."
            )
        number, kept = _replied(writing, row, text, run.agent)
        said: dict[str, Json] = {"item": row["id"], "message": number, "content": kept}
        writing.append("approval:reply", {**said, "run": row["run"], "case": row["case_ref"]}, by=run.agent)


def messages_of(writing: Writing, row: Mapping[str, Any]) -> tuple[Message, ...]:
    """Everything that was asked and said under an item, in order; nothing of an erased case."""
    if writing.desk.ledger.vault.is_erased(row["case_ref"]):
        return ()
    rows = writing.rows("select * from inbox_message where item = %s order by ordinal", row["id"])
    return tuple(_message(writing, one) for one in rows)


def unanswered(desk: Desk, run: str) -> tuple[Message, ...]:
    """Questions under open items of a run that nobody has replied to yet, oldest first: the agent may."""
    with desk.transaction() as writing:
        rows = writing.rows(_UNANSWERED, desk.slice, run)
        vault = desk.ledger.vault
        return tuple(_message(writing, row) for row in rows if not vault.is_erased(row["case_ref"]))


_UNANSWERED = """
select m.*, i.case_ref from inbox_message m join inbox i on i.id = m.item
where i.slice = %s and i.run = %s and i.state = 'open' and m.kind = 'question' and not exists (
    select 1 from inbox_message r where r.item = m.item and r.kind = 'reply' and r.ordinal > m.ordinal
) order by m.at, m.item, m.ordinal
"""


def _replied(writing: Writing, row: Mapping[str, Any], text: str, by: str) -> tuple[int, str]:
    require_words(row, "reply", text)
    if not row["messages"]:
        raise AnswerInvalid(
            f"Nobody asked anything about item {row['id']}, so there is nothing to reply to. "
            f"See `goldenthread inbox show {row['id']}`."
        )
    return _keep(writing, row, "reply", text, by)


def _keep(writing: Writing, row: Mapping[str, Any], kind: str, text: str, by: str) -> tuple[int, str]:
    """Its number under the item, and the digest of its text, which is case content."""
    number = row["messages"] + 1
    kept = writing.tx.keep(row["case_ref"], {"message": number, "text": text})
    writing.execute(
        "insert into inbox_message (item, ordinal, kind, by, content, at) values (%s, %s, %s, %s, %s, %s)",
        row["id"],
        number,
        kind,
        by,
        kept,
        writing.desk.ledger.clock(),
    )
    return number, kept


def _message(writing: Writing, row: Mapping[str, Any]) -> Message:
    return Message(
        item=row["item"],
        number=row["ordinal"],
        kind=row["kind"],
        by=row["by"],
        text=str(writing.content(row["content"])["text"]),
        at=row["at"],
    )
