"""A refund agent of smolagents under contract, without a model key: `python refunds_with_smolagents.py`."""

from __future__ import annotations

from typing import Any

import desk
from smolagents import ToolCallingAgent
from smolagents.models import (
    ChatMessage,
    ChatMessageToolCall,
    ChatMessageToolCallFunction,
    MessageRole,
    Model,
)
from smolagents.monitoring import LogLevel

import goldenthread
from goldenthread.surfaces.adapters.smolagents import guarded, released


def agent(thread: goldenthread.Thread) -> desk.Work:
    """The agent; its tools are the guarded ones, so there is no way round the guard."""
    tools = guarded(thread, desk.TOOLS)

    def work(script: desk.Script) -> str:
        worker = ToolCallingAgent(tools=tools, model=Following(script), verbosity_level=LogLevel.OFF)
        with released():  # smolagents would hand an Exception to the model
            return str(worker.run("Work the case."))

    return work


class Following(Model):
    """In place of a language model."""

    def __init__(self, script: desk.Script) -> None:
        super().__init__(model_id="script")
        self.script = script
        self.turn = 0

    def generate(self, messages: Any, *_: Any, **__: Any) -> ChatMessage:
        told = messages[-1].content[0]["text"].removeprefix("Observation:\n")
        last = ("final_answer", {"answer": f"I was told: {told}"})
        name, values = self.script[self.turn] if self.turn < len(self.script) else last
        self.turn += 1
        function = ChatMessageToolCallFunction(name=name, arguments=values)
        call = ChatMessageToolCall(id=f"call-{self.turn}", type="function", function=function)
        return ChatMessage(role=MessageRole.ASSISTANT, content="", tool_calls=[call])


if __name__ == "__main__":
    desk.main(agent)
