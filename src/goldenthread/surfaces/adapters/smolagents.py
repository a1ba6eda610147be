"""
smolagents: `ToolCallingAgent(tools=guarded(thread, [tool, ...]), ...)`, or a `CodeAgent` with them.

The guard sits in the tool's `forward`. smolagents hands every Exception of a tool to the model, so what ends the agent
is none: start the agent inside `released()`, which turns it back.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from smolagents import Tool, tool

from goldenthread.promise.errors import ValueProblem
from goldenthread.surfaces.adapters import core
from goldenthread.surfaces.adapters.arguments import declare
from goldenthread.surfaces.adapters.core import released
from goldenthread.surfaces.sdk import Thread

__all__ = ["guarded", "released"]


def guarded(thread: Thread, tools: Iterable[Tool | Callable[..., Any]]) -> list[Tool]:
    """
    The same tools, under contract: give them to the agent in place of the tools themselves.

    A call that waits for a person ends the agent: `with thread.run(...), released(): agent.run(...)`. Run the case
    again once somebody answered; what was done before is given back. Give a `CodeAgent` the executor without a time
    limit (`executor_kwargs={"timeout_seconds": None}`): with one, the code runs in a thread that has no run, and that
    goes on after the limit; its calls are refused with `no-run`.

    Args:
        thread: The agent's connection; the tools become part of its fingerprint, so before its first run.
        tools: smolagents tools or functions. A tool's name is the name of its action.

    Raises:
        ValueProblem: Declared too late or twice.
    """
    return [_guarded(thread, one if isinstance(one, Tool) else tool(one)) for one in tools]


def _guarded(thread: Thread, inner: Tool) -> Tool:
    required = [name for name, kind in inner.inputs.items() if not kind.get("nullable")]
    forward: Any = inner.forward
    made_of = getattr(forward, "__wrapped__", forward)
    declare(thread, inner.name, {"properties": inner.inputs, "required": required}, made_of)
    outer: Any = copy.copy(inner)
    outer.forward = core.wrapped(inner.name, forward, list(inner.inputs), lambda error, _: core.Halt(error))

    def travels(*_: Any, **__: Any) -> NoReturn:
        raise ValueProblem(
            f"Tool '{inner.name}' is under contract in this process, and its source would run in another without the "
            "guard. Use the local executor of smolagents."
        )

    outer.to_dict = outer.to_code = outer.save = outer.push_to_hub = travels
    found: Tool = outer
    return found
