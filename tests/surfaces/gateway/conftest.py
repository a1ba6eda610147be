"""A home with a slice for an agent that works on a git repository."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp.server.lowlevel.server", reason="needs the extra mcp: make gateway-test")

from goldenthread.record.store import Home
from surfaces.gateway.outside import SLICE, git
from worlds import World, contract_text, make_world

GIT: dict[str, Any] = {
    "git_status": {"effect": "read"},
    "git_log": {"effect": "read"},
    "git_add": {"effect": "reversible", "undo": "git_reset"},
    "git_reset": {"effect": "reversible", "undo": "git_add"},
    "git_commit": {"effect": "irreversible"},
}


@pytest.fixture
def world(home: Home) -> World:
    """People and their agent."""
    return make_world(home.path)


@pytest.fixture
def code(world: World) -> World:
    """The slice `code`: at approval, so that effects wait for a person."""
    with world.opened():
        world.sign(contract_text(SLICE, level="approval", actions=GIT))
    return world


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Path]:
    """A repository with one commit, and a file that is not in it yet."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "one.txt").write_text("one\n")
    git(folder, "add", "one.txt")
    git(folder, "commit", "-q", "-m", "first")
    (folder / "two.txt").write_text("two\n")
    yield folder
