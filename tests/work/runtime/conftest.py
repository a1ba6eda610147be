"""A workplace for the length of a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from goldenthread.record.store import Home
from workplace import Workplace, open_workplace
from worlds import Model


@pytest.fixture
def copied(request: pytest.FixtureRequest) -> Model | None:
    """A place begins with its slices signed and its levels earned."""
    models = {"place": "employed", "world": "peopled"}
    wanted = next((models[name] for name in models if name in request.fixturenames), None)
    model: Model | None = request.getfixturevalue(wanted) if wanted else None
    return model


@pytest.fixture
def place(home: Home, tmp_path: Path) -> Iterator[Workplace]:
    """A world with workers to be started; nobody works yet."""
    with open_workplace(home.path, tmp_path) as place:
        yield place
