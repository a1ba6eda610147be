from __future__ import annotations

from crewai import Agent, Crew, Task
from crewai.hooks import register_before_tool_call_hook, unregister_before_tool_call_hook
from crewai.tools import BaseTool

from goldenthread.control.approvals import Inbox
from goldenthread.surfaces.adapters.crewai import guarded, released
from surfaces.adapters import bench
from surfaces.adapters.bench import SLICE, effects
from surfaces.adapters.conftest import Place
from surfaces.adapters.frameworks.bench_crewai import Following


class Pay(BaseTool):
    """A tool that is a class."""

    name: str = "pay"
    description: str = "Pay."

    def _run(self, order: str, amount: int) -> str:
        return bench.pay(order, amount)


def work(place: Place) -> tuple[str, list[str]]:
    model = Following(model="script", script=[[("pay", {"order": "o-1", "amount": 20})]])
    with place.connect() as thread:
        agent = Agent(role="desk", goal="-", backstory="-", tools=guarded(thread, [Pay()]), llm=model)
        task = Task(description="Work the case.", expected_output="done", agent=agent)
        run = thread.run(SLICE, case="case-1")
        with run, released():
            Crew(agents=[agent], tasks=[task]).kickoff()
    return run.status, model.told


def test_a_tool_that_is_a_class_is_guarded_as_well(place: Place) -> None:
    """Most of crewai's own tools are classes."""
    place.at("approval")
    assert work(place) == ("waiting", [])
    place.answer(Inbox.approve)
    assert work(place) == ("done", ["paid 20 for o-1"])
    assert len(effects()) == 1


def test_a_hook_that_raises_does_not_open_the_guard(place: Place) -> None:
    """Hooks of crewai fail open, so nothing of ours rests on them."""
    place.at("approval")

    def broken(_: object) -> None:
        raise RuntimeError("the hook is broken")

    register_before_tool_call_hook(broken)
    try:
        assert work(place) == ("waiting", [])
    finally:
        unregister_before_tool_call_hook(broken)
    assert effects() == []
