"""
claude-agent-sdk: `create_sdk_mcp_server("tools", tools=guarded(thread, [tool, ...]))`.

The guard sits in the handler of the in-process tool. Hooks fail open, and the CLI hands every error of a tool to the
model, so a call that waits for a person (or a guard that fails) also shuts all guarded tools of the run, and `watched`
ends the conversation with it. Tools that the CLI has itself (Bash, Write) pass no code of yours: disallow them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from typing import Any
from weakref import WeakKeyDictionary

from claude_agent_sdk import SdkMcpTool

from goldenthread.promise.errors import Denied, Drafted
from goldenthread.surfaces.adapters import core
from goldenthread.surfaces.adapters.arguments import as_json, declare
from goldenthread.surfaces.sdk import Run, Thread
from goldenthread.surfaces.sdk.run import CURRENT

_ENDED: WeakKeyDictionary[Run, Exception] = WeakKeyDictionary()
_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array", dict: "object"}


def guarded(thread: Thread, tools: Iterable[SdkMcpTool[Any]]) -> list[SdkMcpTool[Any]]:
    """
    The same tools, under contract: make the server of them in place of the tools themselves.

    Args:
        thread: The agent's connection; the tools become part of its fingerprint, so before its first run.
        tools: Tools of `@tool(...)`. A tool's name is the name of its action.

    Raises:
        ValueProblem: Declared too late or twice, or an argument whose name is no name.
    """
    return [_guarded(thread, tool) for tool in tools]


async def watched(messages: AsyncGenerator[Any, None]) -> AsyncIterator[Any]:
    """
    The messages of `query(...)` or `client.receive_response()`, until a call has to wait for a person.

    Begin the query inside `with thread.run(...)`. The conversation is closed before what ended it is raised.

    Raises:
        Waiting: A call waits; run the case again once somebody answered.
        GoldenthreadError: The guard failed; the tool did not run.
    """
    run = core.current("query")
    try:
        async for message in messages:
            if run in _ENDED:
                break
            yield message
    finally:
        await messages.aclose()
        _raise_if_ended(run)


def _raise_if_ended(run: Run) -> None:
    error = _ENDED.pop(run, None)
    if error is not None:
        raise error


def _guarded(thread: Thread, tool: SdkMcpTool[Any]) -> SdkMcpTool[Any]:
    declare(thread, tool.name, _schema(tool.input_schema), tool.handler)

    async def handle(arguments: Any) -> dict[str, Any]:
        run = CURRENT.get()
        try:
            if run is not None and run in _ENDED:
                raise _ENDED[run]
            return await _handled(tool, dict(arguments))
        except Exception as error:  # noqa: BLE001 - the SDK would hand it to the model; `watched` raises it
            if run is not None:
                _ENDED.setdefault(run, error)
            return _answer(f"Not done: {error} Stop here; the conversation ends until that is settled.", failed=True)

    return dataclasses.replace(tool, handler=handle)


async def _handled(tool: SdkMcpTool[Any], arguments: dict[str, Any]) -> dict[str, Any]:
    call = core.Call(name=tool.name, wanted=as_json(tool.name, arguments), python=arguments)

    async def act(_: dict[str, Any]) -> Any:
        return await tool.handler(dict(call.taken))

    try:
        result = await call.perform_async(act)
    except (Denied, Drafted) as stopped:
        return _answer(core.refusal(stopped), failed=True)
    except Exception as error:
        if call.is_the_tools(error):  # the tool's own failure, which the model may see
            return _answer(f"{type(error).__name__}: {error}", failed=True)
        raise
    if not call.edited:
        return dict(result)
    note = {"type": "text", "text": str(call.told(None))}
    return {**result, "content": [*result.get("content", []), note]}


def _answer(words: str, *, failed: bool) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": words}], "is_error": failed}


def _schema(given: Any) -> dict[str, Any]:
    """JSON Schema of a tool's input, which may also be given as names with types, or as a class with annotations."""
    if isinstance(given, dict) and given.get("type") == "object":
        return given
    fields = given if isinstance(given, dict) else dict(getattr(given, "__annotations__", {}))
    properties = {name: {"type": _TYPES.get(kind, str(kind))} for name, kind in fields.items()}
    return {"type": "object", "properties": properties, "required": list(properties)}
