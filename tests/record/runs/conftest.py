"""Where the real files are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_FOLDER = Path(__file__).parents[4] / "shared" / "data" / "agent-runs"


@pytest.fixture
def agent_runs() -> Path:
    """The folder with the recorded runs of the shared data; without it a test is skipped, and fails where CI is set."""
    if not _FOLDER.is_dir():
        words = f"the shared data are not at {_FOLDER}"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    return _FOLDER
