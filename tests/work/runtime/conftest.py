"""A workplace for the length of a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from goldenthread.record.store import Home
from workplace import Workplace, open_workplace


@pytest.fixture
def place(home: Home, tmp_path: Path) -> Iterator[Workplace]:
    """A world with workers to be started; nobody works yet."""
    yield from open_workplace(home.path, tmp_path)
