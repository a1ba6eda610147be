"""Many callers, one commit: whoever comes while a transaction runs shares the next one."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Generic, Protocol

from goldenthread.promise.errors import StoreUnavailable
from goldenthread.record.ledger.places import Handler, Place, Request, Result, answer_all
from goldenthread.record.ledger.transaction import Transaction


class Appendable(Protocol):
    """What group commit needs of a ledger."""

    def transaction(self, *chains: str) -> AbstractContextManager[Transaction]:
        """A transaction that holds these chains."""
        ...


class GroupCommit(Generic[Request, Result]):
    """
    Batches the requests of one process's threads on one chain.

    There is no thread of its own: the first caller leads, runs the handler for all that wait, and hands the lead to
    the next in line, so a lone caller pays no switch, nobody leads for others for ever, and requests keep their
    order. Other processes batch for themselves; the chain's head in the database orders them all, and is never
    remembered here.

    Args:
        ledger: Where to.
        chain: Its name.
        handler: `handler(tx, requests) -> results`, as many and in the same order. It may be called again with fewer
            requests after it raised, and must change nothing but through `tx`.
        most: The most requests a transaction.
    """

    def __init__(self, ledger: Appendable, chain: str, handler: Handler[Request, Result], *, most: int = 256) -> None:
        self._ledger = ledger
        self._chain = chain
        self._handler = handler
        self._most = most
        self._lock = threading.Lock()
        self._waiting: deque[_Place[Request, Result]] = deque()
        self._led = False
        self._closed = False

    def submit(self, request: Request) -> Result:
        """
        Return the handler's result once it is durable.

        Raises:
            Whatever the handler raised for this request alone; nothing of it was recorded.
            StoreUnavailable: Closed, or the commit's answer was lost: it may or may not have been recorded.
        """
        place: _Place[Request, Result] = _Place(request)
        with self._lock:
            if self._closed:
                raise StoreUnavailable("This writer was closed, so nothing was recorded. Connect again.")
            self._waiting.append(place)
            leads, self._led = not self._led, True
        if not leads:
            self._wait(place)
        if not place.done:
            self._lead(place)
        return place.outcome()

    def close(self) -> None:
        """Take no more requests; those under way end as they would have."""
        with self._lock:
            self._closed = True

    def _wait(self, place: _Place[Request, Result]) -> None:
        try:
            place.gate.acquire()
        except BaseException:  # Ctrl-C while waiting: leave the line, or pass on the lead.
            with self._lock:
                if place in self._waiting:
                    self._waiting.remove(place)
                leads = place.leads and not place.done
            if leads:
                self._pass_on()
            raise

    def _lead(self, leader: _Place[Request, Result]) -> None:
        batch: list[_Place[Request, Result]] = []

        def gather(_: Transaction | None) -> Sequence[_Place[Request, Result]]:
            more = self._next_in_line()
            batch.extend(more)
            return more

        try:
            answer_all([], self._hold, self._handler, gather)
        finally:
            if not batch:  # Interrupted before anybody was taken out of the line.
                with self._lock:
                    self._waiting.remove(leader)
            self._pass_on()  # First, so that the next transaction begins while these callers wake.
            for place in batch:
                place.settle()

    def _hold(self, _: Sequence[Request]) -> AbstractContextManager[Transaction]:
        return self._ledger.transaction(self._chain)

    def _pass_on(self) -> None:
        with self._lock:
            if not self._waiting:
                self._led = False
                return
            following = self._waiting[0]
            following.leads = True
        following.gate.release()

    def _next_in_line(self) -> list[_Place[Request, Result]]:
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), self._most))]


class _Place(Place[Request, Result]):
    """One caller in the line."""

    __slots__ = ("gate", "leads")

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.leads = False
        self.gate = threading.Lock()
        self.gate.acquire()

    def settle(self) -> None:
        """Wake the caller."""
        super().settle()
        self.gate.release()
