"""Many callers, one commit: whoever comes while a transaction runs shares the next one."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Generic, Protocol, TypeVar, cast

from goldenthread.promise.errors import LedgerError, StoreUnavailable
from goldenthread.record.ledger.transaction import Transaction

Request = TypeVar("Request")
Result = TypeVar("Result")
Handler = Callable[[Transaction, Sequence[Request]], Sequence[Result]]


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
        try:
            if not self._together(batch, gather=True) and len(batch) > 1:
                for place in batch:
                    place.error = None
                    self._together([place])
        finally:
            if not batch:  # Interrupted before anybody was taken out of the line.
                with self._lock:
                    self._waiting.remove(leader)
            self._pass_on()  # First, so that the next transaction begins while these callers wake.
            for place in batch:
                place.settle()

    def _pass_on(self) -> None:
        with self._lock:
            if not self._waiting:
                self._led = False
                return
            following = self._waiting[0]
            following.leads = True
        following.gate.release()

    def _together(self, batch: list[_Place[Request, Result]], *, gather: bool = False) -> bool:
        """
        Run the handler for the batch in one transaction, and give each place its result or error.

        Args:
            batch: Whose requests.
            gather: Fill the batch with all who wait, once the chain's head is held: waiting for it took a while.

        Returns:
            False if nothing of it was recorded and each may be tried alone.
        """
        committing: Transaction | None = None
        try:
            with self._ledger.transaction(self._chain) as tx:
                if gather:
                    self._gather(batch)
                results = self._handler(tx, [place.request for place in batch])
                _check_count(results, batch)
                committing = tx
        except Exception as problem:  # noqa: BLE001 - whatever a handler raises belongs to its caller
            begun = bool(batch)
            if not begun:
                self._gather(batch)
            unknown = committing is not None and committing.lost()
            for place in batch:
                place.error = _unknown(problem) if unknown else problem
            return unknown or not begun
        for place, result in zip(batch, results, strict=True):
            place.result, place.done = result, True
        return True

    def _gather(self, batch: list[_Place[Request, Result]]) -> None:
        with self._lock:
            batch += [self._waiting.popleft() for _ in range(min(len(self._waiting), self._most))]


class _Place(Generic[Request, Result]):
    """One caller in the line."""

    __slots__ = ("done", "error", "gate", "leads", "request", "result")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.result: Result | None = None
        self.error: Exception | None = None
        self.done = False
        self.leads = False
        self.gate = threading.Lock()
        self.gate.acquire()

    def settle(self) -> None:
        """Wake the caller, with an error if there is neither result nor error."""
        if not self.done and self.error is None:
            self.error = StoreUnavailable(
                "The writing thread was interrupted: this may or may not have been recorded. "
                "Look at the ledger before trying again."
            )
        self.done = True
        self.gate.release()

    def outcome(self) -> Result:
        if self.error is not None:
            raise self.error
        return cast(Result, self.result)


def _check_count(results: Sequence[object], batch: Sequence[object]) -> None:
    if len(results) != len(batch):
        raise LedgerError(
            f"A handler gave {len(results)} results for {len(batch)} requests, so nothing was recorded. "
            "Mend the handler."
        )


def _unknown(problem: Exception) -> StoreUnavailable:
    """The answer to the commit was lost: whether it stands is unknown, so it must not be tried again."""
    why = str(problem.__cause__ or problem).strip()
    error = StoreUnavailable(
        f"The database went away during a commit ({why}): it may or may not have been recorded. "
        "Look at the ledger before trying again."
    )
    error.__cause__ = problem
    return error
