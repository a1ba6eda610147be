"""One incident from its first odd day to its end: simulated telemetry, a set clock, and every time exact."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from control.agents import SLICE, Agent, records, sign
from control.outcomes.business import Hands
from goldenthread.control.incidents import Incident
from goldenthread.control.response import (
    close_incident,
    load_incidents,
    look,
    note_incident,
    series_of,
    take_incident,
)
from goldenthread.record.ledger import Record
from goldenthread.surfaces.views import incident_view
from worlds import APPROVER, EXPERT, OWNER, World

pytest.importorskip("duckdb")

from goldenthread.record.telemetry.group import Body
from record.telemetry.emitted import collecting, request
from record.telemetry.emitted import span as made_span

BEGIN = date(2098, 3, 3)  # a Monday
DAY = timedelta(days=1)
CHANGED = 49
"""The day, from 0, on which the price of a call trebles, and an error comes that nobody has seen before."""
MENDED = 53


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment of a day of the story."""
    return datetime(BEGIN.year, BEGIN.month, BEGIN.day, hour, minute, tzinfo=UTC) + day * DAY


def emit(folder: Path, days: Iterable[int]) -> None:
    """Two dozen calls of a model a day, half as many at weekends, dear and failing from the change to its end."""
    chance = np.random.default_rng(60)
    with collecting(folder, days_on=30_000) as collector:
        for day in days:
            broken = CHANGED <= day < MENDED
            spans = []
            for number in range(int(chance.poisson(24 if day % 7 < 5 else 12))):
                trace = int(day * 1000 + number + 1).to_bytes(16, "big")
                said = {
                    "gen_ai.operation.name": "chat",
                    "goldenthread.slice": SLICE,
                    "gen_ai.usage.cost": round(float(chance.lognormal(-3.0, 0.4)) * (3 if broken else 1), 6),
                }
                fails = chance.random() < 0.05
                start = int(at(day, 9).timestamp() + 60 * number) * 10**9
                length = int(chance.lognormal(0.5, 0.3) * 1e9)
                if broken and number % 2:
                    said["error.type"] = "price_list_moved"
                elif fails:
                    said["error.type"] = "timeout"
                failed = 2 if "error.type" in said else 0
                spans.append(made_span("chat", said, trace=trace, start_ns=start, duration_ns=length, status=failed))
            assert collector.submit(Body(octets=request(*spans), source="collector")).result(timeout=30).error is None


def test_one_incident_from_its_onset_to_its_end(world: World) -> None:
    """Nobody had to ask for it: seen at the first look after the day, told once, over by itself, closed by a person."""
    clock = Hands()
    world.ledger.clock = clock
    clock.at = at(0)
    sign(world, level="draft")
    desk, ring = Agent(world).desk, world.keyring
    emit(world.home / "telemetry", range(MENDED + 6))
    clock.at = at(CHANGED, 0, 5)
    before = look(desk)
    assert (before.until, before.anomalies, before.records) == (BEGIN + (CHANGED - 1) * DAY, (), ())
    assert {"model-calls", "cost", "latency-median", "errors", "new-errors", "runs"} <= set(before.series)

    clock.at = at(CHANGED + 1, 0, 5)
    opened = {record.data["ground"]: record for record in look(desk).records}["anomaly:cost"]
    assert look(desk).records == ()
    assert_told(opened)
    id = f"{SLICE}#{opened.seq}"
    clock.at = at(CHANGED + 1, 8, 5)
    take_incident(desk, ring, id, by=APPROVER)
    clock.at = at(CHANGED + 1, 11)
    note_incident(desk, ring, id, "The provider's price list moved, and our pin did not hold", by=EXPERT)
    for day in range(CHANGED + 2, MENDED + 3):
        clock.at = at(day, 0, 5)
        assert all(record.data.get("ground") != "anomaly:cost" for record in look(desk).records)
    clock.at = at(MENDED + 3, 0, 5)
    assert id in [one.data["incident"] for one in look(desk).records if one.kind == "incident:recover"]
    clock.at = at(MENDED + 3, 9)
    close_incident(desk, ring, id, "The pin was a tag; it is a digest now", by=OWNER)

    found = load_incidents(desk).find(id)
    assert found is not None
    assert_times(found)
    opened_for = [record.data["ground"] for record in records(world, "incident:open")]
    assert len(opened_for) == len(set(opened_for))  # once each
    assert set(opened_for) <= {"anomaly:cost", "anomaly:errors", "anomaly:new-errors"}
    new = [record.data["words"] for record in records(world, "incident:open") if "new-errors" in record.data["ground"]]
    assert all("price_list_moved" in words for words in new)
    assert world.replay(SLICE).ok


def assert_told(opened: Record) -> None:
    """The incident says what changed, since when, by how much, and whose it is."""
    assert (opened.data["owner"], opened.data["onset"]) == (OWNER, at(CHANGED).isoformat())
    assert opened.data["words"].startswith("Cost a model call: ")
    assert opened.data["words"].endswith("times as much")
    assert opened.data["figures"]["told"] == (BEGIN + CHANGED * DAY).isoformat()


def assert_times(found: Incident) -> None:
    """From midnight of the day to five past of the next; eight hours to the first response; six days to its end."""
    view = incident_view(found)
    assert (view.state, view.to_detect, view.to_respond, view.to_recover) == ("closed", "1 d", "8 h", "6 d")
    assert [one.kind for one in found.said] == ["take", "note", "recover", "close"]
    expected = (DAY + timedelta(minutes=5), timedelta(hours=8), (MENDED + 2 - CHANGED) * DAY)
    for took, exactly in zip((found.to_detect, found.to_respond, found.to_recover), expected, strict=True):
        assert took is not None
        assert abs(took - exactly) < timedelta(seconds=1)


def test_runs_refusals_and_times_are_read_from_the_ledger_alone(world: World) -> None:
    """A slice without telemetry is watched, too; and a day without work is a day with none, not one that is missing."""
    clock = Hands()
    world.ledger.clock = clock
    sign(world, level="draft")
    agent = Agent(world)
    begin = clock.at
    for day, runs in ((0, 2), (2, 1)):
        clock.at = begin + day * DAY
        for number in range(runs):
            run = agent.run(f"case-{day}-{number}")
            agent.ask(run, order=f"o-{number}")
            agent.ask(run, "unheard", 1, x=1)
            agent.end(run)
    (days,) = series_of(agent.desk, begin.date() + 3 * DAY)
    by_name = {one.name: [(point.value, point.of) for point in one.points] for one in days.series}
    assert by_name["runs"] == [(2.0, 1), (0.0, 1), (1.0, 1), (0.0, 1)]
    assert by_name["refusals"] == [(2, 4), (1, 2)]
    assert [of for _, of in by_name["agent-time"]] == [2, 1]
