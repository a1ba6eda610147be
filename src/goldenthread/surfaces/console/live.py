"""
Live pages: every open page is told which of its chains grew, by server-sent events.

One watcher a process asks once a second where all chains end, in one query, and only while a page is open. A stream
says names of chains and places, never what stands there: the page asks for itself again, and is let in again. `grown`
says that a chain has more records; `made` that it has not, but its kept views are newer, which concerns only pages that
show older evidence.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from goldenthread.promise.errors import GoldenthreadError
from goldenthread.record.ledger import Ledger
from goldenthread.surfaces.console.lanes import Lane, in_lane

EVERY_S = 1.0
"""How often the watcher looks."""

BEAT_S = 15.0
"""How often a stream shows that it lives, and its session is looked at again."""

MOST = 1_000
"""Streams in all."""

MOST_OF_ONE = 12
"""Streams of one session: open tabs. One more is told to stay closed."""

_LOG = logging.getLogger(__name__)
_WHERE = """
select h.chain, h.seq, coalesce(extract(epoch from d.made_at), 0)::float8 from ledger_head h
left join (select chain, max(made_at) as made_at from digest group by chain) d on d.chain = h.chain
where h.seq > 0
"""

Place = tuple[int, float]
"""Where a chain ends, and when its kept views were made."""

_NOWHERE: Place = (0, 0.0)

MaySee = Callable[[], Callable[[str], bool]]
"""Whether a session may see a chain, looked up again at each call; raises where it has ended."""


@dataclass
class _Known:
    """What the watcher saw last, and what wakes those who wait for more."""

    places: Mapping[str, Place] = field(default_factory=dict)
    more: asyncio.Event = field(default_factory=asyncio.Event)


class Live:
    """
    The streams of one console.

    Args:
        ledger: Read, never written.
        every_s: Seconds between looks.
        most_of_one: Streams of one session.
    """

    def __init__(self, ledger: Ledger, every_s: float = EVERY_S, most_of_one: int = MOST_OF_ONE) -> None:
        self._ledger = ledger
        self._most_of_one = most_of_one
        self._every_s = every_s
        self._open: Counter[str] = Counter()
        self._known = _Known()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watching: asyncio.Task[None] | None = None
        self._closed = threading.Event()

    @property
    def streams(self) -> int:
        """How many are open."""
        return self._open.total()

    def close(self) -> None:
        """End every stream; from any thread."""
        self._closed.set()
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def answer(self, session: str, chains: frozenset[str] | None, may_see: MaySee) -> Response:
        """
        The stream of one page; to be called on the event loop.

        Args:
            session: Whose it is, for counting.
            chains: Which are wanted; None: all.
            may_see: Asked at the start and at every beat.
        """
        if self._closed.is_set() or self.streams >= MOST or self._open[session] >= self._most_of_one:
            return Response(status_code=204)  # A browser that gets this asks no more.
        return StreamingResponse(
            self._stream(session, chains, may_see),
            media_type="text/event-stream",
            headers={"X-Accel-Buffering": "no"},
        )

    async def _stream(self, session: str, chains: frozenset[str] | None, may_see: MaySee) -> AsyncIterator[str]:
        self._open[session] += 1
        try:
            seen = await in_lane(Lane.LISTENS, may_see)
            await self._begin()
            told = self._known.places
            yield "retry: 5000\n: open\n\n"
            beat = asyncio.get_running_loop().time() + BEAT_S
            while not self._closed.is_set():
                more = self._known.more  # taken before looking: what comes after the look wakes
                if told != self._known.places:
                    now = self._known.places
                    other = self._other(told, now, chains, seen)
                    grown = {name: now[name][0] for name in other if told.get(name, _NOWHERE)[0] != now[name][0]}
                    made = {name: now[name][0] for name in other if name not in grown}
                    told = now
                    if grown:
                        yield f"event: grown\ndata: {json.dumps(grown)}\n\n"
                    if made:
                        yield f"event: made\ndata: {json.dumps(made)}\n\n"
                    continue
                rest = beat - asyncio.get_running_loop().time()
                if rest <= 0:
                    seen = await in_lane(Lane.LISTENS, may_see)
                    beat = asyncio.get_running_loop().time() + BEAT_S
                    yield ": beat\n\n"
                    continue
                with suppress(TimeoutError):
                    await asyncio.wait_for(more.wait(), rest)
        except GoldenthreadError:
            yield "event: ended\ndata: {}\n\n"  # The session is over: the page stays as it is, and asks no more.
        finally:
            self._open[session] -= 1
            if not self._open[session]:
                del self._open[session]

    @staticmethod
    def _other(
        told: Mapping[str, Place],
        now: Mapping[str, Place],
        chains: frozenset[str] | None,
        seen: Callable[[str], bool],
    ) -> list[str]:
        """The chains of which there is news, of those that are wanted and may be seen."""
        return [
            name
            for name, place in now.items()
            if told.get(name) != place and (chains is None or name in chains) and seen(name)
        ]

    async def _begin(self) -> None:
        """The watcher is at work, and has looked once."""
        self._loop = asyncio.get_running_loop()
        if self._watching is None or self._watching.done():
            self._known.places = await run_in_threadpool(self._look)
            if self._watching is None or self._watching.done():
                self._watching = self._loop.create_task(self._watch())

    async def _watch(self) -> None:
        """Look until nobody waits any more."""
        while self.streams and not self._closed.is_set():
            await asyncio.sleep(self._every_s)
            try:
                places = await run_in_threadpool(self._look)
            except GoldenthreadError as problem:
                _LOG.warning("Where the record stands was not answered: %s", problem.code)
                continue
            if places != self._known.places:
                self._known.places = places
                self._wake()

    def _wake(self) -> None:
        more, self._known.more = self._known.more, asyncio.Event()
        more.set()

    def _look(self) -> dict[str, Place]:
        with self._ledger.store.session() as connection:
            rows = connection.execute(_WHERE).fetchall()
        return {chain: (seq, made) for chain, seq, made in rows}
