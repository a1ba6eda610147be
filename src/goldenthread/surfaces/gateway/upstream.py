"""The MCP server behind the gateway: connected to when it is needed, asked for its tools, called."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from goldenthread.promise.errors import UpstreamFailed, UpstreamUnreachable
from goldenthread.promise.values import Json
from goldenthread.surfaces.gateway.answers import LARGEST_OUTPUT, Answer
from goldenthread.surfaces.gateway.case import ToolFailed
from goldenthread.surfaces.gateway.tools import Tool

START_S = 30.0
"""How long a server may take to start and to say which protocol it speaks."""

LIST_S = 15.0
MOST_TOOLS = 500

Connect = Callable[[], AbstractAsyncContextManager[Any]]
"""Opens a client of the `mcp` package."""


class Upstream:
    """
    One MCP server. `keep` holds the connection, in one task; the rest may be called from any other.

    Args:
        name: How people know it.
        connect: Opens a client; called again after the connection broke.
    """

    def __init__(self, name: str, connect: Connect) -> None:
        self.name = name
        self._connect = connect
        self._client: Any = None
        self._wanted = asyncio.Event()
        self._settled = asyncio.Event()
        self._broken = asyncio.Event()
        self._problem: str | None = None

    async def keep(self) -> None:
        """Connect whenever somebody wants the server and it is not connected; until cancelled."""
        while True:
            await self._wanted.wait()
            self._broken.clear()
            try:
                async with self._opened() as client:
                    self._client = client
                    self._settled.set()
                    await self._broken.wait()
            except Exception as error:  # noqa: BLE001 - whatever a server does, it is only not reachable
                named = error if isinstance(error, UpstreamUnreachable) else self._unreachable(_cause(error))
                self._problem = named.message
            finally:
                self._client = None
                self._wanted.clear()
                self._settled.set()

    async def tools(self) -> dict[str, Tool]:
        """
        What it offers now, by name; asked anew each time, once more on a new connection if the old one is gone.

        Raises:
            UpstreamUnreachable: It can't be connected to, or gives no list.
        """
        try:
            return await self._list()
        except UpstreamUnreachable:
            self._broken.set()
            await asyncio.sleep(0)
            return await self._list()

    async def call(self, name: str, arguments: Mapping[str, Json], within_s: float) -> Answer:
        """
        Call a tool, once.

        Raises:
            UpstreamFailed: It said that it failed, or gave no answer that can be passed on.
        """
        client = self._client
        if client is None:
            raise UpstreamFailed(
                f"The connection to '{self.name}' broke before '{name}' was called. Call again, or look why it ended."
            )
        try:
            async with asyncio.timeout(within_s):
                result = await client.session.call_tool(name, dict(arguments), allow_input_required=True)
        except TimeoutError as error:
            raise UpstreamFailed(
                f"'{name}' of '{self.name}' gave no answer within {within_s:g} s. "
                "Look whether it took effect; give it more time with `within` in the contract."
            ) from error
        except Exception as error:
            raise UpstreamFailed(
                f"'{name}' of '{self.name}' failed: {_cause(error)}. Look whether it took effect."
            ) from error
        return _answer(name, self.name, result)

    async def _list(self) -> dict[str, Tool]:
        client = await self._connected()
        found: list[Tool] = []
        cursor: str | None = None
        try:
            async with asyncio.timeout(LIST_S):
                while True:
                    page = await client.list_tools(cursor=cursor, cache_mode="bypass")
                    found += [Tool.of_record(tool.model_dump(mode="json", by_alias=True)) for tool in page.tools]
                    cursor = page.next_cursor
                    if not cursor or len(found) > MOST_TOOLS:
                        break
        except Exception as error:
            raise self._unreachable(_cause(error)) from error
        names = [tool.name for tool in found]
        if len(names) > MOST_TOOLS or len(set(names)) < len(names):
            raise self._unreachable(f"it lists more than {MOST_TOOLS} tools, or one twice")
        return {tool.name: tool for tool in found}

    async def _connected(self) -> Any:
        if self._client is None:
            self._settled.clear()
            self._wanted.set()
            await self._settled.wait()
        if self._client is None:
            raise self._unreachable("it ended") if self._problem is None else UpstreamUnreachable(self._problem)
        return self._client

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Any]:
        opening = self._connect()
        async with asyncio.timeout(START_S) as limit, opening as client:
            limit.reschedule(None)
            yield client

    def _unreachable(self, problem: str) -> UpstreamUnreachable:
        return UpstreamUnreachable(
            f"The MCP server '{self.name}' cannot be used: {problem.rstrip('.')}. "
            "Run its command by hand to see why, then try again."
        )


def _answer(name: str, server: str, result: Any) -> Answer:
    told = result.model_dump(mode="json", by_alias=True, exclude_none=True)
    if told.get("resultType", "complete") != "complete":
        raise UpstreamFailed(
            f"'{name}' of '{server}' asks for more input, which the gateway does not pass on. "
            "Use a tool that takes all it needs as arguments."
        )
    size = len(json.dumps(told))
    if size > LARGEST_OUTPUT:
        raise UpstreamFailed(
            f"'{name}' of '{server}' gave {size} bytes, and at most {LARGEST_OUTPUT} are passed on. "
            "Ask for less of it; if it has an effect, look whether it happened."
        )
    answer = Answer(
        status="error" if told.get("isError") else "done",
        blocks=tuple(told["content"]),
        structured=told.get("structuredContent"),
        failed=bool(told.get("isError")),
    )
    if answer.failed:
        raise ToolFailed(f"'{name}' of '{server}' says that it failed. Read what it says.", answer)
    return answer


def _cause(error: BaseException) -> str:
    """What is at the bottom of an error, or of a group of them, in a line."""
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    words = " ".join(str(error).split())[:300]
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
