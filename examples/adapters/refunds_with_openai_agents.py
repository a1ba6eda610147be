"""A refund agent of openai-agents under contract, without a model key: `python refunds_with_openai_agents.py`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import desk
from agents import Agent, Model, ModelResponse, Runner, Usage, set_tracing_disabled
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

import goldenthread
from goldenthread.surfaces.adapters.openai_agents import guarded


def agent(thread: goldenthread.Thread) -> desk.Work:
    """The agent; its tools are the guarded ones, so there is no way round the guard."""
    tools = guarded(thread, desk.TOOLS)

    def work(script: desk.Script) -> str:
        worker = Agent(name="refunds", model=Following(script), tools=tools)
        return str(asyncio.run(Runner.run(worker, "Work the case.")).final_output)

    return work


class Following(Model):
    """In place of a language model."""

    def __init__(self, script: desk.Script) -> None:
        self.script = script

    async def get_response(self, system_instructions: Any, input: Any, *_: Any, **__: Any) -> ModelResponse:
        told = [item["output"] for item in input if isinstance(item, dict) and "output" in item]
        if len(told) < len(self.script):
            name, values = self.script[len(told)]
            call = f"call-{len(told)}"
            output: Any = ResponseFunctionToolCall(
                call_id=call, name=name, arguments=json.dumps(values), type="function_call"
            )
        else:
            words = ResponseOutputText(text=f"I was told: {told[-1]}", type="output_text", annotations=[])
            output = ResponseOutputMessage(
                id="m", content=[words], role="assistant", status="completed", type="message"
            )
        return ModelResponse(output=[output], usage=Usage(), response_id=None)

    def stream_response(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        raise NotImplementedError


if __name__ == "__main__":
    set_tracing_disabled(True)
    desk.main(agent)
