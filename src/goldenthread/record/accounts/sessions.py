"""
Sessions on the server: the browser holds 32 random bytes, the table their SHA-256.

A session carries no right. Each request asks anew who the principal is and what they hold, so what an administrator
takes back is gone at the next request.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

import psycopg

from goldenthread.record.accounts.events import note_event
from goldenthread.record.accounts.model import IDLE, LONGEST, Opened, Session, Where
from goldenthread.record.accounts.standing import problem_of
from goldenthread.record.ledger import Ledger
from goldenthread.record.principals import Principals

_TOUCH = timedelta(minutes=1)  # How exactly `seen_at` is known: a page a second must not be a write a second.


def open_session(connection: psycopg.Connection, name: str, how: str, where: Where, now: datetime) -> Opened:
    """Open one for somebody who has proved who they are; the id is new each time, so none can be planted before."""
    secret = secrets.token_urlsafe(32)
    session = Session(
        id=secrets.token_hex(8),
        name=name,
        how=how,
        address=where.address,
        device=where.device,
        made_at=now,
        seen_at=now,
        ends_at=now + LONGEST,
    )
    connection.execute(
        "insert into account_session (hash, id, name, how, address, device, made_at, seen_at, ends_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (hash_of(secret), session.id, name, how, where.address, where.device, now, now, session.ends_at),
    )
    connection.execute("delete from account_session where ends_at < %s or seen_at < %s", (now, now - IDLE))
    return Opened(session=session, secret=secret)


def find_session(ledger: Ledger, principals: Principals, secret: str, *, touch: bool = True) -> Session | None:
    """
    The session that somebody's browser shows, if it opens anything now.

    Args:
        ledger: Whose accounts.
        principals: As of this very request.
        secret: What the browser holds.
        touch: Whether a person asked; what a page fetches by itself keeps no session alive.
    """
    now, hash = ledger.clock(), hash_of(secret)
    with ledger.store.session() as connection:
        row = connection.execute(
            "select s.id, s.name, s.how, s.address, s.device, s.made_at, s.seen_at, s.ends_at, a.since"
            " from account_session s join account a using (name)"
            " where s.hash = %s and not a.removed and s.ends_at > %s and s.seen_at > %s",
            (hash, now, now - IDLE),
        ).fetchone()
        if row is None or problem_of(principals, row[1], row[8]) is not None:
            return None
        if touch and now - row[6] > _TOUCH:
            connection.execute("update account_session set seen_at = %s where hash = %s", (now, hash))
    return _session(row[:8])


def renew_session(ledger: Ledger, secret: str) -> str | None:
    """
    Another secret for the same session, after what its holder may do has changed; the old one opens nothing.

    Returns:
        The new one; None if the old one opened nothing.
    """
    fresh = secrets.token_urlsafe(32)
    with ledger.store.transaction() as connection:
        done = connection.execute(
            "update account_session set hash = %s where hash = %s", (hash_of(fresh), hash_of(secret))
        )
        return fresh if done.rowcount else None


def sessions_of(ledger: Ledger, name: str) -> tuple[Session, ...]:
    """Somebody's sessions that are open, the newest first."""
    now = ledger.clock()
    with ledger.store.session() as connection:
        rows = connection.execute(
            "select id, name, how, address, device, made_at, seen_at, ends_at from account_session"
            " where name = %s and ends_at > %s and seen_at > %s order by made_at desc, id",
            (name, now, now - IDLE),
        ).fetchall()
    return tuple(_session(row) for row in rows)


def end_session(ledger: Ledger, name: str, id: str, *, where: Where | None = None) -> bool:
    """End one of somebody's own sessions; whether there was one."""
    with ledger.store.transaction() as connection:
        done = connection.execute("delete from account_session where name = %s and id = %s", (name, id))
        if done.rowcount:
            note_event(connection, ledger.clock(), name, "session ended", where=where)
        return bool(done.rowcount)


def end_session_of(ledger: Ledger, secret: str) -> None:
    """End the session that a browser shows, if there is one: whoever signs in again begins another."""
    with ledger.store.session() as connection:
        connection.execute("delete from account_session where hash = %s", (hash_of(secret),))


def end_sessions(ledger: Ledger, name: str, *, but: str = "", by: str = "", where: Where | None = None) -> int:
    """End all of somebody's sessions, except the one of that id; how many there were. `by`: who ended them."""
    with ledger.store.transaction() as connection:
        return drop_sessions(connection, ledger.clock(), name, but=but, by=by, where=where)


def drop_sessions(
    connection: psycopg.Connection, now: datetime, name: str, *, but: str = "", by: str = "", where: Where | None = None
) -> int:
    """As `end_sessions`, in a transaction that does more."""
    done = connection.execute("delete from account_session where name = %s and id <> %s", (name, but))
    if done.rowcount:
        note_event(connection, now, name, "sessions ended", result=f"by {by}" if by else "done", where=where)
    return done.rowcount


def hash_of(secret: str) -> str:
    """What is kept of a secret of 32 random bytes: it needs no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _session(row: tuple[object, ...]) -> Session:
    names = ("id", "name", "how", "address", "device", "made_at", "seen_at", "ends_at")
    return Session(**dict(zip(names, row, strict=True)))  # type: ignore[arg-type]
