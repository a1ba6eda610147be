"""A real client before the gateway and a real server behind it, each a process of its own."""

from __future__ import annotations

import asyncio
import os
import shlex
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import anyio
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

T = TypeVar("T")

anyio.open_process  # noqa: B018 - imported by its first use: now, and not while a test's loop runs

GOLDENTHREAD = [sys.executable, "-c", "from goldenthread.surfaces.cli import main; main()"]
SLICE = "code"
AGENT = "agent"
GIT: dict[str, Any] = {
    "git_status": {"effect": "read"},
    "git_log": {"effect": "read"},
    "git_add": {"effect": "reversible", "undo": "git_reset"},
    "git_reset": {"effect": "reversible", "undo": "git_add"},
    "git_commit": {"effect": "irreversible"},
}


def git(repository: Path, *words: str) -> str:
    """What git says."""
    command = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@example.com", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def git_server(repository: Path) -> str:
    """The command of a server that others wrote: mcp-server-git, from PyPI."""
    return shlex.join([sys.executable, "-m", "mcp_server_git", "--repository", str(repository)])


def gateway_command(upstream: str, *more: str) -> list[str]:
    """The gateway, as somebody types it."""
    return [*GOLDENTHREAD, "gateway", "run", "--slice", SLICE, "--agent", AGENT, "--upstream", upstream, *more]


def environment() -> dict[str, str]:
    """What the gateway's process gets: the home and the database of this test."""
    kept = ("GOLDENTHREAD_HOME", "GOLDENTHREAD_DATABASE_URL", "GOLDENTHREAD_CACHE", "PYTHONPATH")
    git_names = {
        f"GIT_{role}_{what}": "a@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    return {**{name: os.environ[name] for name in kept if name in os.environ}, **git_names}


@asynccontextmanager
async def client_of(upstream: str, *more: str, mode: str = "auto") -> AsyncIterator[Client]:
    """A client of the `mcp` package that knows nothing of us, with the gateway in the place of its server."""
    program, *arguments = gateway_command(upstream, *more)
    server = StdioServerParameters(command=program, args=arguments, env=environment())
    async with Client(server, mode=mode, read_timeout_seconds=60) as client:
        yield client


def talk(upstream: str, conversation: Callable[[Client], Awaitable[T]], *more: str, mode: str = "auto") -> T:
    """One session of a client."""

    async def session() -> T:
        async with client_of(upstream, *more, mode=mode) as client:
            return await conversation(client)

    return asyncio.run(session())


def text(result: Any) -> str:
    """All words of a result."""
    return "\n".join(block.text for block in result.content)


def status(result: Any) -> str:
    """What the gateway says that a call came to."""
    return str((result.meta or {})["goldenthread/status"])


def ticket(result: Any) -> str:
    """The ticket of a call that waits."""
    told: Mapping[str, Any] = result.structured_content
    return str(told["ticket"])


async def address_of(gateway: asyncio.subprocess.Process) -> tuple[str, str]:
    """Where a gateway that was just started serves HTTP, and all that it said on standard error until then."""
    assert gateway.stderr is not None
    said = ""
    while True:
        line = (await gateway.stderr.readline()).decode()
        said += line
        assert line, said
        if line.startswith("Serving at "):
            return line.removeprefix("Serving at ").strip(), said


@asynccontextmanager
async def http_client(address: str, token: str | None, mode: str = "auto", **headers: str) -> AsyncIterator[Client]:
    """A client over HTTP; with the token, if there is one."""
    bearer = {"Authorization": f"Bearer {token}"} if token is not None else {}
    async with (
        create_mcp_http_client(headers={**bearer, **headers}) as http,
        Client(streamable_http_client(address, http_client=http), mode=mode, read_timeout_seconds=30) as client,
    ):
        yield client


async def until(holds: Callable[[], bool], within_s: float = 10.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        await asyncio.sleep(0.01)
