"""A refund agent of langchain under contract, without a model key: `python refunds_with_langchain.py`."""

from __future__ import annotations

from typing import Any

import desk
from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult

import goldenthread
from goldenthread.surfaces.adapters.langchain import guarded


def agent(thread: goldenthread.Thread) -> desk.Work:
    """The agent; its tools are the guarded ones, so there is no way round the guard."""
    tools = guarded(thread, desk.TOOLS)

    def work(script: desk.Script) -> str:
        graph = create_agent(Following(script=script), tools=tools)
        return str(graph.invoke({"messages": [HumanMessage("Work the case.")]})["messages"][-1].content)

    return work


class Following(BaseChatModel):
    """In place of a language model."""

    script: list[Any]

    @property
    def _llm_type(self) -> str:
        return "script"

    def bind_tools(self, tools: Any, **_: Any) -> Following:
        return self

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        told = [message.content for message in messages if isinstance(message, ToolMessage)]
        if len(told) < len(self.script):
            name, values = self.script[len(told)]
            message = AIMessage("", tool_calls=[{"name": name, "args": values, "id": f"call-{len(told)}"}])
        else:
            message = AIMessage(f"I was told: {told[-1]}")
        return ChatResult(generations=[ChatGeneration(message=message)])


if __name__ == "__main__":
    desk.main(agent)
