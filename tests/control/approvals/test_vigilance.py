"""Checks, from the draw to the flag: who lets them through is flagged, and nothing ever comes of one."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from control.agents import SLICE, Agent, later, observed, records
from control.watched import (
    LEE,
    PAM,
    PAY,
    answer,
    apart,
    approve_one,
    everything,
    flagged,
    give,
    people,
    stamp,
    until_checks,
    watched,
    wrong,
)
from goldenthread.control.approvals import add_known, clear, tick_vigilance
from goldenthread.control.guard import record_decisions
from goldenthread.control.signing import erase_case
from goldenthread.promise.errors import AnswerInvalid, ChecksInvalid, NotPermitted
from goldenthread.promise.values import Level
from goldenthread.record.metrics import Proposal
from worlds import APPROVER, EASY, EXPERT, OWNER, World, contract_text

ERY = "  approvers: {shared: 100 % of approvals, checks: 20 % of approvals}\n"


@pytest.fixture
def agent(world: World) -> Agent:
    """An agent at approval, whose approvers are watched by checks alone."""
    people(world, LEE, PAM)
    watched(world, "checks: 20 % of approvals")
    return Agent(world)


def test_a_check_looks_like_any_approval(agent: Agent, world: World) -> None:
    """Whoever can tell a check from a case is not being checked."""
    give(agent, [wrong(1)])
    (check,) = until_checks(agent, 1)
    run = agent.run("case-real", order="r")
    real = world.inbox(SLICE).item(str(agent.ask(run, "pay", order="r", amount=950).item))
    made = world.inbox(SLICE).item(check)
    for name in ("slice", "kind", "state", "agent", "action", "clause", "reason", "assigned", "revealed", "stopped"):
        assert getattr(made, name) == getattr(real, name), name
    assert (made.case, made.given) == ("known-1", {"order": "k1"})
    assert made.arguments == {"order": "k1", "amount": 901, "note": "n"}
    assert [len(value) for value in (made.id, made.run, made.action_id or "")] == [16, 16, 16]


@pytest.mark.parametrize("way", ["approve", "edit", "reject", "mend"])
def test_nothing_comes_of_a_check_however_it_is_answered(agent: Agent, world: World, way: str) -> None:
    """A question that was made up must never move money."""
    give(agent, [wrong(1)])
    (check,) = until_checks(agent, 1)
    before = everything(world)
    answered = answer(world.inbox(SLICE), check, way)
    assert answered.revealed == "This was a check; nothing happens. It was wrong: the order was for 90."
    assert everything(world) == before
    (record,) = records(world, "vigilance:answer")
    assert (record.data["caught"], record.data["counts"]) == (way in ("reject", "mend"), True)
    assert "permit" not in record.data
    assert world.replay(SLICE).ok


def test_who_approves_whatever_comes_is_flagged_at_the_third_check(agent: Agent, world: World) -> None:
    """Three of three let through is more than luck allows who catches four of five."""
    stamp(agent)
    (record,) = records(world, "approver:flag")
    assert record.data == {
        "approver": APPROVER,
        "contract_version": 1,
        "ground": "checks",
        "reason": "They let through 3 of 3 checks that should have been refused",
        "evidence": {"items": 3, "missed": 3, "tolerated": 0.2, "alpha": 0.05, "log_e": pytest.approx(3.39, abs=0.2)},
    }
    assert flagged(agent) == [APPROVER]
    replayed = world.replay(SLICE)
    assert (replayed.ok, replayed.mismatches) == (True, [])
    assert world.verify_ok()


def test_who_refuses_checks_is_not_flagged(agent: Agent, world: World) -> None:
    """An approver who looks has nothing to fear from checks."""
    give(agent, [wrong(number) for number in range(4)])
    for check in until_checks(agent, 4):
        world.inbox(SLICE).reject(check, "too much", by=APPROVER)
    assert (flagged(agent), records(world, "approver:flag")) == ([], [])
    assert agent.desk.standing().vigilance.of(APPROVER).caught == 4


def test_a_flag_holds_what_would_be_promoted_and_approvals_count_nothing(agent: Agent, world: World) -> None:
    """Labels of somebody who does not look prove nothing, and nobody climbs on them."""
    stamp(agent)
    seen = len(observed(world, "approved_unedited"))
    run = agent.run("case-after", order="x")
    outcome = agent.ask(run, "pay", order="x", amount=5)
    world.inbox(SLICE).approve(str(outcome.item), by=APPROVER)
    assert observed(world, "approved_unedited")[seen:] == [None, 1.0]
    standing = agent.desk.standing()
    (row,) = [row for row in standing.agents[agent.declaration.fingerprint].order if row.run == run.id]
    assert row.is_weightless("approved_unedited")
    before = agent.level()
    agent.climb()
    assert agent.level() is before is Level.APPROVAL
    assert world.replay(SLICE).ok


def test_an_owners_word_with_a_reason_clears_a_flag_and_lets_levels_rise(agent: Agent, world: World) -> None:
    """A person was talked to; somebody who answers for it says so, signed."""
    stamp(agent)
    agent.climb()
    clear(agent.desk, APPROVER, "new in the job, and trained", by=OWNER, sign=world.keyring.sign)
    assert flagged(agent) == []
    run = agent.run("past-12")
    agent.end(run, "denied")
    assert agent.level() is Level.CONSTRAINED
    assert world.replay(SLICE).ok


@pytest.mark.parametrize(
    ("by", "reason", "error", "words"),
    [
        (EXPERT, "fine", NotPermitted, "is not owner"),
        (OWNER, "  ", AnswerInvalid, "A flag is cleared for a reason"),
    ],
)
def test_only_an_owner_with_a_reason_clears(
    agent: Agent, world: World, by: str, reason: str, error: type[Exception], words: str
) -> None:
    """A flag that anybody could wave away would hold nothing."""
    stamp(agent)
    with pytest.raises(error, match=words):
        clear(agent.desk, APPROVER, reason, by=by, sign=world.keyring.sign)
    assert flagged(agent) == [APPROVER]


def test_nobody_clears_who_is_not_flagged(agent: Agent, world: World) -> None:
    """A slip in a name must not look like success."""
    with pytest.raises(AnswerInvalid, match=r"'lee@example\.com' is not flagged in 'refunds', so there is nothing to"):
        clear(agent.desk, LEE, "fine", by=OWNER, sign=world.keyring.sign)


def test_an_owner_who_approves_does_not_clear_themselves(agent: Agent, world: World) -> None:
    """Who is doubted can't end the doubt."""
    people(world, LEE, also="owner")
    give(agent, [wrong(number) for number in range(3)])
    for check in until_checks(agent, 3):
        world.inbox(SLICE).approve(check, by=LEE)
    with pytest.raises(AnswerInvalid, match="nobody clears themselves"):
        clear(agent.desk, LEE, "I do look", by=LEE, sign=world.keyring.sign)


def test_later_checks_clear_a_flag(agent: Agent, world: World) -> None:
    """Who begins to look again proves it the way it was doubted."""
    stamp(agent)
    give(agent, [wrong(100 + number) for number in range(20)])
    for check in until_checks(agent, 23, start=300)[3:]:
        world.inbox(SLICE).reject(check, "too much", by=APPROVER)
    (record,) = records(world, "approver:clear")
    assert (record.data["ground"], record.data["reason"]) == (
        "checks",
        "Since the flag they caught 20 of 20 checks that were wrong",
    )
    assert flagged(agent) == []
    assert world.replay(SLICE).ok


def test_the_answers_of_who_gave_a_check_do_not_count(agent: Agent, world: World) -> None:
    """They know the right answer."""
    from goldenthread.record.principals import Role, grant

    grant(
        world.ledger,
        world.keyring,
        by=OWNER,
        name=PAM,
        kind="person",
        roles=[Role(name="approver"), Role(name="expert")],
    )
    add_known(agent.desk, [wrong(number) for number in range(3)], PAM, world.keyring.sign)
    for check in until_checks(agent, 3):
        world.inbox(SLICE).approve(check, by=PAM)
    assert [record.data["counts"] for record in records(world, "vigilance:answer")] == [False] * 3
    assert flagged(agent) == []


def test_a_check_is_made_of_a_past_decision_by_another_value(agent: Agent, world: World) -> None:
    """Without an expert's file, what people decided before knows the right answer."""
    past = [(f"old-{n}", Proposal(action="pay", arguments={"order": f"p{n}", "amount": n})) for n in range(12)]
    record_decisions(agent.desk, past, EXPERT, world.keyring.sign)
    for case, decision in past:
        run = agent.run(case, order=decision.arguments["order"])
        agent.end(run, "denied")
    found = [world.inbox(SLICE).item(item) for item in until_checks(agent, 6)]
    for item in found:
        right = dict(past)[item.case].arguments
        assert item.arguments is not None
        assert item.arguments["order"] == right["order"]
    changed = [item for item in found if item.arguments != dict(past)[item.case].arguments]
    assert changed, "three checks in four say something else; that none of six does, is one in four thousand"
    answered = world.inbox(SLICE).reject(changed[0].id, "not that amount", by=APPROVER)
    amounts = (dict(past)[changed[0].case].arguments["amount"], (changed[0].arguments or {})["amount"])
    assert answered.revealed == (
        "This was a check; nothing happens. It was wrong: "
        f"people decided amount = {amounts[0]} here, and it said {amounts[1]}."
    )
    assert len({item.case for item in found}) == 6


def test_known_cases_that_nobody_could_be_asked_about_are_refused(agent: Agent) -> None:
    """A check on something impossible would give itself away."""
    with pytest.raises(ChecksInvalid, match="proposes 'fly', and nobody is asked about that; the contract's actions"):
        give(agent, [replace(wrong(1), action="fly")])
    assert give(agent, [wrong(1), wrong(1)]) == 1
    assert give(agent, [wrong(1)]) == 0


def test_a_check_is_erased_like_a_case(agent: Agent, world: World) -> None:
    """What an expert wrote of a person goes when it must go."""
    give(agent, [wrong(1)])
    (check,) = until_checks(agent, 1)
    erase_case(agent.desk, "known-1", by=OWNER)
    assert world.inbox(SLICE).item(check).case == "erased"
    assert world.verify_ok()


def test_the_database_itself_gives_a_check_no_action(agent: Agent, world: World) -> None:
    """Even code that is wrong can't hang an action on a question without a run."""
    give(agent, [wrong(1)])
    (check,) = until_checks(agent, 1)
    action = world.desk(SLICE).read_rows("select id from action limit 1")[0]["id"]
    with pytest.raises(psycopg.errors.CheckViolation), world.desk(SLICE).transaction() as writing:
        writing.execute("update inbox set action = %s where id = %s", action, check)


def test_replay_finds_a_permit_that_came_of_a_check(agent: Agent, world: World) -> None:
    """Whoever got past everything else is found by whoever replays."""
    give(agent, [wrong(1)])
    (check,) = until_checks(agent, 1)
    with world.desk(SLICE).transaction() as writing:
        writing.append(
            "approval:answer", {"item": check, "action": None, "answer": "approve", "permit": {"arguments": "x"}}
        )
    assert [found.words for found in world.replay(SLICE).mismatches] == [
        "it answers a question that nobody may execute"
    ]


def test_a_contract_that_watches_nobody_asks_nothing(world: World) -> None:
    """Opt-in: without the line there are no made-up questions."""
    world.sign(contract_text(SLICE, level="approval", gates=EASY, actions=PAY))
    agent = Agent(world)
    give(agent, [wrong(1)])
    for number in range(5):
        approve_one(agent, number)
    later(world, hours=2)
    assert (tick_vigilance(agent.desk).checks, apart(world)) == (0, [])
