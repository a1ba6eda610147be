"""A refund agent of Microsoft's Agent Framework under contract, without a model key: run it with python."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import desk
from agent_framework import Agent, BaseChatClient, ChatResponse, Content, FunctionInvocationLayer, Message

import goldenthread
from goldenthread.surfaces.adapters.agent_framework import guarded


def agent(thread: goldenthread.Thread) -> desk.Work:
    """The agent; its tools are the guarded ones, so there is no way round the guard."""
    tools = guarded(thread, desk.TOOLS)

    def work(script: desk.Script) -> str:
        return asyncio.run(Agent(Following(script), "Work cases.", tools=tools).run("Work the case.")).text

    return work


class Following(FunctionInvocationLayer[Any], BaseChatClient[Any]):
    """In place of a language model."""

    def __init__(self, script: desk.Script) -> None:
        super().__init__()
        self.script = script

    async def _inner_get_response(self, *, messages: Any, stream: bool, options: Any, **_: Any) -> ChatResponse:
        told = [one.result for message in messages for one in message.contents if one.type == "function_result"]
        if len(told) == len(self.script):
            return ChatResponse(messages=[Message("assistant", [f"I was told: {told[-1]}"])])
        name, values = self.script[len(told)]
        call = Content.from_function_call(call_id=f"call-{len(told)}", name=name, arguments=json.dumps(values))
        return ChatResponse(messages=[Message("assistant", [call])])


if __name__ == "__main__":
    desk.main(agent)
