"""The page about the content detectors says what they do on the parts of public data to report on."""

from __future__ import annotations

import os

import pytest

from docs.pages import DOCS
from proof.content_data import unavailable
from proof.content_page import tables

PAGE = (DOCS / "detectors.md").read_text(encoding="utf-8")
LINES = [line.strip() for line in PAGE.splitlines()]


@pytest.fixture(scope="module", autouse=True)
def data() -> None:
    """The data sets; skipped, and said so, where they are absent, but required where CI is set."""
    missing = unavailable()
    if missing and os.environ.get("CI"):
        pytest.fail(f"The detectors cannot be measured: {missing}.")
    if missing:
        pytest.skip(f"The detectors cannot be measured: {missing}.")


pytestmark = pytest.mark.shared_data


def test_the_tables_of_the_page_are_the_counted_ones() -> None:
    """Whoever relies on a detector must know what it misses today, not once."""
    starts = range(len(LINES))
    for about, table in tables().items():
        rows = table.splitlines()
        assert any(LINES[start : start + len(rows)] == rows for start in starts), f"{about}\n{table}"
