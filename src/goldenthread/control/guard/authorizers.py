"""`authorize` for many callers at once: threads, or the tasks of event loops, share transactions."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from goldenthread.control.guard.actions import ask_known, looked_up
from goldenthread.control.guard.authorize import Outcome, authorize_batch
from goldenthread.control.guard.desk import Desk
from goldenthread.control.guard.drafts import Ready, Request, prepare
from goldenthread.control.guard.hold import HOLD, Hold
from goldenthread.record.ledger import AsyncCommit, GroupCommit, Transaction
from goldenthread.record.store import Wait


class Authorizer:
    """`authorize` for the many threads of one process: whoever comes while a commit runs shares the next one."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._commits: GroupCommit[Ready, Outcome] = GroupCommit(_Held(desk), desk.slice, self._handle)

    def authorize(self, request: Request) -> Outcome:
        """The guard's answer, durable."""
        return self._commits.submit(_held(prepare(self._desk, request), HOLD.get()))

    def _handle(self, tx: Transaction, batch: Sequence[Ready]) -> list[Outcome]:
        _require_holds(tx, batch)
        return authorize_batch(self._desk.writing(tx), batch)


class AsyncAuthorizer:
    """
    `authorize` for the tasks of event loops: one thread of the process prepares, decides and writes for all of them.

    Use it as `async with AsyncAuthorizer(desk) as authorizer`, or close it: that waits for what is under way.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._asked: Sequence[Ready] = ()
        self._commits: AsyncCommit[_Asked, Ready, Outcome] = AsyncCommit(
            desk.slice, self._prepare, self._hold, self._handle
        )

    async def authorize(self, request: Request) -> Outcome:
        """
        The guard's answer, durable.

        Whoever is cancelled meanwhile may have a permit on record that nobody uses: asking again returns it, and its
        budget comes back when it expires or the run ends.

        Raises:
            CaseErased, NotCanonical: As `prepare`.
            StoreUnavailable: Closed, the database is gone, or the commit's answer was lost: the permit may or may not
                be on record. Asking again is safe.
        """
        if request.run.caller is not None or request.seen.calls:
            # What was done in a chain of calls is looked up, which the thread that writes for all must not wait for.
            return await self._commits.submit((await asyncio.to_thread(prepare, self._desk, request), HOLD.get()))
        return await self._commits.submit((request, HOLD.get()))

    def close(self) -> None:
        """Take no more requests, and wait for those under way. Harmless again."""
        self._commits.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)

    def _prepare(self, asked: _Asked) -> Ready:
        what, hold = asked
        return _held(what if isinstance(what, Ready) else prepare(self._desk, what), hold)

    def _hold(self, batch: Sequence[Ready], wait: Wait) -> AbstractContextManager[Transaction]:
        self._asked = batch
        return self._desk.holding([ask_known(batch)], wait, for_others=True)

    def _handle(self, tx: Transaction, batch: Sequence[Ready]) -> list[Outcome]:
        _require_holds(tx, batch)
        looked = looked_up(self._asked, tx.answers[0])
        return authorize_batch(self._desk.writing(tx), batch, looked)


@dataclass(frozen=True)
class _Held:
    """A desk as the ledger that group commit writes to: its standing is held until the commit is through."""

    desk: Desk

    def transaction(self, *_chains: str) -> AbstractContextManager[Transaction]:
        return self.desk.holding(for_others=True)


_Asked = tuple[Request | Ready, Hold | None]
"""What a task asks, with what its own context must still hold: the thread that writes has another context."""


def _held(ready: Ready, hold: Hold | None) -> Ready:
    return replace(ready, hold=hold) if hold is not None else ready


def _require_holds(tx: Transaction, batch: Sequence[Ready]) -> None:
    """Whoever lost the hold fails, alone: the others of the batch are tried without it."""
    for hold in {id(ready.hold): ready.hold for ready in batch}.values():
        if hold is not None:
            hold.require(tx.connection)
