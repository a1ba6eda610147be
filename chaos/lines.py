"""Lines that can be cut: a proxy before a part, in the supervisor's process."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Open = Callable[[], Awaitable[Streams]]
_PIECE = 65536


class Line:
    """
    One proxy.

    Args:
        port: Where it listens.
        open_other: Connects to what stands behind it.
    """

    def __init__(self, port: int, open_other: Open) -> None:
        self.port = port
        self._open_other = open_other
        self._writers: set[asyncio.StreamWriter] = set()
        self._closed_until = 0.0

    async def serve(self) -> None:
        """Listen."""
        await asyncio.start_server(self._take, "127.0.0.1", self.port)

    def cut(self, closed_s: float) -> int:
        """End every connection, and refuse others for a while; how many were ended."""
        self._closed_until = time.monotonic() + closed_s
        writers = list(self._writers)
        for writer in writers:
            writer.transport.abort()
        return len(writers)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if time.monotonic() < self._closed_until:
            writer.transport.abort()
            return
        try:
            other_reader, other_writer = await self._open_other()
        except OSError:
            writer.transport.abort()
            return
        both = (writer, other_writer)
        self._writers.update(both)
        try:
            await asyncio.gather(_pump(reader, other_writer), _pump(other_reader, writer))
        finally:
            self._writers.difference_update(both)
            for one in both:
                one.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
    with suppress(OSError):
        writer.close()


class Lines:
    """All of them, in a thread of their own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="lines", daemon=True).start()

    def add(self, port: int, open_other: Open) -> Line:
        """A line that is open when this returns."""
        line = Line(port, open_other)
        asyncio.run_coroutine_threadsafe(line.serve(), self._loop).result(5)
        return line

    def cut(self, line: Line, closed_s: float) -> int:
        """As `Line.cut`, from any thread."""

        async def cut() -> int:
            return line.cut(closed_s)

        return asyncio.run_coroutine_threadsafe(cut(), self._loop).result(5)

    def close(self) -> None:
        """End."""
        self._loop.call_soon_threadsafe(self._loop.stop)
