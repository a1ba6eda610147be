"""
crewai: `Agent(tools=guarded(thread, [tool, ...]), ...)`.

The guard sits in the tool itself, below hooks (which fail open) and cache. crewai hands every Exception of a tool to
the model, so what ends the crew is none: start it inside `released()`, which turns it back.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from crewai.tools import BaseTool, tool
from crewai.tools.base_tool import Tool

from goldenthread.surfaces.adapters import core
from goldenthread.surfaces.adapters.arguments import declare
from goldenthread.surfaces.adapters.core import released
from goldenthread.surfaces.sdk import Thread

__all__ = ["guarded", "released"]


def guarded(thread: Thread, tools: Iterable[BaseTool | Callable[..., Any]]) -> list[BaseTool]:
    """
    The same tools, under contract: give them to agents or tasks in place of the tools themselves.

    A call that waits for a person ends the crew: `with thread.run(...), released(): crew.kickoff()`. Run the case again
    once somebody answered; what was done before is given back.

    Args:
        thread: The agent's connection; the tools become part of its fingerprint, so before its first run.
        tools: crewai tools or functions. A tool's name is the name of its action.

    Raises:
        ValueProblem: Declared too late or twice, or an argument whose name is no name.
    """
    return [_guarded(thread, one if isinstance(one, BaseTool) else tool(one)) for one in tools]


def _guarded(thread: Thread, inner: BaseTool) -> BaseTool:
    schema = inner.args_schema.model_json_schema()
    function = inner.func if isinstance(inner, Tool) else None
    declare(thread, inner.name, schema, function or type(inner)._run)
    guard = functools.partial(
        core.wrapped, inner.name, decided=list(schema.get("properties", {})), stop=lambda error, _: core.Halt(error)
    )
    never = {"cache_function": lambda *_: False}  # an answer of the guard counts for its moment
    if function is not None:
        return inner.model_copy(update={"func": guard(tool=function), **never})

    class Guarded(type(inner)):  # type: ignore[misc]
        """The tool, under contract."""

        _run = functools.wraps(type(inner)._run)(lambda _self, *args, **given: run(*args, **given))

        @functools.wraps(type(inner)._arun)
        async def _arun(self, *args: Any, **given: Any) -> Any:
            return await arun(*args, **given)

    run, arun = guard(tool=inner._run), guard(tool=inner._arun)
    outer = inner.model_copy(update=never)
    object.__setattr__(outer, "__class__", Guarded)
    return outer
