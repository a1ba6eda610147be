"""
Connections that are bounded: how many there are, and how long one may take to say what it wants.

Whoever holds connections open and sends nothing, or a byte now and then, must not keep others out. A connection that
has not sent the whole head of a request within its time is closed; where there are too many, the one that has been
idle longest goes first, of those that never asked anything if there are any: whoever asks is always served.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 10.0
MOST = 512


class Hurried(H11Protocol):
    """Uvicorn's protocol, with an end to waiting for a request's head."""

    head_s = HEAD_S
    most = MOST
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """A connection; the one that has been idle longest goes where there are too many."""
        super().connection_made(transport)
        self._watch()
        others = [one for one in self.connections if isinstance(one, Hurried)]
        if len(others) > self.most:
            idle = [one for one in others if one.waits() and one is not self]
            oldest = min(idle, key=lambda one: (one.cycle is not None, one._since()), default=self)
            self.connections.discard(oldest)
            oldest.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Bytes; once the head is whole, time no longer runs."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended."""
        self._stop()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """The next request's head has its own time."""
        super().on_response_complete()
        if not self.transport.is_closing():
            self._watch()

    def waits(self) -> bool:
        """Whether no request is under way; what comes after its answer, such as the rest of a body, is none."""
        cycle: Any = self.cycle  # None before the first request
        return cycle is None or cycle.response_complete

    def _since(self) -> float:
        return self._late.when() if self._late is not None else 0.0

    def _watch(self) -> None:
        if not self.waits():
            self._stop()
        elif self._late is None:
            self._late = self.loop.call_later(self.head_s, self.transport.abort)

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
