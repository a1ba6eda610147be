"""
Microsoft Agent Framework: `Agent(client, tools=guarded(thread, [tool, ...]))`.

The guard sits in the tool's function. What it raises is a MiddlewareFailure, the one kind that the framework does not
turn into an answer for the model; a call that waits for a person is one of the response's `user_input_requests`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any

from agent_framework import Content, FunctionTool, Message, MiddlewareFailure, tool
from agent_framework.exceptions import UserInputRequiredException

from goldenthread.promise.errors import Waiting
from goldenthread.surfaces.adapters import core
from goldenthread.surfaces.adapters.arguments import declare
from goldenthread.surfaces.sdk import Thread

_CALL: ContextVar[str | None] = ContextVar("goldenthread_tool_call", default=None)


def guarded(thread: Thread, tools: Iterable[FunctionTool | Callable[..., Any]]) -> list[FunctionTool]:
    """
    The same tools, under contract: give them to the agent in place of the tools themselves.

    Args:
        thread: The agent's connection; the tools become part of its fingerprint, so before its first run.
        tools: `FunctionTool`s or functions. A tool's name is the name of its action.

    Raises:
        ValueProblem: Declared too late or twice, or an argument whose name is no name.
    """
    return [_guarded(thread, one if isinstance(one, FunctionTool) else tool(one)) for one in tools]


def resume(requests: Iterable[Content]) -> Message:
    """
    For `agent.run(resume(requests), session=session)`: ask the guard again about every request.

    It is no approval: the guard says for each call whether a person approved, edited or rejected it. One that still
    waits is requested again.
    """
    return Message("user", [request.to_function_approval_response(approved=True) for request in requests])


def _guarded(thread: Thread, inner: FunctionTool) -> FunctionTool:
    schema = inner.parameters()
    function: Any = inner.func
    declare(thread, inner.name, schema, function)

    class Guarded(type(inner)):  # type: ignore[misc]
        """The tool, under contract."""

        async def invoke(self, *, tool_call_id: str | None = None, **given: Any) -> Any:
            token = _CALL.set(tool_call_id)
            try:
                return await super().invoke(tool_call_id=tool_call_id, **given)
            finally:
                _CALL.reset(token)

    outer = copy.copy(inner)
    outer.__class__ = Guarded
    outer.func = core.wrapped(inner.name, function, list(schema.get("properties", {})), _stop)
    return outer


def _stop(error: Exception, call: core.Call) -> BaseException:
    call_id = _CALL.get()
    if isinstance(error, Waiting) and call_id is not None:
        return UserInputRequiredException([_request(call_id, call.name, call.wanted)], error.message)
    return core.of_kind(error, MiddlewareFailure)


def _request(call_id: str, name: str, arguments: Mapping[str, Any]) -> Content:
    asked = Content.from_function_call(call_id=call_id, name=name, arguments=dict(arguments), id=call_id)
    return Content.from_function_approval_request(id=call_id, function_call=asked)
