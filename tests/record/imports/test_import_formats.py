"""Files of other tools, as these wrote them: what each row becomes."""

from __future__ import annotations

import csv
import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from goldenthread.promise.errors import ImportUnsure
from goldenthread.record.imports import planned
from record.imports.taken import SAMPLES, Taken
from record.telemetry.emitted import request, span

AT = 1_790_848_800_000_000_000
OTLP = {
    "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",
    "spanId": "00f067aa0ba902b7",
    "name": "chat gpt-4o",
    "startTimeUnixNano": str(AT),
    "endTimeUnixNano": str(AT + 10**9),
    "attributes": [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "21"}},
    ],
    "status": {"code": 2},
}
AGENT = {
    "id": "8f1c4d2e-1111-4aaa-9bbb-000000000001",
    "trace_id": "8f1c4d2e-aaaa-4aaa-9bbb-00000000000a",
    "type": "AGENT",
    "parent_observation_id": "",
    "start_time": "2026-10-01 10:00:00.000000",
    "end_time": "2026-10-01 10:00:05.500000",
    "name": "refund-agent",
    "level": "ERROR",
    "status_message": "the bank is closed",
    "metadata": {"goldenthread.case": "A1"},
    "user_id": "u-7",
    "session_id": "s-1",
    "total_cost": 0,
}
GENERATION = {
    "id": "8f1c4d2e-1111-4aaa-9bbb-000000000002",
    "trace_id": AGENT["trace_id"],
    "type": "GENERATION",
    "parent_observation_id": AGENT["id"],
    "start_time": "2026-10-01 10:00:01.000000",
    "end_time": "2026-10-01 10:00:02.000000",
    "name": "ChatCompletion",
    "level": "DEFAULT",
    "provided_model_name": "gpt-4o-mini",
    "model_parameters": '{"temperature":0.7}',
    "usage_details": {"input": 21, "output": 7, "total": 28},
    "cost_details": {"total": 0.0012},
    "total_cost": 0.0012,
    "input": "where is A1?",
}
SCORE = {
    "id": "s1",
    "trace_id": AGENT["trace_id"],
    "observation_id": AGENT["id"],
    "name": "correct",
    "value": 1,
    "data_type": "BOOLEAN",
    "source": "ANNOTATION",
    "timestamp": "2026-10-02 09:00:00.000000",
}


def _lines(path: Path, *rows: Mapping[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def _columns(row: Mapping[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def test_traces_of_mlflow_become_spans_with_their_tokens_cost_and_end(tmp_path: Path) -> None:
    """What MLflow says in names of its own counts as what OpenTelemetry says, or figures lack half of it."""
    taken = Taken(SAMPLES / "mlflow-3.17.2.jsonl", tmp_path)
    counts = taken.counts
    assert (taken.plan.told.format, counts.spans, counts.traces) == ("mlflow", 9, 2)
    assert (counts.actions, counts.actions_failed, counts.model_calls, counts.evaluations) == (3, 1, 2, 2)
    assert counts.traces_failed == 1
    (chat, *_) = [row for row in taken.rows if row["operation"] == "chat"]
    assert _columns(chat, "request_model", "input_tokens", "output_tokens", "cost_micros") == ("gpt-4o-mini", 21, 7, 7)
    top = next(row for row in taken.rows if row["parent_id"] is None and row["status"] == 2)
    assert _columns(top, "agent_name", "conversation_id", "user_id") == ("refund-agent", "session-1", "user-7")
    assert top["trace_id"].hex() == "617e1da1639c58eddabacdce0135ab26"
    assert [row["name"] for row in taken.rows if row["parent_id"] == top["span_id"]] == [
        "ChatCompletion", "lookup_order", "search", "refund",
    ]  # fmt: skip


@pytest.mark.parametrize("file", ["phoenix-20.26.1.parquet", "phoenix-20.26.1.json"])
def test_spans_of_phoenix_are_the_same_from_parquet_and_json(file: str, tmp_path: Path) -> None:
    """A dataframe forgets that counts are whole and leaves holes; neither may reach the record."""
    taken = Taken(SAMPLES / file, tmp_path)
    assert taken.plan.told.format == "phoenix"
    agent, chat, tool = taken.rows
    assert _columns(agent, "operation", "agent_name", "conversation_id", "user_id", "status") == (
        "invoke_agent", "refund-agent", "s-1", "u-7", 0,
    )  # fmt: skip
    assert _columns(chat, "operation", "request_model", "input_tokens", "output_tokens") == (
        "chat",
        "gpt-4o-mini",
        21,
        7,
    )
    assert _columns(tool, "operation", "tool_name", "status", "status_message") == (
        "execute_tool", "refund", 2, "",  # what an error says in words is content
    )  # fmt: skip
    assert chat["parent_id"] == tool["parent_id"] == agent["span_id"]


@pytest.mark.parametrize("file", ["inspect-0.3.285.eval", "inspect-0.3.285.json"])
def test_a_sample_of_inspect_that_broke_off_is_a_fault_and_one_at_its_limit_is_not(file: str, tmp_path: Path) -> None:
    """An outage counted as the agent's failure would cost it its level; its own endless loop must not be excused."""
    taken = Taken(SAMPLES / file, tmp_path)
    journal, counts = taken.done.journal, taken.counts
    assert (journal.format, journal.runs, journal.faults, journal.messages) == ("inspect", 4, 1, 13)
    assert (counts.spans, counts.actions, counts.model_calls, counts.evaluations) == (14, 4, 6, 3)
    tops = {row["case_id"]: row for row in taken.rows if row["parent_id"] is None}
    assert {case: (row["status"], row["error_type"]) for case, row in tops.items()} == {
        "one": (0, None), "two": (0, None), "three": (2, "error"), "four": (0, None),
    }  # fmt: skip
    assert dict(tops["four"]["attributes"])["goldenthread.ended"]["text"] == "limit:message"
    assert [event["name"] for event in tops["one"]["events"]] == ["gen_ai.evaluation.result"]
    chat = next(row for row in taken.rows if row["operation"] == "chat")
    assert _columns(chat, "request_model", "input_tokens", "output_tokens") == ("mockllm/model", 21, 7)


def test_observations_traces_and_scores_of_langfuse_become_spans_and_evaluations(tmp_path: Path) -> None:
    """Names with underscores, as its blob export writes them."""
    taken = Taken(_lines(tmp_path / "observations.jsonl", AGENT, GENERATION, SCORE), tmp_path / "t")
    assert taken.plan.told.format == "langfuse"
    agent, chat, score = taken.rows
    assert _columns(agent, "operation", "agent_name", "case_id", "user_id", "conversation_id", "status") == (
        "invoke_agent", "refund-agent", "A1", "u-7", "s-1", 2,
    )  # fmt: skip
    assert agent["trace_id"].hex() == "8f1c4d2eaaaa4aaa9bbb00000000000a"
    assert _columns(chat, "request_model", "input_tokens", "output_tokens", "cost_micros", "temperature") == (
        "gpt-4o-mini", 21, 7, 1200, 0.7,
    )  # fmt: skip
    assert _columns(score, "operation", "evaluation_name", "evaluation_score") == ("evaluation", "correct", 1.0)
    assert chat["parent_id"] == score["parent_id"] == agent["span_id"]
    assert "where is A1?" not in str(taken.rows)


def test_what_langfuse_gives_by_api_and_as_csv_is_the_same_span(tmp_path: Path) -> None:
    """The same observation exported in two ways must not count twice."""
    api = {"id": AGENT["trace_id"], "timestamp": "2026-10-01T10:00:00.000Z", "name": "refund", "sessionId": "s-1"}
    inner = {
        "id": GENERATION["id"], "traceId": AGENT["trace_id"], "type": "GENERATION", "name": "ChatCompletion",
        "startTime": "2026-10-01T10:00:01.000Z", "endTime": "2026-10-01T10:00:02.000Z", "model": "gpt-4o-mini",
        "usage": {"input": 21, "output": 7}, "calculatedTotalCost": 0.0012, "level": "DEFAULT",
    }  # fmt: skip
    page = tmp_path / "traces.json"
    page.write_text(
        json.dumps({"data": [{**api, "public": False, "observations": [inner]}], "meta": {"page": 1}}, indent=2)
    )
    (by_api,) = Taken(page, tmp_path / "api").rows
    table = tmp_path / "observations.csv"
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(GENERATION))
        writer.writeheader()
        plain = {key: json.dumps(value) if isinstance(value, dict) else value for key, value in GENERATION.items()}
        writer.writerow(plain)
    (by_csv,) = Taken(table, tmp_path / "csv").rows
    same = ("trace_id", "span_id", "name", "start_ns", "duration_ns", "request_model", "input_tokens", "cost_micros")
    assert _columns(by_api, *same) == _columns(by_csv, *same)
    assert by_api["conversation_id"] == "s-1"


def test_otlp_is_read_from_lines_a_document_and_protobuf(tmp_path: Path) -> None:
    """The collector's file exporter writes any of them."""
    whole = {"resourceSpans": [{"scopeSpans": [{"spans": [OTLP]}]}]}
    lines = _lines(tmp_path / "lines.jsonl", whole, {"resourceLogs": []})
    pretty = tmp_path / "pretty.json"
    pretty.write_text(json.dumps(whole, indent=2))
    body = request(span("chat gpt-4o", {"gen_ai.operation.name": "chat"}, id=b"12345678", start_ns=AT))
    framed, single = tmp_path / "framed.binpb", tmp_path / "single.binpb"
    framed.write_bytes(b"".join(struct.pack(">I", len(body)) + body for _ in range(2)))
    single.write_bytes(body)
    for file in (lines, pretty, framed, single):
        taken = Taken(file, tmp_path / file.stem, slice="refunds")
        (row,) = taken.rows
        assert _columns(row, "name", "operation", "slice") == ("chat gpt-4o", "chat", "refunds"), file
        assert row["source"] == taken.plan.source
        assert taken.refused == {}


def test_a_slice_that_a_span_names_itself_stays(tmp_path: Path) -> None:
    """`--slice` says where spans belong that do not say it."""
    own = {**OTLP, "attributes": [{"key": "goldenthread.slice", "value": {"stringValue": "claims"}}]}
    resource = {"attributes": [{"key": "goldenthread.slice", "value": {"stringValue": "returns"}}]}
    other = {**OTLP, "spanId": "00f067aa0ba902b8"}
    spans = [{"resource": resource, "scopeSpans": [{"spans": [own, other]}]}]
    file = _lines(tmp_path / "own.jsonl", {"resourceSpans": spans})
    assert [row["slice"] for row in Taken(file, tmp_path / "t", slice="refunds").rows] == ["claims", "returns"]


def test_what_a_file_is_must_be_said_where_it_cannot_be_told(tmp_path: Path) -> None:
    """A guess that is wrong makes a record that is wrong."""
    unknown = _lines(tmp_path / "rows.jsonl", {"colour": "red", "weight": 3})
    with pytest.raises(ImportUnsure, match="none of its columns is known to say when a row was"):
        planned(unknown)
    log = tmp_path / "log.xes"
    log.write_text("<?xml version='1.0'?><log/>")
    with pytest.raises(ImportUnsure, match="such as an event log of people's work, and holds no telemetry"):
        planned(log)
    with pytest.raises(ImportUnsure, match=r"it is not mlflow: it has 'resourceSpans'"):
        planned(_lines(tmp_path / "lines.jsonl", {"resourceSpans": [{}]}), format="mlflow")
    with pytest.raises(ImportUnsure, match="'excel' is no format"):
        planned(unknown, format="excel")


def test_spans_of_phoenix_by_api_and_traces_of_mlflow_of_an_older_schema_are_read_too(tmp_path: Path) -> None:
    """Exports lie about for years, and not everybody exports a dataframe."""
    phoenix = {
        "data": [
            {
                "name": "refund",
                "context": {"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7"},
                "span_kind": "TOOL",
                "parent_id": None,
                "start_time": "2026-10-01T10:00:00.000001+00:00",
                "end_time": "2026-10-01T10:00:01+00:00",
                "status_code": "ERROR",
                "status_message": "closed",
                "attributes": {"tool": {"parameters": {"order": "A1"}}, "metadata": {"goldenthread.case": "A1"}},
                "events": [{"name": "retried", "timestamp": "2026-10-01T10:00:00.5+00:00", "attributes": {}}],
            }
        ],
        "next_cursor": None,
    }
    file = tmp_path / "spans.json"
    file.write_text(json.dumps(phoenix))
    (row,) = Taken(file, tmp_path / "phoenix").rows
    assert _columns(row, "operation", "tool_name", "status", "case_id") == ("execute_tool", "refund", 2, "A1")
    assert (row["start_ns"] % 10**9, [event["name"] for event in row["events"]]) == (1000, ["retried"])
    mlflow = {
        "info": {"request_id": "tr-4bf92f3577b34da6a3ce929d0e0e4736", "timestamp_ms": AT // 10**6, "status": "OK"},
        "data": {
            "spans": [
                {
                    "name": "ask",
                    "context": {"span_id": "0x00f067aa0ba902b7", "trace_id": "0x4bf92f3577b34da6a3ce929d0e0e4736"},
                    "parent_id": None,
                    "start_time": AT,
                    "end_time": AT + 5,
                    "status_code": "OK",
                    "attributes": {"mlflow.spanType": '"LLM"'},
                    "events": [],
                }
            ]
        },
    }
    file.write_text(json.dumps(mlflow, indent=1))
    older = Taken(file, tmp_path / "mlflow")
    (row,) = older.rows
    assert _columns(row, "operation", "start_ns", "duration_ns", "status") == ("chat", AT, 5, 1)
    assert (row["trace_id"].hex(), row["span_id"].hex()) == ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
