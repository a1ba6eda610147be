"""The gateway as an MCP server, for whichever client: on standard input and output, or over HTTP on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import anyio

from goldenthread.control.guard import new_id
from goldenthread.promise.errors import GatewayUnavailable, GoldenthreadError
from goldenthread.surfaces.gateway.answers import Answer
from goldenthread.surfaces.gateway.doors import Doors
from goldenthread.surfaces.gateway.gateway import Caller, Gateway
from goldenthread.surfaces.gateway.pipes import standard_streams

CASE = "goldenthread/case"
"""Key of a request's `_meta`; over HTTP also the header `Goldenthread-Case`. The client's program sets it, no model."""

TICKET_META = "goldenthread/ticket"
LARGEST_REQUEST = 1024 * 1024

INSTRUCTIONS = (
    "These tools are under contract. A call may be answered with 'NOT DONE YET' and a ticket: a person is asked first. "
    "Go on with other work, or tell the user that it waits; call again later with exactly the same arguments and the "
    "ticket. Never reword a call to get round an answer. 'NOT DONE' is final for that call, with the reason."
)


def require_mcp() -> None:
    """
    Raises:
        GatewayUnavailable: The package `mcp` is not installed, or is another generation of it.
    """
    try:
        from mcp.server.lowlevel.server import Server  # noqa: F401
        from mcp.types import CallToolResult  # noqa: F401
    except ImportError as error:
        raise GatewayUnavailable(
            f"The gateway needs the package `mcp` from version 2 ({error}). Run `pip install 'goldenthread[mcp]'`."
        ) from error


def mcp_server(gateway: Gateway, version: str) -> Any:
    """A server of the `mcp` package that passes lists and calls of tools on to the gateway, and nothing else."""
    from mcp.server.lowlevel.server import Server
    from mcp.shared.exceptions import MCPError
    from mcp.types import INTERNAL_ERROR, CallToolResult, ListToolsResult, TextContent, Tool

    connection = new_id()

    async def on_list_tools(_context: Any, _params: Any) -> Any:
        try:
            tools = [Tool.model_validate(tool) for tool in await gateway.list_tools()]
        except GoldenthreadError as error:
            raise MCPError(code=INTERNAL_ERROR, message=str(error)) from error
        # Levels, stops and pins change at any time: no client may keep the list.
        return ListToolsResult(tools=tools, ttl_ms=0, cache_scope="private")

    async def on_call_tool(context: Any, params: Any) -> Any:
        caller = _caller(context, connection)
        answer = await gateway.call_tool(params.name, params.arguments or {}, caller)
        try:
            return CallToolResult.model_validate(_wire(answer))
        except ValueError:  # the call is over and on record: only its words can't be told
            words = f"It came to '{answer.status}', and what it gave is nothing that the protocol knows."
            return CallToolResult(content=[TextContent(type="text", text=words)], is_error=answer.failed)

    return Server(
        "goldenthread",
        version=version,
        instructions=INSTRUCTIONS,
        on_list_tools=on_list_tools,
        on_call_tool=on_call_tool,
    )


async def serve_pipes(server: Any) -> None:
    """Serve the one client on standard input and output, until it closes them or somebody ends the process."""
    async with _until_told(), standard_streams() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


async def serve_http(server: Any, bound: socket.socket, token: str) -> None:
    """
    Serve clients that have the token, at `/mcp`, until somebody ends the process.

    Args:
        server: Made by `mcp_server`.
        bound: A socket of this machine's own address.
        token: What every request carries as `Authorization: Bearer`.
    """
    import uvicorn

    app = server.streamable_http_app(max_request_body_size=LARGEST_REQUEST)
    config = uvicorn.Config(
        Doors(app, token=token),
        log_level="error",
        access_log=False,
        lifespan="on",
        ws="none",
        http="h11",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    serving = uvicorn.Server(config)
    serving.capture_signals = contextlib.nullcontext  # type: ignore[assignment,method-assign]
    async with _until_told(lambda: setattr(serving, "should_exit", True)):
        await serving.serve(sockets=[bound])


@contextlib.asynccontextmanager
async def _until_told(tell: Callable[[], object] | None = None) -> AsyncIterator[None]:
    """A block that ends in order when the process is told to end."""
    async with anyio.create_task_group() as group:

        async def watch() -> None:
            with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as received:
                async for _ in received:
                    if tell is not None:
                        tell()
                    else:
                        group.cancel_scope.cancel()

        group.start_soon(watch)
        yield
        group.cancel_scope.cancel()


def _caller(context: Any, connection: str) -> Caller:
    meta: Mapping[str, Any] = context.meta or {}
    headers: Mapping[str, str] = context.request.headers if context.request is not None else {}
    case, ticket = meta.get(CASE) or headers.get("goldenthread-case"), meta.get(TICKET_META)
    return Caller(
        session=headers.get("mcp-session-id") or connection,
        case=str(case) if case is not None else None,
        ticket=str(ticket) if ticket is not None else None,
    )


def _wire(answer: Answer) -> dict[str, Any]:
    told: dict[str, Any] = {"content": [dict(block) for block in answer.blocks], "isError": answer.failed}
    if answer.structured is not None:
        told["structuredContent"] = answer.structured
    told["_meta"] = {f"goldenthread/{name}": value for name, value in {"status": answer.status, **answer.meta}.items()}
    return told


def new_token() -> str:
    """A token that nobody can guess."""
    return secrets.token_urlsafe(32)


async def together(serve: Callable[[], Awaitable[None]], *keep: Callable[[], Awaitable[None]]) -> None:
    """Serve while the others run; they end with it."""
    helpers = [asyncio.ensure_future(job()) for job in keep]
    try:
        await serve()
    finally:
        for helper in helpers:
            helper.cancel()
        await asyncio.gather(*helpers, return_exceptions=True)
