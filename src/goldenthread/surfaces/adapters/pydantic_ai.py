"""
pydantic-ai: `Agent(..., toolsets=[guarded(thread, [tool, ...])])`.

The guard sits in `call_tool` of a toolset, through which each call of its tools passes. What it raises ends the agent's
run: pydantic-ai hands only ModelRetry and ToolFailed to the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic_ai import ApprovalRequired, DeferredToolRequests, DeferredToolResults, RunContext, Tool, ToolReturn
from pydantic_ai.toolsets import FunctionToolset, ToolsetTool, WrapperToolset

from goldenthread.promise.errors import Denied, Drafted, ManifestMismatch, Waiting
from goldenthread.promise.values import digest
from goldenthread.surfaces.adapters import core
from goldenthread.surfaces.adapters.arguments import as_json, declare, jsonable
from goldenthread.surfaces.sdk import Thread


def guarded(
    thread: Thread,
    tools: FunctionToolset[Any] | Iterable[Tool[Any] | Callable[..., Any]],
    *,
    defer: bool = False,
) -> Guarded:
    """
    A toolset with the same tools, under contract: give it to the agent in place of the tools themselves.

    Args:
        thread: The agent's connection; the tools become part of its fingerprint, so before its first run.
        tools: Functions, `Tool`s, or a toolset made of them. A tool's name is the name of its action.
        defer: What becomes of a call that waits for a person. False: Waiting ends the agent's run. True: pydantic-ai
            pauses, and the agent's output is `DeferredToolRequests` (which must be among its output types); go on in
            any process with `resume(requests)` and the message history.

    Raises:
        ValueProblem: Declared too late or twice, or an argument whose name is no name.
    """
    toolset = tools if isinstance(tools, FunctionToolset) else FunctionToolset[Any](list(tools))
    schemas = {}
    for name, tool in toolset.tools.items():
        declare(thread, name, tool.function_schema.json_schema, tool.function)
        schemas[name] = digest(jsonable(tool.function_schema.json_schema))
    return Guarded(toolset, defer=defer, schemas=schemas)


def resume(requests: DeferredToolRequests) -> DeferredToolResults:
    """
    For `agent.run(message_history=..., deferred_tool_results=resume(requests))`: ask the guard again.

    It is no approval: the guard says for each call whether a person approved, edited or rejected it. One that still
    waits is deferred again.
    """
    return requests.build_results(approve_all=True)


@dataclass
class Guarded(WrapperToolset[Any]):
    """A toolset under contract; made by `guarded`."""

    defer: bool = False
    schemas: Mapping[str, str] = field(default_factory=dict)

    async def get_tools(self, ctx: RunContext[Any]) -> dict[str, ToolsetTool[Any]]:
        """The tools as declared; effects one after the other, so that one that waits cuts off no other."""
        found = await super().get_tools(ctx)
        for name, tool in found.items():
            if self.schemas.get(name) != digest(jsonable(tool.tool_def.parameters_json_schema)):
                raise ManifestMismatch(
                    f"Tool '{name}' has another name or schema than when it was put under contract. "
                    "Change it before `guarded(...)`, not in `prepare`."
                )
        return {name: tool if core.is_read(name) else _in_turn(tool) for name, tool in found.items()}

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[Any], tool: ToolsetTool[Any]
    ) -> Any:
        """Decide a call, and let the tool do it with the arguments that are permitted."""
        call = core.Call(
            name=name,
            wanted=as_json(name, tool_args),
            python=tool_args,
            fits=lambda edited: _validated(tool, ctx, edited),
        )

        async def act(_: dict[str, Any]) -> Any:
            answer = await self.wrapped.call_tool(name, dict(call.taken), ctx, tool)
            return core.Kept(answer, answer.return_value if isinstance(answer, ToolReturn) else answer)

        try:
            result = await call.perform_async(act)
        except (Denied, Drafted) as stopped:
            return core.refusal(stopped)
        except Waiting as waiting:
            if self.defer:
                raise ApprovalRequired(metadata={"goldenthread": waiting.message}) from waiting
            raise
        return _told(call, result)


def _told(call: core.Call, result: Any) -> Any:
    answer = result.answer if isinstance(result, core.Kept) else result
    if isinstance(answer, ToolReturn):
        return replace(answer, return_value=call.told(answer.return_value))
    return call.told(answer)


def _validated(tool: ToolsetTool[Any], ctx: RunContext[Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as the tool takes them, by its own validator."""
    taken: dict[str, Any] = tool.args_validator.validate_python(dict(arguments), context=ctx.validation_context)
    return taken


def _in_turn(tool: ToolsetTool[Any]) -> ToolsetTool[Any]:
    return replace(tool, tool_def=replace(tool.tool_def, sequential=True))
