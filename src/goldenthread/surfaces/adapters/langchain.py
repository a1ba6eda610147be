"""
langchain and langgraph: `create_agent(model, tools=guarded(thread, [tool, ...]))`, or a `ToolNode` of them.

The guard sits in the tool's own `_run` and `_arun`. What it raises is one of langgraph's signals, which no setting for
errors of tools turns into words for the model; a call that waits for a person is an `interrupt`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from langchain_core.tools import BaseTool, tool
from langgraph.errors import GraphBubbleUp
from langgraph.types import interrupt

from goldenthread.promise.errors import Denied, Drafted, Waiting
from goldenthread.surfaces.adapters import core
from goldenthread.surfaces.adapters.arguments import as_json, declare
from goldenthread.surfaces.sdk import Thread


def guarded(thread: Thread, tools: Iterable[BaseTool | Callable[..., Any]]) -> list[BaseTool]:
    """
    The same tools, under contract: give them to the agent in place of the tools themselves.

    A call that waits for a person interrupts the graph. Go on, in any process, with `Command(resume=True)`: the value
    is no approval, and the guard is asked again. In a graph without a checkpointer, begin again from the start.

    Args:
        thread: The agent's connection; the tools become part of its fingerprint, so before its first run.
        tools: LangChain tools or functions. A tool's name is the name of its action. What the graph injects (state,
            store, runtime) is neither decided nor shown.

    Raises:
        ValueProblem: Declared too late or twice, or an argument whose name is no name.
    """
    return [_guarded(thread, one if isinstance(one, BaseTool) else tool(one)) for one in tools]


def _guarded(thread: Thread, inner: BaseTool) -> BaseTool:
    schema = _schema(inner)
    declare(thread, inner.name, schema, _made_of(inner))
    decided = tuple(schema.get("properties", {}))

    class Guarded(type(inner)):  # type: ignore[misc]
        """The tool, under contract."""

        @functools.wraps(type(inner)._run)
        def _run(self, *args: Any, **given: Any) -> Any:
            return _perform(inner, *_call(inner, decided, args, given))

        @functools.wraps(type(inner)._arun)
        async def _arun(self, *args: Any, **given: Any) -> Any:
            return await _perform_async(inner, *_call(inner, decided, args, given))

    outer = inner.model_copy()
    object.__setattr__(outer, "__class__", Guarded)
    return outer


def _perform(inner: BaseTool, call: core.Call, others: dict[str, Any]) -> Any:
    while True:
        try:
            return _told(inner, call, call.perform(lambda _: _keep(inner, inner._run(**call.taken, **others))))
        except Exception as error:  # noqa: BLE001 - raised again, or words for the model
            words = _words(inner, call, error)
            if words is not None:
                return words


async def _perform_async(inner: BaseTool, call: core.Call, others: dict[str, Any]) -> Any:
    async def act(_: dict[str, Any]) -> Any:
        return _keep(inner, await inner._arun(**call.taken, **others))

    while True:
        try:
            return _told(inner, call, await call.perform_async(act))
        except Exception as error:  # noqa: BLE001 - raised again, or words for the model
            words = _words(inner, call, error)
            if words is not None:
                return words


def _schema(inner: BaseTool) -> Mapping[str, Any]:
    """JSON Schema of what the model passes, without what the graph injects."""
    schema = inner.tool_call_schema
    found: Mapping[str, Any] = schema if isinstance(schema, dict) else schema.model_json_schema()
    return found


def _made_of(inner: BaseTool) -> Callable[..., Any]:
    made: Callable[..., Any] = getattr(inner, "func", None) or getattr(inner, "coroutine", None) or type(inner)._run
    return made


def _call(
    inner: BaseTool, decided: tuple[str, ...], args: tuple[Any, ...], given: Mapping[str, Any]
) -> tuple[core.Call, dict[str, Any]]:
    """The call that is decided, and what else langchain hands to the tool (run manager, config, what is injected)."""
    named = {**dict(zip(decided, args, strict=False)), **given}
    python = {name: value for name, value in named.items() if name in decided}
    call = core.Call(
        name=inner.name,
        wanted=as_json(inner.name, python),
        python=python,
        fits=lambda edited: _validated(inner, edited),
    )
    return call, {name: value for name, value in named.items() if name not in decided}


def _validated(inner: BaseTool, edited: Mapping[str, Any]) -> dict[str, Any]:
    schema = inner.tool_call_schema
    if isinstance(schema, dict):
        return dict(edited)
    checked = schema.model_validate(dict(edited))
    return {name: getattr(checked, name, value) for name, value in edited.items()}


def _words(inner: BaseTool, call: core.Call, error: Exception) -> Any:
    """Words for the model; None once the graph that waited goes on, to ask the guard again."""
    if call.is_the_tools(error):
        raise error
    if isinstance(error, Denied | Drafted):
        words = core.refusal(error)
        return (words, None) if inner.response_format == "content_and_artifact" else words
    if isinstance(error, Waiting):
        try:
            interrupt({"goldenthread": error.message, "action": call.name, "arguments": dict(call.wanted)})
        except (RuntimeError, KeyError):  # called outside of a graph
            raise error from None
        return None
    raise core.of_kind(error, GraphBubbleUp) from error


def _keep(inner: BaseTool, result: Any) -> Any:
    if inner.response_format == "content_and_artifact" and isinstance(result, tuple) and len(result) == 2:
        return core.Kept(result, result[0])
    return result


def _told(inner: BaseTool, call: core.Call, result: Any) -> Any:
    if isinstance(result, core.Kept):
        content, artifact = result.answer
        return call.told(content), artifact
    if inner.response_format == "content_and_artifact":
        return call.told(result), None
    return call.told(result)
