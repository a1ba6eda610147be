"""The agent of `bench.runs`: in a module of its own, so that its fingerprint is the same in every process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import goldenthread
from bench.worlds import AGENT
from goldenthread.surfaces.sdk import Thread


def connected(home: Path, **manifest: str) -> tuple[Thread, Any]:
    """The bench agent with its tool; the same each time, so that its fingerprint is one."""
    thread = goldenthread.connect(home, agent=AGENT, manifest=manifest)

    @thread.action("act_1")
    def act(country: str, amount: int) -> str:
        return f"{country} {amount}"

    return thread, act
