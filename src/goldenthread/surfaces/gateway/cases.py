"""The cases that are being worked on now: each in a thread of its own, ended when nobody has called for a while."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from goldenthread.control import guard
from goldenthread.promise.errors import CaseErased, CaseRefused, RunBusy, kind_of
from goldenthread.surfaces.gateway.case import CaseRun
from goldenthread.surfaces.sdk.thread import Thread

T = TypeVar("T")

_LOG = logging.getLogger("goldenthread.gateway")

MOST_CASES = 64
"""Cases at work at once; each holds a thread."""


MOST_REMEMBERED = 10_000
"""Sessions and cases whose last run is remembered."""


class Live:
    """A case at work. `calls` are those under way or queued; `since` when the last one ended, by a monotonic clock."""

    def __init__(self, run: CaseRun) -> None:
        self.run = run
        self.calls = 0
        self.since = time.monotonic()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="goldenthread-case")
        self._opened = False

    async def work(self, job: Callable[[CaseRun], T]) -> T:
        """Do a job of this case, after those that came before it; the run is opened by the first one."""
        self.calls += 1
        try:
            return await asyncio.wrap_future(self._thread.submit(self._do, job))
        finally:
            self.calls -= 1
            self.since = time.monotonic()

    async def close(self) -> bool:
        """End or pause the run, after what is under way; whether it waits for a person."""
        try:
            return await asyncio.wrap_future(self._thread.submit(self._end))
        finally:
            self._thread.shutdown(wait=False)

    def _do(self, job: Callable[[CaseRun], T]) -> T:
        if not self._opened:
            self.run.__enter__()
            self._opened = True
        return job(self.run)

    def _end(self) -> bool:
        if self._opened:
            self.run.close()
        return self._opened and self.run.waits


@dataclass
class Turn:
    """Whose turn it is in a case; `wanted` by so many calls."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    wanted: int = 0


class Cases:
    """
    The cases of one gateway.

    Args:
        thread: The agent's thread, held for it.
        slice_name: The slice.
        idle_s: Seconds after its last call that a case is ended.
    """

    def __init__(self, thread: Thread, slice_name: str, idle_s: float) -> None:
        self._thread = thread
        self._slice = slice_name
        self._idle_s = idle_s
        self._live: dict[str, Live] = {}
        self._sessions: dict[str, str] = {}
        self._turns: dict[str, Turn] = {}
        self._left: dict[str, guard.Seen] = {}  # by session or case: what whoever stands behind it did and read

    def of_session(self, session: str) -> str:
        """The case of a session that names none: a new one, or the one that it has and that has not ended."""
        if session not in self._sessions:
            self._sessions[session] = f"mcp-{guard.new_id()}"
        return self._sessions[session]

    @asynccontextmanager
    async def turn(self, case: str) -> AsyncIterator[None]:
        """Calls of a case come one after the other, in the order in which they came in."""
        turn = self._turns.setdefault(case, Turn())
        turn.wanted += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.wanted -= 1
            if not turn.wanted:
                del self._turns[case]

    async def work(self, case: str, job: Callable[[CaseRun], T]) -> T:
        """
        Do a job of a case, in the order of arrival.

        Raises:
            CaseRefused: Too many cases are at work.
            RunBusy: Another process works on it.
        """
        live = self._live.get(case)
        if live is None:
            await self._make_room()
            run = CaseRun(self._thread, self._slice, case, self._left.get(self._whose(case)))
            live = self._live.setdefault(case, Live(run))
        return await live.work(job)

    async def end_idle(self) -> None:
        """End every case that nobody called for a while."""
        now = time.monotonic()
        for case, live in list(self._live.items()):
            if live.calls == 0 and now - live.since >= self._idle_s:
                await self._close(case)

    async def end_all(self) -> None:
        """End or pause every case, after the calls that are under way."""
        for case in list(self._live):
            await self._close(case)

    async def _make_room(self) -> None:
        if len(self._live) < MOST_CASES:
            return
        idle = [case for case, live in self._live.items() if live.calls == 0]
        if not idle:
            raise CaseRefused(
                f"{MOST_CASES} cases are at work, and no more are taken on. Try again when one has ended."
            )
        await self._close(min(idle, key=lambda case: self._live[case].since))

    async def _close(self, case: str) -> None:
        """A session whose case waits for a person goes on with it; else its next call begins another."""
        live = self._live.pop(case, None)
        if live is None:
            return
        self._keep(case, live)
        try:
            waits = await live.close()
        except Exception as error:  # noqa: BLE001 - the other cases are to be ended all the same
            _LOG.warning("A case could not be ended, and the next gateway settles it: %s", kind_of(error))
            waits = False
        if not waits:
            self._sessions = {session: named for session, named in self._sessions.items() if named != case}

    def _whose(self, case: str) -> str:
        """Who remembers what was done in a case: its session, else the case itself."""
        return next((session for session, named in self._sessions.items() if named == case), f"case {case}")

    def _keep(self, case: str, live: Live) -> None:
        """A client that waits until its case is ended still knows what it read in it."""
        self._left[self._whose(case)] = live.run.seen
        while len(self._left) > MOST_REMEMBERED:
            del self._left[next(iter(self._left))]


def take_up(thread: Thread, slice_name: str) -> int:
    """
    Settle what gateways that died left open: what may have happened goes to a person, what waits goes on waiting, the
    rest ends as a fault.

    Returns:
        How many runs were settled; those that another process works on are left alone.
    """
    desk = thread.desk(slice_name)
    settled = 0
    for case in guard.abandoned_cases(desk, thread.fingerprint):
        try:
            lease = thread.leases.take(slice_name, case)
        except RunBusy:
            continue
        try:
            _settle(thread, slice_name, case)
            settled += 1
        except CaseErased:
            continue
        finally:
            thread.leases.release(lease)
    return settled


def _settle(thread: Thread, slice_name: str, case: str) -> None:
    desk = thread.desk(slice_name)
    run = guard.open_run(desk, thread.declaration(), case, {})
    if guard.doubt_begun(desk, run):
        guard.pause_run(desk, run, [], 0.0)
    else:
        guard.end_run(desk, run, "fault", [], 0.0)
