from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goldenthread.record.telemetry import Pace, Places, Telemetry, assemble, by_day_and_agent, damage
from goldenthread.record.telemetry.beside import paths
from goldenthread.record.telemetry.figures import quantiles
from goldenthread.record.telemetry.segments import Written
from goldenthread.record.telemetry.tending import compact
from record.telemetry.emitted import TRACE, collecting, sent, span
from record.telemetry.test_tending import _until, on_record

DAY_NS = 86_400 * 10**9
NOON_NS = 20_000 * DAY_NS + DAY_NS // 2
_SQL = """
select (start_ns // 86400000000000)::integer as day, coalesce(agent_name, '') as agent, count(*) as spans,
    count(*) filter (operation = 'execute_tool') as actions, count(*) filter (status = 2) as failed,
    coalesce(sum(input_tokens) filter (operation = 'chat'), 0)::bigint as input_tokens,
    coalesce(sum(output_tokens) filter (operation = 'chat'), 0)::bigint as output_tokens,
    coalesce(sum(cost_micros) filter (operation = 'chat'), 0)::bigint as cost_micros,
    quantile_disc(duration_ns, 0.95) filter (operation = 'chat') as model_p95_ns
from spans {} group by 1, 2 order by 1, 2
"""
"""The same figures as anybody may ask for them, of every span."""


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.lists(st.integers(0, 30), min_size=1, max_size=12)), min_size=1, max_size=9
    ),
    st.sampled_from([1, 50, 95, 100]),
)
def test_the_quantile_of_runs_is_that_of_all_their_values(runs: list[tuple[int, list[int]]], percent: int) -> None:
    """The short way, between the least and the greatest of the runs' own, must lead to the very same value."""
    values = np.array([one for _, run in runs for one in sorted(run)])
    found = quantiles(
        values, np.array([len(run) for _, run in runs]), np.array([g for g, _ in runs]), 4, percent=percent
    )
    for group in range(4):
        every = sorted(one for owner, run in runs if owner == group for one in run)
        expected = every[-(-len(every) * percent // 100) - 1] if every else -1
        assert found[group] == expected


def some(chance: random.Random, count: int) -> list[Any]:
    """Spans of several days, agents, slices and operations."""
    return [
        span(
            "x",
            {
                "gen_ai.operation.name": chance.choice(["chat", "execute_tool", "step"]),
                "gen_ai.usage.input_tokens": chance.randrange(100),
                "gen_ai.usage.cost": chance.randrange(1000) / 1000,
                **({"gen_ai.agent.name": agent} if (agent := chance.choice(["b", "a", ""])) else {}),
                "goldenthread.slice": chance.choice(["refunds", "letters"]),
            },
            trace=bytes(14) + chance.randbytes(2),
            id=chance.randbytes(8),
            start_ns=NOON_NS + chance.randrange(3) * DAY_NS,
            duration_ns=chance.randrange(50),
            status=chance.randrange(3),
        )
        for _ in range(count)
    ]


def compared(folder: Path) -> None:
    """Figures and SQL say the same."""
    with Telemetry(Places(folder=folder)) as telemetry:
        for slice in (None, "refunds"):
            expected = telemetry.ask(_SQL.format(f"where slice = '{slice}'" if slice else ""))
            found = by_day_and_agent(telemetry, slice=slice)
            assert [(one.day.toordinal() - 719163, one.agent) for one in found] == [
                (row.pop("day"), row.pop("agent")) for row in expected
            ]
            for one, row in zip(found, expected, strict=True):
                assert {name: getattr(one, name) for name in row} == row


def test_figures_say_what_every_span_says(tmp_path: Path) -> None:
    """Of segments, of the log, of spans that came again, after compaction: never other than the spans themselves."""
    chance = random.Random(3)
    anchored: list[Written] = []
    spans = some(chance, 90)
    with collecting(tmp_path, anchored=anchored, pace=Pace(piece_rows=30)) as collector:
        for first in (0, 30, 60):
            sent(collector, *spans[first : first + 30])
            _until(lambda: not list((tmp_path / "log").glob("*.log")))
        compared(tmp_path)
        sent(collector, *some(chance, 20))
        compared(tmp_path)
        sent(collector, *[_longer(one) for one in chance.sample(spans, 8)])
        compared(tmp_path)
    with collecting(tmp_path, anchored=anchored):
        pass
    compared(tmp_path)
    compact(Places(folder=tmp_path), anchored.append, today="99991231")
    compared(tmp_path)
    assert damage(Places(folder=tmp_path), on_record(anchored)) == []


def _longer(one: Any) -> Any:
    """The same span, which says otherwise how long it took."""
    one.end_time_unix_nano += 17
    return one


def test_what_stands_beside_a_segment_is_made_again_and_held_to_it(tmp_path: Path) -> None:
    """It is quicker, not another truth: gone or broken it comes back, and altered it is found."""
    anchored: list[Written] = []
    with collecting(tmp_path, anchored=anchored, pace=Pace(piece_rows=10)) as collector:
        sent(collector, *some(random.Random(5), 10))
        sent(collector, *(span(f"own {number}") for number in range(3)))
    with collecting(tmp_path, anchored=anchored):
        pass
    places = Places(folder=tmp_path)
    segment, other = sorted(places.segments.glob("*.parquet"))
    for path in paths(segment):
        path.unlink()
    paths(other)[1].write_bytes(b"ARROW1\0\0 and no more")
    compared(tmp_path)
    with Telemetry(places) as telemetry:
        (run,) = assemble(telemetry, TRACE)
        assert len(run.steps) == 3
    assert all(path.exists() for path in (*paths(segment), *paths(other)))
    assert damage(places, on_record(anchored)) == []
    paths(segment)[1].write_bytes(paths(other)[1].read_bytes())
    assert damage(places, on_record(anchored)) == [f"what stands beside {segment.stem} is not what it says"]


@pytest.mark.parametrize("place", range(3))
def test_a_trace_is_found_among_others_that_begin_alike(tmp_path: Path, place: int) -> None:
    """Where traces begin is known by half of their ids; the other half must count, too."""
    traces = [TRACE[:8] + bytes([number]) * 8 for number in range(3)]
    with collecting(tmp_path, pace=Pace(piece_rows=1)) as collector:
        sent(collector, *(span(f"{number}", trace=trace) for number, trace in enumerate(traces) for _ in range(2)))
    with collecting(tmp_path):
        pass
    with Telemetry(Places(folder=tmp_path)) as telemetry:
        assert [row["name"] for row in telemetry.trace(traces[place])] == [str(place)] * 2


def test_whoever_looks_while_segments_become_one_still_finds_all(tmp_path: Path) -> None:
    """A console that stays open for days outlives the files that it began with."""
    anchored: list[Written] = []
    with collecting(tmp_path, anchored=anchored, pace=Pace(piece_rows=1)) as collector:
        for number in range(2):
            sent(collector, span(f"{number}"))
            _until(lambda: not list((tmp_path / "log").glob("*.log")))
    places = Places(folder=tmp_path)
    with Telemetry(places) as telemetry:
        compact(places, anchored.append, today="99991231")
        assert [one.spans for one in by_day_and_agent(telemetry)] == [2]
        assert len(telemetry.trace(TRACE)) == 2
