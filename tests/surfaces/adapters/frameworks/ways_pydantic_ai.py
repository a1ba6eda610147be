from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_ai import Agent, RunContext, Tool, ToolReturn
from pydantic_ai.models.function import FunctionModel

from goldenthread.control.approvals import Inbox
from goldenthread.promise.errors import ManifestMismatch
from goldenthread.surfaces.adapters.pydantic_ai import guarded
from surfaces.adapters import bench
from surfaces.adapters.bench import SLICE
from surfaces.adapters.conftest import Place
from surfaces.adapters.frameworks.bench_pydantic_ai import _following, _told


class Refund(BaseModel):
    amount: int


def run_agent(place: Place, tools: list[Any], script: Any, **how: Any) -> tuple[str, list[str]]:
    with place.connect() as thread:
        toolset = guarded(thread, tools, **how)
        agent = Agent(FunctionModel(_following(script)), deps_type=str, toolsets=[toolset])
        run, told = thread.run(SLICE, case="case-1"), []
        with run:
            told = _told(agent.run_sync("Work the case.", deps="desk 7").all_messages())
    return run.status, told


def test_without_deferring_a_question_ends_the_agent(place: Place) -> None:
    """An agent whose output type knows no deferred call must not come back with an answer."""
    place.at("approval")
    assert run_agent(place, [bench.pay], [[("pay", {"order": "o", "amount": 1})]]) == ("waiting", [])


def test_context_and_models_reach_the_tool_as_its_own_types(place: Place) -> None:
    """People are shown JSON; the tool gets what it always got, also after an edit."""
    place.at("approval")
    got: list[Any] = []

    def pay(ctx: RunContext[str], order: str, amount: Refund) -> ToolReturn:
        """Pay."""
        got.extend((ctx.deps, amount))
        return ToolReturn(return_value=f"paid {amount.amount}", metadata={"kept": object()})

    script = [[("pay", {"order": "o", "amount": {"amount": 3}})]]
    assert run_agent(place, [pay], script) == ("waiting", [])
    place.answer(Inbox.edit, {"amount": {"amount": 2}})
    status, told = run_agent(place, [pay], script)
    assert status == "done"
    assert told[0].startswith("paid 2\n\nBefore this was done")
    assert got == ["desk 7", Refund(amount=2)]


def test_a_tool_that_changes_after_it_was_declared_is_refused(place: Place) -> None:
    """What the model is offered must be what the fingerprint says."""
    place.at("constrained")

    async def rename(_: RunContext[str], definition: Any) -> Any:
        definition.name = "post"
        return definition

    with pytest.raises(ManifestMismatch, match="Tool 'post' has another name or schema"):
        run_agent(place, [Tool(bench.pay, prepare=rename)], [[("post", {"order": "o", "amount": 1})]])
