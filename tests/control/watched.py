"""People who are watched: known cases, real approvals, and questions that nobody executes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from control.agents import SLICE, Agent, later, records
from goldenthread.control.approvals import Inbox, Item, add_known, tick_vigilance
from goldenthread.control.vigilance import Known
from goldenthread.record.principals import Role, grant
from worlds import APPROVER, EASY, EXPERT, OWNER, World, contract_text

LEE = "lee@example.com"
PAM = "pam@example.com"
PAY: dict[str, Any] = {"pay": {"effect": "reversible", "key": "order", "limit": "amount <= 1000"}}


def watched(world: World, approvers: str, **wanted: Any) -> None:
    """A signed version of the contract, with a line on its approvers."""
    text = contract_text(SLICE, level="approval", gates=EASY, actions=PAY, **wanted)
    world.sign(text.replace("  escalate:", f"  approvers: {{{approvers}}}\n  escalate:"))


def people(world: World, *names: str, also: str | None = None) -> None:
    """More approvers; `also` is another role of theirs."""
    roles = [Role(name="approver"), *([Role(name=also)] if also is not None else [])]
    for name in names:
        grant(world.ledger, world.keyring, by=OWNER, name=name, kind="person", roles=roles)


def wrong(number: int) -> Known:
    """A known case that must be refused."""
    return Known(
        case=f"known-{number}",
        given={"order": f"k{number}"},
        action="pay",
        arguments={"order": f"k{number}", "amount": 900 + number, "note": "n"},
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
    agent.end(run)


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
        tick_vigilance(agent.desk)
    found = apart(agent.world)
    assert len(found) == wanted
    return found


def answer(inbox: Inbox, item: str, way: str, by: str = APPROVER) -> Item:
    """An answer: 'edit' changes what was right, 'mend' what was wrong."""
    if way == "reject":
        return inbox.reject(item, "the order was for 90", by=by)
    if way == "approve":
        return inbox.approve(item, by=by)
    return inbox.edit(item, {"amount": 90} if way == "mend" else {"note": "z"}, by=by)


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


def flagged(agent: Agent) -> list[str]:
    """Who is flagged now."""
    return [one.name for one in agent.desk.standing().vigilance.flagged]


def stamp(agent: Agent, count: int = 3) -> None:
    """Somebody approves real cases and checks alike."""
    give(agent, [wrong(number) for number in range(count)])
    for check in until_checks(agent, count):
        agent.world.inbox(SLICE).approve(check, by=APPROVER)
