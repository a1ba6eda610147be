"""What is refused to a run before any action is asked for leaves a reason that a person can find."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from goldenthread.promise.errors import ActionUnknown, BudgetSpent, DelegationRefused, Denied
from goldenthread.surfaces.sdk import Thread
from goldenthread.surfaces.views import CaseView, case_page, thread, thread_text
from surfaces.console.visiting import visitor
from worlds import EASY, OWNER, World, contract_text

SLICE = "refunds"
SPENT = (
    "A model call that may use 800 tokens goes over the budget '500 tokens per run'. "
    "Nothing was called; end the run, or call a cheaper model."
)
BUDGET = "budgets: [500 tokens per run]\n"
ACTIONS: dict[str, Any] = {"look": {"effect": "read"}, "pay": {"effect": "reversible"}}
STRANGER = (
    "The contract 'refunds' lets its agent call nobody, and not 'stranger'. "
    "Name the agent under `technique.calls.agents`, and sign that version."
)


@pytest.fixture
def agent(world: World) -> Iterator[Thread]:
    """An agent at approval, whose models may use 500 tokens a run."""
    text = contract_text(SLICE, level="approval", gates=EASY, actions=ACTIONS, parts=BUDGET)
    world.sign(text)
    with world.connect() as made:
        yield made


def only_case(world: World) -> CaseView:
    """The one case of the slice."""
    (found,) = case_page(world.desk(SLICE)).cases
    return found


def test_a_refused_model_call_is_found_by_its_case(world: World, agent: Thread) -> None:
    """'Refused; nothing happened' without a reason leaves its reader nowhere to look."""
    with agent.run(SLICE, case="c1") as run, run.model_call(tokens=800):
        pytest.fail("nothing may be called")
    assert run.status == "denied"
    found = only_case(world)
    assert (found.words, [one.words for one in found.refused]) == ("refused; nothing happened", [SPENT])
    page = visitor(world.ledger).get(f"/slices/{SLICE}/cases/{run.id}").text
    assert "<strong>Refused to the agent:</strong> A model call that may use 800 tokens goes over the budget" in page
    assert "<p>Nothing." not in page
    with pytest.raises(ActionUnknown) as unknown:
        thread(world.ledger, "c1")
    assert unknown.value.message == (
        f"No action was asked for in case 'c1', but its run was refused something: {SPENT} See "
        "`goldenthread case list`."
    )


def test_what_is_refused_again_and_again_is_on_record_once(world: World, agent: Thread) -> None:
    """An agent that tries in a loop must not fill the record."""
    with agent.run(SLICE, case="c1") as run:
        for _ in range(3):
            with pytest.raises(BudgetSpent), run.model_call(tokens=800):
                pytest.fail("nothing may be called")
        with pytest.raises(DelegationRefused):
            run.call("stranger", SLICE)
    assert run.status == "done"
    assert [one.words for one in only_case(world).refused] == [SPENT, STRANGER]


def test_the_thread_of_an_action_tells_what_was_refused_beside_it(world: World, agent: Thread) -> None:
    """Why an agent proposed something else is part of why it did what it did."""
    pay = agent.action("pay")(lambda order: None)
    with agent.run(SLICE, case="c1") as run:
        with pytest.raises(BudgetSpent), run.model_call(tokens=800):
            pytest.fail("nothing may be called")
        pay(order="a")
    text = thread_text(thread(world.ledger, run.actions[0]))
    assert f"|           refused: {SPENT}\n" in text


def test_a_refused_read_is_found_too(world: World, agent: Thread) -> None:
    """A read needs no permit, so no record of an action says why it was refused."""
    look = agent.action("look")(lambda order: None)
    with agent.run(SLICE, case="c1"):
        world.stop(SLICE, tool="look")
        with pytest.raises(Denied):
            look(order="a")
    (refused,) = only_case(world).refused
    assert refused.words.startswith("'look' may not happen: ")


@pytest.mark.parametrize(("tokens", "shown"), [(800, SPENT), (0, "unseen: at shadow nobody sees a proposal")])
def test_in_shadow_only_what_tells_nothing_of_a_proposal_is_shown(world: World, tokens: int, shown: str) -> None:
    """Whom an agent calls may tell what it is about to propose; that a budget is spent does not."""
    world.sign(contract_text(SLICE, actions=ACTIONS, parts=BUDGET))
    with world.connect() as agent, agent.run(SLICE, case="c1") as run:
        if tokens:
            with run.model_call(tokens=tokens):
                pytest.fail("nothing may be called")
        with pytest.raises(DelegationRefused):
            run.call("stranger", SLICE)
    (refused,) = only_case(world).refused
    assert refused.words.startswith(shown)


def test_what_was_refused_in_an_erased_case_is_erased(world: World, agent: Thread) -> None:
    """A reason may quote the case."""
    with agent.run(SLICE, case="c1") as run, pytest.raises(DelegationRefused):
        run.call("stranger", SLICE)
    world.ledger.erase(SLICE, world.ledger.vault.ref(SLICE, "c1"), OWNER)
    assert [one.words for one in only_case(world).refused] == ["erased"]
