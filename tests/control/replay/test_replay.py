"""Replay derives every verdict and level again; whatever was changed, in the code or in the record, is named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
import pytest

from control.agents import KEYED, SLICE, UNKEYED, Agent, acting_alone, records
from goldenthread.control.autonomy import ClauseReading, gates
from goldenthread.control.guard import Decision, Desk, policy
from goldenthread.control.replay import Replay
from goldenthread.control.signing import erase_case
from goldenthread.promise.values import Level, Verdict, canonical
from worlds import APPROVER, EASY, OWNER, World, contract_text


@pytest.fixture
def story(world: World) -> World:
    """A slice in which everything happened once: a climb, effects, a repeat, a fall, a yes, a stop, a new version."""
    agent = acting_alone(world, actions=KEYED | UNKEYED)
    run = agent.run("case-1")
    agent.act(run, order="a", amount=7)
    agent.act(run, "post", call=1, text="a")
    agent.end(run)
    again = agent.run("case-1")
    agent.ask(again, order="a", amount=7)
    agent.ask(again, "post", call=1, text="a")
    agent.end(again, "denied")
    bad = agent.run("case-2")
    agent.ask(bad, "wire_everything")
    agent.end(bad, "denied")
    stop = world.stop(SLICE, by=APPROVER)
    agent.ask(agent.run("case-3"), order="c", amount=7)
    world.lift(stop)
    world.sign(contract_text(SLICE, version=2, level="approval", gates=EASY, actions=KEYED | UNKEYED))
    newer = Agent(world, model="newer rules")
    outcome = newer.ask(newer.run("case-4"), order="d", amount=7)
    assert outcome.item is not None
    world.inbox(SLICE).approve(outcome.item, by=APPROVER)
    newer.act(newer.run("case-4"), order="d", amount=7)
    newer.end(newer.run("case-4"))
    return world


def replayed(world: World) -> Replay:
    """The replay, as the command line does it."""
    return world.replay(SLICE)


def test_everything_replays(story: World) -> None:
    """Every verdict and level comes out again, and the counts say how many there were."""
    found = replayed(story)
    assert found.mismatches == []
    assert found.ok
    assert found.records == len(records(story))
    assert found.verdicts == len(records(story, "action:decide"))
    assert found.levels == len(records(story, "level:change")) == 2
    assert found.gone == 0


def test_a_changed_table_of_level_and_effect_is_named(story: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change the code under it and replay must say which record it would not have written."""
    changed = Decision(verdict=Verdict.ASK, reason="Ask always", clause="x")
    monkeypatch.setattr(policy, "_alone", lambda *given: changed)
    found = replayed(story)
    assert not found.ok
    first = found.mismatches[0]
    allowed = next(record for record in records(story, "action:decide") if record.data["verdict"] == "allow")
    assert (first.slice, first.seq, first.kind) == (SLICE, allowed.seq, "action:decide")
    assert first.words == (
        "verdict is 'allow' on record, and replays as 'ask'; "
        "reason is 'Within the limits of constrained' on record, and replays as 'Ask always'; "
        "clause is 'autonomy.gates.constrained' on record, and replays as 'x'"
    )


def test_other_words_are_another_verdict_too(story: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """People decided by the reason that they read."""
    monkeypatch.setattr(policy, "_shadow_reason", lambda situation: "Shadow.")
    assert {mismatch.kind for mismatch in replayed(story).mismatches} == {"action:decide"}


def test_a_repeat_is_replayed_as_well(story: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A keyed repeat was decided by the table like everything else."""
    repeats = [record.seq for record in records(story, "action:decide") if record.data["repeats"]]
    assert repeats
    monkeypatch.setattr(policy, "_alone", lambda *given: Decision(verdict=Verdict.DENY, reason="No", clause="x"))
    named = {mismatch.seq for mismatch in replayed(story).mismatches}
    assert set(repeats) <= named


def test_changed_evidence_is_named(story: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stricter test would not have promoted: the promotion is named, and what followed from it."""
    monkeypatch.setattr(ClauseReading, "passed", property(lambda reading: False))
    found = replayed(story)
    change = records(story, "level:change")[0]
    assert (found.mismatches[0].seq, found.mismatches[0].kind) == (change.seq, "level:change")
    assert found.mismatches[0].words == "the evidence demands no change, but one to constrained is on record"


def test_other_figures_are_named(story: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same step up on other evidence is not the same decision."""
    real = ClauseReading.record
    monkeypatch.setattr(ClauseReading, "record", lambda reading: {**real(reading), "cases": 1})
    (mismatch,) = [one for one in replayed(story).mismatches if "evidence" in one.words]
    assert mismatch.seq == records(story, "level:change")[0].seq


def test_a_gate_that_should_have_opened_and_did_not_is_named(story: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change that the evidence demanded and nobody recorded is a mismatch too."""
    monkeypatch.setattr(ClauseReading, "passed", property(lambda reading: True))
    monkeypatch.setattr(gates, "_meter_passed", lambda *_: True)
    first = replayed(story).mismatches[0]
    assert first.words == "a change to constrained was due before this record and is not there"
    assert first.seq < records(story, "level:change")[0].seq


def test_erased_cases_are_named_as_gone(story: World) -> None:
    """What cannot be derived again is counted, not passed over, and the rest still replays."""
    erase_case(Desk(story.ledger, SLICE), "case-1", by=OWNER)
    found = replayed(story)
    assert (found.mismatches, found.gone) == ([], 4)
    assert story.verify_ok()


# --- as the database's superuser ---------------------------------------------------------------


@pytest.fixture
def tamperer(superuser: psycopg.Connection) -> psycopg.Connection:
    """The superuser, with the triggers out of the way."""
    for table in ("ledger_record", "ledger_head"):
        superuser.execute(f"alter table {table} disable trigger all".encode())
    return superuser


def rewrite(tamperer: psycopg.Connection, records: Sequence[Mapping[str, Any]]) -> None:
    """Replace the slice's chain by these records, numbered and hashed anew as if they had been written so."""
    tamperer.execute("delete from ledger_record where chain = %s", (SLICE,))
    prev = ""
    for seq, content in enumerate(records, start=1):
        body = canonical({**content, "seq": seq, "prev": prev})
        prev = hashlib.sha256(body).hexdigest()
        tamperer.execute(
            "insert into ledger_record (chain, seq, at, kind, by, hash, body) values (%s, %s, %s, %s, %s, %s, %s)",
            (SLICE, seq, content["at"], content["kind"], content["by"], prev, body),
        )
    tamperer.execute("update ledger_head set seq = %s, hash = %s where chain = %s", (len(records), prev, SLICE))


def contents(world: World) -> list[dict[str, Any]]:
    """The records of the slice as they are hashed."""
    return [json.loads(record.body) for record in records(world)]


def test_a_deleted_level_change_is_missed(story: World, tamperer: psycopg.Connection) -> None:
    """Hash and link can be made anew by who owns the database; the evidence cannot."""
    wanted = contents(story)
    index = next(index for index, content in enumerate(wanted) if content["kind"] == "level:change")
    rewrite(tamperer, [*wanted[:index], *wanted[index + 1 :]])
    assert story.verify_ok(), "the forger made the chain whole again, and no checkpoint was held elsewhere"
    found = replayed(story)
    assert (found.mismatches[0].kind, found.mismatches[0].seq) == ("level:change", index + 1)
    assert found.mismatches[0].words == "a change to constrained was due before this record and is not there"


def test_a_deleted_fall_at_the_very_end_is_missed_too(story: World, tamperer: psycopg.Connection) -> None:
    """Nothing follows it that could tell."""
    wanted = contents(story)
    fall = next(
        index
        for index, content in enumerate(wanted)
        if content["kind"] == "level:change" and content["data"]["verdict"] == "demote"
    )
    rewrite(tamperer, wanted[:fall])
    found = replayed(story)
    assert found.mismatches[-1].words == "a change to draft was due and is not on record"


def test_a_forged_level_change_is_named(story: World, tamperer: psycopg.Connection) -> None:
    """A promotion without evidence, written as well as any."""
    wanted = contents(story)
    real = next(content for content in wanted if content["kind"] == "level:change")
    forged = {**real, "data": {**real["data"], "from": "draft", "to": "constrained"}}
    rewrite(tamperer, [*wanted, forged])
    found = replayed(story)
    assert (found.mismatches[0].seq, found.mismatches[0].kind) == (len(wanted) + 1, "level:change")
    assert found.mismatches[0].words == "the evidence demands no change, but one to constrained is on record"


@pytest.mark.parametrize(("field", "value"), [("to", "expanded"), ("contract_version", 9), ("reason", "Because")])
def test_an_altered_level_change_is_named(
    story: World, tamperer: psycopg.Connection, field: str, value: object
) -> None:
    """Every field of it was derived, so every field can be held against the evidence."""
    wanted = contents(story)
    index = next(index for index, content in enumerate(wanted) if content["kind"] == "level:change")
    wanted[index]["data"][field] = value
    rewrite(tamperer, wanted)
    first = replayed(story).mismatches[0]
    assert (first.seq, first.kind) == (index + 1, "level:change")
    assert f"{field} is {value!r} on record, and replays as" in first.words


def test_an_altered_level_of_a_decision_is_named(story: World, tamperer: psycopg.Connection) -> None:
    """The level that an action stood at is what `why` shows."""
    wanted = contents(story)
    index = max(index for index, content in enumerate(wanted) if content["kind"] == "action:decide")
    wanted[index]["data"]["level"] = "expanded"
    rewrite(tamperer, wanted)
    first = replayed(story).mismatches[0]
    assert (first.seq, first.words) == (index + 1, "level is 'expanded' on record, and replays as 'approval'")


def test_an_altered_verdict_is_named(story: World, tamperer: psycopg.Connection) -> None:
    """A denial turned into an allow after the fact."""
    wanted = contents(story)
    index = next(
        index
        for index, content in enumerate(wanted)
        if content["kind"] == "action:decide" and content["data"]["verdict"] == "deny"
    )
    wanted[index]["data"]["verdict"] = "allow"
    rewrite(tamperer, wanted)
    first = replayed(story).mismatches[0]
    assert (first.seq, first.words) == (index + 1, "verdict is 'allow' on record, and replays as 'deny'")


def test_a_removed_signature_takes_back_what_rested_on_it(story: World, tamperer: psycopg.Connection) -> None:
    """Without the signature the contract was never in force, and nothing was earned."""
    wanted = contents(story)
    index = next(index for index, content in enumerate(wanted) if content["kind"] == "contract:version:sign")
    rewrite(tamperer, [*wanted[:index], *wanted[index + 1 :]])
    found = replayed(story)
    assert not found.ok
    assert found.mismatches[0].seq <= records(story, "level:change")[0].seq


def test_a_chain_that_makes_no_sense_is_named_and_not_a_crash(story: World, tamperer: psycopg.Connection) -> None:
    """Whoever tears records out leaves others that speak of nothing; replay says where."""
    wanted = [content for content in contents(story) if content["kind"] != "agent:fingerprint:declare"]
    rewrite(tamperer, wanted)
    found = replayed(story)
    assert found.mismatches[-1].words.startswith("this record speaks of something that no record before it names")


def test_lost_content_of_a_case_that_nobody_erased_is_no_erasure(story: World, superuser: psycopg.Connection) -> None:
    """Who deletes the arguments must not get away with calling it privacy."""
    superuser.execute("alter table ledger_content disable trigger all")
    record = records(story, "action:decide")[-1]
    superuser.execute("delete from ledger_content where digest = %s", (record.data["arguments"],))
    found = replayed(story)
    assert found.gone == 0
    assert found.mismatches[0].seq in {one.seq for one in records(story, "action:decide")}
    assert found.mismatches[0].words == "its arguments are not stored, and its case was not erased"


def test_the_story_holds_what_it_should(story: World) -> None:
    """The tests above must not pass for want of records."""
    kinds = {record.kind for record in records(story)}
    assert {"level:change", "permit:consume", "approval:answer", "stop:set", "stop:lift"} <= kinds
    assert Level(records(story, "level:change")[-1].data["to"]) is Level.DRAFT
