"""Effects taken back: ordered and signed by a person, carried out once, and counted as rework."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from goldenthread.control.guard import FRESH_S, Undo, begin_undo, effects_of, end_undo, order_undo, undos
from goldenthread.control.guard.desk import uptime
from goldenthread.promise.errors import CaseErased, NotPermitted, StopUnconfirmed, UndoRefused, ValueProblem
from goldenthread.surfaces.sdk import Run, Thread
from worlds import AGENT, APPROVER, FINANCE, OWNER, World, contract_text

SLICE = "refunds"
ACTIONS: dict[str, Any] = {
    "pay": {"effect": "reversible", "key": "order", "undo": "take_back"},
    "post": {"effect": "reversible", "undo": "delete_post"},
    "wire": {"effect": "irreversible"},
}


class Office:
    """An agent's process with tools that act and tools that take back, and what all of them really did."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.did: list[tuple[Any, ...]] = []
        self.during: Callable[[], Any] = lambda: None
        self.thread: Thread = world.connect()

        @self.thread.action("pay")
        def pay(order: str, amount: int) -> dict[str, str]:
            self.did.append(("pay", order, amount))
            return {"payment": f"p-{order}"}

        @self.thread.action("post")
        def post(text: str) -> None:
            self.did.append(("post", text))

        @self.thread.undo("take_back")
        def take_back(order: str, result: dict[str, str]) -> None:
            self.did.append(("take_back", order, result["payment"]))
            self.during()

        @self.thread.undo("delete_post")
        def delete_post(text: str) -> None:
            self.did.append(("delete_post", text))
            self.during()

        self.tools: dict[str, Any] = {"pay": pay, "post": post}

    def work(self, case: str, action: str = "pay", **arguments: Any) -> str:
        """A case with one approved effect; its action's id."""
        given = arguments or {"order": case, "amount": 10}
        self._open(case, action, given)
        for item in self.inbox().items():
            self.inbox().approve(item.id, by=APPROVER)
        run = self._open(case, action, given)
        assert run.status == "done"
        return run.actions[-1]

    def _open(self, case: str, action: str, given: Mapping[str, Any]) -> Run:
        with self.thread.run(SLICE, case=case) as run:
            self.tools[action](**given)
        return run

    def inbox(self) -> Any:
        """The slice's inbox on the agent's own ledger."""
        from goldenthread.control.approvals import Inbox

        return Inbox(self.thread.desk(SLICE), self.world.keyring.sign)

    def order(self, action: str, by: str = OWNER, reason: str = "the wrong person") -> Undo:
        """Somebody orders that an effect is taken back."""
        return order_undo(self.thread.desk(SLICE), action, reason, by=by, sign=self.world.keyring.sign)

    def kinds(self, *kinds: str) -> list[dict[str, Any]]:
        """What records of these kinds say."""
        return [dict(record.data) for record in self.thread.ledger.read(SLICE, kinds=kinds)]


@pytest.fixture
def office(world: World) -> Iterator[Office]:
    """A slice at approval, and its agent."""
    world.sign(contract_text(SLICE, level="approval", actions=ACTIONS))
    office = Office(world)
    try:
        yield office
    finally:
        office.thread.close()


def test_an_effect_is_taken_back_once(office: Office) -> None:
    """The undoing tool gets the effect's arguments that it names, and what the effect gave back."""
    action = office.work("o-1")
    order = office.order(action)
    assert office.thread.carry_out_undos(SLICE) == {order.id: "done"}
    assert office.thread.carry_out_undos(SLICE) == {}
    assert office.did == [("pay", "o-1", 10), ("take_back", "o-1", "p-o-1")]


def test_an_order_is_signed_and_stands_on_record(office: Office, world: World) -> None:
    """Who had it undone can be shown to an auditor, and everything still verifies and replays."""
    office.order(office.work("o-1"))
    office.thread.carry_out_undos(SLICE)
    said = office.kinds("undo:order")[0]
    assert said["tool"] == "take_back"
    assert said["envelope"]["signatures"]
    assert [one["outcome"] for one in office.kinds("undo:end")] == ["done"]
    assert world.verify_ok()
    assert world.replay(SLICE).ok


def test_what_was_undone_counts_as_rework(office: Office) -> None:
    """The person who ordered it is the source, and the tripwire on rework sees it."""
    office.order(office.work("o-1"), by=APPROVER)
    office.thread.carry_out_undos(SLICE)
    seen = [one for record in office.kinds("case:observe") for one in record["observations"]]
    assert {"metric": "rework_rate", "value": 1.0, "source": APPROVER} in seen


def test_a_stop_of_the_slice_does_not_hold_an_undo_and_one_of_its_tool_does(office: Office, world: World) -> None:
    """A slice is stopped because of what it did, and that is when effects are taken back."""
    first, second = office.work("o-1"), office.work("p-1", "post", text="hello")
    world.stop(SLICE)
    world.stop(SLICE, tool="delete_post")
    one, other = office.order(first), office.order(second)
    assert office.thread.carry_out_undos(SLICE) == {one.id: "done", other.id: "stopped"}
    assert office.thread.carry_out_undos(SLICE) == {other.id: "stopped"}


def test_what_was_undone_may_be_done_anew_in_another_run(office: Office) -> None:
    """A mended release works the case again; the earlier effect is no reason against it."""
    action = office.work("o-1")
    office.order(action)
    office.thread.carry_out_undos(SLICE)
    assert office.work("o-1") != action
    assert [did[0] for did in office.did] == ["pay", "take_back", "pay"]


def test_what_was_only_given_back_is_undone_with_the_effect(office: Office, world: World) -> None:
    """Else a case would stand as paid by a run that paid nothing, and nobody could pay it."""
    first = office.work("o-1")
    given = office._open("o-1", "pay", {"order": "o-1", "amount": 10})
    assert (given.status, given.actions[-1] != first, len(office.did)) == ("done", True, 1)
    office.order(first)
    assert office.thread.carry_out_undos(SLICE) != {}
    office.work("o-1")
    assert [did[0] for did in office.did] == ["pay", "take_back", "pay"]
    assert world.replay(SLICE).mismatches == []


def test_a_tool_without_a_key_that_fails_is_in_doubt(office: Office) -> None:
    """Whether a post is deleted is unknown then: a person looks, and nothing is tried again."""
    action = office.work("p-1", "post", text="hello")
    order = office.order(action)

    def fail() -> None:
        raise ConnectionError("reset")

    office.during = fail
    assert office.thread.carry_out_undos(SLICE) == {order.id: "unknown"}
    assert office.thread.carry_out_undos(SLICE) == {}
    assert [item.kind for item in office.inbox().items()] == ["in-doubt undo"]
    with pytest.raises(UndoRefused, match="ordered that already"):
        office.order(action)


@pytest.mark.parametrize(("happened", "state"), [(True, "done"), (False, "failed")])
def test_a_person_settles_an_undo_in_doubt(office: Office, happened: bool, state: str) -> None:
    """Taken back, the effect is undone and the case is rework; if not, it may be ordered again."""
    action = office.work("p-1", "post", text="hello")
    order = office.order(action)
    office.during = [].pop
    assert office.thread.carry_out_undos(SLICE) == {order.id: "unknown"}
    (item,) = office.inbox().items()
    assert item.arguments == {"text": "hello"}
    office.inbox().settle(item.id, happened=happened, by=APPROVER)
    (after,) = undos(office.thread.desk(SLICE), states=("done", "failed", "unknown"))
    assert after.state == state
    assert office.inbox().items() == []
    if happened:
        with pytest.raises(UndoRefused, match="undone before"):
            office.order(action)
    else:
        assert office.order(action).state == "ordered"


def test_a_tool_with_a_key_that_fails_may_be_ordered_again(office: Office) -> None:
    """Its key makes a second try safe."""
    action = office.work("o-1")
    order = office.order(action)
    office.during = [].pop
    assert office.thread.carry_out_undos(SLICE) == {order.id: "failed"}
    office.during = lambda: None
    again = office.order(action)
    assert office.thread.carry_out_undos(SLICE) == {again.id: "done"}


@pytest.mark.parametrize(("action", "left", "did"), [("pay", "begun", 2), ("post", "unknown", 1)])
def test_an_undo_that_a_dead_process_began(office: Office, action: str, left: str, did: int) -> None:
    """Again with the same key where the tool takes one; where it does not, a person is asked and nothing repeats."""
    arguments = {"text": "hello"} if action == "post" else {}
    order = office.order(office.work("c-1", action, **arguments))
    begun = begin_undo(office.thread.desk(SLICE), order.id, AGENT)
    assert begun is not None  # and the process dies here, its lease with it
    office.thread.carry_out_undos(SLICE)
    (after,) = undos(office.thread.desk(SLICE), states=("begun", "done", "unknown"))
    assert after.state == ("done" if left == "begun" else left)
    assert len(office.did) == did


@pytest.mark.parametrize("died", [True, False])
def test_a_tool_that_does_not_get_the_key_is_not_called_again(office: Office, died: bool) -> None:
    """The effect's key protects only a tool that takes it: money would go back twice."""
    tried: list[str] = []

    @office.thread.undo("claim_back")
    def claim_back(result: dict[str, str]) -> None:
        tried.append(result["payment"])
        raise OSError

    office.thread._tools["take_back"] = claim_back.__wrapped__  # type: ignore[attr-defined]
    order = office.order(office.work("o-1"))
    if died:
        assert begin_undo(office.thread.desk(SLICE), order.id, AGENT) is not None
    assert office.thread.carry_out_undos(SLICE) == {order.id: "unknown"}
    assert tried == ([] if died else ["p-o-1"])
    assert [item.kind for item in office.inbox().items()] == ["in-doubt undo"]


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("none", "undo-refused: No action '0000' in 'refunds', so nothing is undone."),
        ("irreversible", "its contract names no `undo` for it. Have a person make good what it did."),
        ("denied", "it had no effect (it is 'asked'). There is nothing to take back."),
        ("twice", "maya@example.com ordered that already"),
        ("undone", "it was undone before. There is nothing left to do."),
    ],
)
def test_what_cannot_be_undone_says_why(office: Office, case: str, words: str) -> None:
    """Each refusal names the reason and what to do instead."""
    action = "0000"
    if case == "irreversible":
        action = _wired(office)
    elif case == "denied":
        with office.thread.run(SLICE, case="o-9") as run:
            office.tools["pay"](order="o-9", amount=1)
        action = run.actions[-1]
    elif case in ("twice", "undone"):
        action = office.work("o-1")
        office.order(action)
        if case == "undone":
            office.thread.carry_out_undos(SLICE)
    with pytest.raises(UndoRefused) as refused:
        office.order(action)
    assert words in str(refused.value)


def _wired(office: Office) -> str:
    """The id of an effect whose action has no undo, as the guard wrote it down."""
    action = office.work("o-1")
    with office.thread.desk(SLICE).transaction() as writing:
        writing.execute("update action set name = 'wire' where id = %s", action)
    return action


def test_only_people_of_the_slice_order_it_and_say_why(office: Office) -> None:
    """A data owner has no say in it, and nobody has without a reason."""
    action = office.work("o-1")
    with pytest.raises(NotPermitted):
        office.order(action, by=FINANCE)
    with pytest.raises(ValueProblem, match="Say why; it stays on record"):
        office.order(action, reason=" ")


def test_an_erased_case_cannot_be_undone(office: Office, world: World) -> None:
    """Nobody knows any more with which arguments."""
    from goldenthread.control.signing import erase_case

    action = office.work("o-1")
    erase_case(office.thread.desk(SLICE), "o-1", by=OWNER)
    with pytest.raises(CaseErased):
        office.order(action)
    assert effects_of(office.thread.desk(SLICE)) == []


def test_a_tool_that_needs_more_than_the_effect_had_is_not_called(world: World) -> None:
    """It fails before it begins, so nothing is in doubt, and the words say what is missing."""
    world.sign(contract_text(SLICE, level="approval", actions=ACTIONS))
    office = Office(world)

    @office.thread.undo("claim_back")
    def claim_back(order: str, iban: str) -> None:
        raise AssertionError

    office.thread._tools["take_back"] = claim_back.__wrapped__  # type: ignore[attr-defined]
    order = office.order(office.work("o-1"))
    assert office.thread.carry_out_undos(SLICE) == {order.id: "failed"}
    failed = office.thread.ledger.open(office.kinds("undo:end")[0]["result"])
    assert failed == {"error": "ValueProblem", "message": "'take_back' needs 'iban', and 'pay' was done without"}
    office.thread.close()


def test_two_processes_carry_out_one_order_once(office: Office, world: World) -> None:
    """Whoever holds the case's lease does it; for the other there is nothing left."""
    office.order(office.work("o-1"))
    other = Office(world)
    try:
        lease = other.thread.leases.take(SLICE, "o-1")
        assert list(office.thread.carry_out_undos(SLICE).values()) == ["busy"]
        other.thread.leases.release(lease)
        assert list(other.thread.carry_out_undos(SLICE).values()) == ["done"]
        assert office.thread.carry_out_undos(SLICE) == {}
    finally:
        other.thread.close()


def test_an_undo_that_was_begun_before_its_time_was_over_is_in_doubt(office: Office) -> None:
    """It may have happened: an order that merely expires would say that it did not."""
    order = office.order(office.work("o-1"))
    assert begin_undo(office.thread.desk(SLICE), order.id, AGENT) is not None
    ledger = office.thread.ledger
    ledger.clock = lambda now=ledger.clock: now() + timedelta(days=8)  # type: ignore[misc]
    assert office.thread.carry_out_undos(SLICE) == {order.id: "unknown"}
    assert [item.kind for item in office.inbox().items()] == ["in-doubt undo"]


def test_an_order_whose_time_is_over_is_not_carried_out(office: Office) -> None:
    """Nobody wants that any more, or would say so again."""
    order = office.order(office.work("o-1"))
    ledger = office.thread.ledger
    ledger.clock = lambda now=ledger.clock: now() + timedelta(days=8)  # type: ignore[misc]
    office.thread.carry_out_undos(SLICE)
    assert [one.state for one in undos(office.thread.desk(SLICE), states=("expired",))] == ["expired"]
    assert [did[0] for did in office.did] == ["pay"]
    assert order.state == "ordered"


def test_one_order_in_trouble_keeps_no_other_back(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each order is a matter of its own."""
    first, second = office.order(office.work("o-1")), office.order(office.work("o-2"))
    take = office.thread.leases.take

    def taken(slice_name: str, case: str) -> Any:
        if case == "o-1":
            raise OSError
        return take(slice_name, case)

    monkeypatch.setattr(office.thread.leases, "take", taken)
    assert office.thread.carry_out_undos(SLICE) == {first.id: "not begun", second.id: "done"}


def test_ending_twice_changes_nothing(office: Office) -> None:
    """A late word of a process that was taken for dead is no second outcome."""
    order = office.order(office.work("o-1"))
    begun = begin_undo(office.thread.desk(SLICE), order.id, AGENT)
    assert begun is not None
    assert end_undo(office.thread.desk(SLICE), begun, AGENT) == "done"
    assert end_undo(office.thread.desk(SLICE), begun, AGENT, error=OSError()) == "done"
    assert [one["outcome"] for one in office.kinds("undo:end")] == ["done"]


class Slow:
    """A clock that leaps ahead at its second look, as if the process had stood still; `on` happens meanwhile."""

    def __init__(self, on: Callable[[], object], leaps: tuple[int, ...] = (2,)) -> None:
        self._on = on
        self._leaps = leaps
        self._looks = count(1)
        self._ahead = 0.0

    def __call__(self) -> float:
        """Seconds."""
        if next(self._looks) in self._leaps:
            self._ahead += FRESH_S + 0.1
            self._on()
        return uptime() + self._ahead


def test_an_undo_stopped_while_its_process_stood_still_does_not_begin(office: Office, world: World) -> None:
    """Between the commit and the tool, the process was paused for as long as it takes to stop the tool."""
    order = office.order(office.work("p-1", "post", text="hello"))
    stops: list[Any] = []
    desk = office.thread.desk(SLICE)
    desk.uptime = Slow(lambda: stops.append(world.stop(SLICE, tool="delete_post")))
    assert office.thread.carry_out_undos(SLICE) == {order.id: "stopped"}
    assert [one["outcome"] for one in office.kinds("undo:end")] == ["not begun"]
    assert [did[0] for did in office.did] == ["post"]
    assert world.verify_ok()
    assert world.replay(SLICE).ok
    desk.uptime = uptime
    world.lift(stops[0])
    assert office.thread.carry_out_undos(SLICE) == {order.id: "done"}


def test_an_undo_whose_stops_cannot_be_confirmed_in_time_does_not_begin(office: Office) -> None:
    """An answer that took longer than a second says nothing of now; the order waits, and nothing is in doubt."""
    order = office.order(office.work("p-1", "post", text="hello"))
    desk = office.thread.desk(SLICE)
    desk.uptime = Slow(lambda: None, leaps=(2, 5))
    with pytest.raises(StopUnconfirmed, match=r"Whether 'delete_post' is stopped was answered after 1\.1 s"):
        begin_undo(desk, order.id, AGENT)
    desk.uptime = uptime
    assert office.inbox().items() == []
    assert office.thread.carry_out_undos(SLICE) == {order.id: "done"}
    assert office.did == [("post", "hello"), ("delete_post", "hello")]


def test_a_stop_of_the_slice_alone_holds_no_undo_of_a_process_that_stood_still(office: Office, world: World) -> None:
    """A slice is stopped because of what it did, and that is when effects are taken back."""
    order = office.order(office.work("p-1", "post", text="hello"))
    office.thread.desk(SLICE).uptime = Slow(lambda: world.stop(SLICE))
    assert office.thread.carry_out_undos(SLICE) == {order.id: "done"}


def test_an_undo_that_another_process_took_up_meanwhile_is_left_to_it(office: Office, world: World) -> None:
    """The process stood still for so long that its session was ended, and a person was asked by another one."""
    order = office.order(office.work("p-1", "post", text="hello"))
    desk = office.thread.desk(SLICE)
    desk.uptime = Slow(lambda: begin_undo(world.desk(SLICE), order.id, AGENT))
    assert office.thread.carry_out_undos(SLICE) == {order.id: "unknown"}
    assert [did[0] for did in office.did] == ["post"]
    assert [item.kind for item in office.inbox().items()] == ["in-doubt undo"]


def test_an_undo_begun_before_stays_begun_where_a_stop_comes_between(office: Office, world: World) -> None:
    """A dead process may have called the tool: to say that it was not begun would be a guess."""
    order = office.order(office.work("o-1"))
    desk = office.thread.desk(SLICE)
    assert begin_undo(desk, order.id, AGENT) is not None
    desk.uptime = Slow(lambda: world.stop(SLICE, tool="take_back"))
    assert office.thread.carry_out_undos(SLICE) == {order.id: "stopped"}
    assert [one.state for one in undos(desk)] == ["begun"]
    assert office.kinds("undo:end") == []
