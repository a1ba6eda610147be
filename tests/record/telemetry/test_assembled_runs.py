from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from goldenthread.promise.errors import TelemetryDamaged, TraceUnknown
from goldenthread.record.telemetry import Pace, Places, Policy, Telemetry, assemble, by_day_and_agent, list_traces
from goldenthread.record.telemetry.segments import segments
from record.telemetry.emitted import TRACE, collecting, sent, span, stored

DAY_NS = 86_400 * 10**9
NOON_NS = 20_000 * DAY_NS + DAY_NS // 2


def made(
    name: str, id: str, parent: str = "", at: int = 0, *, op: str = "", said: Mapping[str, Any] | None = None
) -> Any:
    """A span of the trace, by short ids; `op` is its operation."""
    words = {"gen_ai.operation.name": op, **(said or {})} if op else said
    above = parent.ljust(8, "-").encode() if parent else b""
    return span(name, words, start_ns=NOON_NS + at, duration_ns=1000, id=id.ljust(8, "-").encode(), parent=above)


RUN = [
    made("invoke_agent a", "a", op="invoke_agent", said={"gen_ai.agent.name": "a", "goldenthread.case": "7"}),
    made("retrieval", "r", "a", 1, op="retrieval", said={"gen_ai.data_source.id": "past decisions"}),
    made("chat m", "m", "a", 2, op="chat", said={"gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 5}),
    made("tool", "t", "m", 3, op="execute_tool", said={"gen_ai.tool.name": "pay"}),
    made(
        "judge",
        "e",
        "a",
        4,
        op="evaluation",
        said={"gen_ai.evaluation.name": "tone", "gen_ai.evaluation.score.value": 1},
    ),
]


@pytest.mark.parametrize("seed", range(4))
def test_spans_make_the_same_run_in_whatever_order_and_pieces_they_come(tmp_path: Path, seed: int) -> None:
    """What is below ends first, exporters send by time, and some come an hour late."""
    spans = RUN.copy()
    random.Random(seed).shuffle(spans)
    with collecting(tmp_path, pace=Pace(piece_rows=2)) as collector:
        for one in spans:
            sent(collector, one)
    with Telemetry(Places(folder=tmp_path)) as telemetry:
        (run,) = assemble(telemetry, TRACE)
    assert [(step.kind, step.name, step.depth) for step in run.steps] == [
        ("agent", "a", 0),
        ("retrieval", "retrieval", 1),
        ("model", "m", 1),
        ("action", "pay", 2),
        ("evaluation", "judge", 1),
    ]
    assert (run.agent, run.case, run.input_tokens, run.output_tokens, run.cost_micros) == ("a", "7", 5, None, None)
    assert [step.name for step in run.actions] == ["pay"]
    assert [step.name for step in run.retrievals] == ["retrieval"]
    assert [(one.span, one.name, one.score) for one in run.evaluations] == [(b"a-------".hex(), "tone", 1.0)]


def test_a_run_whose_top_never_came_is_shown_as_far_as_it_goes(tmp_path: Path) -> None:
    """An agent that crashed never ends its outermost span; what it did still counts."""
    with collecting(tmp_path) as collector:
        sent(collector, *RUN[1:])
    with Telemetry(Places(folder=tmp_path)) as telemetry:
        (run,) = assemble(telemetry, TRACE)
    assert (len(run.steps), len(run.actions), run.whole) == (4, 1, False)


def test_two_agents_in_a_trace_are_two_runs(tmp_path: Path) -> None:
    """Each has its own tokens and actions."""
    other = [
        made("invoke_agent b", "b", at=10, op="invoke_agent", said={"gen_ai.agent.name": "b"}),
        made("tool", "u", "b", 11, op="execute_tool", said={"gen_ai.tool.name": "post"}),
    ]
    with collecting(tmp_path) as collector:
        sent(collector, *RUN, *other)
    with Telemetry(Places(folder=tmp_path)) as telemetry:
        runs = assemble(telemetry, TRACE)
    assert [(run.agent, [step.name for step in run.actions]) for run in runs] == [("a", ["pay"]), ("b", ["post"])]


def test_spans_above_one_another_in_a_ring_are_all_there(tmp_path: Path) -> None:
    """Broken ids must not make a reader run for ever, nor lose what was done."""
    ring = [made("one", "x", "y"), made("two", "y", "x", 1), made("self", "z", "z", 2)]
    with collecting(tmp_path) as collector:
        sent(collector, *ring)
    with Telemetry(Places(folder=tmp_path)) as telemetry:
        (run,) = assemble(telemetry, TRACE)
    assert sorted(step.name for step in run.steps) == ["one", "self", "two"]


def test_five_thousand_spans_within_one_another_make_one_run(tmp_path: Path) -> None:
    """A long conversation is one trace, and may be as deep as it is long."""
    deep = [made("step", f"{n:x}", f"{n - 1:x}" if n else "", n) for n in range(5000)]
    with collecting(tmp_path) as collector:
        sent(collector, *deep)
    with Telemetry(Places(folder=tmp_path)) as telemetry:
        (run,) = assemble(telemetry, TRACE)
    assert (len(run.steps), run.steps[-1].depth) == (5000, 4999)


def test_an_event_of_an_evaluation_is_one(tmp_path: Path) -> None:
    """The conventions say evaluations as events of the span that they judge."""
    said = {
        "gen_ai.evaluation.name": "grounded",
        "gen_ai.evaluation.score.value": 0.5,
        "gen_ai.evaluation.score.label": "partly",
    }
    with collecting(tmp_path) as collector:
        sent(collector, span(events=[("gen_ai.evaluation.result", said), ("other", {})]))
    with Telemetry(Places(folder=tmp_path)) as telemetry:
        (run,) = assemble(telemetry, TRACE)
    assert [(one.name, one.score, one.label) for one in run.evaluations] == [("grounded", 0.5, "partly")]


def test_figures_by_day_and_agent_are_exact(tmp_path: Path) -> None:
    """A p95 is a value that was there, not one between two."""
    spans = [
        span(
            "chat",
            {"gen_ai.operation.name": "chat", "gen_ai.agent.name": "a", "gen_ai.usage.input_tokens": 10},
            trace=number.to_bytes(16, "big"),
            start_ns=NOON_NS + (DAY_NS if number > 100 else 0),
            duration_ns=number * 1000,
            status=2 if number == 1 else 1,
        )
        for number in range(1, 121)
    ]
    with collecting(tmp_path) as collector:
        sent(collector, *spans)
    with Telemetry(Places(folder=tmp_path)) as telemetry:
        days = by_day_and_agent(telemetry)
        traces = list_traces(telemetry, agent="a", limit=2)
        assert list_traces(telemetry, agent="b") == ()
    assert [(str(one.day), one.agent, one.spans, one.failed, one.input_tokens, one.model_p95_ns) for one in days] == [
        ("2024-10-04", "a", 100, 1, 1000, 95_000),
        ("2024-10-05", "a", 20, 0, 200, 119_000),
    ]
    assert [one.spans for one in traces] == [1, 1]


def test_sampling_keeps_every_action_and_all_that_cost_or_failed(tmp_path: Path) -> None:
    """What an agent did is the record; the plumbing around it is what there is too much of."""
    with collecting(tmp_path, policy=Policy(share=0.0)) as collector:
        sent(collector, *RUN, made("GET /orders", "h", "t"), span("failed", status=2), made("step", "s", "t"))
        assert collector.counts.shown() == {"sampled": 2, "taken": 8}
    assert sorted(row["name"] for row in stored(tmp_path)) == sorted([*(one.name for one in RUN), "failed"])


def test_sampling_keeps_a_trace_or_none_of_it(tmp_path: Path) -> None:
    """Half of a trace says less than nothing."""
    traces = [random.Random(n).randbytes(16) for n in range(200)]
    with collecting(tmp_path, policy=Policy(share=0.3)) as collector:
        sent(collector, *(span("x", trace=trace) for trace in traces for _ in range(3)))
    rows = [row["trace_id"] for row in stored(tmp_path)]
    assert {rows.count(trace) for trace in set(rows)} == {3}
    assert 35 <= len(set(rows)) <= 85


def test_a_trace_is_found_by_its_first_digits(tmp_path: Path) -> None:
    """Nobody types 32 digits."""
    with collecting(tmp_path) as collector:
        sent(collector, span(), span(trace=TRACE[:4] + bytes(11) + b"\1"))
    with Telemetry(Places(folder=tmp_path)) as telemetry:
        assert telemetry.trace_id("4bf92f3577") == TRACE
        assert telemetry.trace_id(TRACE.hex()) == TRACE
        for beginning, words in (
            ("4bf92f35", "Several traces begin with '4bf92f35'. Give more digits, or see"),
            ("ffff", "No trace begins with 'ffff'. Give more digits, or see `goldenthread telemetry runs`."),
            ("what", "'what' is no id of a trace: it has up to 32 hex digits. See `telemetry runs`."),
        ):
            with pytest.raises(TraceUnknown) as caught:
                telemetry.trace_id(beginning)
            assert words in str(caught.value)


def test_a_segment_that_is_broken_is_said_and_not_left_out(tmp_path: Path) -> None:
    """Figures from what is left would look like figures from all."""
    with collecting(tmp_path, pace=Pace(piece_rows=1)) as collector:
        sent(collector, span())
    (segment,) = segments(tmp_path / "segments")
    file = tmp_path / "segments" / f"{segment.name}.parquet"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(TelemetryDamaged, match="Run `goldenthread telemetry verify`"):
        stored(tmp_path)
