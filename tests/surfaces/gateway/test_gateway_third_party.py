"""A real client and a real third-party server, with the gateway between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mcp import Client

from surfaces.gateway.outside import SLICE, git, git_server, status, talk, text, ticket
from worlds import APPROVER, World


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
    """The promise of the gateway: tools of a server that others wrote are under contract, and the agent is unchanged."""
    add = {"repo_path": str(repository), "files": ["two.txt"]}

    async def conversation(client: Client) -> None:
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(listed) == {"git_status", "git_log", "git_add", "git_reset", "git_commit"}
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
