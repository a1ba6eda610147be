"""What waits is somebody's turn, comes due, moves on and expires; all derived, whether or not anybody ticks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC

import pytest

from control.agents import KEYED, SLICE, UNKEYED, Agent, observed, records, sign
from control.approvals.hours import Hours, asked, item_of, told
from goldenthread.control.approvals import Inbox, Item, Ticked, due, tick
from goldenthread.control.guard import GUARD, Desk, escalate
from goldenthread.promise.errors import InboxItemExpired
from goldenthread.record.metrics import Proposal
from goldenthread.surfaces.views import item_page, thread, waiting
from worlds import APPROVER, EASY, World

TIMES = ("approval:remind", "approval:overdue", "approval:expire")


@pytest.fixture
def agent(world: World) -> Agent:
    """An agent whose every action waits for a yes."""
    sign(world, level="approval", gates=EASY, actions=KEYED | UNKEYED)
    return Agent(world)


@pytest.fixture
def hours(world: World, agent: Agent) -> Hours:
    """Monday, nine o'clock; the path is `reviewer within 4 h, lead within 1 d`."""
    assert agent.world is world
    return Hours(world)


@pytest.fixture
def inbox(world: World, agent: Agent) -> Inbox:
    """The slice's inbox, with everybody's keys."""
    assert agent.world is world
    return world.inbox(SLICE)


def test_an_item_is_with_each_step_for_its_working_time(agent: Agent, inbox: Inbox, hours: Hours) -> None:
    """Four hours of the first, then one working day of the next, who keeps it: nights don't count."""
    item = item_of(asked(agent))
    seen = [(hours.at(0, 9), inbox.item(item)), (hours.at(0, 12.9), inbox.item(item))]
    assert [(one.assigned, one.step, one.due, one.overdue) for _, one in seen] == [
        ("reviewer", 0, hours.moment(0, 13), False)
    ] * 2
    assert seen[0][1].half == hours.moment(0, 11)
    hours.at(0, 13)
    second = inbox.item(item)
    assert (second.assigned, second.step, second.due, second.overdue) == ("lead", 1, hours.moment(1, 13), False)
    hours.at(1, 13)
    third = inbox.item(item)
    assert (third.assigned, third.step, third.overdue, third.state) == ("lead", 1, True, "open")


def test_a_tick_tells_what_came_due_once(agent: Agent, hours: Hours, world: World) -> None:
    """Half time, the time over, the next one's half time, the end of the path; a second tick adds nothing."""
    asked(agent)
    assert tick(agent.desk) == Ticked()
    for day, hour, expected in (
        (0, 11, [("remind", "reviewer")]),
        (0, 13, [("overdue", "lead")]),
        (0, 17, [("remind", "lead")]),
        (1, 13, [("overdue", None)]),
    ):
        before = len(told(world, *TIMES))
        hours.at(day, hour)
        assert len(due(agent.desk)) == 1
        tick(agent.desk)
        assert tick(agent.desk) == Ticked()
        assert told(world, *TIMES)[before:] == expected
    assert world.replay(SLICE).ok
    assert world.verify_ok()


def test_a_late_tick_tells_what_passed_and_reminds_nobody_of_it(agent: Agent, hours: Hours, world: World) -> None:
    """Nobody is reminded of a turn that is over, and whoever has it now stands on record."""
    item = item_of(asked(agent))
    hours.at(1, 12)
    assert tick(agent.desk) == Ticked(reminded=1, overdue=1)
    assert told(world, *TIMES) == [("overdue", "lead"), ("remind", "lead")]
    assert world.inbox(SLICE).item(item).due == hours.moment(1, 13)


def test_who_had_an_earlier_turn_may_still_answer(agent: Agent, inbox: Inbox, hours: Hours) -> None:
    """A late yes of somebody entitled is better than none; overdue is a flag, no lock."""
    item = item_of(asked(agent))
    hours.at(2, 10)
    tick(agent.desk)
    assert inbox.item(item).overdue
    assert inbox.approve(item, by=APPROVER).answer == "approve"


def test_whoever_escalates_gives_the_next_step_its_whole_time(agent: Agent, inbox: Inbox, hours: Hours) -> None:
    """They begin when they get it."""
    item = item_of(asked(agent))
    hours.at(0, 10)
    now = inbox.escalate(item, by=APPROVER)
    assert (now.assigned, now.due) == ("lead", hours.moment(1, 10))


@pytest.mark.parametrize("ticked", [False, True])
def test_no_yes_counts_after_expiry(agent: Agent, inbox: Inbox, hours: Hours, world: World, *, ticked: bool) -> None:
    """14 working days where the contract says nothing; whether or not anything put it on record."""
    item = item_of(asked(agent))
    expires = inbox.item(item).expires
    assert expires == hours.moment(17, 17)
    hours.at(17, 16.99)
    assert inbox.item(item).state == "open"
    hours.at(17, 17)
    if ticked:
        assert tick(agent.desk) == Ticked(expired=1)
    acts: tuple[Callable[[], Item], ...] = (
        lambda: inbox.approve(item, by=APPROVER),
        lambda: inbox.edit(item, {"amount": 1}, by=APPROVER),
        lambda: inbox.reject(item, "no", by=APPROVER),
        lambda: inbox.escalate(item, by=APPROVER),
        lambda: inbox.claim(item, by=APPROVER),
    )
    for act in acts:
        with pytest.raises(InboxItemExpired) as expired:
            act()
        assert str(expired.value) == (
            f"inbox-item-expired: Item {item} expired at {expires.astimezone(UTC):%Y-%m-%d %H:%M} UTC: nobody said yes "
            "until then, so it does not happen. Have the agent work the case again; it asks anew."
        )
    assert inbox.item(item).state == "expired"
    assert inbox.items() == []
    assert [one.id for one in inbox.items(state="expired")] == [item]
    assert records(world, "approval:answer") == []


@pytest.mark.parametrize("ticked", [False, True])
def test_the_run_is_told_that_nobody_said_yes(agent: Agent, hours: Hours, world: World, *, ticked: bool) -> None:
    """It must not wait for ever, nor ask the same again and again; a later run drafts anew, for nobody was there."""
    outcome = asked(agent)
    hours.at(17, 17)
    if ticked:
        tick(agent.desk)
    again = agent.ask(agent.run(), order="a", amount=7)
    assert (again.state, again.permit, again.id) == ("rejected", None, outcome.id)
    assert again.reason.startswith("Nobody said yes until ")
    assert again.reason.endswith(", and silence is never a yes")
    assert agent.ask(agent.run(), order="a", amount=7).state == "rejected"
    assert len(records(world, "approval:expire")) == 1
    agent.end(agent.run(), "denied")
    anew = agent.ask(agent.run(), order="a", amount=7)
    assert (anew.state, anew.clause) == ("drafted", "autonomy.when_people_leave")
    assert anew.id != outcome.id
    assert world.replay(SLICE).ok


def test_silence_counts_as_not_approved(agent: Agent, hours: Hours, world: World) -> None:
    """Else whoever lets the bad ones lapse would make the agent look good."""
    asked(agent)
    hours.at(17, 17)
    tick(agent.desk)
    assert observed(world, "approved_unedited") == [None, 0.0]
    last = records(world, "case:observe")[-1].data["observations"][-1]
    assert last["source"] == "silence"


def test_only_what_asks_for_a_yes_expires(agent: Agent, inbox: Inbox, hours: Hours) -> None:
    """A case that was handed over waits until somebody takes it: nothing is lost."""
    run = agent.run("case-2")
    item = escalate(agent.desk, run, "the order is unclear")
    assert item is not None
    hours.at(60, 10)
    assert tick(agent.desk).expired == 0
    found = inbox.item(item)
    assert (found.expires, found.state, found.overdue) == (None, "open", True)
    assert inbox.answer(item, Proposal(action="pay", arguments={"order": "a"}), by=APPROVER).answer == "answer"


def test_the_contract_says_when(world: World, agent: Agent, inbox: Inbox, hours: Hours) -> None:
    """And a new version holds for what waits already."""
    assert agent.world is world
    item = item_of(asked(agent))
    text = world.desk(SLICE).contract().text.replace("version: 1", "version: 2")
    world.sign(text.replace("  calendar:", "  expire: after 2 d\n  calendar:"))
    assert inbox.item(item).expires == hours.moment(1, 17)


def test_an_expired_item_is_closed_for_good(agent: Agent, inbox: Inbox, hours: Hours, world: World) -> None:
    """A contract that would give it more time later does not bring it back."""
    item = item_of(asked(agent))
    hours.at(17, 17)
    tick(agent.desk)
    text = world.desk(SLICE).contract().text.replace("version: 1", "version: 2")
    world.sign(text.replace("  calendar:", "  expire: after 30 d\n  calendar:"))
    with pytest.raises(InboxItemExpired):
        inbox.approve(item, by=APPROVER)


def test_the_thread_of_an_action_says_that_its_question_expired(agent: Agent, hours: Hours, world: World) -> None:
    """Who asks later why it did not happen finds no person behind it."""
    outcome = asked(agent)
    hours.at(17, 17)
    tick(agent.desk)
    found = thread(world.ledger, outcome.id)
    (question,) = found.questions
    assert (question.answer, question.by) == ("expired", GUARD)
    assert found.decision.words == "nobody said yes; it did not happen"


def test_who_looks_finds_only_what_can_be_answered(agent: Agent, hours: Hours, world: World) -> None:
    """With whose turn it is, when it is due, and who is at it."""
    item = item_of(asked(agent))
    world.inbox(SLICE).claim(item, by=APPROVER)
    (found,) = waiting(agent.desk)
    assert (found.assigned, found.due, found.claimed_by) == ("reviewer", hours.moment(0, 13), APPROVER)
    assert found.seen == world.inbox(SLICE).item(item).seen
    page = item_page(agent.desk, item)
    assert page.clause is not None
    assert page.clause.text == "start: approval"
    hours.at(17, 17)
    assert waiting(agent.desk) == []
    assert item_page(agent.desk, item).commands == ()


def test_two_ticks_at_once_tell_it_once(agent: Agent, hours: Hours, world: World) -> None:
    """Two processes keep house; people are reminded once."""
    for number in range(5):
        asked(agent, f"case-{number}")
    hours.at(0, 13)
    gate = threading.Barrier(2)

    def keep_house() -> None:
        desk = Desk(world.ledger, SLICE)
        gate.wait()
        tick(desk)

    both = [threading.Thread(target=keep_house) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(30)
    assert told(world, *TIMES) == [("overdue", "lead")] * 5
