"""A world with its people, open for the length of a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from goldenthread.record.store import Home
from worlds import World, make_world


@pytest.fixture
def world(home: Home) -> Iterator[World]:
    """An installation with its people granted and its ledger open; no slice yet."""
    made = make_world(home.path)
    with made.opened():
        yield made
