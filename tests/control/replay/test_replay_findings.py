"""A record that somebody changed into nonsense is named by replay, at its own place; nothing after it is trusted."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from control.agents import SLICE, Agent, acting_alone, records
from goldenthread.control.replay import Replay, replay_slice
from goldenthread.control.signing import erase_case
from goldenthread.promise.values import Json
from goldenthread.record.ledger import Record
from worlds import OWNER, World

SEEN = {"metric": "agreement", "value": 1.0, "source": "person"}
HUGE = 10**4000
ANYTHING: list[Any] = [None, [], {}, 5, "x", True, -1.5, HUGE, [{}], {"arguments": []}]
NONSENSE: list[tuple[str, dict[str, Any], str]] = [
    ("run:start", {"level": "god"}, "its level is 'god', not a level of the ladder"),
    ("run:start", {"level": []}, "its level is a list, not a level of the ladder"),
    ("run:start", {"source": "dream"}, "its source is 'dream', not 'live' or 'replay'"),
    ("run:start", {"case": ["c"]}, "its case is a list, not text"),
    ("run:start", {"segment": {"language": []}}, "its segment is an object, not an object of texts"),
    ("run:end", {"status": 5}, "its status is 5, not text"),
    ("level:change", {"to": "god"}, "its to is 'god', not a level of the ladder"),
    ("level:change", {"baselines": {"rework_rate > 3 %": "x"}}, "its baselines is an object, not an object of numbers"),
    ("case:observe", {"observations": 5}, "its observations is 5, not a list of metrics, sources and values"),
    ("case:observe", {"observations": [5]}, "its observations is a list, not a list of metrics, sources and values"),
    (
        "case:observe",
        {"observations": [{**SEEN, "value": "1"}]},
        "its observations is a list, not a list of metrics, sources and values",
    ),
    (
        "case:observe",
        {"observations": [{**SEEN, "value": 10**400}]},
        "its observations is a list, not a list of metrics, sources and values",
    ),
    ("contract:version:commit", {"text": 5}, "its text is 5, not text"),
    ("contract:version:commit", {"version": True}, "its version is True, not a whole number"),
    ("contract:version:sign", {"version": HUGE}, "its version is a very large number, not a whole number"),
    ("contract:version:sign", {"role": 5}, "its role is 5, not text"),
    ("agent:fingerprint:declare", {"agent": None}, "its agent is None, not text"),
    ("action:decide", {"arguments": {}}, "its arguments is an object, not text"),
    ("action:decide", {"replay": "no"}, "its replay is 'no', not true or false"),
    ("action:effect", {"decision": []}, "its decision is a list, not text"),
    ("approval:answer", {"action": []}, "its action is a list, not text or nothing"),
    ("case:erase", {"case": []}, "its case is a list, not text"),
]


@pytest.fixture
def worked(world: World) -> World:
    """A slice with a record of every kind that replay reads."""
    agent = acting_alone(world)
    run = agent.run("case-1")
    agent.act(run, order="a", amount=7)
    agent.end(run)
    newer = Agent(world, model="newer rules")
    outcome = newer.ask(newer.run("case-2"), order="d", amount=7)
    assert outcome.item is not None
    world.inbox(SLICE).approve(outcome.item, by="reviewer@example.com")
    newer.act(newer.run("case-2"), order="d", amount=7)
    newer.end(newer.run("case-2"))
    erase_case(agent.desk, "case-1", by=OWNER)
    return world


def replayed(world: World, change: Callable[[Record], Record]) -> Replay:
    """The replay of the records as somebody changed them."""
    return replay_slice(SLICE, map(change, records(world)), world.ledger.open, lambda _contract, _record: None)


def at(seq: int, **fields: Any) -> Callable[[Record], Record]:
    """Another record in the place of one."""
    return lambda record: dataclasses.replace(record, **fields) if record.seq == seq else record


def test_every_kind_of_nonsense_is_named_at_its_record_and_stops_the_replay(worked: World) -> None:
    """A traceback would tell a thief's victim nothing, and going on would build on sand."""
    assert replayed(worked, lambda record: record).mismatches == []
    for kind, fields, words in NONSENSE:
        record = records(worked, kind)[0]
        found = replayed(worked, at(record.seq, data={**record.data, **fields}))
        last = found.mismatches[-1]
        assert (last.seq, last.kind) == (record.seq, kind)
        assert last.words == f"this record cannot be read: {words}, so nothing after it was replayed"
        assert len(found.mismatches) == 1 or kind == "case:erase", "unless what was erased is now missed as well"
        assert found.records == record.seq - 1, "those before it were followed"


@pytest.mark.parametrize("data", [None, [], 5, "text"])
def test_data_that_are_no_object_are_named(worked: World, data: Json) -> None:
    """Also in a record of an erasure, which is looked for before the replay begins."""
    for kind in ("case:erase", "run:start", "no:such:kind"):
        seq = records(worked, "case:erase")[0].seq
        found = replayed(worked, at(seq, kind=kind, data=data)).mismatches[-1]
        assert found.seq == seq
        assert found.words.startswith("this record cannot be read: its data are ")


def test_every_field_of_every_record_may_be_anything_and_replay_never_dies(worked: World) -> None:
    """Whoever owns the database can write what they like; all they get is a mismatch, or nothing that counts."""
    chain = records(worked)
    first = {record.kind: record for record in reversed(chain)}
    for record in first.values():
        for name in record.data:
            for value in ANYTHING:
                replayed(worked, at(record.seq, data={**record.data, name: value}))
            left = {key: kept for key, kept in record.data.items() if key != name}
            replayed(worked, at(record.seq, data=left))


def test_a_value_that_cannot_be_counted_is_named_where_it_stands_and_not_where_it_is_used(world: World) -> None:
    """A gate looks at a case only when those before it are settled: the mismatch must not wait for that."""
    agent = acting_alone(world)
    agent.run("never ends")
    run = agent.run("case-1")
    agent.end(run)
    agent.end(agent.run("case-2"))
    record = next(r for r in records(world, "case:observe") if r.data["run"] == run.id)
    seen = [{**one, "value": "much"} for one in record.data["observations"]]
    found = replayed(world, at(record.seq, data={**record.data, "observations": seen}))
    assert [mismatch.seq for mismatch in found.mismatches] == [record.seq]


def test_a_yes_among_the_values_of_an_older_ledger_still_replays(world: World) -> None:
    """Values were not always checked: what counted as 1 then must not make the whole slice unreadable now."""
    agent = acting_alone(world)
    agent.end(agent.run("case-1"))
    record = records(world, "case:observe")[-1]
    seen = [*record.data["observations"], {"metric": "task_success", "value": True, "source": "finance-ops"}]
    assert replayed(world, at(record.seq, data={**record.data, "observations": seen})).mismatches == []
