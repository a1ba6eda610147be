from __future__ import annotations

import asyncio

from claude_agent_sdk import tool

from goldenthread.surfaces.adapters.claude_agent_sdk import guarded
from surfaces.adapters import bench
from surfaces.adapters.bench import SLICE, effects
from surfaces.adapters.conftest import Place


@tool("pay", "Pay.", {"order": str, "amount": int})
async def pay(arguments: dict[str, object]) -> dict[str, object]:
    """Pay."""
    return {"content": [{"type": "text", "text": bench.pay(**arguments)}]}  # type: ignore[arg-type]


@tool("look", "Look.", {"order": str})
async def look(arguments: dict[str, object]) -> dict[str, object]:
    """Look."""
    return {"content": [{"type": "text", "text": bench.look(**arguments)}]}  # type: ignore[arg-type]


def test_after_a_question_no_tool_of_the_run_works(place: Place) -> None:
    """Until `watched` has ended the conversation, the CLI may go on asking."""
    place.at("approval")
    with place.connect() as thread:
        paying, looking = guarded(thread, [pay, look])
        with thread.run(SLICE, case="case-1"):
            first = asyncio.run(paying.handler({"order": "o", "amount": 1}))
            second = asyncio.run(looking.handler({"order": "o"}))
    assert first["is_error"]
    assert second["is_error"]
    assert "waits for a person" in second["content"][0]["text"]
    assert effects() == []
