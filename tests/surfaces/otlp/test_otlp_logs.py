from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from goldenthread.record.telemetry import Telemetry, assemble
from goldenthread.record.telemetry.places import Places
from record.telemetry.emitted import TRACE, any_value, attribute, request, span
from surfaces.otlp.conftest import Post, posted
from worlds import World

ABOVE = b"chat----"
JSON = "application/json"


def record(
    event: str = "", said: Mapping[str, Any] | None = None, body: Any = None, *, id: bytes = ABOVE, at_ns: int = 0
) -> LogRecord:
    """A log record of a span."""
    made = LogRecord(
        time_unix_nano=at_ns or time.time_ns() - 10**9,
        event_name=event,
        trace_id=TRACE if id else b"",
        span_id=id,
        attributes=[attribute(key, value) for key, value in (said or {}).items()],
    )
    if body is not None:
        made.body.CopyFrom(any_value(body))
    return made


def logs(*records: LogRecord) -> bytes:
    """A request with these records."""
    made = ExportLogsServiceRequest()
    resources = made.resource_logs.add()
    resources.resource.attributes.append(attribute("service.name", "refund-service"))
    resources.scope_logs.add().log_records.extend(records)
    return bytes(made.SerializeToString())


JUDGED = record(
    "gen_ai.evaluation.result",
    {"gen_ai.evaluation.name": "tone", "gen_ai.evaluation.score.value": 0.5, "gen_ai.evaluation.score.label": "curt"},
)
ASKED = record("gen_ai.user.message", body={"role": "user", "content": "refund it, says jane@example.org"})
OLD = record("", {"event.name": "gen_ai.choice", "gen_ai.system": "openai"}, body={"index": 0, "finish_reason": "stop"})


@pytest.mark.parametrize("content", [False, True])
def test_events_that_come_as_logs_are_those_of_their_span(sending: World, content: bool) -> None:
    """The conventions moved messages and evaluations from spans to logs; a run must read the same."""
    with posted(sending, content=content) as post:
        assert post.send(request(span("chat", {"gen_ai.operation.name": "chat"}, id=ABOVE))).status_code == 200
        for _ in range(2):  # whoever hears nothing sends again
            answer = post.send(logs(JUDGED, ASKED, OLD), path="/v1/logs")
            assert (answer.status_code, answer.content) == (200, b"")
        with Telemetry(Places.of(sending.home)) as stored:
            (run,) = assemble(stored, TRACE)
    assert [(step.kind, step.depth) for step in run.steps] == [("model", 0), ("evaluation", 1)]
    assert [(one.span, one.name, one.score, one.label) for one in run.evaluations] == [
        (ABOVE.hex(), "tone", 0.5, "curt")
    ]
    events = {event["name"]: str(event["attributes"]) for event in run.steps[0].said["events"]}
    assert set(events) == {"gen_ai.user.message", "gen_ai.choice"}
    assert ("refund it" in events["gen_ai.user.message"]) is content
    assert "jane" not in str(run)
    assert "openai" in events["gen_ai.choice"]


def test_what_is_no_event_of_a_span_is_counted_and_not_kept(post: Post) -> None:
    """A collector sends every log it has; nothing of the others may lie about here."""
    good, others = (
        JUDGED,
        [
            record("", body="GET /orders 200"),
            record("app.started"),
            record("gen_ai.user.message", body="of no span", id=b""),
            record("gen_ai.user.message", body="of a short one", id=b"\0" * 8),
        ],
    )
    answer = ExportLogsServiceResponse.FromString(post.send(logs(*others, good), path="/v1/logs").content)
    words = "4 not taken: it is a log record, and no event of the GenAI conventions that belongs to a span"
    assert (answer.partial_success.rejected_log_records, answer.partial_success.error_message) == (4, words)
    assert post.receiver.collector.counts.shown() == {"log": 4, "taken": 1}
    with Telemetry(Places.of(post.world.home)) as stored:
        assert [row["name"] for row in stored.ask("select name from spans")] == ["gen_ai.evaluation.result"]


def test_logs_are_taken_as_json_too(post: Post) -> None:
    """The same record, in either form, is the same row."""
    at = time.time_ns() - 10**9
    said = {"gen_ai.evaluation.name": "tone", "gen_ai.evaluation.score.value": 0.5}
    one = {
        "timeUnixNano": str(at),
        "eventName": "gen_ai.evaluation.result",
        "traceId": TRACE.hex(),
        "spanId": ABOVE.hex(),
        "severityNumber": 9,
        "attributes": [
            {"key": "gen_ai.evaluation.name", "value": {"stringValue": "tone"}},
            {"key": "gen_ai.evaluation.score.value", "value": {"doubleValue": 0.5}},
        ],
    }
    other = {"body": {"stringValue": "GET /orders"}}
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "refund-service"}}]}
    body = {"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": [one, other]}]}]}
    answer = post.send(json.dumps(body).encode(), path="/v1/logs", Content_Type=JSON)
    assert answer.json()["partialSuccess"]["rejectedLogRecords"] == "1"
    assert post.send(logs(record("gen_ai.evaluation.result", said, at_ns=at)), path="/v1/logs").content == b""
    with Telemetry(Places.of(post.world.home)) as stored:
        (row,) = stored.ask("select * from spans")
    assert (row["evaluation_name"], row["evaluation_score"], row["start_ns"]) == ("tone", 0.5, at)


def test_a_message_counts_as_no_span(post: Post) -> None:
    """Figures are of what an agent did, not of how often its library spoke of it."""
    from goldenthread.record.telemetry import by_day_and_agent, list_traces

    post.send(request(span("chat", {"gen_ai.operation.name": "chat"}, id=ABOVE)))
    post.send(logs(ASKED, OLD), path="/v1/logs")
    with Telemetry(Places.of(post.world.home)) as stored:
        assert [one.spans for one in list_traces(stored)] == [1]
        assert [one.spans for one in by_day_and_agent(stored)] == [1]


@pytest.mark.parametrize(
    ("body", "form", "words"),
    [
        (b"\x0a\x05ab", "application/x-protobuf", "The body is no OTLP request: a field is longer than what holds it"),
        (b"[]", JSON, "The body is no OTLP request in JSON: its values are not those of OTLP (TypeError). "
                      "Send an ExportLogsServiceRequest."),
        (logs(*[LogRecord()] * 20_001), "application/x-protobuf", "The request has more than 20000 log records."),
    ],
)  # fmt: skip
def test_logs_that_are_none_are_refused_and_counted(post: Post, body: bytes, form: str, words: str) -> None:
    """One that is broken costs nothing but itself."""
    answer = post.send(body, path="/v1/logs", Content_Type=form)
    assert answer.status_code == 400
    assert words in answer.text
    assert post.receiver.collector.counts.shown() == {"malformed": 1}


def test_metrics_are_refused_in_words(post: Post) -> None:
    """A library that sends all three by default should say in its log what to set."""
    answer = post.send(b"", path="/v1/metrics", Content_Type=JSON)
    assert answer.status_code == 501
    assert answer.json() == {
        "code": 12,
        "message": "telemetry-malformed: Metrics are not taken: figures are made from spans. "
        "Set OTEL_METRICS_EXPORTER=none, or send them elsewhere.",
    }
    assert "Retry-After" not in answer.headers
    assert post.send(b"", path="/v1/metrics", who=None).status_code == 401
    assert post.receiver.collector.counts.shown() == {"credentials": 1, "signal": 1}
