"""
One pass over what a subscription is owed.

First what failed before and is due, each case in its order; then what is new on the chains. What fails waits in its
lane (its case), and whatever comes later in that lane waits behind it; other lanes go on. What arrived is noted after
it was sent, so a process that dies in between sends it again under the same id: at least once, in order.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from goldenthread.record.ledger import ORGANISATION, Ledger, Record
from goldenthread.work.events.addresses import parse_address
from goldenthread.work.events.backoff import DOWN_AFTER, next_delay, probe_delay
from goldenthread.work.events.cursors import (
    Delivery,
    Outlet,
    alone,
    blocked_lanes,
    cursors,
    lane_heads,
    next_in_lane,
    outlet,
)
from goldenthread.work.events.custody import Kept
from goldenthread.work.events.event import CONTENT_TYPE, Event, derive
from goldenthread.work.events.kinds import kinds_of
from goldenthread.work.events.noting import Noted, noting, restore
from goldenthread.work.events.posting import Answer, Post
from goldenthread.work.events.signatures import headers
from goldenthread.work.events.subscriptions import Subscription

if TYPE_CHECKING:
    from psycopg import Connection

BUDGET_S = 10.0
"""How long a pass goes on before it lets others have a turn, in seconds; an attempt that began is ended."""

_PAGE = 100
_IDLE_STEP = 256  # a cursor that only passed what nobody wants is written as seldom as this

GONE = 410


@dataclass(kw_only=True)
class Passed:
    """What a pass did: how many arrived, failed and were parked; `busy`: another process was at it."""

    arrived: int = 0
    failed: int = 0
    parked: int = 0
    busy: bool = False


def send(kept: Kept, event: Event, post: Post, now: datetime) -> Answer:
    """One attempt to deliver one event, signed as of now."""
    body = event.body()
    signed = headers(kept.signing(now), event.message_id, int(now.timestamp()), body)
    address = parse_address(kept.url, insecure=kept.insecure)
    return post(address, body, {"Content-Type": CONTENT_TYPE, **signed})


class Pass:
    """
    One pass for one subscription.

    Args:
        ledger: What happened.
        subscription: Whose.
        kept: Its address and secrets.
        organisation: As `derive`.
        post: Sends.
        budget_s: See `BUDGET_S`.
    """

    def __init__(
        self,
        ledger: Ledger,
        subscription: Subscription,
        kept: Kept,
        *,
        organisation: str,
        post: Post,
        budget_s: float = BUDGET_S,
    ) -> None:
        self.done = Passed()
        self._ledger = ledger
        self._subscription = subscription
        self._kept = kept
        self._organisation = organisation
        self._post = post
        self._budget_s = budget_s
        self._until = 0.0
        self._left = -1  # attempts; negative: no limit
        self._state = Outlet()
        self._blocked: set[tuple[str, str]] = set()

    def run(self) -> Passed:
        """Do it, unless another process does."""
        with alone(self._ledger.store, self._subscription.id) as connection:
            if connection is None:
                self.done.busy = True
                return self.done
            restore(connection, self._subscription)
            self._state = outlet(connection, self._subscription.id)
            if self._may_begin():
                self._until = time.monotonic() + self._budget_s
                self._blocked = blocked_lanes(connection, self._subscription.id)
                self._again(connection)
                self._onwards(connection)
        return self.done

    def _may_begin(self) -> bool:
        """A receiver that is down is left alone for a while, and then asked with one event of each sort."""
        if self._state.halted is not None:
            return False
        state, now = self._state, self._ledger.clock()
        if state.failures < DOWN_AFTER or state.try_at is None or state.error_at is None:
            return True
        return now >= state.try_at or state.error_at > now  # the clock may have gone back since

    @property
    def _over(self) -> bool:
        down = self._state.failures >= DOWN_AFTER and self._left == 0
        return down or self._state.halted is not None or time.monotonic() > self._until

    def _allow(self) -> None:
        """How many attempts come next: one to a receiver that is down, as many as the time allows else."""
        self._left = 1 if self._state.failures >= DOWN_AFTER else -1

    def _again(self, connection: Connection) -> None:
        """What failed before and is due; a lane that gets through goes on with what waits behind."""
        self._allow()
        for head in lane_heads(connection, self._subscription.id, self._ledger.clock(), _PAGE):
            waiting: Delivery | None = head
            while waiting is not None and not self._over:
                if not self._attempt_again(connection, waiting):
                    break
                waiting = next_in_lane(connection, self._subscription.id, waiting.chain, waiting.lane)
                if waiting is None:
                    self._blocked.discard((head.chain, head.lane))

    def _attempt_again(self, connection: Connection, waiting: Delivery) -> bool:
        """Whether the lane goes on: it arrived, or was given up."""
        record = self._ledger.record(waiting.chain, waiting.seq)
        events = derive(self._ledger, [record], self._organisation) if record else []
        if not events:  # what it was is no event any more, to this version
            with noting(connection, self._subscription.id) as note:
                note.drop(waiting)
            return True
        answer = self._ask(events[0])
        with noting(connection, self._subscription.id) as note:
            if answer.ok:
                note.arrived(waiting, self._ledger.clock())
                self._note_success(note)
                return True
            if self._note_failure(note, answer):
                return False
            return self._put_off(note, waiting, answer)

    def _put_off(self, note: Noted, waiting: Delivery, answer: Answer) -> bool:
        """Whether it was given up, so that its lane goes on."""
        now = self._ledger.clock()
        delay = next_delay(waiting.attempts + 1, answer.wait_s)
        note.failed(waiting, answer.words, now, now + delay if delay is not None else None)
        self.done.parked += delay is None
        return delay is None

    def _onwards(self, connection: Connection) -> None:
        """What is new on the chains, in their order."""
        self._allow()
        places = cursors(connection, self._subscription.id)
        for chain, head in self._ledger.heads().items():
            place = places.get(chain, 0)
            if self._over:
                return
            if self._subscription.reaches(chain) and head.seq > place:
                self._along(connection, chain, place, head.seq)

    def _along(self, connection: Connection, chain: str, place: int, head: int) -> None:
        kinds = kinds_of(frozenset(self._subscription.types), organisation=chain == ORGANISATION)
        moved = place
        for event in self._events(chain, place, head, kinds):
            if self._over or not self._first_attempt(connection, event, moved):
                return
            moved = event.seq
        if head - moved >= _IDLE_STEP:
            with noting(connection, self._subscription.id) as note:
                note.move(chain, moved, head)

    def _events(self, chain: str, place: int, head: int, kinds: tuple[str, ...]) -> Iterator[Event]:
        page: list[Record] = []
        for record in self._ledger.read(chain, after=place, kinds=kinds):
            if record.seq > head:
                break
            page.append(record)
            if len(page) == _PAGE:
                yield from self._wanted(page)
                page = []
        yield from self._wanted(page)

    def _wanted(self, page: list[Record]) -> Iterator[Event]:
        found = derive(self._ledger, page, self._organisation)
        return (one for one in found if one.type.partition(".")[2] in self._subscription.types)

    def _first_attempt(self, connection: Connection, event: Event, place: int) -> bool:
        """Send what is new, or let it wait behind what waits; False where the pass must not go on along the chain."""
        lane = (event.chain, event.lane)
        if lane in self._blocked:
            with noting(connection, self._subscription.id) as note:
                note.behind(event, self._ledger.clock())
                return note.move(event.chain, place, event.seq)
        answer = self._ask(event)
        with noting(connection, self._subscription.id) as note:
            if answer.ok:
                self._note_success(note)
            elif self._note_failure(note, answer):
                return False
            else:
                now = self._ledger.clock()
                delay = next_delay(1, answer.wait_s)
                assert delay is not None
                note.waits(event, answer.words, now, now + delay)
                self._blocked.add(lane)
            return note.move(event.chain, place, event.seq)

    def _ask(self, event: Event) -> Answer:
        self._left -= self._left > 0
        return send(self._kept, event, self._post, self._ledger.clock())

    def _note_success(self, note: Noted) -> None:
        was_down = self._state.failures >= DOWN_AFTER
        note.succeeded(self._ledger.clock(), wake=was_down)
        self._state = Outlet()
        self._left = -1
        self.done.arrived += 1

    def _note_failure(self, note: Noted, answer: Answer) -> bool:
        """Whether the receiver said that it is gone for good."""
        now, failures = self._ledger.clock(), self._state.failures + 1
        gone = answer.status == GONE
        halted = f"the receiver answered {GONE}: it wants no more" if gone else None
        try_at = now + probe_delay(failures) if failures >= DOWN_AFTER else None
        if failures == DOWN_AFTER:
            self._left = 0
        note.refused(answer.words, now, failures, try_at, halted)
        self._state = Outlet(failures=failures, try_at=try_at, halted=halted, error_at=now)
        self.done.failed += 1
        return gone
