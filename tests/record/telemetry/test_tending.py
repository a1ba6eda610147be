from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from goldenthread.record.telemetry import Pace, Places, Policy, Retention, damage
from goldenthread.record.telemetry.log import pieces
from goldenthread.record.telemetry.segments import Written, segments
from goldenthread.record.telemetry.tending import compact, retain
from record.telemetry.emitted import collecting, sent, span, stored

DAY_NS = 86_400 * 10**9
SAID = {
    "gen_ai.operation.name": "chat",
    "gen_ai.input.messages": "what was said",
    "gen_ai.prompt.0.content": "what was said",
    "app": "stays",
}


def on_record(anchored: list[Written]) -> list[dict[str, Any]]:
    """Records as the ledger has them."""
    return [{**asdict(one), "segment": one.segment.name} for one in anchored]


def taken(folder: Path, anchored: list[Written]) -> None:
    """Some segments: an action, a chat with content, a step, and spans that came twice."""
    with collecting(
        folder, anchored=anchored, pace=Pace(piece_rows=1), policy=Policy(content=lambda _: True)
    ) as collector:
        for one in (
            span("tool", {"gen_ai.operation.name": "execute_tool"}, id=b"tool----"),
            span("chat", SAID, id=b"chat----", events=[("gen_ai.user.message", {"content": "what was said"})]),
            span("step", id=b"step----"),
            span("step again", id=b"step----"),
        ):
            sent(collector, one)
            _until(lambda: not pieces(folder / "log"))


def test_small_segments_become_one_and_say_the_same(tmp_path: Path) -> None:
    """A segment every quarter of an hour would be 35,000 a year, each opened by every query."""
    anchored: list[Written] = []
    taken(tmp_path, anchored)
    before = stored(tmp_path)
    places = Places(folder=tmp_path)
    today = segments(places.segments)[0].day
    assert compact(places, anchored.append, today=today) == []
    assert len(segments(places.segments)) == 4
    (made,) = compact(places, anchored.append, today="99991231")
    assert (made.rows, made.why, len(made.replaces)) == (3, "compacted", 4)
    assert stored(tmp_path) == before
    assert [file.name for file in places.segments.glob("*.parquet")] == [f"{made.segment.name}.parquet"]
    assert damage(places, on_record(anchored)) == []
    assert compact(places, anchored.append, today="99991231") == []


def test_a_compaction_that_dies_halfway_counts_nothing_twice(tmp_path: Path) -> None:
    """The wide segment stands, the narrow ones are still there: the wide one counts."""
    anchored: list[Written] = []
    taken(tmp_path, anchored)
    before = stored(tmp_path)
    places = Places(folder=tmp_path)
    kept = {file: file.read_bytes() for file in places.segments.iterdir()}
    compact(places, anchored.append, today="99991231")
    for file, octets in kept.items():
        file.write_bytes(octets)
    assert stored(tmp_path) == before
    with collecting(tmp_path):
        pass
    assert len(list(places.segments.glob("*.parquet"))) == 1
    assert stored(tmp_path) == before


def test_what_is_too_old_goes_by_its_class(tmp_path: Path) -> None:
    """What was said goes first, then the plumbing; what was done stays longest."""
    anchored: list[Written] = []
    taken(tmp_path, anchored)
    places = Places(folder=tmp_path)
    retention = Retention(content=7, spans=30, actions=365)
    now = time.time_ns()
    assert retain(places, anchored.append, retention, now_ns=now + 6 * DAY_NS) == []
    retain(places, anchored.append, retention, now_ns=now + 8 * DAY_NS)
    rows = stored(tmp_path)
    assert sorted(row["name"] for row in rows) == ["chat", "step again", "tool"]
    assert "what was said" not in str(rows)
    assert "stays" in str(rows)
    assert all(b"what was said" not in file.read_bytes() for file in places.segments.iterdir())
    assert retain(places, anchored.append, retention, now_ns=now + 9 * DAY_NS) == []
    retain(places, anchored.append, retention, now_ns=now + 40 * DAY_NS)
    assert [row["name"] for row in stored(tmp_path)] == ["tool"]
    retain(places, anchored.append, retention, now_ns=now + 400 * DAY_NS)
    assert stored(tmp_path) == []
    assert damage(places, on_record(anchored)) == []


def test_a_collector_looks_after_its_segments(tmp_path: Path) -> None:
    """Nobody should have to remember it."""
    anchored: list[Written] = []
    taken(tmp_path, anchored)
    with collecting(tmp_path, anchored=anchored, pace=Pace(tend_s=0.0), retention=Retention(spans=30), days_on=40):
        _until(lambda: len(segments(tmp_path / "segments")) == 1)
    assert sorted(row["name"] for row in stored(tmp_path)) == ["tool"]


def test_what_is_altered_missing_or_unknown_is_found(tmp_path: Path) -> None:
    """The record is only worth something if somebody compares."""
    anchored: list[Written] = []
    taken(tmp_path, anchored)
    places = Places(folder=tmp_path)
    first, second, third, _ = sorted(places.segments.glob("*.parquet"))
    first.write_bytes(first.read_bytes() + b"x")
    second.unlink()
    third.rename(places.segments / "20200101-000000000900-000000000900.parquet")
    assert damage(places, on_record(anchored)) == sorted(
        [
            f"{first.stem} is not what was put on record",
            f"{second.stem} is on record and gone",
            f"{third.stem} is on record and gone",
            "20200101-000000000900-000000000900 is not on record",
        ]
    )


def _until(test: Any) -> None:
    deadline = time.monotonic() + 30
    while not test():
        assert time.monotonic() < deadline
        time.sleep(0.02)
