"""What stands beside a question: grounds, doubts, what a yes would do, and what people decided in past cases."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from control.agents import SLICE, Agent, acting_alone, sign
from control.approvals.hours import asked, item_of
from goldenthread.control.approvals import Inbox, Limit, Said, Spend
from goldenthread.control.approvals.similar import likeness
from goldenthread.control.guard import Request, Seen, authorize
from goldenthread.control.signing import erase_case
from goldenthread.record.metrics import Proposal
from goldenthread.surfaces.sdk import Document
from worlds import APPROVER, EASY, OWNER, World, contract_text

PAY: dict[str, Any] = {
    "pay": {
        "effect": "reversible",
        "undo": "refund",
        "limit": "amount <= 50 EUR",
        "budget": ["100 EUR of amount per day"],
        "decides": ["iban"],
    }
}


def paying(world: World, **wanted: Any) -> tuple[Agent, Inbox]:
    """An agent whose every payment waits for a yes, and the inbox."""
    sign(world, level="approval", gates=EASY, actions=PAY, **wanted)
    return Agent(world), world.inbox(SLICE)


def test_it_says_what_a_yes_would_do_and_spend(world: World) -> None:
    """Level, effect, undo, the limits of acting alone, and what is left of the budget before the yes."""
    agent, inbox = paying(world)
    inbox.approve(item_of(asked(agent, "case-0", order="z", amount=30, iban="DE1")), by=APPROVER)
    found = inbox.dossier(item_of(asked(agent, order="a", amount=60, iban="DE1")))
    assert found.would is not None
    assert (found.would.level, found.would.effect, found.would.undo, found.would.egress) == (
        "approval",
        "reversible",
        "refund",
        False,
    )
    assert found.would.limits == (Limit(words="amount <= 50 EUR", kept=False),)
    assert found.would.spends == (Spend(budget="100 EUR of amount per day", amount=Decimal(60), left=Decimal(70)),)


def test_it_says_which_deciding_argument_stands_in_no_trusted_source(world: World) -> None:
    """The account that an e-mail named is what an approver must look at."""
    agent, inbox = paying(world)
    run, seen = agent.run(customer="Ada"), Seen({"customer": "Ada"})
    request = Request(run=run, call=0, action="pay", arguments={"order": "a", "amount": 1, "iban": "DE66"}, seen=seen)
    found = inbox.dossier(item_of(authorize(agent.desk, request)))
    assert [doubt.kind for doubt in found.doubts] == ["origin"]
    assert found.doubts[0].words.startswith("'iban' decides where the effect goes, and its value ")


def test_it_says_what_should_not_leave(world: World) -> None:
    """A secret in an argument, named by the argument and never shown twice."""
    sign(
        world,
        level="approval",
        gates=EASY,
        actions={"post": {"effect": "reversible"}},
        parts="content: {secrets: ask}\n",
    )
    agent, inbox = Agent(world), world.inbox(SLICE)
    outcome = agent.ask(agent.run(), "post", text="the key is AKIAIOSFODNN7EXAMPLQ")
    found = inbox.dossier(item_of(outcome))
    assert [(doubt.kind, doubt.words) for doubt in found.doubts] == [("content", "A secret stands in 'text'")]


def test_it_shows_what_the_cited_documents_say(world: World) -> None:
    """In the words that the source gave; a document that never came back says nothing."""
    world.sign(contract_text("intake", level="approval", grounding="retrieval, citations required"))
    past = [Document(id="d1", content={"order": "a", "decision": "pay"}, score=0.9), Document(id="d2", content={})]
    with world.connect() as thread:

        @thread.action("pay")
        def pay(order: str) -> None: ...

        thread.source("past", search=lambda query, top: past[:top], bears=lambda document, action, arguments: True)
        with thread.run("intake", case="case-1") as run:
            run.retrieve("past", query="a")
            run.cite("d1")
            run.cite("invented")
            pay("a")
    (item,) = world.inbox("intake").items()
    found = world.inbox("intake").dossier(item.id)
    assert [(one.id, one.retrieved, one.source, one.score, one.says) for one in found.sources] == [
        ("d1", True, "past", 0.9, {"order": "a", "decision": "pay"}),
        ("invented", False, None, None, None),
    ]
    assert [doubt.kind for doubt in found.doubts] == ["ungrounded"]


def test_it_shows_what_the_run_did_before(world: World) -> None:
    """An action that follows another is judged with it."""
    agent = acting_alone(world, actions={"pay": {"effect": "reversible", "limit": "amount <= 50 EUR"}})
    run = agent.run()
    agent.act(run, call=0, order="a", amount=10, result={"receipt": 7})
    found = world.inbox(SLICE).dossier(item_of(agent.ask(run, "pay", 1, order="b", amount=60)))
    assert [(one.action, one.state, one.arguments, one.result) for one in found.before] == [
        ("pay", "done", {"order": "a", "amount": 10}, {"receipt": 7})
    ]


def test_it_shows_the_nearest_past_cases_and_what_was_decided(world: World) -> None:
    """By whom, when and why; the nearest first, five at most, none of another action."""
    agent, inbox = paying(world)
    decided = {"near": 9, "far": 40, "edited": 20, "refused": 12, "a": 25, "b": 31}
    items = {
        case: item_of(asked(agent, case, order="o", amount=amount, iban="DE1")) for case, amount in decided.items()
    }
    for case, item in items.items():
        if case == "edited":
            inbox.edit(item, {"amount": 15}, by=APPROVER)
        elif case == "refused":
            inbox.reject(item, "paid twice", by=APPROVER)
        elif case != "b":
            inbox.approve(item, by=APPROVER)
    inbox.reject(items["b"], "no", by=APPROVER)
    found = inbox.dossier(item_of(asked(agent, "now", order="o", amount=10, iban="DE1"))).precedents
    assert [(one.case, one.answer) for one in found] == [
        ("near", "approve"),
        ("refused", "reject"),
        ("edited", "edit"),
        ("a", "approve"),
        ("b", "reject"),
    ]
    assert {one.by for one in found} == {APPROVER}
    assert set(found[0].equal) == {"order", "iban"}
    assert (found[1].reason, found[2].edited) == ("paid twice", {"order": "o", "amount": 15, "iban": "DE1"})
    assert found[0].likeness == round((2 + 0.9) / 3, 4)


def test_past_cases_that_were_erased_are_left_out(world: World) -> None:
    """What was erased is nobody's precedent."""
    agent, inbox = paying(world)
    for case in ("kept", "gone"):
        inbox.approve(item_of(asked(agent, case, order="o", amount=1, iban="DE1")), by=APPROVER)
    erase_case(agent.desk, "gone", by=OWNER)
    found = inbox.dossier(item_of(asked(agent, "now", order="o", amount=1, iban="DE1")))
    assert [one.case for one in found.precedents] == ["kept"]


def test_a_blind_question_shows_nothing_but_the_case(world: World) -> None:
    """Neither past decisions nor doubts nor what a yes would do: all of them give the proposal away."""
    sign(world, level="draft", actions=PAY, blind=100)
    agent = Agent(world)
    agent.ask(agent.run(customer="Ada"), "pay", order="a", amount=7, iban="DE1")
    inbox = world.inbox(SLICE)
    (item,) = inbox.items()
    found = inbox.dossier(item.id)
    assert found.item.given == {"customer": "Ada"}
    assert (found.item.action, found.item.arguments, found.item.clause, found.item.level) == (None, None, None, None)
    assert (found.sources, found.doubts, found.before, found.would, found.precedents) == ((), (), (), None, ())


def test_an_erased_case_has_no_dossier_left(world: World) -> None:
    """Only that it was asked."""
    agent, inbox = paying(world)
    item = item_of(asked(agent, order="a", amount=7, iban="DE1"))
    erase_case(agent.desk, "case-1", by=OWNER)
    found = inbox.dossier(item)
    assert (found.item.case, found.item.arguments, found.would, found.precedents) == ("erased", None, None, ())


def test_likeness_is_the_share_of_what_is_alike() -> None:
    """Equal is 1, a missing name 0, numbers by their ratio, and true is not 1."""
    assert likeness({}, {}) == 1.0
    assert likeness({"a": 1, "b": "x"}, {"a": 1, "b": "x"}) == 1.0
    assert likeness({"a": 1, "b": "x"}, {"a": 1}) == 0.5
    assert likeness({"a": 5}, {"a": 10}) == 0.5
    assert likeness({"a": -5}, {"a": 10}) == 0.0
    assert likeness({"a": 0}, {"a": 10}) == 0.0
    assert likeness({"a": True}, {"a": 1}) == 0.0
    assert 0.5 < likeness({"a": "green tea"}, {"a": "green sea"}) < 1.0
    assert likeness({"a": ["x"]}, {"a": "x"}) == 0.0


def test_a_closed_item_says_what_it_was_changed_to_and_why_not(world: World) -> None:
    """The approver who comes back to it, and the auditor, see what a person said, not only that they said it."""
    agent, inbox = paying(world)
    edited, refused, approved = (
        item_of(asked(agent, case, order="o", amount=9, iban="DE1")) for case in ("a", "b", "c")
    )
    inbox.edit(edited, {"amount": 7}, by=APPROVER)
    inbox.reject(refused, "paid twice", by=APPROVER)
    inbox.approve(approved, by=APPROVER)
    changed = Said(arguments={"order": "o", "amount": 7, "iban": "DE1"}, changed=("amount",))
    assert inbox.dossier(edited).said == changed
    assert inbox.dossier(refused).said == Said(reason="paid twice")
    assert inbox.dossier(approved).said is None
    later = item_of(asked(agent, "d", order="o", amount=9, iban="DE1"))
    assert inbox.dossier(later).said is None
    agent.done(agent.run("a"), agent.ask(agent.run("a"), "pay", order="o", amount=9, iban="DE1"))
    assert inbox.dossier(edited).said == changed
    erase_case(agent.desk, "a", by=OWNER)
    assert inbox.dossier(edited).said is None


def test_a_decision_of_ones_own_is_shown_once_it_was_made(world: World) -> None:
    """Beside the agent's proposal, which is no secret any more."""
    sign(world, level="draft", actions=PAY, blind=100)
    agent = Agent(world)
    agent.ask(agent.run(customer="Ada"), "pay", order="a", amount=7, iban="DE1")
    inbox = world.inbox(SLICE)
    (item,) = inbox.items()
    decision = Proposal(action="pay", arguments={"order": "a", "amount": 5, "iban": "DE1"})
    inbox.answer(item.id, decision, by=APPROVER)
    found = inbox.dossier(item.id)
    assert found.said == Said(action="pay", arguments=decision.arguments)
    assert found.item.arguments == {"order": "a", "amount": 7, "iban": "DE1"}
