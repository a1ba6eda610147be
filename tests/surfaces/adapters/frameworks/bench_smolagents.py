from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from smolagents import ToolCallingAgent
from smolagents.agents import ToolOutput
from smolagents.models import (
    ChatMessage,
    ChatMessageToolCall,
    ChatMessageToolCallFunction,
    MessageRole,
    Model,
)
from smolagents.monitoring import LogLevel

from goldenthread.surfaces.adapters.smolagents import guarded, released
from goldenthread.surfaces.sdk import Thread
from surfaces.adapters import bench
from surfaces.adapters.bench import Said, Script


def remit(order: str, amount: int) -> str:
    """
    Pay a refund; smolagents itself takes no coroutine function.

    Args:
        order: The order's number.
        amount: Whole euros.
    """
    return asyncio.run(bench.remit(order, amount))


class Bench:
    """smolagents."""

    def __init__(self, thread: Thread, tools: Sequence[Callable[..., Any]]) -> None:
        self.tools = guarded(thread, [remit if tool is bench.remit else tool for tool in tools])

    def work(self, script: Script, saved: str | None = None) -> Said:
        agent = ToolCallingAgent(tools=self.tools, model=Following(script), verbosity_level=LogLevel.OFF)
        with released():
            events = [event for event in agent.run("Work the case.", stream=True) if isinstance(event, ToolOutput)]
        return Said(told=[event.observation for event in events if not event.is_final_answer])


class Following(Model):
    """A model that follows a script; smolagents begins anew each time."""

    def __init__(self, script: Script) -> None:
        super().__init__(model_id="script")
        self.script = script
        self.turn = 0

    def generate(self, messages: Any, *_: Any, **__: Any) -> ChatMessage:
        calls = self.script[self.turn] if self.turn < len(self.script) else [("final_answer", {"answer": "done"})]
        self.turn += 1
        return ChatMessage(
            role=MessageRole.ASSISTANT,
            content="",
            tool_calls=[
                ChatMessageToolCall(
                    id=f"call-{self.turn}-{number}",
                    type="function",
                    function=ChatMessageToolCallFunction(name=name, arguments=values),
                )
                for number, (name, values) in enumerate(calls)
            ],
        )
