"""
openai-agents: `Agent(tools=guarded(thread, [tool, ...]))`.

The guard sits in `on_invoke_tool`, outside of the SDK's own handling of errors, so what it raises ends `Runner.run`; a
call that waits for a person is one of the result's `interruptions`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import json
from collections.abc import Callable, Iterable
from typing import Any

from agents import FunctionTool, RunContextWrapper, RunState, function_tool
from agents.exceptions import AgentsException, ToolTimeoutError
from agents.tool import (
    default_tool_timeout_error_message,
    maybe_invoke_function_tool_failure_error_function,
    set_function_tool_failure_error_function,
)
from agents.tool_context import ToolContext

from goldenthread.promise.errors import Denied, Drafted
from goldenthread.promise.values import Verdict
from goldenthread.surfaces.adapters import core
from goldenthread.surfaces.adapters.arguments import as_json, declare
from goldenthread.surfaces.sdk import Thread


def guarded(thread: Thread, tools: Iterable[FunctionTool | Callable[..., Any]]) -> list[Any]:
    """
    The same tools, under contract: give them to the agent in place of the tools themselves.

    Args:
        thread: The agent's connection; the tools become part of its fingerprint, so before its first run.
        tools: `FunctionTool`s or functions. A tool's name is the name of its action. What OpenAI itself runs (web
            search and the like) passes no code of yours and cannot be guarded.

    Raises:
        ValueProblem: Declared too late or twice, or an argument whose name is no name.
    """
    return [_guarded(thread, tool if isinstance(tool, FunctionTool) else function_tool(tool)) for tool in tools]


def resume(state: RunState[Any, Any]) -> RunState[Any, Any]:
    """
    Make ready a state that was interrupted: the guard is asked again about every call that waits.

    It is no approval: the guard says for each call whether a person approved, edited or rejected it. One that still
    waits raises Waiting; keep the state, and try it again once somebody answered.
    """
    for item in state.get_interruptions():
        state.approve(item)
    return state


def _guarded(thread: Thread, tool: FunctionTool) -> FunctionTool:
    declare(thread, tool.name, tool.params_json_schema, getattr(tool, "__wrapped__", None))
    # The SDK would turn what the tool raises into words for the model before the guard could write it down.
    plain = set_function_tool_failure_error_function(dataclasses.replace(tool), None)

    async def invoke(context: ToolContext[Any], text: str) -> Any:
        arguments = _parsed(text)
        if arguments is None:
            return f"The arguments of '{tool.name}' are no JSON object. Nothing was done."
        call = core.Call(name=tool.name, wanted=arguments)

        async def act(permitted: dict[str, Any]) -> Any:
            words = json.dumps(permitted) if call.edited else text
            return await asyncio.wait_for(plain.on_invoke_tool(context, words), tool.timeout_seconds)

        try:
            return call.told(await call.perform_async(act))
        except (Denied, Drafted) as stopped:
            return core.refusal(stopped)
        except Exception as error:
            if call.is_the_tools(error):
                return await _failure(tool, context, error)
            raise core.of_kind(error, AgentsException) from error

    async def asks(context: RunContextWrapper[Any], arguments: dict[str, Any], call_id: str) -> bool:
        """Whether the call waits for a person; what the guard fails with is raised when the tool is to run."""
        try:
            verdict = core.current(tool.name).propose(tool.name, as_json(tool.name, arguments))
        except Exception:  # noqa: BLE001 - the SDK takes it for a question, and the call itself fails the same way
            return False
        return verdict is Verdict.ASK or await _asked_besides(tool, context, arguments, call_id)

    return dataclasses.replace(tool, on_invoke_tool=invoke, needs_approval=asks, timeout_seconds=None)


async def _asked_besides(
    tool: FunctionTool, context: RunContextWrapper[Any], arguments: dict[str, Any], call_id: str
) -> bool:
    """What the tool itself says of approvals, besides the contract."""
    if not callable(tool.needs_approval):
        return tool.needs_approval
    return await tool.needs_approval(context, arguments, call_id)


async def _failure(tool: FunctionTool, context: ToolContext[Any], error: Exception) -> Any:
    """What the SDK would make of a tool that failed."""
    if isinstance(error, TimeoutError) and tool.timeout_seconds is not None:
        if tool.timeout_behavior == "raise_exception":
            raise ToolTimeoutError(tool_name=tool.name, timeout_seconds=tool.timeout_seconds) from error
        if tool.timeout_error_function is None:
            return default_tool_timeout_error_message(tool_name=tool.name, timeout_seconds=tool.timeout_seconds)
        told = tool.timeout_error_function(context, error)
    else:
        told = maybe_invoke_function_tool_failure_error_function(function_tool=tool, context=context, error=error)
    words = await told if inspect.isawaitable(told) else told
    if words is None:
        raise error
    return words


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
