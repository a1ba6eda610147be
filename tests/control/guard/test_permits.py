"""A permit is for exactly one call with exactly these arguments, once, and only while everything still stands."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from dataclasses import replace
from datetime import datetime

import pytest

from control.agents import KEYED, SLICE, UNKEYED, Agent, acting_alone, later, records, sign
from goldenthread.control.guard import Desk, Outcome, declare, declare_agent
from goldenthread.promise.errors import PermitRefused, StopInForce
from goldenthread.promise.values import Json, Verdict, digest
from goldenthread.surfaces.opening import open_ledger
from worlds import APPROVER, EASY, World, contract_text

BOTH = KEYED | UNKEYED


@pytest.fixture
def agent(world: World) -> Agent:
    """An agent that acts alone."""
    return acting_alone(world, actions=BOTH)


def refused(agent: Agent, outcome: Outcome, case: str = "case-1") -> str:
    """Why the permit is refused, in full."""
    with pytest.raises(PermitRefused) as refusal:
        agent.consume(agent.run(case), outcome)
    head = f"permit-refused: Permit {outcome.permit} for 'pay' is refused: "
    tail = ". Nothing happened; open the case again to ask anew."
    words = str(refusal.value)
    assert words.startswith(head)
    assert words.endswith(tail)
    return words.removeprefix(head).removesuffix(tail)


def test_a_permit_binds_everything_that_it_is_for(agent: Agent, world: World) -> None:
    """The digest is what a tool in another process can check; nothing may be left out of it."""
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    record = records(world, "action:decide")[-1]
    permit = dict(record.data["permit"])
    assert permit.pop("id") == outcome.permit
    stated = permit.pop("digest")
    assert stated == digest(permit)
    assert permit.pop("expires") > world.ledger.clock().isoformat()
    assert permit.pop("arguments") == record.data["arguments"]
    assert permit == {
        "slice": SLICE,
        "contract_version": 1,
        "fingerprint": agent.declaration.fingerprint,
        "case": run.case_ref,
        "run": run.id,
        "call": 0,
        "action": "pay",
        "level": "constrained",
    }


def test_a_decision_says_what_it_rests_on(agent: Agent, world: World) -> None:
    """`why` and replay know nothing but the record."""
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    record = records(world, "action:decide")[-1]
    data = record.data
    assert (data["decision"], data["verdict"], data["run"]) == (outcome.id, "allow", run.id)
    assert (data["reason"], data["clause"]) == ("Within the limits of constrained", "autonomy.gates.constrained")
    assert (data["mode"], data["level"], data["contract_version"]) == ("cooperative", "constrained", 1)
    assert record.by == "agent"


def test_asking_again_returns_what_was_said_before(agent: Agent, world: World) -> None:
    """A process that died after asking must not get a second permit for the same call."""
    run = agent.run()
    before = len(records(world, "action:decide"))
    first = agent.ask(run, order="a", amount=7)
    again = agent.ask(run, amount=7, order="a")
    assert again == first
    assert len(records(world, "action:decide")) == before + 1
    agent.consume(run, first)
    agent.done(run, first, {"paid": 7})
    once_more = agent.ask(agent.run(), order="a", amount=7)
    assert (once_more.state, once_more.result, once_more.id) == ("done", {"paid": 7}, first.id)
    assert len(records(world, "action:decide", "permit:consume", "action:effect")) == before + 3


def test_a_permit_is_consumed_once(agent: Agent, world: World) -> None:
    """Twice is a second effect."""
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    agent.consume(run, outcome)
    assert refused(agent, outcome) == "it was used before (the action is 'consumed')"
    agent.done(run, outcome)
    assert refused(agent, outcome) == "it was used before (the action is 'done')"
    assert len(records(world, "permit:consume")) == 1


def test_an_expired_permit_is_refused_and_asked_anew(agent: Agent, world: World) -> None:
    """What was right a quarter of an hour ago must be decided again."""
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    record = records(world, "action:decide")[-1]
    expires = datetime.fromisoformat(record.data["permit"]["expires"])
    later(world, minutes=14)
    again = agent.ask(run, order="a", amount=7)
    assert again.permit == outcome.permit
    later(world, minutes=2)
    assert refused(agent, outcome) == f"it expired at {expires.isoformat(timespec='seconds')}"
    anew = agent.ask(run, order="a", amount=7)
    assert (anew.state, anew.permit != outcome.permit) == ("permitted", True)
    assert refused(agent, outcome) == "it was put aside, and the action is decided anew"
    agent.consume(run, anew)


def test_a_permit_does_not_survive_a_fall(agent: Agent, world: World) -> None:
    """What the level allowed, the lost level forbids."""
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    agent.fall("case-1")
    assert refused(agent, outcome) == "the level is draft now, and it was issued at constrained"
    anew = agent.ask(run, order="a", amount=7)
    assert (anew.verdict, anew.permit) == (Verdict.DRAFT, None)
    assert records(world, "permit:consume") == []


def test_a_permit_does_not_survive_a_new_contract_version(agent: Agent, world: World) -> None:
    """Whoever signs a new page expects that page to hold from now on."""
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    sign(world, version=2, level="approval", gates=EASY, actions=BOTH)
    assert refused(agent, outcome) == "another contract version is in force"
    anew = agent.ask(run, order="a", amount=7)
    assert anew.state == "permitted"
    agent.consume(run, anew)
    assert records(world, "action:decide")[-1].data["contract_version"] == 2


def test_a_committed_version_that_is_not_signed_changes_nothing(agent: Agent, world: World) -> None:
    """A draft of a contract is no contract."""
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    world.sign(contract_text(SLICE, version=2, level="approval", gates=EASY, actions=BOTH), leave_out=("finance-ops",))
    agent.consume(run, outcome)


def test_a_permit_does_not_survive_a_kill_switch(agent: Agent, world: World) -> None:
    """Stop means stop, also for what was already allowed."""
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    stop = world.stop(SLICE, by=APPROVER)
    place = f"{SLICE}#{stop.seq}"
    with pytest.raises(StopInForce) as held:
        agent.consume(run, outcome)
    assert str(held.value) == (
        f"stop-in-force: Permit {outcome.permit} for 'pay' is held: The slice 'refunds' is stopped, by "
        f"{APPROVER}: an odd payment (stop {place}). Nothing happened; open the case again once that is lifted."
    )
    denied = agent.ask(run, call=1, order="b", amount=7)
    assert (denied.verdict, denied.permit, denied.clause) == (Verdict.DENY, None, f"stop {place}")
    world.lift(stop)
    agent.consume(run, outcome)


def test_another_permit_is_no_permit_for_this_action(agent: Agent) -> None:
    """Ids are not interchangeable."""
    run = agent.run()
    one = agent.ask(run, order="a", amount=7)
    two = agent.ask(run, call=1, order="b", amount=7)
    assert refused(agent, replace(one, permit=two.permit)) == "another permit replaced it"
    assert refused(agent, replace(one, permit=None)) == "another permit replaced it"


def test_a_denied_action_has_nothing_to_consume(agent: Agent) -> None:
    """Never an effect without a permit."""
    run = agent.run()
    outcome = agent.ask(run, "delete_everything")
    with pytest.raises(PermitRefused, match="another permit replaced it"):
        agent.consume(run, outcome)


@pytest.mark.parametrize("done", [{"order": "a", "amount": 8}, {"order": "a"}, {"order": "a", "amount": 7, "x": 1}])
def test_a_permit_is_for_exactly_the_arguments_that_it_was_given_for(agent: Agent, done: dict[str, Json]) -> None:
    """What a tool gets must be what a person or the guard looked at, to the last digit."""
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    assert refused(agent, replace(outcome, arguments=done)) == "it was given for other arguments"
    agent.consume(run, outcome)


def test_a_permit_is_for_the_run_and_fingerprint_that_it_was_given_to(agent: Agent) -> None:
    """A release that has earned nothing does not act on what another one earned."""
    outcome = agent.ask(agent.run(), order="a", amount=7)
    other = declare("agent", {"model": "another"}, {}, [])
    declare_agent(agent.desk, other)
    for thief in (replace(agent.run(), fingerprint=other.fingerprint), agent.run("case-2")):
        with pytest.raises(PermitRefused, match="is refused: it was given to another run or fingerprint"):
            agent.consume(thief, outcome)


def test_a_permit_is_refused_once_its_run_has_ended(agent: Agent, world: World) -> None:
    """A process that lost its lease finds the case in other hands and must not act behind their back."""
    lost = agent.run()
    outcome = agent.ask(lost, order="a", amount=7)
    newer = Agent(world, model="newer rules")
    taken = newer.run()
    assert taken.id != lost.id
    with pytest.raises(PermitRefused) as refusal:
        agent.consume(lost, outcome)
    assert str(refusal.value) == (
        f"permit-refused: Permit {outcome.permit} for 'pay' is refused: its run has ended (superseded). "
        "Nothing happened; open the case again to ask anew."
    )


def test_of_many_threads_one_consumes(agent: Agent, world: World) -> None:
    """Atomic means atomic: eight that come at once, each with a connection of its own, are one effect."""
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    together, answers = threading.Barrier(8), []

    def race() -> None:
        ledger = open_ledger(world.home)
        rival = Agent(world, Desk(ledger, SLICE))
        together.wait()
        try:
            rival.consume(run, outcome)
            answers.append("consumed")
        except PermitRefused:
            answers.append("refused")
        finally:
            ledger.store.close()

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["consumed"] + ["refused"] * 7
    assert len(records(world, "permit:consume")) == 1


RIVAL = """
import sys
from goldenthread.control.guard import Desk, Outcome, declare, declare_agent, consume, declare, open_run
from goldenthread.promise.errors import PermitRefused
from goldenthread.promise.values import Verdict
from goldenthread.surfaces.opening import open_ledger
home, action, permit = sys.argv[1:]
ledger = open_ledger(home)
desk = Desk(ledger, "refunds")
run = open_run(desk, declare("agent", {"model": "rules"}, {}, []), "case-1", {})
outcome = Outcome(state="permitted", id=action, verdict=Verdict.ALLOW, reason="", clause="",
                  arguments={"order": "a", "amount": 7}, permit=permit)
print("ready", flush=True)
sys.stdin.readline()
try:
    consume(desk, run, outcome)
    print("consumed")
except PermitRefused:
    print("refused")
ledger.store.close()
"""


def test_of_two_processes_one_consumes(agent: Agent, world: World) -> None:
    """Nothing that one process remembers may decide it."""
    outcome = agent.ask(agent.run(), order="a", amount=7)
    command = [sys.executable, "-c", textwrap.dedent(RIVAL), str(world.home), outcome.id, str(outcome.permit)]
    rivals = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for rival in rivals:
        assert rival.stdout is not None
        assert rival.stdout.readline() == "ready\n"
    for rival in rivals:
        assert rival.stdin is not None
        rival.stdin.write("go\n")
        rival.stdin.flush()
    assert sorted(rival.communicate()[0].strip() for rival in rivals) == ["consumed", "refused"]


def test_many_threads_of_one_process_ask_and_consume_without_waiting_for_ever(agent: Agent, world: World) -> None:
    """Group commit and single transactions take the same locks; in another order they would stop each other."""
    from goldenthread.control.guard import Authorizer, Request

    authorizer, consumed, errors = Authorizer(agent.desk), [], []

    def work(number: int) -> None:
        try:
            for step in range(4):
                run = agent.run(f"case-{number}")
                arguments: dict[str, Json] = {"order": f"{number}-{step}", "amount": 1}
                outcome = authorizer.authorize(Request(run=run, call=step, action="pay", arguments=arguments))
                agent.consume(run, outcome)
                agent.done(run, outcome)
                consumed.append(outcome.id)
        except Exception as error:  # noqa: BLE001 - the test's own thread must see it
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert errors == []
    assert not any(thread.is_alive() for thread in threads)
    assert len(set(consumed)) == 24
    assert world.verify_ok()


def test_what_was_rolled_back_was_never_earned(agent: Agent, world: World, superuser: object) -> None:
    """A commit that fails leaves nothing behind, not in this process's memory either."""
    import psycopg

    assert isinstance(superuser, psycopg.Connection)
    run = agent.run()
    agent.ask(run, order="a", amount=7)
    superuser.execute(
        "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'disk full'; end $$"
    )
    superuser.execute(
        "create trigger refuse before insert on ledger_record for each row when (new.kind = 'level:change')"
        " execute function refuse()"
    )
    with pytest.raises(psycopg.Error, match="disk full"):
        agent.fall("case-1")
    superuser.execute("drop trigger refuse on ledger_record")
    assert str(agent.level()) == "constrained"
    agent.ask(run, call=1, order="b", amount=7)
    assert str(agent.level()) == "constrained"
    assert [record.data["to"] for record in records(world, "level:change")] == ["constrained"]
