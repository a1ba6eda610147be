"""Agents of other makers read our states in A2A's words."""

from __future__ import annotations

import pytest

from docs.pages import DOCS
from goldenthread.promise.errors import ValueProblem
from goldenthread.surfaces.sdk import TASK_STATES, task_state


def test_every_state_is_on_the_page() -> None:
    """Whoever connects an A2A agent reads the page, not the code."""
    page = (DOCS / "howto" / "call-agents.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    for ours, theirs in TASK_STATES.items():
        if ours != "new":
            assert [row for row in rows if f"`{ours}`" in row.split("|")[1] and f"`{theirs}`" in row.split("|")[2]]


def test_an_unknown_status_is_named() -> None:
    """A state that nobody knows must not pass for one that is fine."""
    assert task_state("waiting") == "input-required"
    with pytest.raises(ValueProblem, match="'finished' is no status of a run"):
        task_state("finished")
