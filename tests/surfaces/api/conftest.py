"""A served guard: one for a whole module, and one of its own for a test that changes its level, contract or tokens."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from goldenthread.record.ledger import LEDGER_SCHEMA
from goldenthread.record.store import Home, Store
from goldenthread.record.store.server import EmbeddedServer
from surfaces.api.town import Agent, Town, opened_town
from worlds import World, make_world

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def standing(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, Agent]]:
    """A served guard, and an agent that has earned constrained there."""
    with _served(server, tmp_path_factory.mktemp("town")) as town:
        yield town, town.climb()


@pytest.fixture
def town(standing: tuple[Town, Agent]) -> Town:
    """The module's served guard, whose tools have done nothing yet."""
    standing[0].begin_anew()
    return standing[0]


@pytest.fixture
def alone(standing: tuple[Town, Agent], town: Town) -> Agent:
    """The agent of that town that acts alone."""
    return standing[1]


@pytest.fixture
def own_town(server: EmbeddedServer, tmp_path: Path) -> Iterator[Town]:
    """A served guard for one test."""
    with _served(server, tmp_path) as town:
        yield town


@pytest.fixture
def world(home: Home) -> Iterator[World]:
    """An installation with its people granted and its ledger open; nothing is served yet."""
    made = make_world(home.path)
    with made.opened():
        yield made


@contextmanager
def _served(server: EmbeddedServer, folder: Path) -> Iterator[Town]:
    name = f"town_{next(_numbers)}"
    with server.connect("postgres") as connection:
        connection.execute(f"create database {name}".encode())
    home = Home(folder / "home")
    home.prepare()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOLDENTHREAD_DATABASE_URL", server.url(name))
        patch.setenv("GOLDENTHREAD_HOME", str(home.path))
        with Store.open(home, schemas=[LEDGER_SCHEMA]):
            pass
        world = make_world(home.path)
        with world.opened():
            town = opened_town(world)
            with town.open():
                yield town
    with server.connect("postgres") as connection:
        connection.execute(f"drop database {name} with (force)".encode())
