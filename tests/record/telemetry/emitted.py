"""Requests as senders make them, with the messages that OpenTelemetry publishes; and a place to store them."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from goldenthread.record.telemetry import (
    Body,
    Collector,
    Detectors,
    Flattener,
    Limits,
    Outcome,
    Pace,
    Places,
    Policy,
    Retention,
)
from goldenthread.record.telemetry import Telemetry as Stored
from goldenthread.record.telemetry.segments import Written

_IDS = itertools.count(1)
TRACE = bytes.fromhex("4bf92f3577b34da6a3ce929d0e0e4736")


def attribute(key: str, value: Any) -> KeyValue:
    """An attribute of OTLP."""
    return KeyValue(key=key, value=any_value(value))


def any_value(value: Any) -> AnyValue:
    """A value of OTLP."""
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, bytes):
        return AnyValue(bytes_value=value)
    found = AnyValue()
    if isinstance(value, list):
        found.array_value.values.extend(any_value(one) for one in value)
    elif isinstance(value, dict):
        found.kvlist_value.values.extend(attribute(key, one) for key, one in value.items())
    elif value is not None:
        found.string_value = value
    return found


def span(
    name: str = "chat",
    said: Mapping[str, Any] | None = None,
    *,
    trace: bytes = TRACE,
    id: bytes | None = None,
    parent: bytes = b"",
    start_ns: int | None = None,
    duration_ns: int = 1_000_000,
    status: int = 0,
    events: Sequence[tuple[str, Mapping[str, Any]]] = (),
) -> Span:
    """A span that ended a moment ago."""
    began = time.time_ns() - duration_ns - 1_000_000 if start_ns is None else start_ns
    made = Span(
        trace_id=trace,
        span_id=next(_IDS).to_bytes(8, "big") if id is None else id,
        parent_span_id=parent,
        name=name,
        kind=Span.SPAN_KIND_CLIENT,
        start_time_unix_nano=began,
        end_time_unix_nano=began + duration_ns,
        attributes=[attribute(key, value) for key, value in (said or {}).items()],
        events=[
            Span.Event(
                name=event,
                time_unix_nano=began,
                attributes=[attribute(key, value) for key, value in about.items()],
            )
            for event, about in events
        ],
    )
    made.status.code = status  # type: ignore[assignment]
    return made


def request(*spans: Span, resource: Mapping[str, Any] | None = None) -> bytes:
    """A request with these spans."""
    made = ExportTraceServiceRequest()
    resources = made.resource_spans.add()
    said = {"service.name": "refund-service"} if resource is None else resource
    resources.resource.attributes.extend(attribute(key, value) for key, value in said.items())
    scope = resources.scope_spans.add()
    scope.scope.name = "tests"
    scope.spans.extend(spans)
    return bytes(made.SerializeToString())


def plain_detectors() -> Detectors:
    """Detectors that know one secret only."""
    return Detectors(
        redact=lambda text, _: text.replace("hunter2", "[secret]"), sieve="hunter2", speaks=lambda _: False
    )


@contextmanager
def collecting(
    folder: Path,
    *,
    anchored: list[Written] | None = None,
    pace: Pace | None = None,
    policy: Policy | None = None,
    limits: Limits | None = None,
    detectors: Detectors | None = None,
    retention: Retention | None = None,
    days_on: int = 0,
) -> Iterator[Collector]:
    """A collector for the length of the block, whose clock may be some days on."""
    kept: list[Written] = [] if anchored is None else anchored
    flattener = Flattener(detectors or plain_detectors(), limits, policy)
    collector = Collector(
        Places(folder=folder),
        flattener,
        kept.append,
        pace=pace,
        retention=retention,
        clock_ns=lambda: time.time_ns() + days_on * 86_400 * 10**9,
    )
    try:
        yield collector
    finally:
        collector.close()


def sent(collector: Collector, *spans: Span, **resource: Any) -> Outcome:
    """What becomes of these spans."""
    body = Body(octets=request(*spans, resource=resource or None), source="collector")
    return collector.submit(body).result(timeout=30)


def stored(folder: Path) -> list[dict[str, Any]]:
    """Every span there is, in the order of their beginning."""
    with Stored(Places(folder=folder)) as telemetry:
        return telemetry.ask("select * from spans order by start_ns, span_id")
