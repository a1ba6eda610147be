from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from goldenthread.surfaces.adapters.langchain import guarded
from goldenthread.surfaces.sdk import Thread
from surfaces.adapters.bench import Said, Script

CONFIG: Any = {"configurable": {"thread_id": "case"}}


class Bench:
    """langchain on langgraph, with a checkpointer that is carried from one process to the other."""

    def __init__(self, thread: Thread, tools: Sequence[Callable[..., Any]]) -> None:
        self.tools = guarded(thread, tools)

    def work(self, script: Script, saved: str | None = None) -> Said:
        return asyncio.run(self._work(script, saved))

    async def _work(self, script: Script, saved: str | None) -> Said:
        keeper = InMemorySaver()
        agent = create_agent(Following(script=script), tools=self.tools, checkpointer=keeper)
        if saved is None:
            given: Any = {"messages": [HumanMessage("Work the case.")]}
        else:
            _load(keeper, saved)
            given = Command(resume=True)
        result = await agent.ainvoke(given, CONFIG)
        paused = "__interrupt__" in result
        told = [str(message.content) for message in result["messages"] if isinstance(message, ToolMessage)]
        return Said(told=told, paused=paused, saved=_dump(keeper) if paused else None)


class Following(BaseChatModel):
    """A model that follows a script, by what stands in the conversation."""

    script: list[list[Any]]

    @property
    def _llm_type(self) -> str:
        return "script"

    def bind_tools(self, tools: Any, **_: Any) -> Following:
        return self

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        turn = sum(isinstance(message, AIMessage) for message in messages)
        if turn >= len(self.script):
            return ChatResult(generations=[ChatGeneration(message=AIMessage("done"))])
        calls = [
            {"name": name, "args": values, "id": f"call-{turn}-{number}"}
            for number, (name, values) in enumerate(self.script[turn])
        ]
        return ChatResult(generations=[ChatGeneration(message=AIMessage("", tool_calls=calls))])


def _dump(keeper: InMemorySaver) -> str:
    """What a checkpointer on a database would have kept."""
    storage = [
        [thread, space, key, [_pack(value) for value in values[:2]], values[2]]
        for thread, spaces in keeper.storage.items()
        for space, entries in spaces.items()
        for key, values in entries.items()
    ]
    writes = [
        [list(key), [[list(inner), value[0], value[1], _pack(value[2]), value[3]] for inner, value in entries.items()]]
        for key, entries in keeper.writes.items()
    ]
    blobs = [[list(key), _pack(value)] for key, value in keeper.blobs.items()]
    return json.dumps({"storage": storage, "writes": writes, "blobs": blobs})


def _load(keeper: InMemorySaver, saved: str) -> None:
    left = json.loads(saved)
    for thread, space, key, values, parent in left["storage"]:
        keeper.storage[thread][space][key] = (_unpack(values[0]), _unpack(values[1]), parent)
    for key, entries in left["writes"]:
        for inner, task, channel, value, path in entries:
            keeper.writes[tuple(key)][tuple(inner)] = (task, channel, _unpack(value), path)
    for key, value in left["blobs"]:
        keeper.blobs[tuple(key)] = _unpack(value)


def _pack(value: tuple[str, bytes]) -> list[str]:
    return [value[0], base64.b64encode(value[1]).decode()]


def _unpack(value: list[str]) -> tuple[str, bytes]:
    return value[0], base64.b64decode(value[1])
