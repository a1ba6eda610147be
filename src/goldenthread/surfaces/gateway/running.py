"""Run a gateway: from the command's options to a server, and back to order when it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import psutil

from goldenthread.promise.errors import UpstreamUnreachable
from goldenthread.promise.values import Json, TrustMode
from goldenthread.record.ledger import Ledger
from goldenthread.record.principals import KeyRing, load_principals
from goldenthread.surfaces.gateway.cases import Cases, take_up
from goldenthread.surfaces.gateway.gateway import Gateway, Terms, first_tools
from goldenthread.surfaces.gateway.pins import pin_first
from goldenthread.surfaces.gateway.pipes import child
from goldenthread.surfaces.gateway.server import mcp_server, require_mcp, serve_http, serve_pipes, together
from goldenthread.surfaces.gateway.tools import Tool
from goldenthread.surfaces.gateway.upstream import Upstream
from goldenthread.surfaces.sdk.thread import Thread

_LOOK_S = 5.0
_END_S = 15.0


@dataclass(frozen=True, kw_only=True)
class Behind:
    """
    The MCP server behind a gateway: a command with arguments, or the address of one that speaks HTTP.

    `name` is how people and pins know it. `environment` is given to the command; `token` to the address, as a bearer.
    """

    name: str
    upstream: str
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    token: str | None = field(default=None, repr=False)

    @property
    def is_address(self) -> bool:
        """Whether it is reached over HTTP."""
        return self.upstream.startswith(("http://", "https://"))

    def command(self) -> list[str]:
        """
        The command, split as a shell would; no shell runs it.

        Raises:
            UpstreamUnreachable: It can't be split, or is empty.
        """
        try:
            words = shlex.split(self.upstream)
        except ValueError as error:
            raise UpstreamUnreachable(f"`{self.upstream}` is no command: {error}. Correct `--upstream`.") from error
        if not words:
            raise UpstreamUnreachable("No command was given. Name the MCP server with `--upstream`.")
        return words


@dataclass(frozen=True, kw_only=True)
class Office:
    """Where a gateway works: an open ledger, for one agent; `manifest` says what the agent is made of."""

    ledger: Ledger
    keys: KeyRing
    agent: str
    mode: TrustMode
    version: str
    manifest: Mapping[str, Json] = field(default_factory=dict)


def mode_of_pipes() -> TrustMode:
    """
    Enforcing where the process that started this one, and whose agent is served, runs as another OS user; else that
    agent could read whatever this process can.
    """
    try:
        starter = psutil.Process(os.getppid()).uids().real
    except (psutil.Error, ValueError):  # outside this container: nothing of it can be read from there
        return TrustMode.ENFORCING
    return TrustMode.COOPERATIVE if starter == os.getuid() else TrustMode.ENFORCING


def run(
    office: Office,
    behind: Behind,
    terms: Terms,
    *,
    idle_s: float,
    bound: socket.socket | None = None,
    token: str = "",
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """
    Serve until the client is gone or the process is told to end.

    Args:
        office: Where.
        behind: The MCP server.
        terms: Of the gateway.
        idle_s: Seconds after its last call that a case is ended.
        bound: A socket to serve HTTP on; None for standard input and output.
        token: What clients of HTTP must have.
        say: Told, in words, what has been pinned and taken up.

    Raises:
        UpstreamUnreachable: The server can't be used at all.
        PrincipalUnknown, NotPermitted, ContractNotFound: The agent or the slice can't be served.
    """
    load_principals(office.ledger).require_agent(office.agent)
    asyncio.run(_run(office, behind, terms, idle_s=idle_s, bound=bound, token=token, say=say))


async def _run(
    office: Office,
    behind: Behind,
    terms: Terms,
    *,
    idle_s: float,
    bound: socket.socket | None,
    token: str,
    say: Callable[[str], None],
) -> None:
    async with connected(behind) as upstream:
        pins = pin_first(office.ledger, terms.slice, office.agent, behind.name, await first_tools(upstream))
        manifest: dict[str, Json] = {**office.manifest, "gateway": pins.manifest()}
        thread = Thread(office.ledger, office.keys, agent=office.agent, manifest=manifest, mode=office.mode)
        try:
            thread.declare_once(terms.slice)
            say(f"{len(pins.tools)} tools of '{behind.name}' as {pins.by} pinned them; {office.mode} mode")
            settled = take_up(thread, terms.slice)
            if settled:
                say(f"{settled} runs settled that an earlier gateway left open")
            cases = Cases(thread, terms.slice, idle_s)
            if bound is not None:
                bound.listen()
                say(f"Serving at http://127.0.0.1:{bound.getsockname()[1]}/mcp")
            gateway = Gateway(thread, upstream, pins, cases, terms)
            await _serve(gateway, cases, office.version, bound, token)
        finally:
            thread.leases.close()


async def _serve(gateway: Gateway, cases: Cases, version: str, bound: socket.socket | None, token: str) -> None:
    server = mcp_server(gateway, version)

    async def end_idle() -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            await cases.end_idle()

    async def serve() -> None:
        await (serve_http(server, bound, token) if bound is not None else serve_pipes(server))

    try:
        await together(serve, end_idle)
    finally:
        await asyncio.shield(_end(cases))


async def _end(cases: Cases) -> None:
    """End the cases after the calls under way; those that last too long are in doubt, and the next start says so."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(cases.end_all(), _END_S)


@asynccontextmanager
async def connected(behind: Behind) -> AsyncIterator[Upstream]:
    """
    The server, kept connected for the length of the block.

    Raises:
        GatewayUnavailable: The package `mcp` is not there.
    """
    require_mcp()
    upstream = Upstream(behind.name, lambda: _client(behind))
    keeping = asyncio.ensure_future(upstream.keep())
    try:
        yield upstream
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


def tools_of(behind: Behind) -> dict[str, Tool]:
    """
    What the server offers now, as far as it can be pinned: started for this, and ended.

    Raises:
        GatewayUnavailable, UpstreamUnreachable: Why not.
    """

    async def ask() -> dict[str, Tool]:
        async with connected(behind) as upstream:
            return await first_tools(upstream)

    return asyncio.run(ask())


def _client(behind: Behind) -> AbstractAsyncContextManager[Any]:
    from mcp import Client

    if not behind.is_address:
        transport = child(behind.command(), behind.environment)
        client: AbstractAsyncContextManager[Any] = Client(transport, cache=None)
        return client
    return _http_client(behind)


@asynccontextmanager
async def _http_client(behind: Behind) -> AsyncIterator[Any]:
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client
    from mcp.shared._httpx_utils import create_mcp_http_client

    _require_private(behind)
    headers = {"Authorization": f"Bearer {behind.token}"} if behind.token else {}
    async with (
        create_mcp_http_client(headers=headers) as http,
        Client(streamable_http_client(behind.upstream, http_client=http), cache=None) as client,
    ):
        yield client


def _require_private(behind: Behind) -> None:
    """A token goes over the wire in the clear only where there is no wire."""
    parts = urlsplit(behind.upstream)
    if behind.token and parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise UpstreamUnreachable(
            f"The token of '{behind.name}' would go to {parts.hostname} in the clear. Use its https address."
        )


def environment_of(names: Sequence[str]) -> dict[str, str]:
    """
    Variables of this process by name, for the server.

    Raises:
        UpstreamUnreachable: One is not set.
    """
    missing = [name for name in names if name not in os.environ]
    if missing:
        raise UpstreamUnreachable(f"The environment has no {missing[0]}, and the server is to get it. Set it.")
    return {name: os.environ[name] for name in names}
