"""Worlds to export."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit_worlds import World, begin, full


@pytest.fixture
def begun(tmp_path: Path) -> World:
    """A world in which nothing was worked yet."""
    return begin(tmp_path)


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world with everything; leave it as it is."""
    return full(tmp_path_factory.mktemp("world"))
