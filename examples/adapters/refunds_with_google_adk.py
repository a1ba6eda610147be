"""A refund agent of google-adk under contract, without a model key: `python refunds_with_google_adk.py`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import desk
from google.adk.agents import LlmAgent
from google.adk.models import BaseLlm, LlmResponse
from google.adk.runners import InMemoryRunner
from google.genai import types

import goldenthread
from goldenthread.surfaces.adapters.google_adk import guarded


def agent(thread: goldenthread.Thread) -> desk.Work:
    """The agent; its tools are the guarded ones, so there is no way round the guard."""
    tools = guarded(thread, desk.TOOLS)

    async def converse(script: desk.Script) -> str:
        worker = LlmAgent(name="desk", model=Following(model="script", script=script), tools=tools)
        runner = InMemoryRunner(agent=worker, app_name="refunds")
        await runner.session_service.create_session(app_name="refunds", user_id="u", session_id="s")
        message = types.Content(role="user", parts=[types.Part(text="Work the case.")])
        words = ""
        async for event in runner.run_async(user_id="u", session_id="s", new_message=message):
            words = "".join(part.text or "" for part in event.content.parts or []) if event.content else words
        return words

    return lambda script: asyncio.run(converse(script))


class Following(BaseLlm):
    """In place of a language model."""

    script: list[Any]

    async def generate_content_async(self, llm_request: Any, stream: bool = False) -> AsyncIterator[LlmResponse]:
        parts = [part for content in llm_request.contents for part in content.parts or []]
        told = [part.function_response.response for part in parts if part.function_response]
        if len(told) == len(self.script):
            words = told[-1].get("result") or told[-1].get("error")
            part = types.Part(text=f"I was told: {words}")
        else:
            name, values = self.script[len(told)]
            part = types.Part(function_call=types.FunctionCall(id=f"call-{len(told)}", name=name, args=values))
        yield LlmResponse(content=types.Content(role="model", parts=[part]))


if __name__ == "__main__":
    desk.main(agent)
