"""Where subscriptions stand, as rows: cursors, what waits, what was given up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from goldenthread.record.store import Store

if TYPE_CHECKING:
    from psycopg import Connection

_LOCK_CLASS = 0x6F757462  # 'outb'


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlet:
    """
    How a subscription fares. `halted` says why nothing is sent although nobody paused it; `failures` counts attempts
    in a row that failed, whichever case they were of; `try_at`: not before.
    """

    halted: str | None = None
    failures: int = 0
    try_at: datetime | None = None
    delivered: int = 0
    delivered_at: datetime | None = None
    error: str | None = None
    error_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """An event that did not arrive yet: 'waiting' or 'parked'. With no attempt made it waits behind another."""

    chain: str
    seq: int
    lane: str
    state: str
    attempts: int
    due: datetime
    first_at: datetime | None
    last_at: datetime | None
    error: str | None


@contextmanager
def alone(store: Store, subscription: str) -> Iterator[Connection | None]:
    """
    A session that is the only one to deliver for a subscription, in any process; None if another is.

    The database forgets the lock when the session dies, by signal 9 too. Whoever writes through this session can write
    only as long as it holds the lock.
    """
    with store.session() as connection:
        key = (_LOCK_CLASS, subscription)
        row = connection.execute("select pg_try_advisory_lock(%s, hashtext(%s))", key).fetchone()
        if row is None or not row[0]:
            yield None
            return
        try:
            yield connection
        finally:
            if not connection.closed:
                connection.execute("select pg_advisory_unlock(%s, hashtext(%s))", key)


def begin(connection: Connection, subscription: str) -> None:
    """A subscription begins at the end of every chain; chains that begin later are read from their first record."""
    connection.execute("insert into event_outlet (subscription) values (%s)", (subscription,))
    connection.execute(
        "insert into event_cursor (subscription, chain, seq) select %s, chain, seq from ledger_head", (subscription,)
    )


def forget(connection: Connection, subscription: str) -> None:
    """Nothing of it is kept."""
    for table in (b"event_delivery", b"event_cursor", b"event_outlet"):
        connection.execute(b"delete from " + table + b" where subscription = %s", (subscription,))


def wake(connection: Connection, subscription: str, now: datetime) -> None:
    """Whatever waits is due now, and nothing stands in the way."""
    connection.execute(
        "insert into event_outlet (subscription) values (%s) on conflict (subscription) do update"
        " set halted = null, failures = 0, try_at = null",
        (subscription,),
    )
    connection.execute(
        "update event_delivery set due = %s where subscription = %s and state = 'waiting' and due > %s",
        (now, subscription, now),
    )


def rewind(connection: Connection, subscription: str, first: Mapping[str, int]) -> None:
    """Send again from these records on; what waits there or was given up will be met again on the way."""
    for chain, seq in first.items():
        connection.execute(
            "insert into event_cursor (subscription, chain, seq) values (%s, %s, %s)"
            " on conflict (subscription, chain) do update set seq = least(event_cursor.seq, excluded.seq)",
            (subscription, chain, max(seq, 1) - 1),
        )
        connection.execute(
            "delete from event_delivery where subscription = %s and chain = %s and seq >= %s",
            (subscription, chain, seq),
        )


def unpark(connection: Connection, subscription: str, now: datetime) -> int:
    """What was given up waits again, from the start."""
    return connection.execute(
        "update event_delivery set state = 'waiting', attempts = 0, first_at = null, due = %s"
        " where subscription = %s and state = 'parked'",
        (now, subscription),
    ).rowcount


def outlet(connection: Connection, subscription: str) -> Outlet:
    """How it fares."""
    row = connection.execute(
        "select halted, failures, try_at, delivered, delivered_at, error, error_at from event_outlet"
        " where subscription = %s",
        (subscription,),
    ).fetchone()
    if row is None:
        return Outlet()
    halted, failures, try_at, delivered, delivered_at, error, error_at = row
    return Outlet(
        halted=halted,
        failures=failures,
        try_at=try_at,
        delivered=delivered,
        delivered_at=delivered_at,
        error=error,
        error_at=error_at,
    )


def cursors(connection: Connection, subscription: str) -> dict[str, int]:
    """Up to which record each chain was gone through."""
    rows = connection.execute("select chain, seq from event_cursor where subscription = %s", (subscription,)).fetchall()
    return dict(rows)


def deliveries(connection: Connection, subscription: str, *, most: int = 1000) -> list[Delivery]:
    """What did not arrive, by chain and place."""
    return _deliveries(
        connection,
        b"select * from event_delivery where subscription = %s order by chain, seq limit %s",
        subscription,
        most,
    )


def lane_heads(connection: Connection, subscription: str, now: datetime, most: int) -> list[Delivery]:
    """
    The first of each lane that waits, where it is due; the longest due first. An attempt that lies in the future was
    made before the clock went back, and says nothing of when the next is due.
    """
    return _deliveries(
        connection,
        b"select * from (select distinct on (chain, lane) * from event_delivery where subscription = %s"
        b" and state = 'waiting' order by chain, lane, seq) as heads where due <= %s or last_at > %s"
        b" order by due, chain, seq limit %s",
        subscription,
        now,
        now,
        most,
    )


def next_in_lane(connection: Connection, subscription: str, chain: str, lane: str) -> Delivery | None:
    """The first that waits in a lane."""
    found = _deliveries(
        connection,
        b"select * from event_delivery where subscription = %s and chain = %s and lane = %s and state = 'waiting'"
        b" order by seq limit 1",
        subscription,
        chain,
        lane,
    )
    return found[0] if found else None


def blocked_lanes(connection: Connection, subscription: str) -> set[tuple[str, str]]:
    """(chain, lane) where something waits, so that what comes later must wait behind it."""
    rows = connection.execute(
        "select distinct chain, lane from event_delivery where subscription = %s and state = 'waiting'", (subscription,)
    ).fetchall()
    return {(chain, lane) for chain, lane in rows}


def _deliveries(connection: Connection, query: bytes, *parameters: object) -> list[Delivery]:
    cursor = connection.execute(query, parameters)
    names = [column.name for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [Delivery(**{name: value for name, value in row.items() if name != "subscription"}) for row in rows]
