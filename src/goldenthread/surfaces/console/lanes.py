"""
Who goes first: deeds, then pages that somebody opens, then pages that stand open and ask for themselves again, then the
streams that tell these of news.

Each lane has threads of its own, so that however many open pages ask, an answer finds a thread; and whoever waits for
the desks gets them by lane, then in the order of coming.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from itertools import count
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

T = TypeVar("T")


class Lane(IntEnum):
    """What a request is, the most urgent first."""

    DEED = 0
    OPENED = 1
    BY_ITSELF = 2
    LISTENS = 3


THREADS: Mapping[Lane, int] = {Lane.DEED: 8, Lane.OPENED: 8, Lane.BY_ITSELF: 2, Lane.LISTENS: 2}
"""Requests of a lane that are worked on at once: one has the desks, the others render, send, or wait for them."""

_LIMITS: RunVar[dict[Lane, CapacityLimiter]] = RunVar("goldenthread.console.lanes")


async def in_lane(lane: Lane, work: Callable[[], T]) -> T:
    """Do some work in a thread of a lane, once one is free."""
    limits = _LIMITS.get(None)
    if limits is None:
        limits = {one: CapacityLimiter(most) for one, most in THREADS.items()}
        _LIMITS.set(limits)
    return await to_thread.run_sync(work, limiter=limits[lane])


class Turns:
    """A lock that the most urgent lane gets first, and within a lane whoever came first."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[tuple[Lane, int]] = []
        self._numbers = count()
        self._held = False

    @contextmanager
    def turn(self, lane: Lane) -> Iterator[None]:
        """Wait for one's turn, and have it for the length of the block."""
        with self._changed:
            mine = (lane, next(self._numbers))
            heapq.heappush(self._waiting, mine)
            try:
                while self._held or self._waiting[0] != mine:
                    self._changed.wait()
            except BaseException:
                self._waiting.remove(mine)
                heapq.heapify(self._waiting)
                self._changed.notify_all()
                raise
            heapq.heappop(self._waiting)
            self._held = True
        try:
            yield
        finally:
            with self._changed:
                self._held = False
                self._changed.notify_all()
