"""What an engineer writes: tools under contract, runs that end with a status, and errors that say what to do."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import goldenthread
from goldenthread.control.guard.labels import DECISIONS_TYPE
from goldenthread.promise.errors import (
    AnswerInvalid,
    Denied,
    Drafted,
    Escalated,
    HomeInvalid,
    KeyMissing,
    ManifestMismatch,
    NestedEffect,
    NoRun,
    NotCanonical,
    NotPermitted,
    ObservationRefused,
    PermitRefused,
    PrincipalUnknown,
    RunBusy,
    RunClosed,
    ValueProblem,
    Waiting,
)
from goldenthread.promise.values import Level
from goldenthread.record.ledger import Record
from goldenthread.record.metrics import Proposal
from goldenthread.record.principals import open_envelope
from goldenthread.surfaces.sdk import Thread
from worlds import APPROVER, EASY, EXPERT, OWNER, World, contract_text

SLICE = "refunds"
ACTIONS: dict[str, Any] = {
    "pay": {"effect": "reversible", "key": "order", "limit": "amount <= 100 EUR"},
    "post": {"effect": "reversible"},
    "look": {"effect": "read"},
}


class Desk:
    """An agent's process: its thread, its tools, and what they really did."""

    def __init__(self, world: World, **manifest: Any) -> None:
        self.world = world
        self.did: list[tuple[Any, ...]] = []
        self.thread = world.connect(**manifest)
        self.during: Callable[[], Any] = lambda: {"paid": True}

        @self.thread.action("pay")
        def pay(order: str, amount: int = 1) -> Any:
            """Pay it."""
            self.did.append(("pay", order, amount))
            return self.during()

        @self.thread.action("post")
        def post(text: str) -> Any:
            self.did.append(("post", text))
            return self.during()

        @self.thread.action("look")
        def look(order: str) -> str:
            self.did.append(("look", order))
            return f"order {order}"

        @self.thread.action("wire_everything")
        def wire() -> None:
            self.did.append(("wire",))

        self.pay, self.post, self.look, self.wire = pay, post, look, wire

    def records(self, *kinds: str) -> list[Record]:
        """Records of the slice."""
        return list(self.world.ledger.read(SLICE, kinds=kinds or None))

    def item(self) -> str:
        """The one approval that waits."""
        (item,) = [item for item in self.world.inbox(SLICE).items() if item.kind == "approval"]
        return item.id


@pytest.fixture
def at(world: World) -> Iterator[Callable[[str], Desk]]:
    """An agent's process at a wanted level."""
    desks: list[Desk] = []

    def make(level: str, **wanted: Any) -> Desk:
        start = "approval" if level == "constrained" else level
        gates = EASY if level == "constrained" else None
        world.sign(contract_text(SLICE, level=start, gates=gates, actions=ACTIONS, **wanted))
        desks.append(Desk(world))
        if level == "constrained":
            climb(desks[-1])
        return desks[-1]

    yield make
    for desk in desks:
        desk.thread.close()


def climb(desk: Desk) -> None:
    """Agree with what people decided before, a dozen times."""
    past = [(f"past-{number}", "pay", {"amount": 1}) for number in range(12)]
    desk.thread.record_decisions(SLICE, past, by=EXPERT)
    for case, _, _ in past:
        with desk.thread.run(SLICE, case=case):
            desk.pay(case)
    assert desk.thread.level(SLICE) is Level.CONSTRAINED
    assert desk.did == []


def test_acting_alone_the_effect_happens_and_its_result_comes_back(at: Callable[[str], Desk]) -> None:
    """The good day: decided, permitted, done, recorded."""
    desk = at("constrained")
    with desk.thread.run(SLICE, case="1", given={"customer": "Ada"}) as run:
        assert (run.status, run.level) == ("open", Level.CONSTRAINED)
        assert desk.pay("a", 7) == {"paid": True}
    assert (run.status, desk.did) == ("done", [("pay", "a", 7)])
    kinds = [record.kind for record in desk.records()][-7:]
    assert [kind for kind in kinds if kind.startswith(("action", "permit", "run"))][-5:] == [
        "run:start",
        "action:decide",
        "permit:consume",
        "action:effect",
        "run:end",
    ]


def test_a_permit_is_durable_before_the_tool_begins(at: Callable[[str], Desk]) -> None:
    """Never an effect without a permit, whatever dies in between."""
    desk = at("constrained")
    seen: list[str] = []
    desk.during = lambda: seen.extend(record.kind for record in desk.records()[-2:])
    with desk.thread.run(SLICE, case="1"):
        desk.pay("a")
    assert seen[-1] == "permit:consume"


def test_what_a_new_contract_calls_an_effect_is_not_done_as_a_read(at: Callable[[str], Desk], world: World) -> None:
    """Another process signs it in the middle of a run: what this one knew of the action is no leave to do it."""
    desk = at("constrained")
    actions = {**ACTIONS, "look": {"effect": "reversible"}}

    def work() -> None:
        with desk.thread.run(SLICE, case="1"):
            desk.look("a")
            world.sign(contract_text(SLICE, version=2, level="approval", gates=EASY, actions=actions))
            desk.look("b")

    with pytest.raises(PermitRefused, match="no read without a permit any more"):
        work()
    assert desk.did == [("look", "a")]
    with desk.thread.run(SLICE, case="2"):
        desk.look("c")
    assert desk.did[1:] == [("look", "c")]
    assert "permit:consume" in [record.kind for record in desk.records()]


def test_a_tool_stopped_by_its_level_does_not_run(at: Callable[[str], Desk], world: World) -> None:
    """Shadow is denied, draft is drafted; the block ends quietly and says which."""
    desk = at("shadow")
    with desk.thread.run(SLICE, case="1") as run:
        desk.pay("a", 7)
        raise AssertionError("not reached")
    assert (run.status, desk.did) == ("denied", [])
    with desk.thread.run(SLICE, case="2") as run, pytest.raises(Denied) as denied:
        desk.pay("a", 7)
    assert str(denied.value) == (
        "denied: 'pay' does not happen: At shadow, nothing the agent does is seen or has effect "
        f"(clause autonomy.start, action {run.actions[0]})."
    )
    assert run.status == "done", "the agent caught it and went on"


def test_at_draft_people_get_the_proposal(at: Callable[[str], Desk]) -> None:
    """Nothing happens, and that is no fault."""
    desk = at("draft")
    with desk.thread.run(SLICE, case="1") as run:
        with pytest.raises(Drafted) as drafted:
            desk.pay("a", 7)
        assert str(drafted.value) == (
            "drafted: 'pay' is a draft for people: At draft, people get the proposal and do the work "
            f"(clause autonomy.gates.draft, action {run.actions[0]})."
        )
        desk.pay("b", 7)
    assert (run.status, desk.did) == ("drafted", [])


def test_at_approval_the_run_waits_and_goes_on_where_it_stopped(at: Callable[[str], Desk], world: World) -> None:
    """Call again with the same arguments once they answered."""
    desk = at("approval")
    with desk.thread.run(SLICE, case="1") as first, pytest.raises(Waiting) as waiting:
        desk.pay("a", 7)
    item = desk.item()
    assert str(waiting.value) == (
        f"waiting: 'pay' waits for a person, inbox item {item}: At approval, every action waits for a person's yes "
        f"(clause autonomy.gates.approval, action {first.actions[0]}). "
        f"Answer it with `goldenthread inbox show {item}`, then run the case again."
    )
    assert (first.status, desk.did, desk.thread.waiting(SLICE)) == ("waiting", [], ["1"])
    with desk.thread.run(SLICE, case="1") as still:
        desk.pay("a", 7)
    assert (still.status, still.id == first.id) == ("waiting", True)
    world.inbox(SLICE).approve(item, by=APPROVER)
    with desk.thread.run(SLICE, case="1") as run:
        desk.pay("a", 7)
    assert (run.status, run.id == first.id, desk.did) == ("done", True, [("pay", "a", 7)])
    assert desk.thread.waiting(SLICE) == []


def test_an_edit_is_what_is_done(at: Callable[[str], Desk], world: World) -> None:
    """The tool gets the person's arguments, not the agent's."""
    desk = at("approval")
    with desk.thread.run(SLICE, case="1"):
        desk.pay("a", 7)
    world.inbox(SLICE).edit(desk.item(), {"amount": 5}, by=APPROVER)
    with desk.thread.run(SLICE, case="1") as run:
        desk.pay("a", 7)
    assert (run.status, desk.did) == ("done", [("pay", "a", 5)])


def test_a_no_is_a_denial_with_its_reason(at: Callable[[str], Desk], world: World) -> None:
    """The agent may read why."""
    desk = at("approval")
    with desk.thread.run(SLICE, case="1"):
        desk.pay("a", 7)
    world.inbox(SLICE).reject(desk.item(), "paid already", by=APPROVER)
    with desk.thread.run(SLICE, case="1") as run, pytest.raises(Denied) as denied:
        desk.pay("a", 7)
    assert str(denied.value) == (
        f"denied: 'pay' does not happen: {APPROVER} said no: paid already "
        f"(clause autonomy.gates.approval, action {run.actions[0]})."
    )
    assert desk.did == []


def test_outside_its_limit_an_agent_that_acts_alone_asks(at: Callable[[str], Desk]) -> None:
    """The limit is where a person comes in, not where the work ends."""
    desk = at("constrained")
    with desk.thread.run(SLICE, case="1") as run:
        desk.pay("a", 101)
    assert (run.status, desk.did) == ("waiting", [])
    assert "Outside the limit 'amount <= 100 EUR'" in desk.world.inbox(SLICE).item(desk.item()).reason


def test_an_undeclared_tool_is_denied(at: Callable[[str], Desk]) -> None:
    """Registered is not declared."""
    desk = at("constrained")
    with desk.thread.run(SLICE, case="1") as run, pytest.raises(Denied) as denied:
        desk.wire()
    assert str(denied.value) == (
        "denied: 'wire_everything' does not happen: Action 'wire_everything' is not declared; "
        f"the contract declares pay, post, look (clause actions, action {run.actions[0]})."
    )
    assert desk.did == []
    assert desk.thread.level(SLICE) is Level.DRAFT


def test_a_read_needs_no_permit_at_any_level(at: Callable[[str], Desk]) -> None:
    """An agent in shadow must see what people see."""
    desk = at("shadow")
    with desk.thread.run(SLICE, case="1") as run:
        assert desk.look("a") == "order a"
    assert run.status == "done"
    assert desk.records("action:decide", "permit:consume") == []
    steps = [desk.world.ledger.open(step) for step in desk.records("run:end")[-1].data["steps"]]
    assert steps == [{"kind": "read", "content": {"action": "look"}}]


def test_a_stopped_slice_denies_even_reads(at: Callable[[str], Desk], world: World) -> None:
    """Stop means stop, and the run ends as denied, not as a fault."""
    desk = at("shadow")
    world.stop(SLICE)
    with desk.thread.run(SLICE, case="1") as run:
        desk.look("a")
    assert (run.status, desk.did) == ("denied", [])


def test_escalation_hands_the_case_to_a_person(at: Callable[[str], Desk]) -> None:
    """The agent says that it does not know, and that is a result."""
    desk = at("approval")
    with desk.thread.run(SLICE, case="1") as run:
        with pytest.raises(Escalated) as escalated:
            run.escalate("no precedent")
        (item,) = desk.world.inbox(SLICE).items()
        assert str(escalated.value) == (
            f"escalated: Case '1' went to a person: no precedent. It is inbox item {item.id}."
        )
        raise escalated.value
    assert (run.status, item.kind) == ("escalated", "escalation")
    seen = desk.records("case:observe")[-1].data["observations"]
    assert {"metric": "escalation_rate", "value": 1.0, "source": "guard"} in seen


def test_in_shadow_an_escalation_reaches_nobody(at: Callable[[str], Desk]) -> None:
    """People decide that case anyway."""
    desk = at("shadow")
    with desk.thread.run(SLICE, case="1") as run, pytest.raises(Escalated) as escalated:
        run.escalate("no precedent")
    assert str(escalated.value) == "escalated: Case '1' went to a person: no precedent."
    assert desk.world.inbox(SLICE).items() == []


def test_a_fault_goes_on_and_is_no_observation_of_quality(at: Callable[[str], Desk]) -> None:
    """An outage must reach whoever runs the agent, and must not count against it."""
    desk = at("shadow")
    with pytest.raises(ZeroDivisionError), desk.thread.run(SLICE, case="1") as run:
        1 / 0  # noqa: B018
    assert run.status == "fault"
    assert desk.records("run:end")[-1].data["status"] == "fault"
    assert desk.records("case:observe") == []


def test_a_tool_that_fails_without_a_key_is_asked_about(at: Callable[[str], Desk]) -> None:
    """A timeout does not say whether the letter went out; the next run waits until somebody looked."""
    desk = at("constrained")

    def time_out() -> None:
        raise TimeoutError("no answer")

    desk.during = time_out
    with pytest.raises(TimeoutError), desk.thread.run(SLICE, case="1") as run:
        desk.post("hello")
    assert run.status == "fault"
    assert desk.world.open_items(SLICE, "in-doubt effect") == ["1"]
    with desk.thread.run(SLICE, case="1") as again:
        desk.post("hello")
    assert (again.status, desk.did) == ("waiting", [("post", "hello")])


def test_ctrl_c_leaves_the_run_open_and_loses_no_keyed_effect(at: Callable[[str], Desk]) -> None:
    """The process was told to stop, not the case: the next one goes on with the same run and the same call."""
    desk = at("constrained")

    def interrupted() -> None:
        raise KeyboardInterrupt

    desk.during = interrupted
    with pytest.raises(KeyboardInterrupt), desk.thread.run(SLICE, case="1") as run:
        desk.pay("a", 7)
    assert run.status == "open"
    with pytest.raises(RunClosed):
        run.escalate("from outside the block, without the lease")
    assert desk.records("run:end")[-1].data["case"] != desk.records("run:start")[-1].data["case"]
    desk.during = lambda: None
    with desk.thread.run(SLICE, case="1") as again:
        desk.pay("a", 7)
    assert (again.id, again.status) == (run.id, "done")
    assert desk.did == [("pay", "a", 7)] * 2


def test_arguments_that_are_no_json_have_no_effect_and_a_named_error(at: Callable[[str], Desk]) -> None:
    """What cannot be hashed cannot be permitted; the run ends as a fault of the agent's code."""
    desk = at("constrained")
    values: list[Any] = [float("nan"), b"seven", 2**60, {1, 2}, object()]
    for value in values:
        with pytest.raises(NotCanonical) as refusal, desk.thread.run(SLICE, case="1") as run:
            desk.pay("a", value)
        assert str(refusal.value).startswith("not-canonical: A value cannot be written as canonical JSON: ")
        assert run.status == "fault"
    assert desk.did == []


def test_a_permit_that_is_refused_is_raised_and_nothing_happens(at: Callable[[str], Desk], world: World) -> None:
    """The level fell between the question and the effect."""
    desk = at("constrained")
    authorize = desk.thread.authorize

    def slowly(request: Any) -> Any:
        outcome = authorize(request)
        desk.thread.observe(SLICE, case="1", metric="policy_violation", value=1.0, by=APPROVER)
        return outcome

    desk.thread.authorize = slowly  # type: ignore[method-assign]
    with pytest.raises(PermitRefused) as refusal, desk.thread.run(SLICE, case="1") as run:
        desk.pay("a", 7)
    assert str(refusal.value).endswith(
        "for 'pay' is refused: the level is draft now, and it was issued at constrained. "
        "Nothing happened; open the case again to ask anew."
    )
    assert (run.status, desk.did) == ("fault", [])


def test_one_call_in_one_order_is_one_call_however_it_is_written(at: Callable[[str], Desk], world: World) -> None:
    """Positional, by name or left to its default: the arguments are the same."""
    desk = at("approval")
    with desk.thread.run(SLICE, case="1"):
        desk.pay("a")
    with desk.thread.run(SLICE, case="1"):
        desk.pay(amount=1, order="a")
    assert world.inbox(SLICE).item(desk.item()).arguments == {"order": "a", "amount": 1}


def test_the_decorator_keeps_the_tool_what_it_was(at: Callable[[str], Desk]) -> None:
    """Frameworks read name, docstring and signature to tell a model what a tool takes."""
    desk = at("shadow")
    assert (desk.pay.__name__, desk.pay.__doc__) == ("pay", "Pay it.")
    assert list(inspect.signature(desk.pay).parameters) == ["order", "amount"]
    assert inspect.signature(desk.pay).parameters["amount"].default == 1


def test_a_wrong_call_is_a_wrong_call(at: Callable[[str], Desk]) -> None:
    """The guard judges what could be done, not what could not be called."""
    desk = at("constrained")
    with pytest.raises(TypeError), desk.thread.run(SLICE, case="1"):
        desk.pay(amount=1)  # type: ignore[call-arg]
    assert desk.did == []


def test_a_tool_outside_a_run_is_refused(at: Callable[[str], Desk]) -> None:
    """There is no case to answer for it."""
    desk = at("constrained")
    with pytest.raises(NoRun) as refusal:
        desk.pay("a")
    assert str(refusal.value) == (
        "no-run: Action 'pay' was called outside a run. Call it inside `with thread.run(slice, case=...)`."
    )
    with desk.thread.run(SLICE, case="1"):
        pass
    with pytest.raises(NoRun):
        desk.pay("a")
    assert desk.did == []


def test_another_thread_is_outside_the_run(at: Callable[[str], Desk]) -> None:
    """A run belongs to the flow that opened it."""
    desk = at("constrained")
    errors: list[BaseException] = []

    def work() -> None:
        try:
            desk.pay("a")
        except NoRun as error:
            errors.append(error)

    with desk.thread.run(SLICE, case="1"):
        other = threading.Thread(target=work)
        other.start()
        other.join()
    assert len(errors) == 1


def test_a_run_that_is_over_does_nothing_more(at: Callable[[str], Desk]) -> None:
    """An ended run is evidence, and is not written on."""
    desk = at("shadow")
    run = desk.thread.run(SLICE, case="1")
    for act in (lambda: run.id, lambda: run.retrieve("x", "q"), lambda: run.cite("d"), lambda: run.escalate("r")):
        with pytest.raises(RunClosed) as early:
            act()
        assert str(early.value) == ("run-closed: The run on case '1' is new. Work inside `with thread.run(...)` only.")
    with run:
        pass
    with pytest.raises(RunClosed) as late:
        run.cite("d")
    assert str(late.value) == "run-closed: The run on case '1' is done. Work inside `with thread.run(...)` only."


def test_a_run_is_entered_once(at: Callable[[str], Desk]) -> None:
    """A second `with` on the same object would number its calls where the first one stopped."""
    desk = at("shadow")
    run = desk.thread.run(SLICE, case="1")
    with run:
        pass
    with pytest.raises(RunClosed) as again, run:
        pass
    assert str(again.value) == "run-closed: The run on case '1' is done. Open another with `thread.run(...)`."


def test_a_case_in_other_hands_is_busy(at: Callable[[str], Desk], world: World) -> None:
    """Also within the same process; and a run that could not open holds nothing."""
    desk = at("shadow")
    with world.connect() as other, desk.thread.run(SLICE, case="1"):
        for thread in (desk.thread, other):
            with pytest.raises(RunBusy) as busy, thread.run(SLICE, case="1"):
                pass
            assert str(busy.value) == (
                "run-busy: Case '1' of 'refunds' is being worked on by another process or thread. "
                "Wait until it ends; a process that died holds nothing."
            )
        with other.run(SLICE, case="2"):
            pass
    with desk.thread.run(SLICE, case="1"):
        pass


def test_two_cases_may_be_open_one_inside_the_other(at: Callable[[str], Desk]) -> None:
    """The inner run ends, and the outer one goes on as itself."""
    desk = at("constrained")
    with desk.thread.run(SLICE, case="1") as outer:
        with desk.thread.run(SLICE, case="2") as inner:
            desk.pay("b")
        desk.pay("a")
    assert (outer.status, inner.status) == ("done", "done")
    decided = [(record.data["run"], record.data["call"]) for record in desk.records("action:decide")[-2:]]
    assert decided == [(inner.id, 0), (outer.id, 0)]


def test_tools_must_be_registered_before_the_first_run(at: Callable[[str], Desk]) -> None:
    """The tools are part of what the fingerprint says."""
    desk = at("shadow")
    words = (
        "value-problem: Action 'pay' is registered too late or twice. Register each action once, before the first "
        "run: the tools are part of the agent's fingerprint."
    )
    with pytest.raises(ValueProblem) as twice:
        desk.thread.action("pay")
    assert str(twice.value) == words
    with desk.thread.run(SLICE, case="1"):
        pass
    with pytest.raises(ValueProblem) as late:
        desk.thread.action("refund")
    assert str(late.value) == words.replace("'pay'", "'refund'")


def test_a_tool_whose_arguments_have_no_names_is_refused(at: Callable[[str], Desk]) -> None:
    """What a person approves are named values; `*args`, `**more` and positional-only ones cannot be given back so."""
    desk = at("shadow")

    def many(*orders: str) -> None: ...

    def more(order: str, **rest: str) -> None: ...

    def unnamed(order: str, /) -> None: ...

    tools: list[tuple[str, Callable[..., None]]] = [("orders", many), ("rest", more), ("order", unnamed)]
    for parameter, tool in tools:
        with pytest.raises(ValueProblem) as refusal:
            desk.thread.action("refund")(tool)
        assert str(refusal.value) == (
            f"value-problem: Action 'refund' takes '{parameter}' without a name of its own, and people approve named "
            "arguments. Write each parameter so that it can be passed by name."
        )


def test_only_an_agent_connects(world: World) -> None:
    """A person's name in a process is no person."""
    with pytest.raises(NotPermitted) as person:
        world.connect(OWNER)
    assert str(person.value) == (
        f"not-permitted: '{OWNER}' is a person on record, not an agent, so it can do nothing. "
        "Have an administrator grant an agent."
    )
    with pytest.raises(PrincipalUnknown) as nobody:
        world.connect("ghost")
    assert str(nobody.value) == (
        "principal-unknown: Agent 'ghost' is not on record, so nobody answers for it and nobody could approve what "
        "it does. Have an administrator run `goldenthread principal grant`, naming the person responsible."
    )


def test_a_manifest_that_disagrees_stops_the_first_run(world: World) -> None:
    """Before anything is asked, and the case is free again."""
    world.sign(contract_text(SLICE, actions=ACTIONS))
    with goldenthread.connect(world.home, manifest={"tools": ["pay", "refund"]}) as thread:

        @thread.action("pay")
        def pay(order: str) -> None: ...

        for _ in range(2):
            with pytest.raises(ManifestMismatch) as mismatch, thread.run(SLICE, case="1"):
                pass
            assert str(mismatch.value) == (
                "manifest-mismatch: Agent 'agent' declares the tools pay, refund, but registered pay. "
                "Declare what is registered, or leave `tools` out."
            )


def test_results_come_back_when_a_run_is_resumed(at: Callable[[str], Desk], world: World) -> None:
    """What was done is not done again; its result is on record, if JSON can carry it."""
    desk = at("constrained")
    for _ in range(2):
        with desk.thread.run(SLICE, case="1") as run:
            assert desk.pay("a", 7) == {"paid": True}
            desk.pay("b", 101)
        assert run.status == "waiting"
    assert desk.did == [("pay", "a", 7)]
    desk.during = object
    world.inbox(SLICE).approve(desk.item(), by=APPROVER)
    with desk.thread.run(SLICE, case="1") as run:
        desk.pay("a", 7)
        assert isinstance(desk.pay("b", 101), object)
    assert run.status == "done"
    with desk.thread.run(SLICE, case="1"):
        assert desk.pay("a", 7) == {"paid": True}
    assert desk.did == [("pay", "a", 7), ("pay", "b", 101)]


def test_a_tool_may_look_something_up_through_another_tool(at: Callable[[str], Desk]) -> None:
    """A read inside an effect needs no permit and disturbs no numbering."""
    desk = at("constrained")
    desk.during = lambda: desk.look("a")
    with desk.thread.run(SLICE, case="1"):
        assert desk.pay("a") == "order a"
        desk.pay("b")
    assert [record.data["call"] for record in desk.records("action:decide")[-2:]] == [0, 1]


def test_an_effect_inside_the_tool_of_another_is_refused(at: Callable[[str], Desk]) -> None:
    """After a crash nobody could tell which of the two happened, and the calls would be numbered otherwise."""
    desk = at("constrained")
    desk.during = lambda: desk.post("paid")
    with pytest.raises(NestedEffect) as refused, desk.thread.run(SLICE, case="1"):
        desk.pay("a")
    assert str(refused.value) == (
        "nested-effect: Action 'post' was called inside the tool of action 'pay': after a crash nobody could tell "
        "which of the two happened. Call one after the other, in the run."
    )
    assert desk.did == [("pay", "a", 1)]
    desk.during = object
    with desk.thread.run(SLICE, case="2") as run:
        desk.post("afterwards")
    assert run.status == "done"


def test_a_fault_after_a_no_does_not_undo_the_no(world: World, at: Callable[[str], Desk]) -> None:
    """Else an agent could fail on purpose whenever a person refused it, and be measured on the rest."""
    desk = at("approval")
    with desk.thread.run(SLICE, case="1"):
        desk.pay("a")
    world.inbox(SLICE).reject(desk.item(), "not theirs", by=APPROVER)

    def spiteful() -> None:
        with desk.thread.run(SLICE, case="1"):
            try:
                desk.pay("a")
            except Denied as denied:
                assert "reviewer@example.com said no: not theirs" in str(denied)
                raise RuntimeError("as if the network had failed") from denied

    with pytest.raises(RuntimeError):
        spiteful()
    current = world.desk(SLICE).standing().current
    assert current is not None
    assert [row.values["approved_unedited"] for row in current.rows.values() if row.source == "live"] == [0.0]


def test_another_effect_under_the_same_key_goes_to_a_person(world: World, at: Callable[[str], Desk]) -> None:
    """The tool would take it for the first, or pay twice; and the page says: once for each order."""
    desk = at("constrained")
    with desk.thread.run(SLICE, case="1"):
        desk.pay("a", 20)
    with desk.thread.run(SLICE, case="1") as again:
        assert desk.pay("a", 20) == {"paid": True}
    with desk.thread.run(SLICE, case="1") as other:
        desk.pay("a", 25)
    assert (again.status, other.status) == ("done", "waiting")
    assert desk.did == [("pay", "a", 20)]
    (item,) = (one for one in world.inbox(SLICE).items() if one.kind == "approval")  # one case in ten is audited, too
    assert item.clause == "actions.pay.key"
    assert item.reason.startswith("The same key already had this effect, with other arguments, in run ")
    assert world.replay(SLICE).mismatches == []


REFUSED_OBSERVATIONS = [
    (
        "agreement",
        1.0,
        "'agreement' is measured by the guard and cannot be reported. Report what only others can know, such as "
        "rework_rate or cost.",
    ),
    (
        "nonsense",
        1.0,
        "Nobody knows a metric 'nonsense'; the contract 'refunds' promises cost_to_serve, time_to_answer, agent_share. "
        "Report one of these, or a standard metric such as rework_rate.",
    ),
    (
        "rework_rate",
        7.0,
        "'rework_rate' of one case is 1 or 0 (it happened, or did not), not 7.0. Report one of these.",
    ),
    (
        "policy_violation",
        0.0,
        "That there was no policy_violation is nothing to report. Report one that happened, as 1.",
    ),
    ("cost", -3.0, "'cost' cannot be -3.0. Report a number of at least 0."),
    ("cost", float("nan"), "'cost' cannot be nan. Report a number of at least 0."),
]


@pytest.mark.parametrize(("metric", "value", "words"), REFUSED_OBSERVATIONS)
def test_what_nobody_outside_can_have_measured_is_refused(
    at: Callable[[str], Desk], metric: str, value: float, words: str
) -> None:
    """Else an agent would be carried up by figures that somebody made up."""
    desk = at("constrained")
    with desk.thread.run(SLICE, case="1"):
        desk.pay("a")
    before = len(desk.records())
    with pytest.raises(ObservationRefused) as refused:
        desk.thread.observe(SLICE, case="1", metric=metric, value=value, by=APPROVER)
    assert str(refused.value) == f"observation-refused: {words}"
    assert len(desk.records()) == before


def test_nobody_speaks_for_a_person_without_their_key(world: World, at: Callable[[str], Desk]) -> None:
    """A name alone would let an agent's process write its own past."""
    desk = at("constrained")
    signed = desk.records("case:decision:import")[-1]
    key = world.desk(SLICE).principals().get(EXPERT).public_key
    said = open_envelope(signed.data["envelope"], key, DECISIONS_TYPE)
    assert said["count"] == len(desk.records("case:decision:record"))
    for file in (world.home / "keys").glob("expert*"):
        file.unlink()
    with pytest.raises(KeyMissing):
        desk.thread.record_decisions(SLICE, [("new", "pay", {"order": "a"})], by=EXPERT)
    assert len(desk.records("case:decision:import")) == 1


def test_a_slip_in_a_blind_answer_is_named(world: World) -> None:
    """A reviewer's typing mistake must not count as disagreement."""
    world.sign(contract_text("claims", level="draft", blind=100))
    desk = Desk(world)
    with desk.thread, desk.thread.run("claims", case="1"):
        desk.pay("a")
    inbox = world.inbox("claims")
    (item,) = inbox.items()
    with pytest.raises(AnswerInvalid) as refused:
        inbox.answer(item.id, Proposal(action="pay", arguments={"ordr": "a"}), by=APPROVER)
    assert (
        str(refused.value) == "answer-invalid: 'pay' has no argument 'ordr'; it has order, amount. Name one of these."
    )
    inbox.answer(item.id, Proposal(action="pay", arguments={"order": "a"}), by=APPROVER)
    current = world.desk("claims").standing().current
    assert current is not None
    assert [row.values["agreement"] for row in current.rows.values()] == [1.0]


def test_handing_a_case_over_twice_leaves_one_question(at: Callable[[str], Desk], world: World) -> None:
    """A run that is resumed comes by the same line again."""
    desk = at("approval")
    for _ in range(2):
        with desk.thread.run(SLICE, case="1") as run:
            try:
                desk.pay("a")
            except Waiting:
                run.escalate("both of us are unsure")
    open_ones = [item for item in world.inbox(SLICE).items() if item.kind == "escalation"]
    assert [item.reason for item in open_ones] == ["both of us are unsure"]


def test_a_coroutine_is_a_tool_like_any_other(world: World, at: Callable[[str], Desk]) -> None:
    """Agents are written with asyncio; the guard stands before the effect all the same."""
    at("constrained")
    done: list[str] = []
    with world.connect(model="async rules") as thread:

        @thread.action("pay")
        async def pay(order: str, amount: int = 1) -> str:
            await asyncio.sleep(0)
            done.append(order)
            return f"paid {order}"

        @thread.action("look")
        async def look(order: str) -> str:
            await asyncio.sleep(0)
            return f"order {order}"

        async def work(case: str) -> str:
            with thread.run(SLICE, case=case) as run:
                assert await look(case) == f"order {case}"
                await pay(case)
            return run.status

        async def many() -> list[str]:
            return await asyncio.gather(*(work(f"case-{number}") for number in range(3)))

        assert inspect.iscoroutinefunction(pay), "frameworks ask before they await"
        assert asyncio.run(many()) == ["waiting"] * 3
        for item in world.inbox(SLICE).items():
            world.inbox(SLICE).approve(item.id, by=APPROVER)
        assert asyncio.run(many()) == ["done"] * 3
    assert sorted(done) == ["case-0", "case-1", "case-2"]


def test_an_old_release_put_back_has_the_level_that_it_earned(at: Callable[[str], Desk], world: World) -> None:
    """Going back must cost nothing, and going forward starts at the start."""
    desk = at("constrained")
    with world.connect(model="newer rules") as newer:
        newer.declare(SLICE)
        assert newer.level(SLICE) is Level.APPROVAL
        desk.thread.declare(SLICE)
        assert desk.thread.level(SLICE) is Level.CONSTRAINED


def test_a_thread_is_closed_by_its_block(world: World) -> None:
    """Nothing is left open behind it."""
    world.sign(contract_text(SLICE, actions=ACTIONS))
    with world.connect() as thread:
        assert isinstance(thread, Thread)
        with thread.run(SLICE, case="1"):
            pass
    with pytest.raises(Exception, match="closed"), thread.run(SLICE, case="1"):
        pass


def test_an_agent_in_a_wrong_folder_makes_no_home_there(tmp_path: Path) -> None:
    """An empty home would say that the agent was never granted, and send its engineer the wrong way."""
    with pytest.raises(HomeInvalid) as caught:
        goldenthread.connect(tmp_path / "wrong", agent="agent")
    assert str(caught.value) == (
        f"home-invalid: No home at {tmp_path / 'wrong'}. Run `goldenthread init` there, or set GOLDENTHREAD_HOME to "
        "the right folder."
    )
    assert not (tmp_path / "wrong").exists()
