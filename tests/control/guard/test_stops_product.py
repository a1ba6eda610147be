"""A stop of a product: in all its slices and processes at once, in no other, and no new version slips out of it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from control.agents import KEYED, SLICE, Agent, acting_alone, records, sign
from goldenthread.control.guard import Request, Run, authorize, delegate, open_run
from goldenthread.control.guard.delegation import cap_of
from goldenthread.control.guard.facts import Seen
from goldenthread.promise.errors import StopInForce
from goldenthread.promise.values import Level, Verdict
from goldenthread.record.ledger import Record
from goldenthread.surfaces.views import ladder, products
from worlds import APPROVER, EASY, World, contract_text

PRODUCT = "customer-service"
PARTS = f"product: {PRODUCT}\n"


@pytest.fixture
def agent(world: World) -> Agent:
    """An agent that acts alone, in a slice of the product."""
    return acting_alone(world, actions=KEYED, parts=PARTS)


def clause(record: Record) -> str:
    """What a denied action names."""
    return f"stop {record.chain}#{record.seq}"


def elsewhere(world: World, product: str | None) -> Verdict:
    """What the same action gets at approval in another slice, of a product or of none."""
    parts = f"product: {product}\n" if product else ""
    world.sign(contract_text("other", level="approval", actions=KEYED, parts=parts))
    other = Agent(world, world.desk("other"))
    return other.ask(other.run(), order="a", amount=7).verdict


def test_a_stopped_product_stands_still_at_every_door_until_two_lift_it(agent: Agent, world: World) -> None:
    """Asking anew and using an earlier permit, in this process and in one that knew nothing of the stop."""
    run = agent.run()
    earlier = agent.ask(run, order="a", amount=7)
    other = Agent(world, world.desk(SLICE))
    stop = world.stop(product=PRODUCT, by=APPROVER)
    for one in (agent, other):
        denied = one.ask(run, call=1, order="b", amount=7)
        assert (denied.verdict, denied.clause, denied.permit) == (Verdict.DENY, clause(stop), None)
        with pytest.raises(StopInForce, match=f"The product '{PRODUCT}' is stopped, by {APPROVER}: an odd payment"):
            one.consume(run, earlier)
    fresh = world.desk(SLICE)
    assert fresh.hint("", replay=False) is None
    assert [one.seq for one in fresh.stops()] == [stop.seq]
    with pytest.raises(StopInForce):
        fresh.confirm("pay", float("-inf"))
    assert records(world, "permit:consume") == []
    assert world.lift(stop, APPROVER).lifted is False
    with pytest.raises(StopInForce):
        agent.consume(run, earlier)
    world.lift(stop, "maya@example.com")
    agent.consume(run, earlier)
    agent.done(run, earlier)
    assert world.replay(SLICE).ok
    assert world.verify_ok()


@pytest.mark.parametrize("product", [None, "claims", f"{PRODUCT}-2"])
def test_slices_of_other_products_go_on(agent: Agent, world: World, product: str | None) -> None:
    """Who would stop too much with it does not use it."""
    world.stop(product=PRODUCT)
    assert elsewhere(world, product) is Verdict.ASK
    assert world.replay("other").ok
    assert ladder(world.desk("other")).stops == ()


def test_a_slice_that_joins_a_stopped_product_stands_still(world: World) -> None:
    """A stop is no list of slices: whatever comes to the product while it is stopped comes under it."""
    stop = world.stop(product=PRODUCT)
    assert elsewhere(world, PRODUCT.upper()) is Verdict.DENY
    assert world.replay("other").ok
    world.lift(stop)
    agent = Agent(world, world.desk("other"))
    assert agent.ask(agent.run("case-2"), order="b", amount=7).verdict is Verdict.ASK


@pytest.mark.parametrize("parts", ["", "product: claims\n"])
@pytest.mark.parametrize("before", [True, False])
def test_no_later_version_slips_out_of_the_stop(world: World, parts: str, before: bool) -> None:
    """Else whoever signs contracts could let an agent go on that two people have to."""
    sign(world, level="approval", actions=KEYED, parts=PARTS)
    agent = Agent(world)
    stops = [world.stop(product=PRODUCT)] if before else []
    sign(world, level="approval", actions=KEYED, version=2, parts=parts)
    (stop,) = stops or [world.stop(product=PRODUCT)]
    contract = world.desk(SLICE).contract()
    assert (contract.version, contract.product) == (2, parts.removeprefix("product: ").strip() or None)
    for one in (agent, Agent(world, world.desk(SLICE))):
        assert one.ask(one.run(), order="a", amount=7).clause == clause(stop)
    assert world.replay(SLICE).ok


def test_a_version_that_nobody_signed_names_its_product_too(world: World) -> None:
    """A slice without a contract in force is not outside of its product."""
    text = contract_text(SLICE, level="approval", actions=KEYED, parts=PARTS)
    world.sign(text, leave_out=("expert@example.com",))
    stop = world.stop(product=PRODUCT)
    agent = Agent(world)
    assert agent.ask(agent.run(), order="a", amount=7).clause == clause(stop)


def test_an_answer_in_the_inbox_says_that_the_product_is_stopped(world: World) -> None:
    """Whoever approves must not believe that it happens now."""
    sign(world, level="approval", actions=KEYED, parts=PARTS)
    agent = Agent(world)
    asked = agent.ask(agent.run(), order="a", amount=7)
    assert asked.item is not None
    world.stop(product="another")
    assert world.inbox(SLICE).item(asked.item).stopped is None
    stop = world.stop(product=PRODUCT)
    answered = world.inbox(SLICE).approve(asked.item, by=APPROVER)
    assert answered.stopped == (
        f"The product '{PRODUCT}' is stopped, by maya@example.com: an odd payment (stop organisation#{stop.seq})"
    )


def test_the_pages_show_the_product_and_its_stop(agent: Agent, world: World) -> None:
    """Somebody who looks at a slice sees that it stands still, and by which stop."""
    elsewhere(world, None)
    stop = world.stop(product=PRODUCT)
    other, mine = products(world.ledger)
    assert (mine.slice, mine.product, mine.suspended) == (SLICE, PRODUCT, True)
    assert [one.id for one in mine.stops] == [f"organisation#{stop.seq}"]
    assert (other.product, other.suspended, other.stops) == (None, False, ())
    assert mine.reason.startswith(f"The product '{PRODUCT}' is stopped, by ")


def test_whom_a_stopped_product_calls_has_no_more_level_than_it(world: World) -> None:
    """A slice of another product must not do for a stopped one what that may not do itself."""
    text = contract_text(SLICE, level="approval", actions=KEYED, parts=PARTS)
    world.sign(text.replace("calls: {agents: none, depth: 0}", "calls: {agents: [agent], depth: 1}"))
    world.sign(contract_text("other", level="approval", actions=KEYED, parts="product: claims\n"))
    above, below = Agent(world), Agent(world, world.desk("other"))
    run = above.run()
    called = open_called(above, below, run)
    assert cap_of(below.desk, called.caller, called.case_ref) is Level.APPROVAL
    aside = world.stop(product="claims")
    assert cap_of(below.desk, called.caller, called.case_ref) is Level.APPROVAL, "the caller is of another product"
    world.lift(aside)
    world.stop(product=PRODUCT)
    assert cap_of(world.desk("other"), called.caller, called.case_ref) is Level.SHADOW
    request = Request(run=called, call=0, action="pay", arguments={"order": "a", "amount": 7})
    assert authorize(below.desk, request).verdict is Verdict.DENY
    assert world.replay("other").ok


def open_called(above: Agent, below: Agent, run: Run) -> Run:
    """A run of the other slice, called by a run of this one."""
    show = delegate(above.desk, run, Seen(), "agent", "other")
    return open_run(below.desk, below.declaration, "case-of-it", {}, None, show)


CHILD = """
import sys
from itertools import count
from goldenthread.control.guard import *
from goldenthread.promise.errors import StopInForce
from goldenthread.surfaces.opening import open_ledger
home, name, slice_name = sys.argv[1:]
ledger = open_ledger(home)
desk = Desk(ledger, slice_name)
declaration = declare("agent", {"model": "rules"}, {}, [])
refused = 0
for number in count():
    run = open_run(desk, declaration, f"{name}-{number}", {})
    arguments = {"order": f"{name}-{number}", "amount": 7}
    outcome = authorize(desk, Request(run=run, call=0, action="pay", arguments=arguments))
    try:
        if outcome.state == "permitted":
            consume(desk, run, outcome)
            print(f"did {run.case}", flush=True)
            record_effect(desk, run, outcome, None)
    except StopInForce:
        refused += 1
    refused += outcome.state == "denied"
    end_run(desk, run, "done", [], 0.01)
    if refused >= 5:
        break
ledger.store.close()
"""


def test_all_slices_of_the_product_stop_in_all_processes(agent: Agent, world: World) -> None:
    """
    By the ledger's order, at most the one transaction of each slice that was under way when the product was stopped
    still used a permit; a process that begins later uses none.
    """
    slices = (SLICE, "letters")
    world.sign(contract_text("letters", level="approval", gates=EASY, actions=KEYED, parts=PARTS))
    Agent(world, world.desk("letters")).climb()
    command = [sys.executable, "-c", CHILD, str(world.home)]
    workers = [subprocess.Popen([*command, "one", name], stdout=subprocess.PIPE, text=True) for name in slices]
    for worker in workers:
        assert worker.stdout is not None
        for _ in range(3):
            assert worker.stdout.readline().startswith("did ")
    stop = world.stop(product=PRODUCT)
    heads = {name: world.ledger.head(name).seq for name in slices}
    late = subprocess.run([*command, "late", SLICE], stdout=subprocess.PIPE, text=True, check=True)
    assert late.stdout == "", "a process that knew nothing did nothing"
    for worker in workers:
        worker.communicate()
        assert worker.returncode == 0
    for name in slices:
        used = [record.seq for record in world.ledger.read(name, kinds=["permit:consume"])]
        knew = [
            one.seq for one in world.ledger.read(name, kinds=["action:decide"]) if one.data["clause"] == clause(stop)
        ]
        assert len(used) >= 3
        assert len([seq for seq in used if seq > heads[name]]) <= 1
        assert max(used) < min(knew), "once one process knew it, all did"
        assert world.replay(name).ok
    assert world.verify_ok()


def test_replay_finds_a_permit_that_was_used_while_the_product_was_stopped(agent: Agent, world: World) -> None:
    """A process that was altered to overlook the stop leaves a trace, also where the contract moved since."""
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    world.stop(product="another")
    used: dict[str, Any] = {"permit": outcome.permit, "decision": outcome.id, "run": run.id}
    world.ledger.append(SLICE, "permit:consume", "agent", {**used, "stops": world.desk(SLICE).everywhere().seq})
    assert world.replay(SLICE).ok, "another product's stop is none of this slice"
    stop = world.stop(product=PRODUCT)
    world.ledger.append(SLICE, "permit:consume", "agent", {**used, "stops": stop.seq})
    (found,) = world.replay(SLICE).mismatches
    assert found.words == f"a permit for 'pay' was used while it was stopped (organisation#{stop.seq})"
