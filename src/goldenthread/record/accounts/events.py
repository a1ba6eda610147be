"""What happened to accounts: who came in, when, from where, and what came of it. Never a secret."""

from __future__ import annotations

from datetime import datetime

import psycopg

from goldenthread.record.accounts.model import EVENTS_KEPT, SignInEvent, Where
from goldenthread.record.ledger import Ledger


def note_event(
    connection: psycopg.Connection,
    now: datetime,
    name: str,
    what: str,
    *,
    how: str = "",
    result: str = "done",
    where: Where | None = None,
) -> None:
    """Keep one, and drop those that are older than 400 days."""
    place = where or Where()
    connection.execute(
        "insert into account_event (at, name, what, how, result, address, device) values (%s, %s, %s, %s, %s, %s, %s)",
        (now, name, what, how, result, place.address, place.device),
    )
    connection.execute("delete from account_event where at < %s", (now - EVENTS_KEPT,))


def note_refusal(ledger: Ledger, name: str, address: str, where: Where) -> None:
    """Somebody who is in asked for what they have no right to; `address` is the page's or the deed's."""
    with ledger.store.session() as connection:
        note_event(connection, ledger.clock(), name, "refused", how=address[:200], result="right missing", where=where)


def read_events(ledger: Ledger, name: str | None = None, *, limit: int = 100) -> tuple[SignInEvent, ...]:
    """The newest first: of one account, or of all and of names that nobody has."""
    with ledger.store.session() as connection:
        rows = connection.execute(
            "select at, name, what, how, result, address, device from account_event"
            " where %s::text is null or name = %s order by number desc limit %s",
            (name, name, limit),
        ).fetchall()
    return tuple(
        SignInEvent(at=at, name=of, what=what, how=how, result=result, address=address, device=device)
        for at, of, what, how, result, address, device in rows
    )
