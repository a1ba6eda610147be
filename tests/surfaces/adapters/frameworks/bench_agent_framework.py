from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agent_framework import (
    Agent,
    AgentSession,
    BaseChatClient,
    ChatResponse,
    Content,
    FunctionInvocationLayer,
    Message,
)

from goldenthread.surfaces.adapters.agent_framework import guarded, resume
from goldenthread.surfaces.sdk import Thread
from surfaces.adapters.bench import Said, Script


class Bench:
    """Microsoft Agent Framework."""

    def __init__(self, thread: Thread, tools: Sequence[Callable[..., Any]]) -> None:
        self.tools = guarded(thread, tools)

    def work(self, script: Script, saved: str | None = None) -> Said:
        return asyncio.run(self._work(script, saved))

    async def _work(self, script: Script, saved: str | None) -> Said:
        client = Following(script)
        agent = Agent(client, "Work cases.", tools=self.tools)
        if saved is None:
            session = agent.create_session()
            response = await agent.run("Work the case.", session=session)
        else:
            left = json.loads(saved)
            session = AgentSession.from_dict(left["session"])
            requests = [Content.from_dict(request) for request in left["requests"]]
            response = await agent.run(resume(requests), session=session)
        paused = bool(response.user_input_requests)
        requests = [request.to_dict() for request in response.user_input_requests]
        left = json.dumps({"session": session.to_dict(), "requests": requests}) if paused else None
        return Said(told=client.told, paused=paused, saved=left)


class Following(FunctionInvocationLayer[Any], BaseChatClient[Any]):
    """A model that follows a script, by what stands in the conversation."""

    def __init__(self, script: Script) -> None:
        super().__init__()
        self.script = script
        self.told: list[str] = []

    async def _inner_get_response(
        self, *, messages: Sequence[Message], stream: bool, options: Mapping[str, Any], **_: Any
    ) -> ChatResponse:
        contents = [content for message in messages for content in message.contents]
        self.told = [str(one.result) for one in contents if one.type == "function_result"]
        calls = [str(one.call_id) for one in contents if one.type == "function_call"]
        turn = max((int(call.split("-")[1]) for call in calls), default=-1) + 1
        if turn >= len(self.script):
            return ChatResponse(messages=[Message("assistant", ["done"])])
        asked = [
            Content.from_function_call(call_id=f"call-{turn}-{number}", name=name, arguments=json.dumps(values))
            for number, (name, values) in enumerate(self.script[turn])
        ]
        return ChatResponse(messages=[Message("assistant", asked)])
