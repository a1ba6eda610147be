"""The kill switch where it acts: at every door of the guard, in every process, and with the database down."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest

from control.agents import KEYED, SLICE, Agent, acting_alone, records, sign
from goldenthread.control.guard import FRESH_S, Desk, repeat
from goldenthread.control.guard.desk import uptime
from goldenthread.promise.errors import StopInForce, StopUnconfirmed, StoreUnavailable
from goldenthread.promise.values import Verdict
from goldenthread.record.ledger import ORGANISATION, Record
from goldenthread.record.store.server import EmbeddedServer
from worlds import APPROVER, World, contract_text, declare_tools

ACTIONS: dict[str, Any] = KEYED | {"post": {"effect": "reversible"}, "look": {"effect": "read"}}
ACTIONS |= {"search": {"effect": "read", "egress": True}}


@pytest.fixture
def agent(world: World) -> Agent:
    """An agent that acts alone."""
    return acting_alone(world, actions=ACTIONS)


SCOPES = pytest.mark.parametrize(
    ("chain", "tool"), [(ORGANISATION, None), (SLICE, None), (ORGANISATION, "pay"), (SLICE, "pay")]
)


@SCOPES
def test_a_stop_holds_at_every_door(agent: Agent, world: World, chain: str, tool: str | None) -> None:
    """Asking anew, using an earlier permit, in this process and in one that knew nothing: all stand still."""
    run = agent.run()
    earlier = agent.ask(run, order="a", amount=7)
    other = Agent(world, world.desk(SLICE))
    stop = world.stop(chain, tool=tool, by=APPROVER)
    for one in (agent, other):
        denied = one.ask(run, call=1, order="b", amount=7)
        assert (denied.verdict, denied.clause, denied.permit) == (Verdict.DENY, f"stop {chain}#{stop.seq}", None)
        with pytest.raises(StopInForce):
            one.consume(run, earlier)
    assert records(world, "permit:consume") == []
    world.lift(stop)
    agent.consume(run, earlier)
    agent.done(run, earlier)
    assert world.replay(SLICE).ok
    assert world.verify_ok()


@SCOPES
def test_a_stop_reaches_what_it_names_and_no_further(agent: Agent, world: World, chain: str, tool: str | None) -> None:
    """Who must stop everything to stop one thing hesitates."""
    world.stop(chain, tool=tool)
    post = agent.ask(agent.run(), "post", text="a")
    assert (post.verdict is Verdict.ALLOW) is (tool is not None)
    elsewhere = authorize_elsewhere(world)
    assert (elsewhere is Verdict.ASK) is (chain == SLICE)


def authorize_elsewhere(world: World) -> Verdict:
    """What the same tool gets in another slice, at approval."""
    world.sign(contract_text("other", level="approval", actions=KEYED))
    agent = Agent(world, world.desk("other"))
    return agent.ask(agent.run(), order="a", amount=7).verdict


@pytest.mark.parametrize("action", ["look", "search"])
@pytest.mark.parametrize("chain", [ORGANISATION, SLICE])
def test_reads_stand_still_too(agent: Agent, world: World, action: str, chain: str) -> None:
    """A read may carry something out in its question; and a slice that is stopped is not looked through either."""
    other = world.desk(SLICE)
    fingerprint = agent.declaration.fingerprint
    assert other.decide(fingerprint, action, {}, replay=False).verdict is Verdict.ALLOW
    stop = world.stop(chain)
    assert other.decide(fingerprint, action, {}, replay=False).clause == f"stop {chain}#{stop.seq}"
    world.lift(stop)
    assert other.decide(fingerprint, action, {}, replay=False).verdict is Verdict.ALLOW


def test_a_read_that_sends_data_out_takes_a_permit_and_stops_like_an_effect(agent: Agent, world: World) -> None:
    """Where data goes is an effect, whatever the tool is called."""
    run = agent.run()
    outcome = agent.ask(run, "search", query="x")
    assert outcome.permit is not None
    world.stop()
    with pytest.raises(StopInForce):
        agent.consume(run, outcome)


@pytest.mark.parametrize("chain", [ORGANISATION, SLICE])
def test_an_approval_given_during_a_stop_permits_nothing_until_it_is_lifted(world: World, chain: str) -> None:
    """People may go on answering; what they say waits."""
    sign(world, level="approval", actions=KEYED)
    agent = Agent(world)
    run = agent.run()
    asked = agent.ask(run, order="a", amount=7)
    assert asked.item is not None
    stop = world.stop(chain)
    answered = world.inbox(SLICE).approve(asked.item, by=APPROVER)
    assert answered.stopped is not None
    assert answered.stopped.endswith(f"(stop {chain}#{stop.seq})")
    permitted = agent.ask(run, order="a", amount=7)
    assert permitted.state == "permitted"
    with pytest.raises(StopInForce):
        agent.consume(run, permitted)
    world.lift(stop)
    assert world.inbox(SLICE).item(asked.item).stopped is None
    agent.consume(run, permitted)
    assert world.replay(SLICE).ok


def test_an_interrupted_effect_is_not_done_again_under_a_stop(agent: Agent, world: World) -> None:
    """The tool would take the same key again; but stop means stop."""
    run = agent.run()
    agent.consume(run, agent.ask(run, order="a", amount=7))
    again = agent.ask(agent.run(), order="a", amount=7)
    assert again.state == "consumed"
    world.stop(tool="pay")
    with pytest.raises(StopInForce):
        repeat(agent.desk, again, "pay")
    assert agent.ask(agent.run(), order="a", amount=7).state == "unknown"


class Slow:
    """A clock that leaps ahead at chosen looks, as if the process had stood still; `on` happens meanwhile."""

    def __init__(self, leaps: set[int], on: Callable[[], object] = lambda: None) -> None:
        self._leaps = leaps
        self._on = on
        self._looks = count(1)
        self._ahead = 0.0

    def __call__(self) -> float:
        """Seconds."""
        look = next(self._looks)
        if look in self._leaps:
            self._ahead += FRESH_S + 0.1
            self._on()
        return uptime() + self._ahead


def test_a_process_that_stood_still_looks_again_before_it_acts(agent: Agent, world: World) -> None:
    """What it knew a second ago is no leave; if nothing was stopped meanwhile, it goes on."""
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    agent.desk.uptime = Slow({2})
    agent.consume(run, outcome)
    assert [record.kind for record in records(world, "permit:consume", "action:effect")] == ["permit:consume"]


@pytest.mark.parametrize("chain", [ORGANISATION, SLICE])
def test_what_was_stopped_while_a_process_stood_still_does_not_begin(agent: Agent, world: World, chain: str) -> None:
    """Between the commit and the tool, the process was paused for as long as it takes to stop everything."""
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    agent.desk.uptime = Slow({2}, lambda: world.stop(chain))
    with pytest.raises(StopInForce) as held:
        agent.consume(run, outcome)
    assert held.value.message.startswith("'pay' does not begin: ")
    assert records(world, "action:effect")[-1].data["outcome"] == "not begun"
    assert agent.ask(run, order="a", amount=7).verdict is Verdict.DENY, "decided anew"
    assert world.replay(SLICE).ok


def test_what_cannot_be_confirmed_within_a_second_does_not_begin(agent: Agent, world: World) -> None:
    """An answer that took longer than that says nothing of now."""
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    agent.desk.uptime = Slow({2, 4})
    with pytest.raises(StopUnconfirmed) as slow:
        agent.consume(run, outcome)
    assert str(slow.value) == (
        "stop-unconfirmed: Whether 'pay' is stopped was answered after 1.1 s, and after 1 s an answer is no news, so "
        "it does not begin. Look why this process or the database is so slow; open the case again."
    )
    agent.desk.uptime = uptime
    again = agent.ask(run, order="a", amount=7)
    assert again.permit not in (None, outcome.permit)
    agent.consume(run, again)


@contextmanager
def down(server: EmbeddedServer, url: str) -> Iterator[None]:
    """The database takes nobody in, and throws out whoever is there."""
    name = url.partition("?")[0].rpartition("/")[2]
    with server.connect("postgres") as connection:
        connection.execute(f"alter database {name} allow_connections false".encode())
        connection.execute("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s", (name,))
        try:
            yield
        finally:
            connection.execute(f"alter database {name} allow_connections true".encode())


def test_with_the_database_down_nothing_begins_and_nothing_is_lost(
    agent: Agent, world: World, server: EmbeddedServer, database_url: str
) -> None:
    """A process that cannot ask whether it was stopped must take it that it was."""
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    fingerprint = agent.declaration.fingerprint
    doors: dict[str, Callable[[], object]] = {
        "ask": lambda: agent.ask(run, call=1, order="b", amount=7),
        "consume": lambda: agent.consume(run, outcome),
        "read": lambda: agent.desk.decide(fingerprint, "look", {}, replay=False),
        "stops": agent.desk.stops,
    }
    with down(server, database_url):
        for door in doors.values():
            with pytest.raises(StoreUnavailable):
                door()
    assert records(world, "permit:consume") == []
    agent.consume(run, outcome)
    assert world.verify_ok()
    assert world.replay(SLICE).ok


CHILD = """
import sys
from itertools import count
from goldenthread.control.guard import *
from goldenthread.promise.errors import StopInForce
from goldenthread.surfaces.opening import open_ledger
home, name = sys.argv[1:]
ledger = open_ledger(home)
desk = Desk(ledger, "refunds")
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
    if refused >= 10:
        break
ledger.store.close()
"""


@pytest.mark.parametrize(("chain", "tool"), [(ORGANISATION, None), (ORGANISATION, "pay"), (SLICE, None)])
def test_processes_at_work_stop_with_the_transaction_under_way(
    agent: Agent, world: World, chain: str, tool: str | None
) -> None:
    """
    In force within a second in all processes: by the ledger's order, at most the one transaction that held the
    slice's chain when the stop was committed still used a permit; a stop of the slice itself leaves not even that.
    """
    command = [sys.executable, "-c", CHILD, str(world.home)]
    workers = [subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True) for name in ("one", "two")]
    for worker in workers:
        assert worker.stdout is not None
        for _ in range(5):
            assert worker.stdout.readline().startswith("did ")
    stop = world.stop(chain, tool=tool)
    head = stop.seq if chain == SLICE else world.ledger.head(SLICE).seq
    for worker in workers:
        worker.communicate()
        assert worker.returncode == 0
    consumed = records(world, "permit:consume")
    late = [record for record in consumed if record.seq > head]
    assert len(consumed) >= 10
    assert len(late) <= (0 if chain == SLICE else 1)
    knew = [record.seq for record in records(world, "action:decide") if _names(record, stop)]
    assert len(knew) >= 10
    assert max(record.seq for record in consumed) < knew[0], "once one process knew it, all did"
    assert world.replay(SLICE).ok
    assert world.verify_ok()


def _names(record: Record, stop: Record) -> bool:
    return bool(record.data["clause"] == f"stop {stop.chain}#{stop.seq}")


def test_replay_finds_a_permit_that_was_used_under_a_stop(agent: Agent, world: World) -> None:
    """A process that was altered to overlook stops leaves a trace that anybody can find."""
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    stop = world.stop(SLICE)
    used = {"permit": outcome.permit, "decision": outcome.id, "run": run.id}
    record = world.ledger.append(SLICE, "permit:consume", "agent", used)
    (found,) = world.replay(SLICE).mismatches
    assert (found.seq, found.words) == (
        record.seq,
        f"a permit for 'pay' was used while it was stopped ({SLICE}#{stop.seq})",
    )


def test_replay_finds_who_claims_not_to_have_heard_of_a_stop(agent: Agent, world: World) -> None:
    """Once a record of the slice knew of a stop, no later one can plead ignorance; nor invent one."""
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    stop = world.stop()
    agent.ask(run, call=1, order="b", amount=7)
    used = {"permit": outcome.permit, "decision": outcome.id, "run": run.id}
    world.ledger.append(SLICE, "permit:consume", "agent", used)
    world.ledger.append(SLICE, "permit:consume", "agent", {**used, "stops": 1})
    words = [found.words for found in world.replay(SLICE).mismatches]
    assert f"it knew what was stopped up to organisation#0, and a record before it up to #{stop.seq}" in words
    world.ledger.append(SLICE, "permit:consume", "agent", {**used, "stops": stop.seq + 5})
    words = [found.words for found in world.replay(SLICE).mismatches]
    assert f"it names organisation#{stop.seq + 5}, where nothing was stopped or lifted" in words


def test_a_desk_reads_stops_again_only_when_the_organisation_moved(agent: Agent) -> None:
    """What costs nothing on every call is there on every call."""
    desk: Desk = agent.desk
    run = agent.run()
    agent.ask(run, order="a", amount=7)
    read: list[str] = []
    with desk.transaction() as writing:
        original = writing.tx.read

        def counting(chain: str, *given: Any, **named: Any) -> Any:
            read.append(chain)
            return original(chain, *given, **named)

        writing.tx.read = counting  # type: ignore[method-assign]
        desk.writing(writing.tx)
    assert read == []


def test_an_agent_under_the_sdk_waits_for_the_lift_and_then_acts_once(world: World) -> None:
    """Nothing is lost: the permit waits with the run, and the case is opened again."""
    world_slice = "payments"
    did: list[str] = []
    with world.connect() as thread:
        pay = declare_tools(thread, pay=lambda order, amount: did.append(order))["pay"]
        world.sign(contract_text(world_slice, level="approval"))
        with thread.run(world_slice, case="1") as run:
            pay("a", 1)
        (item,) = world.inbox(world_slice).items()
        stop = world.stop(tool="pay")
        world.inbox(world_slice).approve(item.id, by=APPROVER)
        with thread.run(world_slice, case="1") as run:
            pay("a", 1)
        assert (run.status, did, thread.waiting(world_slice)) == ("waiting", [], ["1"])
        world.lift(stop)
        with thread.run(world_slice, case="1") as run:
            pay("a", 1)
        assert (run.status, did) == ("done", ["a"])
    assert world.replay(world_slice).ok
