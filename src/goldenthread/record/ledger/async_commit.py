"""Many asyncio callers, one commit: one thread of a process writes for all of them."""

from __future__ import annotations

import asyncio
import os
import select
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any, Generic, TypeVar

from goldenthread.promise.errors import StoreUnavailable
from goldenthread.record.ledger.places import Handler, Place, Request, Result, answer_all
from goldenthread.record.ledger.transaction import Transaction
from goldenthread.record.store import Wait

Raw = TypeVar("Raw")
Prepare = Callable[[Raw], Request]
HoldWaiting = Callable[[Sequence[Request], Wait], AbstractContextManager[Transaction]]
"""Opens the transaction for requests; `wait` is how it is to wait for the database."""

MOST = 128
_FEW = 8


class AsyncCommit(Generic[Raw, Request, Result]):
    """
    Batches what the callers of any event loops of one process ask of one chain.

    Its one thread takes all who wait, makes their requests ready and writes them in one transaction; while the
    database works, it makes ready who has come meanwhile. An event loop does next to nothing: it puts a request into
    the line, and is told of a whole batch at once. Requests keep their order. Other processes batch for themselves.

    Args:
        chain: Its name.
        prepare: What can be done before the chain is held.
        hold: Opens the transaction.
        handler: As of `GroupCommit`.
        most: The most requests a transaction.
    """

    def __init__(
        self,
        chain: str,
        prepare: Prepare[Raw, Request],
        hold: HoldWaiting[Request],
        handler: Handler[Request, Result],
        *,
        most: int = MOST,
    ) -> None:
        self._chain = chain
        self._prepare = prepare
        self._hold_waiting = hold
        self._handler = handler
        self._most = most
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._waiting: deque[_Ticket[Raw, Request, Result]] = deque()
        self._ready: list[_Ticket[Raw, Request, Result]] = []
        self._under_way: list[_Ticket[Raw, Request, Result]] = []
        self._bell = _Bell()
        self._arriving: dict[asyncio.AbstractEventLoop, list[_Ticket[Raw, Request, Result]]] = {}
        self._thread: threading.Thread | None = None
        self._contended = False
        self._left = 0  # the chain's end, as this writer left it
        self._closed = False

    async def submit(self, raw: Raw) -> Result:
        """
        The handler's result, once it is durable.

        A caller that is cancelled leaves the line; if its request was taken already, that ends as it would have.

        Raises:
            Whatever `prepare` or the handler raised for this request alone; nothing of it was recorded.
            StoreUnavailable: Closed, or the commit's answer was lost: it may or may not have been recorded.
        """
        loop = asyncio.get_running_loop()
        ticket: _Ticket[Raw, Request, Result] = _Ticket(raw, loop)
        if self._pid != os.getpid():  # a child made by fork has no thread of its parent's
            self._begin()
        if self._closed:
            raise _closed()
        arriving = self._arriving.get(loop)
        if arriving is None:
            self._arriving[loop] = arriving = []
            loop.call_soon(self._enter, loop)
        arriving.append(ticket)
        return await ticket.future

    def close(self) -> None:
        """Take no more requests, end those under way as they would have, and wait for that. Harmless again."""
        with self._lock:
            self._closed = True
            thread = self._thread
        if self._pid != os.getpid():
            return
        self._bell.ring()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _enter(self, loop: asyncio.AbstractEventLoop) -> None:
        """
        All who came in one turn of their loop get into the line together: if the first woke the thread, it would begin
        with that one alone, and the others would wait for a whole transaction.
        """
        arriving = self._arriving.pop(loop, [])
        with self._lock:
            if not self._closed:
                self._waiting.extend(arriving)
                if self._thread is None:
                    self._thread = threading.Thread(target=self._work, name="goldenthread-writer", daemon=True)
                    self._thread.start()
                arriving = []
        for ticket in arriving:
            ticket.error = _closed()
            ticket.resolve()
        self._bell.ring()

    def _work(self) -> None:
        bell = self._bell
        try:
            while True:
                bell.quiet()
                enough = self._enough()
                while len(self._ready) < enough and self._make_one_ready():
                    pass
                if batch := self._take_ready():
                    answer_all(batch, self._hold, self._handle, self._take_late)
                    self._under_way, answered = [], self._under_way
                    _tell(answered)
                elif self._closed and not self._waiting:
                    return
                else:
                    bell.sleep()
        finally:
            self._end()

    def _end(self) -> None:
        """The thread ends, perhaps by what nobody foresaw: nobody waits for it for ever."""
        with self._lock:
            self._closed = True
            left = [*self._ready, *self._waiting]
            self._ready, self._waiting = [], deque()
        for ticket in left:
            ticket.error = StoreUnavailable("This writer ended, so nothing was recorded. Connect again.")
        _tell([*self._under_way, *left])

    def _make_one_ready(self) -> bool:
        """Prepare the next in line; False if nobody is, or a batch is full."""
        if not self._waiting or len(self._ready) >= self._most:
            return False
        ticket = self._waiting.popleft()
        if ticket.future.cancelled():
            return True
        try:
            ticket.request = self._prepare(ticket.raw)
        except Exception as problem:  # noqa: BLE001 - it belongs to the caller
            ticket.error = problem
            _tell([ticket])
        else:
            self._ready.append(ticket)
        return True

    def _take_ready(self) -> list[_Ticket[Raw, Request, Result]]:
        taken = [ticket for ticket in self._ready if not ticket.future.cancelled()]
        self._ready = []
        self._under_way += taken
        return taken

    def _enough(self) -> int:
        """
        How many to take at once: where no other process is at the chain, half of those who wait, since the other half
        is made ready while the database works for these. Else all, since each turn costs a wait for the other.
        """
        waiting = len(self._ready) + len(self._waiting)
        return waiting if self._contended else max(_FEW, (waiting + 1) // 2)

    def _take_late(self, tx: Transaction | None) -> list[_Ticket[Raw, Request, Result]]:
        """Who was made ready while another process held the chain; they cost a trip of their own for what is known."""
        if tx is None:
            return self._take_ready()
        self._contended = tx.head(self._chain) != self._left
        return self._take_ready() if self._contended and len(self._ready) >= _FEW else []

    def _hold(self, requests: Sequence[Request]) -> AbstractContextManager[Transaction]:
        return self._hold_waiting(requests, self._wait)

    def _handle(self, tx: Transaction, requests: Sequence[Request]) -> Sequence[Result]:
        results = self._handler(tx, requests)
        self._left = tx.head(self._chain)
        return results

    def _wait(self, descriptor: int) -> None:
        """Until the database answers, make ready who is in line."""
        self._bell.quiet()
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        while not poll.poll(0):
            if not self._make_one_ready():
                self._bell.sleep(descriptor)


class _Ticket(Place[Request, Result], Generic[Raw, Request, Result]):
    """One caller, and the event loop that waits for the answer."""

    __slots__ = ("future", "loop", "raw")

    request: Request

    def __init__(self, raw: Raw, loop: asyncio.AbstractEventLoop) -> None:
        self.raw = raw
        self.result = None
        self.error = None
        self.done = False
        self.loop = loop
        self.future: asyncio.Future[Result] = loop.create_future()

    def resolve(self) -> None:
        """Called in the loop."""
        if self.future.done():
            return  # cancelled meanwhile
        try:
            self.future.set_result(self.outcome())
        except Exception as problem:  # noqa: BLE001 - as above
            self.future.set_exception(problem)


def _closed() -> StoreUnavailable:
    return StoreUnavailable("This writer was closed, so nothing was recorded. Connect again.")


def _tell(tickets: Iterable[_Ticket[Any, Any, Any]]) -> None:
    """Answer a batch: each event loop is woken once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Ticket[Any, Any, Any]]] = defaultdict(list)
    for ticket in tickets:
        ticket.settle()
        by_loop[ticket.loop].append(ticket)
    for loop, theirs in by_loop.items():
        with suppress(RuntimeError):  # the loop was closed: nobody waits there
            loop.call_soon_threadsafe(_resolve_all, theirs)


def _resolve_all(tickets: Sequence[_Ticket[Any, Any, Any]]) -> None:
    for ticket in tickets:
        ticket.resolve()


class _Bell:
    """Wakes a thread that waits for a descriptor; whoever rings while it is awake pays no system call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rung = False
        self._asleep = False
        self._hears, self._rings = os.pipe()
        os.set_blocking(self._hears, False)
        os.set_blocking(self._rings, False)

    def ring(self) -> None:
        with self._lock:
            self._rung = True
            wake, self._asleep = self._asleep, False
        if wake:
            os.write(self._rings, b"\0")

    def quiet(self) -> None:
        """What is rung from now on is news."""
        self._rung = False

    def sleep(self, *descriptors: int) -> None:
        """Until it is rung, or was since the last `quiet`, or one of these can be read."""
        with self._lock:
            if self._rung:
                self._rung = False
                return
            self._asleep = True
        poll = select.poll()
        for descriptor in (self._hears, *descriptors):
            poll.register(descriptor, select.POLLIN)
        poll.poll()
        with self._lock:
            self._asleep = self._rung = False
        with suppress(BlockingIOError):
            os.read(self._hears, 64)

    def __del__(self) -> None:
        os.close(self._hears)
        os.close(self._rings)
