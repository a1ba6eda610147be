"""A real client and a real third-party server, with the gateway between them."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError

from surfaces.gateway.outside import (
    GIT,
    SLICE,
    address_of,
    environment,
    gateway_command,
    git,
    git_server,
    http_client,
    status,
    talk,
    text,
    ticket,
    until,
)
from worlds import APPROVER, World, contract_text


@pytest.fixture
def code(home_of_people: World) -> World:
    """The slice `code`: at approval, so that effects wait for a person."""
    with home_of_people.opened():
        home_of_people.sign(contract_text(SLICE, level="approval", actions=GIT))
    return home_of_people


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit, and a file that is not in it yet."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "one.txt").write_text("one\n")
    git(folder, "add", "one.txt")
    git(folder, "commit", "-q", "-m", "first")
    (folder / "two.txt").write_text("two\n")
    return folder


def answer(world: World, **edited: Any) -> None:
    """A person, in another process than the gateway, says yes to the one thing that waits."""
    with world.opened():
        inbox = world.inbox(SLICE)
        (item,) = inbox.items()
        if edited:
            inbox.edit(item.id, {**(item.arguments or {}), **edited}, by=APPROVER)
        else:
            inbox.approve(item.id, by=APPROVER)


def test_a_client_lists_reads_asks_and_does_once_what_a_person_approved(code: World, repository: Path) -> None:
    """The promise: tools of a server that others wrote are under contract, and the agent is unchanged."""
    add = {"repo_path": str(repository), "files": ["two.txt"]}

    async def conversation(client: Client) -> None:
        assert client.server_capabilities.resources is None
        with pytest.raises(MCPError, match="Method not found"):
            await client.list_resources()  # what isn't guarded isn't there
        assert {tool.name for tool in (await client.list_tools()).tools} == {
            "git_status",
            "git_log",
            "git_add",
            "git_reset",
            "git_commit",
        }
        seen = await client.call_tool("git_status", {"repo_path": str(repository)})
        assert (seen.is_error, status(seen)) == (False, "done")
        assert "two.txt" in text(seen)

        first = await client.call_tool("git_add", add)
        assert (first.is_error, status(first)) == (False, "pending")
        again = await client.call_tool("git_add", add)
        assert ticket(again) == ticket(first)
        assert git(repository, "diff", "--cached", "--name-only") == ""

        answer(code)
        done = await client.call_tool("git_add", {**add, "_ticket": ticket(first)})
        assert (done.is_error, status(done)) == (False, "done")
        assert git(repository, "diff", "--cached", "--name-only") == "two.txt\n"

        git(repository, "reset", "-q")
        repeated = await client.call_tool("git_add", {**add, "_ticket": ticket(first)})
        assert status(repeated) == "done"
        assert text(repeated).startswith("Done before")
        assert git(repository, "diff", "--cached", "--name-only") == ""

    talk(git_server(repository), conversation)
    with code.opened():
        assert code.replay(SLICE).mismatches == []
        assert code.verify_ok()


def test_a_person_edits_and_the_commit_is_theirs(code: World, repository: Path) -> None:
    """What a person wrote happens, on a server that knows nothing of persons, and the client is told."""
    git(repository, "add", "two.txt")

    async def conversation(client: Client) -> None:
        wanted = {"repo_path": str(repository), "message": "whatever"}
        assert status(await client.call_tool("git_commit", wanted)) == "pending"
        answer(code, message="Add the second file")
        done = await client.call_tool("git_commit", wanted)
        assert (done.is_error, status(done)) == (False, "done")
        assert text(done).startswith(
            "It was done with other arguments than these, as a person or the contract wanted: "
        )

    talk(git_server(repository), conversation)
    assert git(repository, "log", "--format=%s") == "Add the second file\nfirst\n"


def test_a_client_of_the_older_protocol_is_served_as_well(code: World, repository: Path) -> None:
    """Most clients out there still begin with a handshake."""

    async def conversation(client: Client) -> None:
        assert client.protocol_version < "2026"
        assert "git_add" in {tool.name for tool in (await client.list_tools()).tools}
        asked = await client.call_tool("git_add", {"repo_path": str(repository), "files": ["two.txt"]})
        assert status(asked) == "pending"
        denied = await client.call_tool("git_checkout", {"repo_path": str(repository), "branch_name": "main"})
        assert (denied.is_error, status(denied)) == (True, "denied")
        assert "'git_checkout' is not declared" in text(denied)

    talk(git_server(repository), conversation, mode="legacy")


def test_before_a_signature_a_client_sees_reads_only(home_of_people: World, repository: Path) -> None:
    """Nothing else could come of a call, not even evidence."""
    from goldenthread.control.signing import commit_version
    from goldenthread.promise.contract import parse_contract
    from worlds import OWNER

    with home_of_people.opened():
        contract = parse_contract(contract_text(SLICE, level="approval", actions=GIT))
        commit_version(home_of_people.desk(SLICE), contract, by=OWNER)

    async def conversation(client: Client) -> None:
        assert {tool.name for tool in (await client.list_tools()).tools} == {"git_status", "git_log"}
        refused = await client.call_tool("git_add", {"repo_path": str(repository), "files": ["two.txt"]})
        assert (refused.is_error, status(refused)) == (True, "denied")
        assert "unsigned or a prototype" in text(refused)

    talk(git_server(repository), conversation)


def test_another_prefix_is_another_action(home_of_people: World, repository: Path) -> None:
    """Two servers with tools of one name must not be taken for each other."""
    with home_of_people.opened():
        actions = {f"vcs_{name}": {"effect": "read"} for name in ("git_status", "git_log")}
        home_of_people.sign(contract_text(SLICE, level="approval", actions=actions))

    async def conversation(client: Client) -> None:
        assert {tool.name for tool in (await client.list_tools()).tools} == {"vcs_git_status", "vcs_git_log"}
        assert "two.txt" in text(await client.call_tool("vcs_git_status", {"repo_path": str(repository)}))
        unknown = await client.call_tool("git_status", {"repo_path": str(repository)})
        assert "tool-unknown" in text(unknown)

    talk(git_server(repository), conversation, "--name", "vcs")


def test_a_server_with_structured_output_keeps_its_schema(home_of_people: World) -> None:
    """A client checks what comes back against the schema that it was shown: a second server that others wrote."""
    with home_of_people.opened():
        actions = {"get_current_time": {"effect": "read"}, "convert_time": {"effect": "read"}}
        home_of_people.sign(contract_text(SLICE, level="draft", actions=actions))

    async def conversation(client: Client) -> None:
        (tool,) = [tool for tool in (await client.list_tools()).tools if tool.name == "get_current_time"]
        assert tool.output_schema is not None
        now = await client.call_tool("get_current_time", {"timezone": "Europe/Berlin"})
        assert now.structured_content["timezone"] == "Europe/Berlin"
        wrong = await client.call_tool("get_current_time", {"timezone": "Nowhere/Never"})
        assert (wrong.is_error, status(wrong)) == (True, "error")

    talk(f"{sys.executable} -m mcp_server_time", conversation)


@pytest.mark.crash
def test_killed_between_permit_and_effect_the_call_is_in_doubt_and_not_done_again(
    code: World, repository: Path, tmp_path: Path
) -> None:
    """After signal 9 nobody knows whether the tool did its work; a person must look before anything happens again."""
    hook = repository / ".git" / "hooks" / "pre-commit"
    begun, go_on = tmp_path / "begun", tmp_path / "go-on"
    hook.write_text(f"#!/bin/sh\necho x >> '{begun}'\nwhile [ ! -e '{go_on}' ]; do sleep 0.05; done\n")
    hook.chmod(0o755)
    git(repository, "add", "two.txt")
    wanted = {"repo_path": str(repository), "message": "second"}

    async def killed() -> None:
        gateway = await asyncio.create_subprocess_exec(
            *gateway_command(git_server(repository), "--case", "c", "--http", "0"),
            env={**os.environ, **environment(), "GOLDENTHREAD_GATEWAY_TOKEN": "t"},
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            address, _ = await address_of(gateway)
            async with http_client(address, "t") as client:
                assert status(await client.call_tool("git_commit", wanted)) == "pending"
                answer(code)
                calling = asyncio.ensure_future(client.call_tool("git_commit", wanted))
                await until(begun.exists)
                gateway.kill()
                await asyncio.gather(calling, return_exceptions=True)
        except ExceptionGroup:
            pass  # the client, too, is told that its server is gone
        finally:
            go_on.touch()
            await gateway.communicate()

    asyncio.run(killed())
    assert begun.read_text() == "x\n"

    async def conversation(client: Client) -> None:
        again = await client.call_tool("git_commit", wanted)
        assert status(again) == "pending"
        assert "whether the effect happened is unknown" in text(again) or "waits for a person" in text(again)

    talk(git_server(repository), conversation, "--case", "c")
    assert begun.read_text() == "x\n"
    with code.opened():
        assert code.open_items(SLICE, "in-doubt effect") == ["c"]
