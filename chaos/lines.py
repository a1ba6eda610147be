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
_USED_WITHIN_S = 5.0
"""Calls of a tool last milliseconds: whoever cuts without waiting for one hits none."""


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
        self._used = asyncio.Event()
        self._closed_until = 0.0
        self._server: asyncio.Server | None = None

    async def serve(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self.port)

    def end(self) -> None:
        """Listen no more, and end every connection."""
        if self._server is not None:
            self._server.close()
        self.cut(0.0)

    async def wait_used(self, within_s: float, after_s: float) -> None:
        """Until somebody is connected, and for a while more, so that a cut may come before, amid and after an order."""
        if not self._writers:
            self._used.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._used.wait(), within_s)
        await asyncio.sleep(after_s)

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
        self._used.set()
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
        self._thread = threading.Thread(target=self._loop.run_forever, name="lines", daemon=True)
        self._lines: list[Line] = []
        self._thread.start()

    def add(self, port: int, open_other: Open) -> Line:
        """A line that is open when this returns."""
        line = Line(port, open_other)
        asyncio.run_coroutine_threadsafe(line.serve(), self._loop).result(5)
        self._lines.append(line)
        return line

    def cut(self, line: Line, closed_s: float, after_s: float) -> int:
        """As `Line.cut`, from any thread, so long after somebody was seen on the line; waits for them if need be."""

        async def cut() -> int:
            await line.wait_used(_USED_WITHIN_S, after_s)
            return line.cut(closed_s)

        return asyncio.run_coroutine_threadsafe(cut(), self._loop).result(_USED_WITHIN_S + 5)

    def close(self) -> None:
        """End every line, and the thread."""

        async def end() -> None:
            for line in self._lines:
                line.end()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await asyncio.sleep(0)  # what was aborted closes in the next turn

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()
