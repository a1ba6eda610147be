from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from agents import Agent, Model, ModelResponse, Runner, RunState, Usage
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

from goldenthread.surfaces.adapters.openai_agents import guarded, resume
from goldenthread.surfaces.sdk import Thread
from surfaces.adapters.bench import Said, Script


class Bench:
    """openai-agents."""

    def __init__(self, thread: Thread, tools: Sequence[Callable[..., Any]]) -> None:
        self.tools = guarded(thread, tools)

    def work(self, script: Script, saved: str | None = None) -> Said:
        agent = Agent(name="refunds", model=Following(script), tools=self.tools)
        result = asyncio.run(_run(agent, saved))
        paused = bool(result.interruptions)
        told = [str(item["output"]) for item in result.to_input_list() if item.get("type") == "function_call_output"]
        return Said(told=told, paused=paused, saved=result.to_state().to_string() if paused else None)


async def _run(agent: Agent[Any], saved: str | None) -> Any:
    if saved is None:
        return await Runner.run(agent, "Work the case.")
    return await Runner.run(agent, resume(await RunState.from_string(agent, saved)))


class Following(Model):
    """A model that follows a script, by what stands in the conversation."""

    def __init__(self, script: Script) -> None:
        self.script = script

    async def get_response(self, system_instructions: Any, input: Any, *_: Any, **__: Any) -> ModelResponse:
        calls = [item["call_id"] for item in input if isinstance(item, dict) and item.get("type") == "function_call"]
        turn = max((int(call.split("-")[1]) for call in calls), default=-1) + 1
        return ModelResponse(output=self._output(turn), usage=Usage(), response_id=None)

    def stream_response(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        raise NotImplementedError

    def _output(self, turn: int) -> list[Any]:
        if turn >= len(self.script):
            words = ResponseOutputText(text="done", type="output_text", annotations=[])
            return [
                ResponseOutputMessage(id="m", content=[words], role="assistant", status="completed", type="message")
            ]
        return [
            ResponseFunctionToolCall(
                call_id=f"call-{turn}-{number}", name=name, arguments=json.dumps(values), type="function_call"
            )
            for number, (name, values) in enumerate(self.script[turn])
        ]
