"""The office: one that is only looked at, shared by a module, and one of its own for a test that changes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from goldenthread.record.store import Home
from goldenthread.record.store.server import EmbeddedServer
from surfaces.views.office import Office, opened_office
from worlds import World, make_world


@pytest.fixture(scope="module")
def office(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The office after a day's work; look, and change nothing."""
    with opened_office(server, tmp_path_factory.mktemp("office")) as made:
        yield made


@pytest.fixture
def busy_office(server: EmbeddedServer, tmp_path: Path) -> Iterator[Office]:
    """The same, to work in."""
    with opened_office(server, tmp_path) as made:
        yield made


@pytest.fixture
def world(home: Home) -> Iterator[World]:
    """An installation with its people granted and its ledger open; no slice yet."""
    made = make_world(home.path)
    with made.opened():
        yield made
