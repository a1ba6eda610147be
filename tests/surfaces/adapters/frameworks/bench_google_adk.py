from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from google.adk.agents import LlmAgent
from google.adk.models import BaseLlm, LlmResponse
from google.adk.runners import Runner
from google.adk.sessions import InMemorySessionService, Session
from google.genai import types

from goldenthread.surfaces.adapters.google_adk import guarded, resume
from goldenthread.surfaces.sdk import Thread
from surfaces.adapters.bench import Said, Script


class Bench:
    """google-adk."""

    def __init__(self, thread: Thread, tools: Sequence[Callable[..., Any]]) -> None:
        self.tools = guarded(thread, tools)

    def work(self, script: Script, saved: str | None = None) -> Said:
        return asyncio.run(self._work(script, saved))

    async def _work(self, script: Script, saved: str | None) -> Said:
        agent = LlmAgent(name="desk", model=Following(model="script", script=script), tools=self.tools)
        sessions = InMemorySessionService()
        runner = Runner(app_name="refunds", agent=agent, session_service=sessions)
        session = await sessions.create_session(app_name="refunds", user_id="u", session_id="s")
        message = types.Content(role="user", parts=[types.Part(text="Work the case.")])
        if saved is not None:
            before = Session.model_validate_json(saved)
            for event in before.events:
                await sessions.append_event(session, event)
            message = resume(before.events)
        paused = False
        async for event in runner.run_async(user_id="u", session_id="s", new_message=message):
            paused = paused or bool(event.actions.requested_tool_confirmations)
        kept = await sessions.get_session(app_name="refunds", user_id="u", session_id="s")
        assert kept is not None
        return Said(told=_told(kept), paused=paused, saved=kept.model_dump_json() if paused else None)


def _told(session: Session) -> list[str]:
    """The last answer to each call: the first may have been that it waits."""
    answers = {}
    for event in session.events:
        for answer in event.get_function_responses():
            if not str(answer.name).startswith("adk_"):
                answers[answer.id] = answer.response
    return [
        str(answer["result"]) if set(answer) == {"result"} else json.dumps(answer)
        for answer in answers.values()
        if "Not done yet" not in str(answer)
    ]


class Following(BaseLlm):
    """A model that follows a script, by what stands in the conversation."""

    script: list[list[Any]]

    async def generate_content_async(self, llm_request: Any, stream: bool = False) -> AsyncIterator[LlmResponse]:
        calls = [
            str(part.function_call.id)
            for content in llm_request.contents
            for part in content.parts or []
            if part.function_call is not None and str(part.function_call.id).startswith("call-")
        ]
        turn = max((int(call.split("-")[1]) for call in calls), default=-1) + 1
        if turn >= len(self.script):
            yield LlmResponse(content=types.Content(role="model", parts=[types.Part(text="done")]))
            return
        parts = [
            types.Part(function_call=types.FunctionCall(id=f"call-{turn}-{number}", name=name, args=values))
            for number, (name, values) in enumerate(self.script[turn])
        ]
        yield LlmResponse(content=types.Content(role="model", parts=parts))
