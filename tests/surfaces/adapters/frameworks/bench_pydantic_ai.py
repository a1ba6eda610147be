from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic_ai import Agent, DeferredToolRequests, ModelMessagesTypeAdapter
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
)
from pydantic_ai.models.function import AgentInfo, FunctionModel

from goldenthread.surfaces.adapters.pydantic_ai import guarded, resume
from goldenthread.surfaces.sdk import Thread
from surfaces.adapters.bench import Said, Script

REQUESTS = TypeAdapter(DeferredToolRequests)


class Bench:
    """pydantic-ai."""

    def __init__(self, thread: Thread, tools: Sequence[Callable[..., Any]]) -> None:
        self.tools = guarded(thread, tools, defer=True)

    def work(self, script: Script, saved: str | None = None) -> Said:
        agent = Agent(FunctionModel(_following(script)), toolsets=[self.tools], output_type=[str, DeferredToolRequests])
        if saved is None:
            result = agent.run_sync("Work the case.")
        else:
            left = json.loads(saved)
            result = agent.run_sync(
                message_history=ModelMessagesTypeAdapter.validate_python(left["messages"]),
                deferred_tool_results=resume(REQUESTS.validate_python(left["requests"])),
            )
        paused = isinstance(result.output, DeferredToolRequests)
        return Said(told=_told(result.all_messages()), paused=paused, saved=_saved(result) if paused else None)


def _saved(result: Any) -> str:
    requests = REQUESTS.dump_python(result.output, mode="json")
    return json.dumps({"messages": json.loads(result.all_messages_json()), "requests": requests})


def _following(script: Script) -> Any:
    def answer(messages: list[ModelMessage], _info: AgentInfo) -> ModelResponse:
        turn = sum(isinstance(message, ModelResponse) for message in messages)
        if turn >= len(script):
            return ModelResponse(parts=[TextPart("done")])
        return ModelResponse(
            parts=[
                ToolCallPart(name, values, tool_call_id=f"call-{turn}-{number}")
                for number, (name, values) in enumerate(script[turn])
            ]
        )

    return answer


def _told(messages: list[ModelMessage]) -> list[str]:
    return [
        str(part.content)
        for message in messages
        if isinstance(message, ModelRequest)
        for part in message.parts
        if isinstance(part, ToolReturnPart)
    ]
