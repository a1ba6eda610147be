"""
Messages over pipes, a line each, none longer than a limit: to the client on standard input and output, and to a server
that is a child process.

The transports of the `mcp` package read lines of any length; a hostile server or client would fill the memory.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio

from goldenthread.promise.errors import UpstreamUnreachable

LONGEST_LINE = 8 * 1024 * 1024
"""Bytes of one message."""

_PASSED_ON = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER")
"""What a server gets of the gateway's environment; anything else, its credentials above all, by name only."""

_END_S = 2.0


@asynccontextmanager
async def standard_streams() -> AsyncIterator[tuple[Any, Any]]:
    """
    The client's messages on this process's standard input, ours on its output.

    Meanwhile descriptor 1 is standard error, so that nothing else that prints can break a message.
    """
    wire = os.dup(1)
    os.dup2(2, 1)
    reader = asyncio.StreamReader(limit=LONGEST_LINE)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(os.dup(0), "rb", buffering=0)
    )

    async def write(line: bytes) -> None:
        await anyio.to_thread.run_sync(_write_all, wire, line, abandon_on_cancel=True)

    try:
        async with _messages(reader, write, skip_overlong=True) as streams:
            yield streams
    finally:
        transport.close()
        os.dup2(wire, 1)
        os.close(wire)


@asynccontextmanager
async def child(command: Sequence[str], environment: Mapping[str, str]) -> AsyncIterator[tuple[Any, Any]]:
    """
    Start an MCP server and speak with it over its standard input and output; end it, and what it started, at the end.

    Args:
        command: Program and arguments.
        environment: More variables for it; beside these it gets only harmless ones.

    Raises:
        UpstreamUnreachable: It can't be started.
    """
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**kept, **environment},
            limit=LONGEST_LINE,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise UpstreamUnreachable(f"'{command[0]}' cannot be started: {error}. Correct `--upstream`.") from error
    assert process.stdin is not None
    assert process.stdout is not None
    stdin = process.stdin

    async def write(line: bytes) -> None:
        stdin.write(line)
        await stdin.drain()

    try:
        async with _messages(process.stdout, write, skip_overlong=False) as streams:
            yield streams
    finally:
        with anyio.CancelScope(shield=True):
            await _end(process)


@asynccontextmanager
async def _messages(reader: asyncio.StreamReader, write: Any, *, skip_overlong: bool) -> AsyncIterator[tuple[Any, Any]]:
    from mcp.shared.message import SessionMessage
    from mcp.types import jsonrpc_message_adapter

    arriving, received = anyio.create_memory_object_stream[Any](0)
    to_send, leaving = anyio.create_memory_object_stream[Any](0)

    async def read_all() -> None:
        async with arriving:
            async for line in _lines(reader, skip_overlong=skip_overlong):
                try:
                    message = SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
                except ValueError as error:
                    await arriving.send(error)
                    continue
                await arriving.send(message)

    async def write_all() -> None:
        async with leaving:
            async for message in leaving:
                text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                await write(f"{text}\n".encode())

    async def quietly(job: Any) -> None:
        with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError, OSError):
            await job()
        await arriving.aclose()  # the session sees that the other side is gone

    async with anyio.create_task_group() as group:
        group.start_soon(quietly, read_all)
        group.start_soon(quietly, write_all)
        try:
            yield received, to_send
        finally:
            group.cancel_scope.cancel()
            for stream in (arriving, received, to_send, leaving):
                stream.close()


async def _lines(reader: asyncio.StreamReader, *, skip_overlong: bool) -> AsyncIterator[bytes]:
    """Lines up to the limit; a longer one is left out, or is the end."""
    overlong = False
    while True:
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as end:
            if end.partial.strip() and not overlong:
                yield end.partial
            return
        except asyncio.LimitOverrunError as overrun:
            if not skip_overlong:
                return
            overlong = True
            await reader.readexactly(overrun.consumed or 1)
            continue
        if not overlong:
            yield line
        overlong = False


async def _end(process: asyncio.subprocess.Process) -> None:
    """Close its input and wait; then ask it to end, then make it, with all that it started."""
    if process.stdin is not None:
        process.stdin.close()
    for ending in (None, signal.SIGTERM, signal.SIGKILL):
        if ending is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, ending)
        with suppress(TimeoutError):
            async with asyncio.timeout(_END_S):
                await process.wait()
                break
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # whatever it started and left behind


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]
