"""
google-adk: `LlmAgent(tools=guarded(thread, [tool, ...]), ...)`.

The guard sits in `run_async`, through which each call of a tool passes. What it raises ends the runner, unless an
`on_tool_error_callback` of yours answers it; a call that waits for a person is a tool confirmation.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any

from google.adk.events import Event
from google.adk.tools import BaseTool, FunctionTool, ToolContext
from google.genai import types

from goldenthread.promise.errors import Denied, Drafted, ValueProblem, Waiting
from goldenthread.surfaces.adapters import core
from goldenthread.surfaces.adapters.arguments import as_json, declare
from goldenthread.surfaces.sdk import Thread

CONFIRMATION = "adk_request_confirmation"


def guarded(thread: Thread, tools: Iterable[BaseTool | Callable[..., Any]]) -> list[BaseTool]:
    """
    The same tools, under contract: give them to the agent in place of the tools themselves.

    Args:
        thread: The agent's connection; the tools become part of its fingerprint, so before its first run.
        tools: Tools that run in this process, or functions. A tool's name is the name of its action.

    Raises:
        ValueProblem: Declared too late or twice, an argument whose name is no name, or a tool that Google runs.
    """
    return [_guarded(thread, one if isinstance(one, BaseTool) else FunctionTool(one)) for one in tools]


def resume(events: Iterable[Event]) -> types.Content:
    """
    For `runner.run_async(..., new_message=resume(session.events))`: ask the guard again about every confirmation.

    It is no approval: the guard says for each call whether a person approved, edited or rejected it. One that still
    waits is to be confirmed again.
    """
    asked: dict[str, None] = {}
    for event in events:
        for call in event.get_function_calls():
            if call.name == CONFIRMATION and call.id:
                asked[call.id] = None
        for response in event.get_function_responses():
            asked.pop(response.id or "", None)
    answers = [types.FunctionResponse(id=call, name=CONFIRMATION, response={"confirmed": True}) for call in asked]
    return types.Content(role="user", parts=[types.Part(function_response=answer) for answer in answers])


def _guarded(thread: Thread, inner: BaseTool) -> BaseTool:
    declare(thread, inner.name, _schema(inner), getattr(inner, "func", None) or type(inner).run_async)

    class Guarded(type(inner)):  # type: ignore[misc]
        """The tool, under contract."""

        async def run_async(self, *, args: dict[str, Any], tool_context: ToolContext) -> Any:
            call = core.Call(name=inner.name, wanted=as_json(inner.name, args), python=args)

            async def act(_: dict[str, Any]) -> Any:
                return await inner.run_async(args=dict(call.taken), tool_context=tool_context)

            try:
                return _told(call, await call.perform_async(act))
            except (Denied, Drafted) as stopped:
                return {"error": core.refusal(stopped)}
            except Waiting as waiting:
                tool_context.request_confirmation(hint=waiting.message)
                tool_context.actions.skip_summarization = True
                return {"error": f"Not done yet: {waiting.message}"}

    outer = copy.copy(inner)
    outer.__class__ = Guarded
    return outer


def _schema(inner: BaseTool) -> dict[str, Any]:
    declaration = inner._get_declaration()
    if declaration is None:
        raise ValueProblem(
            f"Tool '{inner.name}' has no declaration: Google runs it, and nothing here could stop it. "
            "Leave it out of `guarded(...)`, and give the agent no credentials by which it has effects."
        )
    if declaration.parameters_json_schema:
        return dict(declaration.parameters_json_schema)
    found = declaration.parameters
    schema: dict[str, Any] = found.model_dump(mode="json", exclude_none=True) if found else {}
    return schema


def _told(call: core.Call, result: Any) -> Any:
    told = call.told(result)
    return {**told["result"], "note": told["note"]} if call.edited and isinstance(result, dict) else told
