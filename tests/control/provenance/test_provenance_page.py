"""The page on provenance says what really happens to each value in its table."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from goldenthread.control.provenance import Origins

PAGE = (Path(__file__).parents[3] / "docs" / "howto" / "provenance.md").read_text(encoding="utf-8")
TASK = " ".join(line.removeprefix("> ") for line in PAGE.splitlines() if line.startswith("> "))
ROWS = re.findall(r"^\| `(.+?)` \| (yes|no) \|", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("value", "trusted"), ROWS)
def test_each_value_on_the_page_is_trusted_as_it_says(value: str, trusted: str) -> None:
    """An author decides by this table what to write into `decides`."""
    origins = Origins()
    origins.read("the task", {"request": TASK}, None, prose=True)
    assert (origins.problem(json.loads(value)) is None) == (trusted == "yes")


def test_the_table_is_there() -> None:
    """No rows would make the test above say nothing."""
    assert len(ROWS) >= 15
