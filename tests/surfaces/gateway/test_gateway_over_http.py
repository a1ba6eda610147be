"""The gateway over HTTP, as a process of its own: the agent has an address and a token, and nothing else."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import pytest
from mcp import Client

from surfaces.gateway.outside import (
    SLICE,
    address_of,
    environment,
    gateway_command,
    http_client,
    status,
    text,
)
from worlds import World, contract_text

KINDS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
NO_TOKEN = (
    "The request does not carry the token of this gateway. "
    "Send the header `Authorization: Bearer TOKEN` with the token that it was started with."
)
TIME = f"{sys.executable} -m mcp_server_time"


@pytest.fixture
def clock(home_of_people: World) -> World:
    """A slice whose agent may ask for the time."""
    with home_of_people.opened():
        actions = {"get_current_time": {"effect": "read", "egress": True}, "convert_time": {"effect": "read"}}
        home_of_people.sign(contract_text(SLICE, level="approval", actions=actions))
    return home_of_people


def serve(conversation: Callable[[str], Awaitable[None]], *more: str) -> str:
    """Serve for as long as it takes; what the gateway said."""

    async def life() -> str:
        gateway = await asyncio.create_subprocess_exec(
            *gateway_command(TIME, "--http", "0", *more),
            env={**os.environ, **environment(), "GOLDENTHREAD_GATEWAY_TOKEN": "a-token"},
            stderr=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
        )
        try:
            address, before = await address_of(gateway)
            await conversation(address)
            gateway.send_signal(signal.SIGTERM)
            _, said = await asyncio.wait_for(gateway.communicate(), 20)
        finally:
            if gateway.returncode is None:
                gateway.kill()
                await gateway.communicate()
        assert gateway.returncode == 0, said.decode()
        return before + said.decode()

    return asyncio.run(life())


def ask(address: str, body: bytes, **headers: str) -> tuple[int, str]:
    """A request that no client of the protocol would make."""
    request = urllib.request.Request(address, data=body, headers={**KINDS, **headers})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def announce(address: str, size: int, **headers: str) -> int:
    """Announce a body of so many bytes, and send none of it."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=20)
    connection.putrequest("POST", parts.path)
    for name, value in {**KINDS, **headers, "Content-Length": str(size)}.items():
        connection.putheader(name, value)
    connection.endheaders()
    code = connection.getresponse().status
    connection.close()
    return code


def test_a_client_with_the_token_is_served_in_enforcing_mode_and_others_are_not(clock: World) -> None:
    """The address alone must open nothing: any program on the machine can find it."""

    async def conversation(address: str) -> None:
        async with http_client(address, "a-token") as client:
            assert len((await client.list_tools()).tools) == 2
            asked = await client.call_tool("get_current_time", {"timezone": "UTC"})
            assert status(asked) == "pending"
        for token in ("", "Bearer wrong", "Basic a-token", "a-token"):
            code, body = await asyncio.to_thread(ask, address, b"{}", Authorization=token)
            assert (code, json.loads(body)) == (401, {"code": "client-refused", "message": NO_TOKEN})
        ok = {"Authorization": "Bearer a-token"}
        assert (await asyncio.to_thread(ask, address, b"{}", **ok, Host="evil.example.com"))[0] == 421
        assert (await asyncio.to_thread(ask, address, b"{}", **ok, Origin="http://evil.example.com"))[0] == 403
        assert (await asyncio.to_thread(ask, address, b"no json", **ok))[0] == 400
        assert await asyncio.to_thread(announce, address, 2_000_000, **ok) == 413

    said = serve(conversation)
    assert "2 tools of 'mcp' as agent pinned them; enforcing mode" in said


def test_one_case_for_a_session_or_the_one_that_the_client_names(clock: World) -> None:
    """Two clients of one gateway must not share what they have read, where the protocol lets us tell them apart."""

    async def conversation(address: str) -> None:
        async def one(client: Client) -> None:
            assert status(await client.call_tool("convert_time", TO_BERLIN)) == "done"

        async with http_client(address, "a-token", mode="legacy") as client:
            await one(client)
        async with http_client(address, "a-token", mode="legacy") as client:
            await one(client)
        for _ in range(2):
            async with http_client(address, "a-token", **{"Goldenthread-Case": "named"}) as client:
                await one(client)
        async with http_client(address, "a-token") as client:
            refused = await client.call_tool("convert_time", {"source_timezone": 7})
            assert "tool-arguments-invalid" in text(refused)

    serve(conversation, "--client-names-cases")
    with clock.opened():
        started = [record.data["case"] for record in clock.ledger.read(SLICE, kinds=["run:start"])]
        assert len(started) == len(set(started)) == 3
        ended = [record.data["status"] for record in clock.ledger.read(SLICE, kinds=["run:end"])]
        assert ended == ["done"] * 3


TO_BERLIN = {"source_timezone": "UTC", "time": "12:00", "target_timezone": "Europe/Berlin"}


def test_a_server_behind_an_address_is_reached_with_its_own_token(clock: World) -> None:
    """The agent never sees the credentials of the tools: here a gateway stands before a gateway."""

    async def conversation(address: str) -> None:
        os.environ["SHOP_TOKEN"] = "a-token"
        command = gateway_command(address, "--upstream-token", "SHOP_TOKEN", "--name", "far")
        away = await asyncio.create_subprocess_exec(
            *command,
            env={**os.environ, **environment()},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert away.stderr is not None
        line = (await away.stderr.readline()).decode()
        assert line.startswith("2 tools of 'far' as agent pinned them"), line
        assert away.stdin is not None
        away.stdin.close()
        await asyncio.wait_for(away.communicate(), 20)

    serve(conversation)
