from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from goldenthread.record.telemetry import Places, Policy, Telemetry, TracedRun, assemble
from record.telemetry.emitted import TRACE, collecting, sent, span, stored

SAMPLES: dict[str, dict[str, tuple[str, dict[str, Any]]]] = json.loads(
    Path(__file__).with_name("dialects.json").read_text(encoding="utf-8")
)
AGENT, MODEL, TOOL = b"agent---", b"model---", b"tool----"


def _run(folder: Path, dialect: str, *, content: bool) -> TracedRun:
    """A run in a dialect, sent tool first: what is below comes before what is above it ends."""
    sample = SAMPLES[dialect]
    above = {"agent": (AGENT, b""), "model": (MODEL, AGENT), "tool": (TOOL, AGENT)}
    with collecting(folder, policy=Policy(content=lambda _: content)) as collector:
        for place, what in enumerate(("tool", "model", "agent")):
            name, said = sample[what]
            id, parent = above[what]
            began = 1_790_000_000_000_000_000 - place * 1_000_000_000
            sent(collector, span(name, said, id=id, parent=parent, start_ns=began, duration_ns=(place + 1) * 10**9))
    with Telemetry(Places(folder=folder)) as telemetry:
        (run,) = assemble(telemetry, TRACE)
    return run


@pytest.mark.parametrize("dialect", SAMPLES)
def test_a_run_reads_the_same_in_every_dialect(tmp_path: Path, dialect: str) -> None:
    """What an agent did must not depend on which library watched it."""
    run = _run(tmp_path, dialect, content=False)
    assert [(step.kind, step.name, step.depth) for step in run.steps] == [
        ("agent", "refund-agent", 0),
        ("model", "gpt-4o", 1),
        ("action", "get_order", 1),
    ]
    assert (run.agent, run.input_tokens, run.output_tokens, run.cost_micros) == ("refund-agent", 120, 30, 2100)
    assert (run.whole, run.failed, run.duration_ns) == (True, False, 3 * 10**9)
    _, model, tool = run.steps
    assert model.said["provider"] == "openai"
    assert model.said["response_model"] == "gpt-4o-2024-08-06"
    assert model.said["finish_reasons"] == '["tool_calls"]'
    assert tool.said["tool_call_id"] == "call_1"
    assert stored(tmp_path)[0]["conversation_id"] == "c-1"


@pytest.mark.parametrize("dialect", SAMPLES)
def test_what_was_said_is_kept_out_in_every_dialect(tmp_path: Path, dialect: str) -> None:
    """A dialect that writes prompts under names of its own must not bring them in by that."""
    _run(tmp_path, dialect, content=False)
    text = json.dumps([str(row) for row in stored(tmp_path)])
    assert "refund it" not in text
    assert '"state' not in text.replace("\\", "")
    assert sum(row["content_bytes"] for row in stored(tmp_path)) > 0


@pytest.mark.parametrize("dialect", SAMPLES)
def test_what_was_said_is_found_in_its_column_where_it_is_kept(tmp_path: Path, dialect: str) -> None:
    """Arguments and results of tools are what people look for when something went wrong."""
    run = _run(tmp_path, dialect, content=True)
    said = run.actions[0].said
    assert said["tool_arguments"] == '{"id":7}'
    assert said["tool_result"]


def test_the_newer_name_counts_where_both_are_said(tmp_path: Path) -> None:
    """Libraries in transition write both; the older one then stays among the attributes."""
    said = {"gen_ai.system": "az.ai.openai", "gen_ai.provider.name": "azure.ai.openai", "llm.provider": "azure"}
    with collecting(tmp_path) as collector:
        sent(collector, span(said=said), span(said=dict(reversed(said.items()))))
    for row in stored(tmp_path):
        assert row["provider"] == "azure.ai.openai"
        assert {key: value["text"] for key, value in row["attributes"].items()} == {
            "gen_ai.system": "az.ai.openai",
            "llm.provider": "azure",
        }


def test_numbers_are_read_as_senders_write_them(tmp_path: Path) -> None:
    """JSON in JavaScript knows doubles only, and some write numbers as text."""
    said = {
        "gen_ai.usage.input_tokens": 12.0,
        "gen_ai.usage.output_tokens": "34",
        "gen_ai.request.temperature": 1,
        "gen_ai.request.max_tokens": 12.5,
        "gen_ai.request.seed": -(2**63),
        "gen_ai.request.stream": True,
    }
    with collecting(tmp_path) as collector:
        sent(collector, span(said=said))
    (row,) = stored(tmp_path)
    columns = ("input_tokens", "output_tokens", "temperature", "max_tokens", "seed", "stream")
    assert [row[column] for column in columns] == [12, 34, 1.0, None, -(2**63), True]
    assert row["attributes"]["gen_ai.request.max_tokens"]["number"] == 12.5


def test_every_value_of_an_attribute_comes_back(tmp_path: Path) -> None:
    """What has no column keeps its type."""
    said = {"s": "é", "i": -5, "d": -0.5, "t": True, "f": False, "l": ["a", 1, [None]], "m": {"k": 2}, "b": b"\0\xff"}
    with collecting(tmp_path) as collector:
        sent(collector, span(said=said))
    (row,) = stored(tmp_path)
    found = {
        key: {kind: one for kind, one in value.items() if one is not None} for key, value in row["attributes"].items()
    }
    assert found == {
        "s": {"text": "é"},
        "i": {"whole": -5},
        "d": {"number": -0.5},
        "t": {"flag": True},
        "f": {"flag": False},
        "l": {"json": '["a",1,[null]]'},
        "m": {"json": '{"k":2}'},
        "b": {"json": '"AP8="'},
    }
