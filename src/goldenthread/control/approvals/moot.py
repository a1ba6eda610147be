"""What a yes is still worth: the run that asked may have ended, or the agent may be another one by now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from goldenthread.control.autonomy import Outline


def moot_words(outline: Outline, row: Mapping[str, Any]) -> str | None:
    """
    Why nothing, or nothing for sure, comes of a yes to an approval; None where the run goes on by it.

    Args:
        outline: Of the slice; it says which version of the agent is the newest.
        row: As `items.SELECT` gives it.
    """
    if row["kind"] != "approval" or row["purpose"] is not None:
        return None
    if row["run_state"] not in ("open", "waiting"):
        return f"the run that asked has ended ({row['run_state']})"
    agents = outline.agents
    asked = agents[row["fingerprint"]]
    newest = max((one for one in agents.values() if one.agent == asked.agent), key=lambda one: one.seq)
    if newest.fingerprint == asked.fingerprint:
        return None
    return "the agent was changed since it asked; where only the new version works, it begins anew and asks again"
