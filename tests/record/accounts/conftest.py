"""A home with people, shared by a module: each test hires its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from goldenthread.record.store.server import EmbeddedServer
from record.accounts.staff import Staff, opened_staff
from worlds import Model


@pytest.fixture(scope="module")
def staff(server: EmbeddedServer, peopled: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    """The home."""
    with opened_staff(server, peopled, tmp_path_factory.mktemp("staff")) as made:
        yield made
