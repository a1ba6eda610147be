"""A served guard, for the length of a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from goldenthread.record.store import Home
from surfaces.api.town import Agent, Town, opened_town
from worlds import World, make_world


@pytest.fixture
def world(home: Home) -> Iterator[World]:
    """An installation with its people granted and its ledger open."""
    made = make_world(home.path)
    with made.opened():
        yield made


@pytest.fixture
def town(world: World) -> Iterator[Town]:
    """A served guard whose agent asks a person for every effect."""
    made = opened_town(world)
    with made.open():
        yield made


@pytest.fixture
def alone(town: Town) -> Agent:
    """An agent of that town that has earned constrained: it acts alone."""
    return town.climb()
