from __future__ import annotations

from typing import Annotated, Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import BaseTool, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import InjectedState, ToolNode
from langgraph.types import Command

from goldenthread.control.approvals import Inbox
from goldenthread.promise.errors import Waiting
from goldenthread.surfaces.adapters.langchain import guarded
from surfaces.adapters import bench
from surfaces.adapters.bench import SLICE, effects
from surfaces.adapters.conftest import Place
from surfaces.adapters.frameworks.bench_langchain import Following

CONFIG: Any = {"configurable": {"thread_id": "case"}}


@tool(response_format="content_and_artifact")
def post(text: str, state: Annotated[dict[str, Any], InjectedState]) -> tuple[str, Any]:
    """Post a note."""
    bench._effect(tool="post", text=text, before=len(state["messages"]))
    return f"posted {text}", {"kept": text}


class Pay(BaseTool):
    """A tool that is a class."""

    name: str = "pay"
    description: str = "Pay."

    def _run(self, order: str, amount: int) -> str:
        return bench.pay(order, amount)


def told(result: Any) -> list[str]:
    return [str(message.content) for message in result["messages"] if isinstance(message, ToolMessage)]


def test_within_one_process_a_graph_goes_on_after_the_answer(place: Place) -> None:
    """A chat that stays open need not begin again, and its run is done, not waiting."""
    place.at("approval")
    script = [[("post", {"text": "hello"}), ("pay", {"order": "o", "amount": 1})]]
    with place.connect() as thread:
        tools = guarded(thread, [post, Pay()])
        agent = create_agent(Following(script=script), tools=tools, checkpointer=InMemorySaver())
        run = thread.run(SLICE, case="case-1")
        with run:
            first = agent.invoke({"messages": [HumanMessage("Work.")]}, CONFIG)
            assert len(first["__interrupt__"]) == 2
            again = agent.invoke(Command(resume={one.id: "yes" for one in first["__interrupt__"]}), CONFIG)
            assert len(again["__interrupt__"]) == 2, "a yes to the graph is no approval"
            assert effects() == []
            place.answer(Inbox.approve)
            last = agent.invoke(Command(resume={one.id: "no" for one in again["__interrupt__"]}), CONFIG)
    assert told(last) == ["posted hello", "paid 1 for o"]
    assert run.status == "done"
    assert sorted(one["tool"] for one in effects()) == ["pay", "post"]  # the graph does both at once


def test_no_setting_for_errors_hands_a_broken_guard_to_the_model(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """`handle_tool_errors=True` catches every Exception of a tool."""
    place.at("approval")
    with place.connect() as thread:
        tools = guarded(thread, [bench.pay])
        graph = StateGraph(MessagesState)
        graph.add_node("tools", ToolNode(tools, handle_tool_errors=True))
        graph.add_edge(START, "tools")
        compiled = graph.compile()
        monkeypatch.setattr(type(thread), "authorize", lambda *_: 1 / 0)
        call = Following(script=[[("pay", {"order": "o", "amount": 1})]]).invoke("Work.")
        with pytest.raises(Exception, match="division by zero"), thread.run(SLICE, case="case-1"):
            compiled.invoke({"messages": [call]})
    assert effects() == []


def test_outside_a_graph_a_question_is_raised(place: Place) -> None:
    """A chain of one's own has nothing to interrupt."""
    place.at("approval")
    with place.connect() as thread:
        [pay] = guarded(thread, [bench.pay])
        run = thread.run(SLICE, case="case-1")
        with run, pytest.raises(Waiting):
            pay.invoke({"order": "o", "amount": 1})
    assert run.status == "waiting"
