"""Checks and shared questions, from the draw to the flag: and that nothing ever comes of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from control.agents import SLICE, Agent, later, records
from goldenthread.control.approvals import Inbox, Item, add_known, tick
from goldenthread.control.vigilance import Known
from worlds import APPROVER, EASY, EXPERT, OWNER, World, contract_text

LEE = "lee@example.com"
PAM = "pam@example.com"
PAY: dict[str, Any] = {"pay": {"effect": "reversible", "key": "order", "limit": "amount <= 1000"}}
EVERY = "  approvers: {shared: 100 % of approvals, checks: 20 % of approvals}\n"


def watched(world: World, approvers: str, **wanted: Any) -> None:
    """A signed version of the contract, with a line on its approvers."""
    text = contract_text(SLICE, level="approval", gates=EASY, actions=PAY, **wanted)
    world.sign(text.replace("  escalate:", f"  approvers: {{{approvers}}}\n  escalate:"))


@pytest.fixture
def agent(world: World) -> Agent:
    """An agent at approval, whose approvers are watched by checks alone."""
    people(world, LEE, PAM)
    watched(world, "checks: 20 % of approvals")
    return Agent(world)


def people(world: World, *names: str) -> None:
    """More approvers."""
    from goldenthread.record.principals import Role, grant

    for name in names:
        grant(world.ledger, world.keyring, by=OWNER, name=name, kind="person", roles=[Role(name="approver")])


def wrong(number: int) -> Known:
    """A known case that must be refused."""
    return Known(
        case=f"known-{number}",
        given={"order": f"k{number}"},
        action="pay",
        arguments={"order": f"k{number}", "amount": 900 + number},
        right="reject",
        wrong=("amount",),
        because="the order was for 90",
    )


def give(agent: Agent, cases: Sequence[Known]) -> int:
    """The expert gives known cases."""
    return add_known(agent.desk, cases, EXPERT, agent.world.keyring.sign)


def approve_one(agent: Agent, number: int, by: str = APPROVER) -> None:
    """One real case, from the question to a yes."""
    run = agent.run(f"case-{number}", order=f"o{number}")
    outcome = agent.ask(run, "pay", order=f"o{number}", amount=number)
    assert outcome.item is not None
    agent.world.inbox(SLICE).approve(outcome.item, by=by)


def apart(world: World, purpose: str = "check") -> list[str]:
    """Items that nobody executes, as the chain marks them."""
    return [record.data["item"] for record in records(world, "vigilance:ask") if record.data["purpose"] == purpose]


def until_checks(agent: Agent, wanted: int, start: int = 0) -> list[str]:
    """Real approvals until so many checks lie in the inbox, and the checks' ids."""
    for number in range(start, start + 200):
        if len(apart(agent.world)) >= wanted:
            break
        approve_one(agent, number)
        later(agent.world, hours=1)
        tick(agent.desk)
    found = apart(agent.world)
    assert len(found) == wanted
    return found


def test_a_check_looks_like_any_approval(agent: Agent, world: World) -> None:
    """Whoever can tell a check from a case is not being checked."""
    give(agent, [wrong(1)])
    (check,) = until_checks(agent, 1)
    run = agent.run("case-real", order="r")
    real = world.inbox(SLICE).item(str(agent.ask(run, "pay", order="r", amount=950).item))
    made = world.inbox(SLICE).item(check)
    for name in ("slice", "kind", "state", "agent", "action", "clause", "reason", "assigned", "revealed", "stopped"):
        assert getattr(made, name) == getattr(real, name), name
    assert (made.case, made.given, made.arguments) == ("known-1", {"order": "k1"}, {"order": "k1", "amount": 901})
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


def answer(inbox: Inbox, item: str, way: str, by: str = APPROVER) -> Item:
    """An answer: 'edit' changes what was right, 'mend' what was wrong."""
    if way == "reject":
        return inbox.reject(item, "the order was for 90", by=by)
    if way == "approve":
        return inbox.approve(item, by=by)
    return inbox.edit(item, {"amount": 90} if way == "mend" else {"order": "z"}, by=by)


def everything(world: World) -> dict[str, Any]:
    """All that could carry out an action or count as evidence: permits, actions, runs, observations, budgets."""
    desk = world.desk(SLICE)
    return {
        "permits": desk.read_rows("select id, permit, state from action order by id"),
        "runs": desk.read_rows("select id, state from run order by id"),
        "answers": [record.seq for record in records(world, "approval:answer", "action:decide", "permit:consume")],
        "observations": [record.seq for record in records(world, "case:observe")],
        "cases": world.permitted_cases(),
    }
