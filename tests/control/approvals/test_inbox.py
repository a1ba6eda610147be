"""People answer: signed, once, for exactly what they saw, and only those who may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from control.agents import KEYED, SLICE, UNKEYED, Agent, acting_alone, doubts, observed, records, sign
from goldenthread.control.approvals import ANSWER_TYPE, Inbox, Item
from goldenthread.control.guard import Outcome, escalate
from goldenthread.control.signing import erase_case
from goldenthread.promise.contract import parse_clause
from goldenthread.promise.errors import (
    AnswerInvalid,
    GoldenthreadError,
    InboxItemClosed,
    InboxItemNotFound,
    KeyMissing,
    NotPermitted,
    PermitRefused,
    PrincipalUnknown,
    SecondRole,
    SignatureInvalid,
)
from goldenthread.promise.values import Json, Level
from goldenthread.record.metrics import Proposal
from goldenthread.record.principals import open_envelope
from worlds import AGENT, APPROVER, EASY, ENGINEER, EXPERT, FINANCE, OWNER, World

SEVEN = Proposal(action="pay", arguments={"amount": 7})


@pytest.fixture
def agent(world: World) -> Agent:
    """An agent whose every action waits for a yes."""
    sign(world, level="approval", gates=EASY, actions=KEYED | UNKEYED)
    return Agent(world)


@pytest.fixture
def inbox(world: World, agent: Agent) -> Inbox:
    """The slice's inbox, with everybody's keys."""
    return world.inbox(SLICE)


def asked(agent: Agent, case: str = "case-1", call: int = 0, **arguments: Json) -> Outcome:
    """A question that waits."""
    outcome = agent.ask(agent.run(case, customer="Ada"), "pay", call, **(arguments or {"order": "a", "amount": 7}))
    assert outcome.state == "asked"
    assert outcome.item is not None
    return outcome


def item_of(outcome: Outcome) -> str:
    """The id of the question."""
    assert outcome.item is not None
    return outcome.item


def test_an_item_shows_what_an_approval_would_bind_to(agent: Agent, inbox: Inbox) -> None:
    """The canonical arguments, never only the agent's summary."""
    outcome = asked(agent)
    (item,) = inbox.items()
    assert item == inbox.item(item_of(outcome))
    assert (item.kind, item.state, item.case, item.agent) == ("approval", "open", "case-1", AGENT)
    assert (item.action, item.arguments) == ("pay", {"order": "a", "amount": 7})
    assert (item.given, item.clause) == ({"customer": "Ada"}, "autonomy.gates.approval")
    assert item.reason == "At approval, every action waits for a person's yes"
    assert (item.answer, item.answered_by) == (None, None)


def test_items_wait_oldest_first(agent: Agent, inbox: Inbox) -> None:
    """Whoever asked first is answered first."""
    for number in range(3):
        asked(agent, f"case-{number}")
    assert [item.case for item in inbox.items()] == ["case-0", "case-1", "case-2"]


def test_a_yes_is_a_permit_for_exactly_what_was_asked(agent: Agent, inbox: Inbox, world: World) -> None:
    """Once, for these arguments; the agent comes back and acts."""
    outcome = asked(agent)
    item = inbox.approve(item_of(outcome), by=APPROVER)
    assert (item.state, item.answer, item.answered_by) == ("answered", "approve", APPROVER)
    run = agent.run()
    permitted = agent.ask(run, order="a", amount=7)
    assert (permitted.state, permitted.id, permitted.arguments) == (
        "permitted",
        outcome.id,
        {"order": "a", "amount": 7},
    )
    agent.consume(run, permitted)
    agent.done(run, permitted)
    with pytest.raises(PermitRefused):
        agent.consume(run, permitted)
    assert observed(world, "approved_unedited")[-1] == 1.0


def test_a_yes_to_one_thing_is_no_yes_to_another(agent: Agent, inbox: Inbox) -> None:
    """Seven were approved; eight were not."""
    inbox.approve(item_of(asked(agent)), by=APPROVER)
    other = agent.ask(agent.run(), order="a", amount=8)
    assert (other.state, other.permit) == ("asked", None)


def test_an_answer_is_signed_by_who_gave_it_and_binds_the_permit(agent: Agent, inbox: Inbox, world: World) -> None:
    """Nobody can later say that they approved something else, or that somebody else did."""
    outcome = asked(agent)
    inbox.approve(item_of(outcome), by=APPROVER)
    record = records(world, "approval:answer")[-1]
    key = agent.desk.principals().get(APPROVER).public_key
    said = open_envelope(record.data["envelope"], key, ANSWER_TYPE)
    assert record.by == APPROVER
    assert (said["slice"], said["item"], said["action"], said["answer"]) == (SLICE, outcome.item, outcome.id, "approve")
    assert said["permit"] == record.data["permit"]
    assert said["permit"]["digest"].startswith("sha256:")
    assert said["permit"]["arguments"] == records(world, "action:decide")[-1].data["arguments"]
    other_key = agent.desk.principals().get(ENGINEER).public_key
    with pytest.raises(SignatureInvalid):
        open_envelope(record.data["envelope"], other_key, ANSWER_TYPE)


def test_an_edit_permits_the_edited_arguments_and_not_the_agents_own(agent: Agent, inbox: Inbox, world: World) -> None:
    """The person's word is done, the agent's is not, and the evidence says so."""
    outcome = asked(agent)
    item = inbox.edit(item_of(outcome), {"amount": 5}, by=APPROVER)
    assert (item.answer, item.answered_by) == ("edit", APPROVER)
    run = agent.run()
    permitted = agent.ask(run, order="a", amount=7)
    assert (permitted.state, permitted.arguments) == ("permitted", {"order": "a", "amount": 5})
    agent.consume(run, permitted)
    assert observed(world, "approved_unedited")[-1] == 0.0


def test_an_edit_names_an_argument_that_is_there_and_changes_something(agent: Agent, inbox: Inbox) -> None:
    """A typing error must not become a silent yes."""
    item = item_of(asked(agent))
    with pytest.raises(AnswerInvalid) as unknown:
        inbox.edit(item, {"amout": 5}, by=APPROVER)
    assert str(unknown.value) == (
        "answer-invalid: 'pay' has no argument 'amout'; it has amount, order. Change one of these."
    )
    for same in ({"amount": 7}, {}, {"amount": 7.0}):
        with pytest.raises(AnswerInvalid) as unchanged:
            inbox.edit(item, same, by=APPROVER)
        assert str(unchanged.value) == (
            f"answer-invalid: Item {item} would be approved unchanged. Use `goldenthread inbox approve {item}`."
        )
    assert inbox.item(item).state == "open"


def test_an_edit_from_one_to_true_is_an_edit(agent: Agent, inbox: Inbox) -> None:
    """Python takes them for equal; the tool may not."""
    item = inbox.edit(item_of(asked(agent, order="a", amount=1)), {"amount": True}, by=APPROVER)
    assert item.answer == "edit"


def test_a_no_reaches_the_agent_with_its_reason(agent: Agent, inbox: Inbox, world: World) -> None:
    """And nothing happens, now or when it asks again."""
    outcome = asked(agent)
    item = inbox.reject(item_of(outcome), "paid already", by=APPROVER)
    assert (item.state, item.answer) == ("answered", "reject")
    again = agent.ask(agent.run(), order="a", amount=7)
    assert (again.state, again.permit) == ("rejected", None)
    assert again.reason == f"{APPROVER} said no: paid already"
    assert observed(world, "approved_unedited")[-1] == 0.0
    answer = records(world, "approval:answer")[-1].data
    assert "paid already" not in str(answer), "what people write about a case is case content"
    assert world.ledger.open(answer["content"]) == {"reason": "paid already"}


ANSWERS: dict[str, Callable[[Inbox, str], Item]] = {
    "approve": lambda inbox, item: inbox.approve(item, by=APPROVER),
    "edit": lambda inbox, item: inbox.edit(item, {"amount": 5}, by=APPROVER),
    "reject": lambda inbox, item: inbox.reject(item, "no", by=APPROVER),
    "escalate": lambda inbox, item: inbox.escalate(item, by=APPROVER),
}


@pytest.mark.parametrize("second", ANSWERS)
def test_an_item_is_answered_once(agent: Agent, inbox: Inbox, world: World, second: str) -> None:
    """A no that a later yes overrides is no no."""
    item = item_of(asked(agent))
    inbox.reject(item, "no", by=APPROVER)
    before = records(world)
    with pytest.raises(InboxItemClosed) as closed:
        ANSWERS[second](inbox, item)
    assert str(closed.value) == (
        f"inbox-item-closed: Item {item} is closed: reject by {APPROVER}. See `goldenthread inbox list` for open ones."
    )
    assert records(world) == before


@pytest.mark.parametrize(
    ("who", "error"),
    [
        (ENGINEER, SecondRole),
        (AGENT, SecondRole),
        (FINANCE, NotPermitted),
        (EXPERT, NotPermitted),
        (OWNER, NotPermitted),
        ("nobody@example.com", PrincipalUnknown),
    ],
)
def test_only_who_has_the_right_answers(
    agent: Agent, inbox: Inbox, world: World, who: str, error: type[GoldenthreadError]
) -> None:
    """Nobody approves their own agent, and a role in one thing is no role in another."""
    item = item_of(asked(agent))
    before = records(world)
    answers: list[Callable[[], Any]] = [
        lambda: inbox.approve(item, by=who),
        lambda: inbox.edit(item, {"amount": 5}, by=who),
        lambda: inbox.reject(item, "no", by=who),
        lambda: inbox.escalate(item, by=who),
    ]
    for answer in answers:
        with pytest.raises(error):
            answer()
    assert (inbox.item(item).state, records(world)) == ("open", before)


def test_the_person_who_answers_for_the_agent_is_told_whom_to_ask(agent: Agent, inbox: Inbox) -> None:
    """A refusal without a next step stops the work."""
    with pytest.raises(SecondRole) as refusal:
        inbox.approve(item_of(asked(agent)), by=ENGINEER)
    assert str(refusal.value) == (
        f"second-role: '{ENGINEER}' answers for agent '{AGENT}' and cannot approve what it does: "
        f"nobody approves their own agent. Ask {APPROVER}."
    )


def test_an_answer_without_a_key_is_none(agent: Agent, world: World) -> None:
    """Unsigned words change nothing."""
    item = item_of(asked(agent))

    def sign_without_key(principal: str, payload_type: str, payload: Json) -> dict[str, Any]:
        raise KeyMissing(f"No key of '{principal}'.")

    def sign_as_another(principal: str, payload_type: str, payload: Json) -> Any:
        return world.keyring.sign(ENGINEER, payload_type, payload)

    for signer, error in ((sign_without_key, KeyMissing), (sign_as_another, SignatureInvalid)):
        with pytest.raises(error):
            Inbox(agent.desk, signer).approve(item, by=APPROVER)
    assert world.inbox(SLICE).item(item).state == "open"
    assert records(world, "approval:answer") == []


def test_an_escalated_item_climbs_the_path_and_stays_open(agent: Agent, inbox: Inbox, world: World) -> None:
    """To hand it on is no answer; at the end of the path somebody must give one."""
    outcome = asked(agent)
    item = inbox.escalate(item_of(outcome), by=APPROVER)
    assert (item.state, item.assigned, item.answer) == ("open", "lead", None)
    assert records(world, "approval:answer")[-1].data["to"] == "lead"
    with pytest.raises(AnswerInvalid) as end:
        inbox.escalate(item.id, by=APPROVER)
    assert str(end.value) == (
        f"answer-invalid: Item {item.id} is with 'lead', the last step of the escalation path. Answer it there."
    )
    assert agent.ask(agent.run(), order="a", amount=7).state == "asked", "silence is never a yes"
    inbox.approve(item.id, by=APPROVER)
    assert agent.ask(agent.run(), order="a", amount=7).state == "permitted"


def test_a_prefix_that_only_one_item_has_is_enough(agent: Agent, inbox: Inbox) -> None:
    """People copy the first few characters."""
    item = item_of(asked(agent))
    assert inbox.item(item[:6]).id == item
    assert inbox.approve(item[:6], by=APPROVER).id == item


def test_an_id_that_names_none_or_several_is_refused(agent: Agent, inbox: Inbox) -> None:
    """A guess would approve somebody else's case."""
    ids = [item_of(asked(agent, f"case-{number}")) for number in range(17)]
    first = next(digit for digit in "0123456789abcdef" if sum(item.startswith(digit) for item in ids) > 1)
    with pytest.raises(InboxItemNotFound) as several:
        inbox.approve(first, by=APPROVER)
    assert "items begin with" in str(several.value)
    for nothing in ("zzzz", "", "%", "_"):
        with pytest.raises(InboxItemNotFound):
            inbox.approve(nothing, by=APPROVER)
    with pytest.raises(InboxItemNotFound) as none:
        inbox.item("zzzz")
    assert str(none.value) == "inbox-item-not-found: No item 'zzzz' in 'refunds'. See `goldenthread inbox list`."
    assert all(item.state == "open" for item in inbox.items())


def test_an_answer_of_the_wrong_kind_says_which_one_fits(agent: Agent, inbox: Inbox, world: World) -> None:
    """A yes to a blind question would be a yes to something unseen."""
    approval = item_of(asked(agent))
    escalation = escalate(agent.desk, agent.run("case-2"), "no precedent")
    assert escalation is not None
    with pytest.raises(AnswerInvalid) as wrong:
        inbox.answer(approval, SEVEN, by=APPROVER)
    assert str(wrong.value) == (
        f"answer-invalid: Item {approval} is of kind 'approval', which this does not answer. "
        f"Use `goldenthread inbox approve {approval}`, `edit` or `reject`."
    )
    with pytest.raises(AnswerInvalid) as wrong:
        inbox.approve(escalation, by=APPROVER)
    assert str(wrong.value) == (
        f"answer-invalid: Item {escalation} is of kind 'escalation', which this does not answer. "
        f"Use `goldenthread inbox answer {escalation} ACTION NAME=VALUE ...`."
    )
    with pytest.raises(AnswerInvalid):
        inbox.settle(approval, happened=True, by=APPROVER)


def test_an_escalation_is_answered_with_a_decision(agent: Agent, inbox: Inbox, world: World) -> None:
    """The agent handed the case over; a person decides it, and names an action that exists."""
    run = agent.run("case-2", customer="Ada")
    item = escalate(agent.desk, run, "no precedent")
    assert item is not None
    shown = inbox.item(item)
    assert (shown.kind, shown.reason, shown.arguments, shown.given) == (
        "escalation",
        "no precedent",
        None,
        {"customer": "Ada"},
    )
    with pytest.raises(AnswerInvalid) as unknown:
        inbox.answer(item, Proposal(action="wire", arguments={}), by=APPROVER)
    assert str(unknown.value) == (
        "answer-invalid: The contract declares no action 'wire'; it declares pay, post. Name one of these."
    )
    inbox.answer(item, SEVEN, by=APPROVER)
    answer = records(world, "approval:answer")[-1].data
    assert world.ledger.open(answer["content"]) == {"action": "pay", "arguments": {"amount": 7}}
    assert "agreement" not in [
        seen["metric"] for record in records(world, "case:observe") for seen in record.data["observations"]
    ]


@pytest.mark.parametrize(("decided", "agreement"), [(7, 1.0), (8, 0.0)])
def test_a_blind_question_hides_the_proposal_until_it_is_answered(world: World, decided: int, agreement: float) -> None:
    """Who has seen the proposal is no measure of it."""
    sign(world, level="draft", blind=100)
    agent, inbox = Agent(world), world.inbox(SLICE)
    run = agent.run(customer="Ada")
    agent.ask(run, order="secret-order", amount=7)
    agent.end(run, "drafted")
    (item,) = inbox.items()
    assert (item.kind, item.given) == ("blind question", {"customer": "Ada"})
    assert (item.action, item.arguments, item.cited) == (None, None, ())
    assert "secret-order" not in repr(item)
    answered = inbox.answer(item.id, Proposal(action="pay", arguments={"amount": decided}), by=APPROVER)
    assert (answered.state, answered.action) == ("answered", "pay")
    assert observed(world, "agreement") == [None, agreement]


@pytest.mark.parametrize("happened", [True, False])
def test_a_doubt_is_settled_by_somebody_who_looked(world: World, happened: bool) -> None:
    """If it happened it never happens again; if not, it may be asked for again."""
    agent = acting_alone(world, actions=UNKEYED)
    inbox = world.inbox(SLICE)
    run = agent.run()
    agent.consume(run, agent.ask(run, "post", text="a"))
    doubt = agent.ask(agent.run(), "post", text="a")
    (item,) = doubts(world)
    inbox.settle(item.id, happened=happened, by=APPROVER)
    assert records(world, "approval:answer")[-1].data["answer"] == ("happened" if happened else "did not happen")
    again = agent.ask(agent.run(), "post", text="a")
    if happened:
        assert (again.state, again.id, again.result) == ("done", doubt.id, None)
    else:
        assert (again.state, again.id != doubt.id) == ("permitted", True)


def test_a_yes_after_a_fall_permits_nothing(agent: Agent, inbox: Inbox) -> None:
    """The question was asked at a level that is gone."""
    outcome = asked(agent)
    agent.fall("case-1")
    inbox.approve(item_of(outcome), by=APPROVER)
    again = agent.ask(agent.run(), order="a", amount=7)
    assert (agent.level(), again.state, again.permit) == (Level.DRAFT, "drafted", None)


def test_a_question_of_a_lower_level_is_taken_back_once_the_agent_acts_alone(
    agent: Agent, inbox: Inbox, world: World
) -> None:
    """Two leaves for one call would be one too many."""
    outcome = asked(agent)
    agent.climb(cases=20)  # the case that waits counts as handed over until it ends
    assert agent.level() is Level.CONSTRAINED
    again = agent.ask(agent.run(), order="a", amount=7)
    assert (again.state, again.id != outcome.id) == ("permitted", True)
    with pytest.raises(InboxItemClosed) as closed:
        inbox.approve(item_of(outcome), by=APPROVER)
    assert str(closed.value) == (
        f"inbox-item-closed: Item {outcome.item} is closed: superseded. See `goldenthread inbox list` for open ones."
    )


def test_a_question_of_a_superseded_run_is_closed(agent: Agent, inbox: Inbox, world: World) -> None:
    """A yes for the old release is none for the new one."""
    outcome = asked(agent)
    Agent(world, model="newer rules").run()
    with pytest.raises(InboxItemClosed) as closed:
        inbox.approve(item_of(outcome), by=APPROVER)
    assert str(closed.value).startswith(f"inbox-item-closed: Item {outcome.item} is closed: superseded.")


def test_who_is_asked_by_a_run_that_ended_is_told(agent: Agent, inbox: Inbox) -> None:
    """Their answer counts as a label; that something happens by it would be untrue."""
    outcome = asked(agent)
    assert inbox.item(item_of(outcome)).moot is None
    agent.end(agent.run("case-1"), "done")
    assert inbox.item(item_of(outcome)).moot == "the run that asked has ended (done)"


def test_who_said_yes_to_other_arguments_reads_that_it_did_not_happen(agent: Agent, inbox: Inbox) -> None:
    """The second question of a case must not look like the first."""
    first = asked(agent)
    inbox.approve(item_of(first), by=APPROVER)
    again = asked(agent, order="a", amount=9)
    assert inbox.item(item_of(again)).reason == (
        f"At approval, every action waits for a person's yes. {APPROVER} said yes to 'pay' in this case before "
        f"(item {first.item}), to other arguments than the agent asks for now; that did not happen"
    )
    assert "said yes" not in inbox.item(item_of(asked(agent, "case-2"))).reason


def test_every_action_of_a_case_must_be_approved_unedited(agent: Agent, inbox: Inbox, world: World) -> None:
    """One edit among three approvals is a case that people had to mend; while one waits nothing is known."""
    items = [item_of(asked(agent, call=call, order=str(call), amount=7)) for call in range(3)]
    inbox.approve(items[0], by=APPROVER)
    assert observed(world, "approved_unedited")[-1] is None
    inbox.edit(items[1], {"amount": 5}, by=APPROVER)
    assert observed(world, "approved_unedited")[-1] == 0.0
    inbox.approve(items[2], by=APPROVER)
    assert observed(world, "approved_unedited")[-1] == 0.0


def test_all_approved_is_one_good_case(agent: Agent, inbox: Inbox, world: World) -> None:
    """The unit is the case, not the click."""
    items = [item_of(asked(agent, call=call, order=str(call), amount=7)) for call in range(2)]
    for item in items:
        inbox.approve(item, by=APPROVER)
    assert observed(world, "approved_unedited")[-1] == 1.0
    row = agent.desk.standing().agents[agent.declaration.fingerprint].rows[agent.run().case_ref]
    assert row.values["approved_unedited"] == 1.0


def test_a_question_that_waits_is_pending_evidence(agent: Agent, inbox: Inbox) -> None:
    """An approver who answers the easy ones first would otherwise promote the agent on them."""
    for number in range(3):
        asked(agent, f"hard-{number}")
    inbox.approve(item_of(asked(agent, "easy")), by=APPROVER)
    qualified = agent.desk.standing().agents[agent.declaration.fingerprint]
    clause = parse_clause("approved_unedited >= 95 %")
    now = agent.desk.standing().now
    assert [value for _row, value in qualified.counted(clause, 0, now)] == [None, None, None, 1.0]


def test_a_question_that_was_put_aside_is_not_waited_for(agent: Agent, inbox: Inbox, world: World) -> None:
    """A new contract version asks anew; the answer to the new question settles the case."""
    old = asked(agent)
    sign(world, version=2, level="approval", gates=EASY, actions=KEYED | UNKEYED)
    new = asked(agent)
    assert new.item != old.item
    inbox.approve(item_of(new), by=APPROVER)
    assert observed(world, "approved_unedited")[-1] == 1.0


def test_an_erased_case_leaves_the_inbox_readable(agent: Agent, inbox: Inbox, world: World) -> None:
    """One case that is gone must not hide all the others."""
    gone, stays = asked(agent, "case-1"), asked(agent, "case-2")
    erase_case(agent.desk, "case-1", by=OWNER)
    assert [item.id for item in inbox.items()] == [stays.item]
    with pytest.raises(InboxItemClosed) as closed:
        inbox.approve(item_of(gone), by=APPROVER)
    assert str(closed.value).startswith(f"inbox-item-closed: Item {gone.item} is closed: erased.")
    everything = {item.id: item for item in inbox.items(state=None)}
    assert set(everything) == {gone.item, stays.item}
    assert (everything[item_of(gone)].case, everything[item_of(gone)].arguments) == ("erased", None)
    assert dict(everything[item_of(gone)].given) == {}


def test_what_was_written_about_an_erased_case_is_gone_from_every_table(
    agent: Agent, inbox: Inbox, world: World, superuser: psycopg.Connection
) -> None:
    """A reason in the clear beside the sealed content would outlive the key."""
    inbox.reject(item_of(asked(agent)), "Ada Lovelace was paid already", by=APPROVER)
    agent.end(agent.run(), "denied")
    escalate(agent.desk, agent.run(), "Ada Lovelace is unknown to me")
    erase_case(agent.desk, "case-1", by=OWNER)
    for table in ("run", "step", "action", "inbox", "recorded_decision", "ledger_record", "ledger_content"):
        rows = superuser.execute(f"select t::text from {table} t".encode()).fetchall()
        assert "Ada" not in str(rows), f"{table} still names her"
