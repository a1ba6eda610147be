"""Rules in force: signed by two, read by every process at its next decision, on record, and replayed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from control.agents import KEYED, SLICE, Agent, acting_alone, records, sign
from control.rules.files import AUDITOR, auditor, put_in_force, rule, rules_text, sign_text
from goldenthread.control.replay import Replay, replay_slice
from goldenthread.control.rules import OrganisationRules, load_rules, rules_signatures
from goldenthread.promise.errors import NotPermitted, PermitRefused, RulesConflict
from goldenthread.promise.values import Json, Verdict
from goldenthread.record.ledger import ORGANISATION, Record
from goldenthread.record.principals import Role, contract_signature_problem, grant, load_principals, revoke
from worlds import AGENT, APPROVER, ENGINEER, FINANCE, OWNER, World

ACTIONS: dict[str, Any] = KEYED | {"look": {"effect": "read"}}
FORBID = {"not-more": rule()}
ASK = {"not-more": rule(then="ask")}


@pytest.fixture
def agent(world: World) -> Agent:
    """An agent that acts alone."""
    return acting_alone(world, actions=ACTIONS)


def rules_records(world: World) -> list[Record]:
    """What the organisation's chain says of rules."""
    return [record for record in world.ledger.read(ORGANISATION) if record.kind.startswith("rules:")]


# --- signing ---------------------------------------------------------------------------------------


def test_two_people_put_a_version_in_force_and_its_text_is_on_record(world: World) -> None:
    """Nobody rules an organisation alone, and what was signed can be read for ever."""
    auditor(world)
    text = rules_text()
    first = sign_text(world, text, OWNER)
    assert (first.role, first.committed, first.in_force) == ("owner", True, False)
    assert first.missing == {"administrator or auditor": (AUDITOR,)}
    assert load_rules(world.ledger).in_force is None
    second = sign_text(world, text, AUDITOR)
    assert (second.role, second.committed, second.in_force, second.missing) == ("auditor", False, True, {})
    now = load_rules(world.ledger).in_force
    assert now is not None
    assert (now.version, now.digest, now.text) == (1, second.digest, text)
    assert [(record.kind, record.by) for record in rules_records(world)] == [
        ("rules:version:commit", OWNER),
        ("rules:version:sign", OWNER),
        ("rules:version:sign", AUDITOR),
    ]
    assert world.verify_ok()


def test_the_order_of_the_two_does_not_matter(world: World) -> None:
    """Whoever is at hand begins."""
    auditor(world)
    first = sign_text(world, rules_text(), AUDITOR)
    assert first.missing == {"owner": (OWNER,)}
    assert sign_text(world, rules_text(), OWNER).in_force


def test_nobody_signs_twice(world: World) -> None:
    """One person with two roles is one person: the owner here is an administrator, too."""
    first = sign_text(world, rules_text(), OWNER)
    again = sign_text(world, rules_text(), OWNER)
    assert (again.record, again.in_force, again.missing) == (None, False, first.missing)
    assert len(rules_records(world)) == 2


@pytest.mark.parametrize("name", [APPROVER, FINANCE, AGENT])
def test_only_those_who_may_bind_everybody_sign(world: World, name: str) -> None:
    """An approver, a data owner's system and an agent bind nobody."""
    auditor(world)
    if name == FINANCE:
        grant(world.ledger, world.keyring, by=OWNER, name=FINANCE, kind="data-owner", roles=[Role(name="auditor")])
    with pytest.raises(NotPermitted):
        sign_text(world, rules_text(), name)
    assert rules_records(world) == []


def test_an_owner_of_one_slice_does_not_own_the_rules_of_all(world: World) -> None:
    """The file names whom it likes; the role is what counts."""
    grant(world.ledger, world.keyring, by=OWNER, name=ENGINEER, roles=[Role(name="owner", slice=SLICE)])
    with pytest.raises(NotPermitted, match="is not owner of everything"):
        sign_text(world, rules_text(owner=ENGINEER), ENGINEER)


def test_versions_follow_one_another_and_each_has_one_text(world: World) -> None:
    """Two texts under one number would let each signer believe in another."""
    auditor(world)
    sign_text(world, rules_text(), OWNER)
    with pytest.raises(RulesConflict, match=r"Version 1 of the organisation's rules was committed with another text"):
        sign_text(world, rules_text({}), AUDITOR)
    with pytest.raises(RulesConflict, match=r"This is version 3 .* and the next one is 2\. Write `version: 2`"):
        sign_text(world, rules_text(version=3), AUDITOR)
    assert len(rules_records(world)) == 2


def changed(records: list[Record], change: Callable[[Record], Record]) -> OrganisationRules:
    """What the fold makes of records that somebody changed, judged by nobody but the fold itself."""
    fold = OrganisationRules(lambda *_: None)
    for record in records:
        fold.apply(change(record))
    return fold


def test_what_is_tampered_with_unsigned_or_copied_is_not_in_force(world: World) -> None:
    """Whoever can write to the ledger must not write its rules."""
    put_in_force(world, FORBID)
    commit, first, second = rules_records(world)
    principals = load_principals(world.ledger)
    judge = rules_signatures(lambda: principals)

    def in_force(*records: Record) -> bool:
        return OrganisationRules(judge, records).in_force is not None

    def edit(record: Record, **data: Any) -> Record:
        return replace(record, data={**record.data, **data})

    weaker = rules_text({})
    assert in_force(commit, first, second)
    assert not in_force(commit, first)
    assert not in_force(commit, second)
    assert not in_force(commit, first, first)
    assert not in_force(commit, first, replace(first, by=AUDITOR))
    assert not in_force(commit, first, edit(second, role="administrator"))
    assert not in_force(commit, first, edit(second, envelope=first.data["envelope"]))
    assert not in_force(commit, first, edit(second, envelope={}))
    assert not in_force(commit, first, edit(second, envelope=None))
    assert not in_force(commit, first, replace(second, data=[]))  # type: ignore[arg-type]
    assert not in_force(edit(commit, text=weaker), first, second)
    assert not in_force(edit(commit, text=weaker, digest=_digest(weaker)), first, second)
    assert not in_force(edit(commit, version=2), edit(first, version=2), edit(second, version=2))
    assert not in_force(edit(commit, version="1"), first, second)
    assert OrganisationRules(records=(commit, first, second)).in_force is None


def _digest(text: str) -> str:
    from goldenthread.promise.values import digest_bytes

    return digest_bytes(text.encode())


def test_a_second_text_under_a_number_changes_nothing(world: World) -> None:
    """Whoever appends a record beside the signed one is not heard."""
    put_in_force(world, FORBID)
    commit, first, second = rules_records(world)
    other = replace(commit, data={**commit.data, "text": rules_text({}), "digest": _digest(rules_text({}))})
    fold = changed([commit, first, other, second], lambda record: record)
    assert fold.in_force is not None
    assert fold.in_force.text == commit.data["text"]


def test_a_signature_is_judged_by_the_rights_of_its_moment(world: World) -> None:
    """Who leaves takes nothing back of what they signed; who had no right gains none by being given it."""
    put_in_force(world, FORBID)
    revoke(world.ledger, world.keyring, by=OWNER, name=AUDITOR, roles=[Role(name="auditor")], reason="left")
    now = load_rules(world.ledger).in_force
    assert now is not None
    assert now.version == 1
    with pytest.raises(NotPermitted):
        sign_text(world, rules_text(version=2), AUDITOR)


def test_an_unsigned_version_leaves_the_one_before_in_force(world: World, agent: Agent) -> None:
    """A draft on record must neither bind nor free anybody."""
    put_in_force(world, FORBID)
    sign_text(world, rules_text({}, version=2), OWNER)
    denied = agent.ask(agent.run(), order="a", amount=101)
    assert (denied.verdict, denied.clause) == (Verdict.DENY, "organisation.not-more")


# --- at the guard ----------------------------------------------------------------------------------


def test_a_new_version_holds_at_the_next_decision_in_every_process(world: World, agent: Agent) -> None:
    """What was signed a moment ago binds also a process that was there before, and one that comes later."""
    other = Agent(world, world.desk(SLICE))
    run = agent.run()
    assert agent.ask(run, order="a", amount=101).verdict is Verdict.ALLOW
    put_in_force(world, ASK)
    for call, one in enumerate((agent, other, Agent(world, world.desk(SLICE))), start=1):
        asked = one.ask(run, call=call, order=f"b{call}", amount=101)
        assert (asked.verdict, asked.clause) == (Verdict.ASK, "organisation.not-more")
        assert asked.reason == "Nobody pays more than 100. (rule 'not-more' of the organisation, version 1)"
        assert one.ask(run, call=call + 10, order=f"c{call}", amount=100).verdict is Verdict.ALLOW
    put_in_force(world, {}, version=2)
    assert other.ask(run, call=20, order="d", amount=101).verdict is Verdict.ALLOW
    put_in_force(world, FORBID, version=3)
    denied = other.ask(run, call=21, order="e", amount=101)
    assert (denied.verdict, denied.clause) == (Verdict.DENY, "organisation.not-more")
    assert world.replay(SLICE).ok
    assert world.verify_ok()


def test_a_permit_from_before_is_refused_by_the_rules_of_now(world: World, agent: Agent) -> None:
    """Leave that was given an hour ago is no way around what was decided since."""
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=101)
    put_in_force(world, FORBID)
    with pytest.raises(PermitRefused) as refused:
        agent.consume(run, outcome)
    assert refused.value.message == (
        f"Permit {outcome.permit} for 'pay' is refused: the guard now says deny: Nobody pays more than 100. "
        "(rule 'not-more' of the organisation, version 1). Nothing happened; open the case again to ask anew."
    )
    assert records(world, "permit:consume") == []


def test_an_approval_stands_where_rules_ask_and_falls_where_they_forbid(world: World) -> None:
    """A person's yes is what `ask` asks for, and no match for `forbid`."""
    sign(world, level="approval", actions=ACTIONS)
    agent = Agent(world)
    put_in_force(world, ASK)
    run = agent.run()
    asked = agent.ask(run, order="a", amount=101)
    assert asked.item is not None
    assert "Nobody pays more than 100." in asked.reason
    world.inbox(SLICE).approve(asked.item, by=APPROVER)
    agent.act(run, order="a", amount=101)
    second = agent.ask(run, call=1, order="b", amount=102)
    assert second.item is not None
    world.inbox(SLICE).approve(second.item, by=APPROVER)
    put_in_force(world, FORBID, version=2)
    with pytest.raises(PermitRefused, match="the guard now says deny"):
        agent.consume(run, replace(second, state="permitted", permit=_permit_of(world, second.id)))
    anew = agent.ask(run, call=1, order="b", amount=102)
    assert (anew.verdict, anew.clause) == (Verdict.DENY, "organisation.not-more")
    assert world.replay(SLICE).ok


def _permit_of(world: World, action: str) -> str:
    """The permit that somebody's yes gave to an action."""
    (answer,) = [one for one in records(world, "approval:answer") if one.data["action"] == action]
    return str(answer.data["permit"]["id"])


def test_rules_that_come_while_a_permit_is_used_put_it_back(world: World, agent: Agent) -> None:
    """Between the last look and the tool a process may stand still; what it finds then is not what it looked at."""
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    real, times = agent.desk.uptime, iter([0.0, 10.0, 10.0, 10.0])

    def slow() -> float:
        if next(times, None) == 10.0 and not rules_records(world):
            put_in_force(world, FORBID)
        return real() + (10.0 if rules_records(world) else 0.0)

    agent.desk.uptime = slow
    with pytest.raises(PermitRefused, match="other rules of the organisation came into force in this moment"):
        agent.consume(run, outcome)
    agent.desk.uptime = real
    assert [record.data["outcome"] for record in records(world, "action:effect")] == ["not begun"]
    agent.act(run, order="a", amount=7)


def test_an_interrupted_effect_that_is_forbidden_since_is_not_done_again(world: World, agent: Agent) -> None:
    """The tool would take the same key again; a person looks instead."""
    run = agent.run()
    agent.consume(run, agent.ask(run, order="a", amount=101))
    assert agent.ask(agent.run(), order="a", amount=101).state == "consumed"
    put_in_force(world, FORBID)
    assert agent.ask(agent.run(), order="a", amount=101).state == "unknown"


def test_reads_are_ruled_too(world: World, agent: Agent) -> None:
    """What is forbidden is not looked at; what is asked for takes a permit, so that a person can give it."""
    look = rule(**{"for": "look", "when": "arguments.what == 'salaries'"})
    fingerprint = agent.declaration.fingerprint
    put_in_force(world, {"no-salaries": look})
    salaries = agent.desk.decide(fingerprint, "look", {"what": "salaries"}, replay=False)
    assert (salaries.verdict, salaries.clause) == (Verdict.DENY, "organisation.no-salaries")
    assert agent.desk.decide(fingerprint, "look", {"what": "lunch"}, replay=False).verdict is Verdict.ALLOW
    assert agent.desk.is_silent_read("look")
    put_in_force(world, {"no-salaries": look | {"then": "ask"}}, version=2)
    run = agent.run()
    assert not agent.desk.is_silent_read("look")
    assert agent.ask(run, "look", what="salaries").state == "asked"
    agent.act(run, "look", call=1, what="lunch")


# --- replay ----------------------------------------------------------------------------------------


def replayed(world: World, change: Callable[[Record], Record]) -> Replay:
    """What replay says of a slice whose records somebody changed."""
    principals = load_principals(world.ledger)
    return replay_slice(
        SLICE,
        map(change, world.ledger.read(SLICE)),
        world.ledger.open,
        lambda contract, record: contract_signature_problem(principals, contract, record),
        organisation=world.ledger.read(ORGANISATION),
        rules_problem=rules_signatures(lambda: principals),
    )


def test_a_decision_names_the_rules_it_rests_on_and_replays_by_them(world: World, agent: Agent) -> None:
    """Years later it must be clear by which rules something was allowed, and that it was right by them."""
    run = agent.run()
    agent.act(run, order="a", amount=101)
    first = put_in_force(world, ASK)
    agent.ask(run, call=1, order="b", amount=101)
    agent.act(run, call=2, order="c", amount=50)
    put_in_force(world, {}, version=2)
    agent.act(run, call=3, order="d", amount=101)
    *_, before, asked, within, after = records(world, "action:decide")
    assert "rules" not in before.data
    assert first.record is not None
    named = {"version": 1, "digest": first.digest, "seq": first.record.seq}
    assert asked.data["rules"] == within.data["rules"] == named
    assert after.data["rules"]["version"] == 2
    assert records(world, "permit:consume")[1].data["rules"] == named
    assert world.replay(SLICE).ok


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (None, "it knew no rules of the organisation, and a record before it version 1"),
        ({"version": 2}, "it rests on rules of the organisation by organisation#"),
        ({"digest": "sha256:0"}, "it rests on rules of the organisation by organisation#"),
        ({"seq": 1}, "it rests on rules of the organisation by organisation#1, and there, or before it, was version 1"),
        ({"seq": 10**6}, "it rests on rules of the organisation by organisation#1000000, and there, or before it, was"),
        (
            {"seq": "x"},
            "it rests on rules of the organisation by organisation#x, and there, or before it, was version 1",
        ),
    ],
)
def test_a_record_that_misstates_its_rules_is_a_mismatch(
    world: World, agent: Agent, named: dict[str, Json] | None, words: str
) -> None:
    """Whoever denied by rules that were not in force, or allowed by none, is found."""
    put_in_force(world, FORBID)
    run = agent.run()
    agent.ask(run, order="a", amount=101)
    agent.ask(run, call=1, order="b", amount=101)
    last = records(world, "action:decide")[-1].seq

    def change(record: Record) -> Record:
        if record.seq != last:
            return record
        rules = {"rules": {**record.data["rules"], **named}} if named is not None else {}
        return replace(record, data={key: value for key, value in record.data.items() if key != "rules"} | rules)

    found = [one.words for one in replayed(world, change).mismatches if one.seq == last]
    assert [one[: len(words)] for one in found][:1] == [words]


def test_a_verdict_that_the_rules_of_then_do_not_give_is_a_mismatch(world: World, agent: Agent) -> None:
    """A rule that was passed over shows."""
    put_in_force(world, FORBID)
    agent.ask(agent.run(), order="a", amount=101)
    last = records(world, "action:decide")[-1].seq

    def allowed(record: Record) -> Record:
        return replace(record, data={**record.data, "verdict": "allow"}) if record.seq == last else record

    (found,) = replayed(world, allowed).mismatches
    assert found.words == "verdict is 'allow' on record, and replays as 'deny'"


_ASK_ELSEWHERE = """
import sys
from control.agents import SLICE, Agent
from worlds import World
from goldenthread.record.principals import KeyRing
from goldenthread.record.store import Home
from pathlib import Path

home = Path(sys.argv[1])
world = World(home, KeyRing(Home(home)))
with world.opened():
    agent = Agent(world)
    run = agent.run("case-9")
    for call, line in enumerate(sys.stdin):
        print(agent.ask(run, call=call, order=f"o{call}", amount=int(line)).clause, flush=True)
"""


def test_a_process_of_its_own_hears_of_new_rules(world: World, agent: Agent) -> None:
    """No process tells another; each finds the rules where it finds everything else."""
    command = [sys.executable, "-c", _ASK_ELSEWHERE, str(world.home)]
    paths = os.pathsep.join(entry for entry in sys.path if entry)
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": paths}
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None

        def ask(amount: int) -> str:
            assert other.stdin is not None
            assert other.stdout is not None
            other.stdin.write(f"{amount}\n")
            other.stdin.flush()
            return other.stdout.readline().strip()

        assert ask(101) == "autonomy.gates.constrained"
        put_in_force(world, ASK)
        assert ask(101) == "organisation.not-more"
        other.stdin.close()
        assert other.wait(timeout=60) == 0
