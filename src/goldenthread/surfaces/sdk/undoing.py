"""Carrying out what people ordered to be undone, with the tools of this agent's process."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from goldenthread.control import guard
from goldenthread.control.guard import Undo
from goldenthread.promise.errors import RunBusy, StopInForce
from goldenthread.promise.values import Json
from goldenthread.surfaces.sdk.toolcalls import recordable

if TYPE_CHECKING:
    from goldenthread.surfaces.sdk.thread import Thread

_LOG = logging.getLogger("goldenthread.undo")

RESULT = "result"
"""A parameter of an undoing tool that gets what the effect's tool gave back: the number of a payment, say."""


def carry_out(thread: Thread, slice_name: str, tools: Mapping[str, Callable[..., Any]]) -> dict[str, str]:
    """What became of each order whose tool is here: done, failed, unknown, stopped, busy, not begun; by its id."""
    desk = thread.desk(slice_name)
    states = {}
    for undo in guard.undos(desk):
        if undo.tool in tools:
            try:
                states[undo.id] = _carry_out(thread, undo, tools[undo.tool])
            except Exception as problem:  # noqa: BLE001 - one order's trouble is no reason to leave the others
                _LOG.warning("Order %s was not carried out: %s", undo.id, type(problem).__name__)
                states[undo.id] = "not begun"
    return states


def _carry_out(thread: Thread, undo: Undo, tool: Callable[..., Any]) -> str:
    desk = thread.desk(undo.slice)
    arguments, missing = _arguments(tool, undo)
    if missing:
        words = f"'{undo.tool}' needs {', '.join(missing)}, and '{undo.effect}' was done without"
        guard.refuse_undo(desk, undo, thread.agent, words)
        return "failed"
    try:
        lease = thread.leases.take(undo.slice, undo.case)
    except RunBusy:
        return "busy"
    try:
        with suppress(StopInForce):
            begun = guard.begin_undo(desk, undo.id, thread.agent, takes_key=undo.key in arguments)
            return _called(thread, begun, tool, arguments) if begun is not None else "unknown"
        return "stopped"
    finally:
        thread.leases.release(lease)


def _called(thread: Thread, undo: Undo, tool: Callable[..., Any], arguments: Mapping[str, Json]) -> str:
    desk = thread.desk(undo.slice)
    try:
        result = tool(**arguments)
        if inspect.isawaitable(result):
            result = asyncio.run(_awaited(result))
    except Exception as error:  # noqa: BLE001 - whatever a tool raises goes on record
        return guard.end_undo(desk, undo, thread.agent, error=error, takes_key=undo.key in arguments)
    return guard.end_undo(desk, undo, thread.agent, result=recordable(result))


async def _awaited(result: Any) -> Any:
    return await result


def _arguments(tool: Callable[..., Any], undo: Undo) -> tuple[dict[str, Json], list[str]]:
    """What the tool takes of the effect's arguments, and what it needs that they lack."""
    given: dict[str, Json] = {RESULT: undo.result, **undo.arguments}
    taken, missing = {}, []
    for parameter in inspect.signature(tool).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            return dict(undo.arguments), []
        if parameter.name in given:
            taken[parameter.name] = given[parameter.name]
        elif parameter.default is parameter.empty:
            missing.append(f"'{parameter.name}'")
    return taken, missing
