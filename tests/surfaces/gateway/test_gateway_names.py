from __future__ import annotations

import pytest

from goldenthread.promise.errors import ToolUnknown
from goldenthread.surfaces.gateway.names import Names, action_of


@pytest.mark.parametrize(
    ("tool", "prefix", "action"),
    [
        ("git_add", "", "git_add"),
        ("read-file", "", "read_file"),
        ("a.b/c", "fs", "fs_a_b_c"),
        ("2nd", "", "_2nd"),
        ("größe", "", "gr__e"),
    ],
)
def test_a_contract_can_name_every_tool(tool: str, prefix: str, action: str) -> None:
    """Servers name tools as they like, and a tool that can't be named can't be allowed."""
    assert action_of(tool, prefix) == action


def test_a_client_knows_tools_by_their_own_names_unless_a_prefix_tells_servers_apart() -> None:
    """An agent whose prompt speaks of 'read-file' goes on to find it."""
    assert Names(server="s").told("read-file") == "read-file"
    assert Names(server="s", prefix="fs").told("read-file") == "fs_read_file"
    assert Names(server="s", prefix="fs").tool("fs_read_file", ["read-file"]) == "read-file"


def test_two_tools_that_are_one_action_are_both_refused() -> None:
    """A yes to the one would be a yes to the other."""
    with pytest.raises(ToolUnknown) as caught:
        Names(server="s").tool("read-file", ["read-file", "read_file"])
    assert str(caught.value) == (
        "tool-unknown: The tools 'read-file' and 'read_file' of 's' are one action, 'read_file', to a contract, so "
        "neither is used. Have one of them renamed."
    )
