"""A home with a slice for an agent whose tools come from an MCP server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from goldenthread.record.store import Home
from worlds import EASY, World, contract_text, make_world

# What needs the extra is not even imported without it; test_gateway_extra.py says so.
collect_ignore = (
    []
    if find_spec("mcp_types")
    else [file.name for file in Path(__file__).parent.glob("test_*.py") if "gateway.inside" in file.read_text()]
    + ["test_gateway_third_party.py", "test_gateway_over_http.py", "test_gateway_commands.py"]
)

Signed = Callable[..., World]


@pytest.fixture
def home_of_people(home: Home) -> World:
    """People and their agent."""
    return make_world(home.path)


@pytest.fixture
def world(home_of_people: World) -> Iterator[World]:
    """The same, open for the length of the test."""
    with home_of_people.opened():
        yield home_of_people


@pytest.fixture
def shop_at(world: World) -> Signed:
    """The slice of the agent, at a level; see `contract_text`."""

    def signed(level: str, actions: dict[str, Any], **wanted: Any) -> World:
        gates = {"gates": EASY} if level == "approval" else {}
        world.sign(contract_text("code", level=level, actions=actions, **{**gates, **wanted}))
        return world

    return signed
