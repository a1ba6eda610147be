from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from goldenthread.record.costs import ModelCall, model_calls, traced
from goldenthread.record.telemetry import Places, Telemetry
from record.telemetry.emitted import collecting, sent, span

BEGINS, ENDS = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1)
SLICE = {"goldenthread.slice": "refunds"}


def _used(tokens: int | None = 10, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    used = {} if tokens is None else {"gen_ai.usage.input_tokens": tokens, "gen_ai.usage.output_tokens": 1}
    return {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", **used, **(more or {})}


def _id(number: int) -> bytes:
    return number.to_bytes(8, "big")


def _calls(folder: Path, *traces: Mapping[int, tuple[int, dict[str, Any]]]) -> tuple[list[ModelCall], frozenset[str]]:
    """What is found of traces, each given as `{span: (its parent, what it says)}`."""
    with collecting(folder) as collector:
        for number, spans in enumerate(traces, start=1):
            made = [
                span("s", said, trace=number.to_bytes(16, "big"), id=_id(id), parent=_id(parent) if parent else b"")
                for id, (parent, said) in spans.items()
            ]
            assert sent(collector, *made).refused == {}
    with Telemetry(Places(folder=folder), threads=1) as telemetry:
        found = model_calls(telemetry, "refunds", BEGINS, ENDS)
        return sorted(found, key=lambda call: (call.trace, call.span)), traced(telemetry, "refunds", BEGINS, ENDS)


def test_tokens_that_a_span_adds_up_from_those_below_it_count_once(tmp_path: Path) -> None:
    """Agents, workflows and gateways repeat what their model calls used; the lowest who says it counts."""
    agent = {**SLICE, "gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 31}
    found, _ = _calls(
        tmp_path,
        {
            1: (0, {**agent, "goldenthread.run": "run-1"}),
            2: (1, _used(10)),
            3: (1, {"gen_ai.operation.name": "execute_tool"}),
            4: (3, _used(21)),  # a gateway's call, and below it the same call as its provider tells it
            5: (4, _used(20)),
            6: (1, _used(None)),  # says nothing, but the agent above did: it is in there already
        },
        {1: (0, {**agent, "goldenthread.run": "run-2"}), 2: (1, _used(None))},
        {1: (0, {**SLICE, "goldenthread.run": "run-3"}), 2: (1, _used(None))},
    )
    assert [(call.run, call.said.input_tokens) for call in found] == [
        ("run-1", 10), ("run-1", 20), ("run-2", 31), ("run-3", None),
    ]  # fmt: skip


def test_a_call_belongs_to_the_nearest_run_above_it_or_to_its_traces_only_one(tmp_path: Path) -> None:
    """Senders say whose work it is where they know it, which is seldom on the call itself."""
    found, there = _calls(
        tmp_path,
        {
            1: (0, {**SLICE, "goldenthread.run": "run-1"}),
            2: (1, {"goldenthread.run": "run-2", "goldenthread.case": "case-2"}),
            3: (2, {"gen_ai.operation.name": "task"}),
            4: (3, _used()),
            5: (1, _used()),
            6: (99, _used()),  # its parent never came, and two runs are in the trace
        },
        {1: (0, {**SLICE, "goldenthread.case": "case-3"}), 2: (99, _used())},
        {1: (0, {"goldenthread.slice": "others", "goldenthread.run": "run-4"}), 2: (1, _used())},
        {1: (0, {"goldenthread.run": "run-5"}), 2: (1, _used(10, {"goldenthread.slice": "others"}))},
        {1: (0, {"goldenthread.run": "run-6"}), 2: (1, _used())},
    )
    assert [(call.run, call.case) for call in found] == [
        ("run-2", "case-2"), ("run-1", "case-2"), (None, "case-2"), (None, "case-3"), ("run-6", None),
    ]  # fmt: skip
    assert there == {"run-1", "run-2", "run-5", "run-6", "case-2", "case-3"}


def test_spans_above_one_another_in_a_ring_are_not_lost(tmp_path: Path) -> None:
    """Whoever sends nonsense must not make its calls free."""
    found, _ = _calls(tmp_path, {1: (2, _used(1, SLICE)), 2: (1, _used(2)), 3: (3, _used(4))})
    assert [call.said.input_tokens for call in found] == [1, 2, 4]


def test_the_service_tier_reasoning_and_the_time_of_a_call_arrive(tmp_path: Path) -> None:
    """They choose its price."""
    older = {"gen_ai.usage.experimental.reasoning_tokens": 5}  # of Google's ADK, beside the output
    newer = {"gen_ai.usage.reasoning.output_tokens": 1, "openai.response.service_tier": "flex"}
    (other, call), _ = _calls(tmp_path, {1: (0, _used(10, {**SLICE, **older})), 2: (0, _used(10, {**SLICE, **newer}))})
    assert (other.said.reasoning_tokens, other.said.reasoning_apart, other.said.tier) == (5, True, None)
    assert (call.said.reasoning_tokens, call.said.reasoning_apart, call.said.tier) == (1, False, "flex")
    assert BEGINS < call.said.at < ENDS
    assert (call.said.scope, call.said.models, call.failed) == ("tests", ("gpt-4o",), False)
