"""What came of an attempt, written in one transaction of the session that holds the subscription's lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from goldenthread.work.events.cursors import Delivery
from goldenthread.work.events.event import Event
from goldenthread.work.events.subscriptions import Subscription

if TYPE_CHECKING:
    from psycopg import Connection

_WAIT = """
insert into event_delivery (subscription, chain, seq, lane, state, attempts, due, first_at, last_at, error)
values (%s, %s, %s, %s, 'waiting', %s, %s, %s, %s, %s) on conflict do nothing
"""
_ONE = b" where subscription = %s and chain = %s and seq = %s"


@contextmanager
def noting(connection: Connection, subscription: str) -> Iterator[Noted]:
    """All of it stands, or nothing."""
    with connection.transaction():
        yield Noted(connection, subscription)


class Noted:
    """One transaction. Made by `noting`."""

    def __init__(self, connection: Connection, subscription: str) -> None:
        self._connection = connection
        self._subscription = subscription

    def move(self, chain: str, place: int, seq: int) -> bool:
        """Move the cursor from one place to another; False if it isn't there, since it was set back meanwhile."""
        if place == 0:
            self._connection.execute(
                "insert into event_cursor (subscription, chain, seq) values (%s, %s, 0) on conflict do nothing",
                (self._subscription, chain),
            )
        moved = self._connection.execute(
            "update event_cursor set seq = %s where subscription = %s and chain = %s and seq = %s",
            (seq, self._subscription, chain, place),
        )
        return moved.rowcount == 1

    def waits(self, event: Event, error: str, now: datetime, due: datetime) -> None:
        """A first attempt failed."""
        values = (self._subscription, event.chain, event.seq, event.lane, 1, due, now, now, error)
        self._connection.execute(_WAIT, values)

    def behind(self, event: Event, now: datetime) -> None:
        """Something before it in its lane waits."""
        values = (self._subscription, event.chain, event.seq, event.lane, 0, now, None, None, None)
        self._connection.execute(_WAIT, values)

    def failed(self, waiting: Delivery, error: str, now: datetime, due: datetime | None) -> None:
        """Another attempt failed; without a time for the next one it is parked."""
        self._connection.execute(
            b"update event_delivery set attempts = attempts + 1, last_at = %s, first_at = coalesce(first_at, %s),"
            b" error = %s, due = coalesce(%s, due), state = %s" + _ONE,
            (now, now, error, due, "parked" if due is None else "waiting", *self._key(waiting)),
        )

    def arrived(self, waiting: Delivery, now: datetime) -> None:
        """What waited arrived; what is behind it in its lane is due."""
        self.drop(waiting)
        self._connection.execute(
            "update event_delivery set due = least(due, %s) where subscription = %s and chain = %s and lane = %s"
            " and attempts = 0",
            (now, self._subscription, waiting.chain, waiting.lane),
        )

    def drop(self, waiting: Delivery) -> None:
        """It waits no more."""
        self._connection.execute(b"delete from event_delivery" + _ONE, self._key(waiting))

    def succeeded(self, now: datetime, *, wake: bool) -> None:
        """The receiver took one; if it was down, everything that waits is due."""
        self._connection.execute(
            "update event_outlet set failures = 0, try_at = null, delivered = delivered + 1, delivered_at = %s"
            " where subscription = %s",
            (now, self._subscription),
        )
        if wake:
            self._connection.execute(
                "update event_delivery set due = %s where subscription = %s and state = 'waiting' and due > %s",
                (now, self._subscription, now),
            )

    def refused(self, error: str, now: datetime, failures: int, try_at: datetime | None, halted: str | None) -> None:
        """The receiver did not take one."""
        self._connection.execute(
            "update event_outlet set failures = %s, try_at = %s, halted = %s, error = %s, error_at = %s"
            " where subscription = %s",
            (failures, try_at, halted, error, now, self._subscription),
        )

    def _key(self, waiting: Delivery) -> tuple[object, ...]:
        return (self._subscription, waiting.chain, waiting.seq)


def restore(connection: Connection, subscription: Subscription) -> None:
    """
    A subscription on record whose rows are gone (a ledger restored without them) begins again where it was made; some
    events then come twice, none is lost.
    """
    with connection.transaction():
        made = connection.execute(
            "insert into event_outlet (subscription) values (%s) on conflict do nothing", (subscription.id,)
        )
        if made.rowcount:
            connection.execute(
                "insert into event_cursor (subscription, chain, seq) select %s, h.chain,"
                " coalesce((select min(r.seq) - 1 from ledger_record r where r.chain = h.chain and r.at >= %s), h.seq)"
                " from ledger_head h on conflict do nothing",
                (subscription.id, subscription.at),
            )
