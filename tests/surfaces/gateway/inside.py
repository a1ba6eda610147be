"""A gateway in this process, before a small server that can be made to misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from mcp import Client
from mcp.server.lowlevel.server import Server
from mcp.types import CallToolResult, ListToolsResult, TextContent, Tool

from goldenthread.promise.values import Json, TrustMode
from goldenthread.surfaces.gateway.answers import Answer
from goldenthread.surfaces.gateway.cases import Cases, take_up
from goldenthread.surfaces.gateway.gateway import Caller, Gateway, Terms, first_tools
from goldenthread.surfaces.gateway.pins import pin_first
from goldenthread.surfaces.gateway.upstream import Upstream
from goldenthread.surfaces.sdk import Thread
from surfaces.gateway.outside import AGENT, SLICE
from worlds import EXPERT, World

T = TypeVar("T")

ACTIONS: dict[str, Any] = {
    "look": {"effect": "read"},
    "pay": {"effect": "reversible", "key": "order"},
    "post": {"effect": "reversible"},
    "wire": {"effect": "irreversible"},
}


def tool(name: str, **types: str) -> Tool:
    """A tool that needs these arguments."""
    properties = {argument: {"type": kind} for argument, kind in types.items()}
    schema = {"type": "object", "properties": properties, "required": list(types)}
    return Tool(name=name, description=f"To {name}.", input_schema=schema)


@dataclass
class Shop:
    """A server with four tools; `calls` is what reached it."""

    tools: list[Tool] = field(
        default_factory=lambda: [
            tool("look", what="string"),
            tool("pay", order="string", amount="integer"),
            tool("post", text="string"),
            tool("wire", account="string"),
            tool("undeclared"),
        ]
    )
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    behave: Callable[[str, dict[str, Any]], Awaitable[CallToolResult | None]] | None = None

    def server(self) -> Server[Any]:
        """The server, for a client in the same process."""
        return Server("shop", on_list_tools=self._list, on_call_tool=self._call)

    async def _list(self, _context: Any, _params: Any) -> ListToolsResult:
        return ListToolsResult(tools=self.tools)

    async def _call(self, _context: Any, params: Any) -> CallToolResult:
        arguments = params.arguments or {}
        self.calls.append((params.name, arguments))
        found = await self.behave(params.name, arguments) if self.behave is not None else None
        return found or said(f"{params.name} done")


def said(words: str, *, failed: bool = False) -> CallToolResult:
    """A result of one text."""
    return CallToolResult(content=[TextContent(type="text", text=words)], is_error=failed)


@dataclass
class Agent:
    """A client's program before the gateway; `session` is its connection."""

    gateway: Gateway
    cases: Cases
    thread: Thread
    session: str = "one"

    async def call(self, name: str, *, case: str | None = None, ticket: str | None = None, **arguments: Json) -> Answer:
        """Call a tool."""
        return await self.gateway.call_tool(name, arguments, Caller(session=self.session, case=case, ticket=ticket))

    async def shown(self) -> list[str]:
        """Names of the tools in the list."""
        return [str(tool["name"]) for tool in await self.gateway.list_tools()]


@asynccontextmanager
async def serving(
    world: World, shop: Shop, *, idle_s: float = 60.0, mode: TrustMode = TrustMode.ENFORCING, **terms: Any
) -> AsyncIterator[Agent]:
    """A gateway before the shop, and an agent before the gateway."""
    upstream = Upstream("shop", lambda: Client(shop.server(), cache=None))
    keeping = asyncio.ensure_future(upstream.keep())
    pins = pin_first(world.ledger, SLICE, AGENT, "shop", await first_tools(upstream))
    manifest: dict[str, Json] = {"gateway": pins.manifest()}
    thread = Thread(world.ledger, world.keyring, agent=AGENT, manifest=manifest, mode=mode)
    thread.declare_once(SLICE)
    take_up(thread, SLICE)
    cases = Cases(thread, SLICE, idle_s)
    gateway = Gateway(thread, upstream, pins, cases, Terms(slice=SLICE, **terms))
    try:
        yield Agent(gateway, cases, thread)
    finally:
        await cases.end_all()
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        thread.leases.close()


def work(world: World, shop: Shop, job: Callable[[Agent], Awaitable[T]], **wanted: Any) -> T:
    """One life of a gateway."""

    async def life() -> T:
        async with serving(world, shop, **wanted) as agent:
            return await job(agent)

    return asyncio.run(life())


def climb(world: World, shop: Shop, cases: int = 12) -> None:
    """Agree with what people decided before, until the agent acts alone."""

    async def agree(agent: Agent) -> None:
        past: list[Any] = [(f"past-{number}", "post", {"text": "o"}) for number in range(cases)]
        agent.thread.record_decisions(SLICE, past, by=EXPERT)
        for case, _, _ in past:
            assert (await agent.call("post", case=case, text="o")).status == "denied"

    work(world, shop, agree, client_names_cases=True)
    assert shop.calls == []
