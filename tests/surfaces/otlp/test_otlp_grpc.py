from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from certificates import certificate as certified
from goldenthread.promise.errors import AddressRefused, TelemetryMissing
from goldenthread.record.telemetry import Limits
from goldenthread.surfaces.otlp import receive
from record.telemetry.emitted import request, span
from surfaces.otlp.conftest import Post, posted
from surfaces.otlp.test_otlp_logs import JUDGED, logs, record
from surfaces.otlp.test_otlp_received import spans
from worlds import World

if os.environ.get("CI") != "true":
    pytest.importorskip("grpc")
import grpc

TRACES = "opentelemetry.proto.collector.trace.v1.TraceService"
LOGS = "opentelemetry.proto.collector.logs.v1.LogsService"
METRICS = "opentelemetry.proto.collector.metrics.v1.MetricsService"


@pytest.fixture
def served(sending: World) -> Iterator[Post]:
    """A receiver that serves gRPC as well."""
    with posted(sending, grpc_port=0) as made:
        yield made


def call(post: Post, body: bytes, service: str = TRACES, *, who: str | None = "sender", **settings: Any) -> bytes:
    """Call `Export`; raises grpc.RpcError."""
    assert post.receiver.grpc is not None
    metadata = [] if who is None else [("authorization", f"Bearer {post.tokens[who]}")]
    with grpc.insecure_channel(
        f"127.0.0.1:{post.receiver.grpc.port}", [("grpc.max_send_message_length", -1)]
    ) as channel:
        answer: bytes = channel.unary_unary(f"/{service}/Export")(body, metadata=metadata, timeout=20, **settings)
        return answer


def refused(post: Post, body: bytes, *arguments: Any, **settings: Any) -> tuple[str, str, bytes]:
    """Status, words and details of a call that fails."""
    with pytest.raises(grpc.RpcError) as caught:
        call(post, body, *arguments, **settings)
    more = dict(caught.value.trailing_metadata() or ())
    return caught.value.code().name, caught.value.details(), more.get("grpc-status-details-bin", b"")


def test_spans_and_events_are_taken_as_over_http(served: Post) -> None:
    """What most of OpenTelemetry sends by default must come to the same rows, packed or not."""
    assert call(served, request(span("one"))) == b""
    assert call(served, request(span("two")), compression=grpc.Compression.Gzip) == b""
    answer = ExportTraceServiceResponse.FromString(call(served, request(span("good"), span("bad", id=bytes(8)))))
    assert answer.partial_success.rejected_spans == 1
    assert answer.partial_success.error_message.startswith("1 not taken: no trace or span id")
    said = ExportLogsServiceResponse.FromString(call(served, logs(JUDGED, record("app.started")), LOGS))
    assert said.partial_success.rejected_log_records == 1
    assert sorted(row["name"] for row in spans(served)) == ["gen_ai.evaluation.result", "good", "one", "two"]
    assert {row["source"] for row in spans(served)} == {"collector"}
    assert served.receiver.collector.counts.shown() == {"ids": 1, "log": 1, "taken": 4}


def test_refusals_have_the_status_that_senders_act_on(served: Post) -> None:
    """A sender drops after INVALID_ARGUMENT, and mends its token after UNAUTHENTICATED; none tries for ever."""
    body = request(span())
    assert refused(served, body, who=None)[0] == "UNAUTHENTICATED"
    code, words, more = refused(served, body, who="agent")
    assert (code, more) == ("PERMISSION_DENIED", b"")
    assert words.startswith("scope-refused: This takes the token of whoever sends telemetry")
    assert refused(served, b"\xff\xff")[:2] == (
        "INVALID_ARGUMENT",
        "telemetry-malformed: The body is no OTLP request: it ends within a number. "
        "Send an ExportTraceServiceRequest as protobuf or JSON.",
    )
    code, words, _ = refused(served, b"", METRICS)
    assert code == "UNIMPLEMENTED"
    assert "Set OTEL_METRICS_EXPORTER=none" in words
    code, words, _ = refused(served, bytes(5 * 1024 * 1024))
    assert (code, words[:57]) == ("INVALID_ARGUMENT", "telemetry-too-large: The body is larger than 4194304 byte")
    assert refused(served, bytes(10 * 1024 * 1024))[0] == "RESOURCE_EXHAUSTED"
    assert refused(served, bytes(64 * 1024 * 1024), compression=grpc.Compression.Gzip)[0] == "RESOURCE_EXHAUSTED"
    assert spans(served) == []
    assert served.receiver.collector.counts.shown() == {"credentials": 2, "malformed": 1, "signal": 1, "too-large": 1}
    assert call(served, body) == b""


def test_a_full_queue_says_when_to_come_again(sending: World) -> None:
    """UNAVAILABLE with RetryInfo is what makes a sender keep its spans, and not all come back at once."""
    with posted(sending, grpc_port=0, limits=Limits(queue_bytes=10)) as post:
        code, words, more = refused(post, request(span()))
    assert code == "UNAVAILABLE"
    assert words.startswith("telemetry-busy: ")
    assert more.endswith(b"type.googleapis.com/google.rpc.RetryInfo\x12\x04\x0a\x02\x08\x01")


def test_a_token_reaches_its_slices_only_over_grpc(served: Post) -> None:
    """One door is as narrow as the other."""
    body = request(span("mine", {"goldenthread.slice": "refunds"}), span("theirs", {"goldenthread.slice": "payments"}))
    answer = ExportTraceServiceResponse.FromString(call(served, body, who="refunds"))
    assert answer.partial_success.rejected_spans == 1
    assert [row["slice"] for row in spans(served)] == ["refunds"]


def test_with_a_certificate_grpc_is_encrypted(sending: World, tmp_path: Path) -> None:
    """A token must not pass in the clear on one door because the other is shut."""
    tls = certified(tmp_path)
    with posted(sending, grpc_port=0, tls=tls) as post:
        assert post.receiver.grpc is not None
        where = f"127.0.0.1:{post.receiver.grpc.port}"
        metadata = [("authorization", f"Bearer {post.tokens['sender']}")]
        trusted = grpc.ssl_channel_credentials(tls.certificate.read_bytes())
        with grpc.secure_channel(where, trusted) as channel:
            export = channel.unary_unary(f"/{TRACES}/Export")
            assert export(request(span()), metadata=metadata, timeout=20) == b""
        with grpc.insecure_channel(where) as channel, pytest.raises(grpc.RpcError) as caught:
            channel.unary_unary(f"/{TRACES}/Export")(request(span()), metadata=metadata, timeout=10)
        assert caught.value.code().name == "UNAVAILABLE"
        assert post.receiver.collector.counts.shown() == {"taken": 1}


def test_a_port_that_is_taken_is_said(sending: World) -> None:
    """And what was begun for it is ended: another may start at once."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(AddressRefused) as caught:
            receive(sending.ledger, grpc_port=port)
    assert f"cannot take port {port} on 127.0.0.1 for gRPC. Stop what holds it" in str(caught.value)
    receive(sending.ledger).stop()


def test_without_its_library_grpc_is_refused_in_words(sending: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named; HTTP needs none of it."""
    import sys

    monkeypatch.setitem(sys.modules, "grpc", None)
    with pytest.raises(TelemetryMissing) as caught:
        receive(sending.ledger, grpc_port=0)
    assert "Run `pip install 'goldenthread[telemetry-grpc]'`." in str(caught.value)
