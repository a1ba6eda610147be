from __future__ import annotations

import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from goldenthread.promise.errors import TelemetryMalformed
from goldenthread.record.telemetry import Body, Flattener, Limits, Places, overview, traces_from_json
from record.telemetry.emitted import any_value, attribute, collecting, plain_detectors, request, sent, span, stored

NOW = time.time_ns


def nested(depth: int) -> AnyValue:
    """A list in a list in a list."""
    value = any_value("deep")
    for _ in range(depth):
        outer = AnyValue()
        outer.array_value.values.append(value)
        value = outer
    return value


def with_value(value: AnyValue) -> Span:
    """A span with one attribute."""
    made = span()
    made.attributes.add(key="x").value.CopyFrom(value)
    return made


HOSTILE: dict[str, tuple[Callable[[], list[Span]], dict[str, int], int]] = {
    "an attribute of 10 MB": (lambda: [span(said={"x": "a" * 10_000_000})], {"size": 1}, 0),
    "an attribute of 3 MB": (lambda: [span(said={"x": "a" * 3_000_000})], {"value-too-long": 1, "taken": 1}, 1),
    "a million keys": (lambda: [span(said={f"k{n}": 1 for n in range(100_000)})], {"fields": 1}, 0),
    "a thousand keys": (lambda: [span(said={f"k{n}": 1 for n in range(1000)})], {"fields": 1}, 0),
    "a key of 5 kB": (lambda: [span(said={"k" * 5000: 1})], {"key-too-long": 1, "taken": 1}, 1),
    "values within values": (lambda: [with_value(nested(20))], {"taken": 1}, 1),
    "no value": (lambda: [with_value(AnyValue())], {"taken": 1}, 1),
    "an empty key": (lambda: [span(said={"": 1})], {"taken": 1}, 1),
    "no ids": (lambda: [span(id=b""), span(trace=b"")], {"ids": 2}, 0),
    "ids of zeros": (lambda: [span(id=bytes(8)), span(trace=bytes(16))], {"ids": 2}, 0),
    "short ids": (lambda: [span(id=b"1234"), span(trace=b"1234"), span(parent=b"12")], {"ids": 3}, 0),
    "next year": (lambda: [span(start_ns=NOW() + 365 * 86_400 * 10**9)], {"times": 1}, 0),
    "the end of time": (lambda: [span(start_ns=2**64 - 10, duration_ns=5)], {"times": 1}, 0),
    "before it began": (lambda: [span(start_ns=NOW() - 9, duration_ns=-5)], {"times": 1}, 0),
    "never": (lambda: [span(start_ns=0, duration_ns=0)], {"times": 1}, 0),
    "1970": (lambda: [span(start_ns=1, duration_ns=NOW())], {"taken": 1}, 1),
    "the same id": (lambda: [span(id=b"12345678") for _ in range(500)], {"taken": 500}, 1),
    "words for numbers": (
        lambda: [span(said={"gen_ai.usage.input_tokens": "many", "gen_ai.request.temperature": ["hot"]})],
        {"taken": 1, "wrong-type": 2},
        1,
    ),
    "numbers that are none": (
        lambda: [
            span(said={"gen_ai.usage.cost": float("nan"), "gen_ai.usage.output_tokens": float("inf"), "x": 1e308})
        ],
        {"taken": 1, "wrong-type": 2},
        1,
    ),
    "negative money": (lambda: [span(said={"gen_ai.usage.cost": -1.0})], {"taken": 1, "wrong-type": 1}, 1),
    "control characters": (lambda: [span("a\0b\x1b[31m", {"k\0": "v\0\u202e"})], {"taken": 1}, 1),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_spans_are_refused_or_cut_and_counted(tmp_path: Path, what: str) -> None:
    """Whatever an agent sends, those beside it are taken, what is left out is counted, and little is stored."""
    make, counted, kept = HOSTILE[what]
    began = time.monotonic()
    with collecting(tmp_path) as collector:
        sent(collector, *make())
        sent(collector, span("good", trace=b"\7" * 16))
        found = stored(tmp_path)
        assert sum(row["name"] == "good" for row in found) == 1
        assert len(found) == kept + 1
        expected = {**counted, "taken": counted.get("taken", 0) + 1}
        assert collector.counts.shown() == dict(sorted(expected.items()))
    assert overview(Places(folder=tmp_path)).log_bytes < 200_000
    assert time.monotonic() - began < 20


def test_what_is_nested_too_deep_does_not_end_the_reader(tmp_path: Path) -> None:
    """A thousand lists within one another would exhaust the stack of a reader that follows them."""
    octets = b""
    for _ in range(2000):  # AnyValue.array_value.values of AnyValue ...
        inner = b"\x0a" + _sized(octets)
        octets = b"\x2a" + _sized(inner)
    pair = b"\x0a\x01x\x12" + _sized(octets)
    body = span().SerializeToString() + b"\x4a" + _sized(pair)
    whole = b"\x0a" + _sized(b"\x12" + _sized(b"\x12" + _sized(body)))
    with collecting(tmp_path) as collector:
        assert collector.submit(Body(octets=whole)).result(timeout=30).taken == 1
        (row,) = stored(tmp_path)
        assert len(row["attributes"]["x"]["json"]) < 100


def test_many_requests_of_a_hostile_sender_do_not_grow_the_process(tmp_path: Path) -> None:
    """New keys, new resources, new values with every request: what is remembered of them is bounded."""
    flattener = Flattener(plain_detectors(), Limits())
    now = NOW()

    def some(first: int) -> None:
        for number in range(first, first + 60):
            said = {f"key-{number}-{place}": f"value {number} {place}" for place in range(300)}
            flattener.flatten([Body(octets=request(span(said=said), resource=said))], now)

    some(0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    some(1000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000


def test_too_many_resources_are_refused_whole() -> None:
    """Each costs a look of its own; a collector sends hundreds, not thousands."""
    made = ExportTraceServiceRequest()
    for number in range(1500):
        made.resource_spans.add().resource.attributes.append(attribute("service.name", str(number)))
        made.resource_spans[-1].scope_spans.add().spans.append(span())
    flat = Flattener(plain_detectors(), Limits()).flatten([Body(octets=made.SerializeToString())], NOW())
    assert "it has more than 2000 resources and scopes" in str(flat.outcomes[0].error)


def test_a_malformed_request_does_not_harm_those_beside_it() -> None:
    """Requests are worked on together; one sender's broken bytes must not cost another's spans."""
    good = request(span("good"))
    broken = request(span("broken", {"a": "b"})).replace(b"\x0a\x01a\x12\x03\x0a\x01b", b"\x0a\x01a\x12\x7f\x0a\x01b")
    cut = good[:-3]
    flat = Flattener(plain_detectors()).flatten([Body(octets=one) for one in (good, broken, cut, good, b"")], NOW())
    assert [outcome.taken for outcome in flat.outcomes] == [1, 0, 0, 1, 0]
    assert [outcome.error is not None for outcome in flat.outcomes] == [False, True, True, False, False]
    assert flat.rows.num_rows == 2


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=200), st.integers(0, 400), st.booleans())
def test_no_bytes_whatever_are_more_than_refused(noise: bytes, at: int, over: bool) -> None:
    """A receiver that raises something else than its own error was not written for what is sent to it."""
    whole = request(span("x", {"a": [1, {"b": "c"}], "n": 2}, events=[("e", {"k": "v"})]))
    place = at % len(whole)
    mixed = whole[:place] + noise + whole[place + (len(noise) if over else 0) :]
    for body in (noise, mixed):
        flat = Flattener(plain_detectors()).flatten([Body(octets=body), Body(octets=whole)], NOW())
        assert flat.outcomes[1].taken == 1
        error = flat.outcomes[0].error
        assert error is None or isinstance(error, TelemetryMalformed)


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["resourceSpans", "scopeSpans", "spans", "traceId", "attributes", "key", "value", "intValue"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)
def test_no_json_whatever_is_more_than_refused(value: Any) -> None:
    """The same for JSON."""
    import json

    try:
        body = traces_from_json(json.dumps(value).encode())
    except TelemetryMalformed:
        return
    Flattener(plain_detectors()).flatten([Body(octets=body)], NOW())


def _sized(octets: bytes) -> bytes:
    number, found = len(octets), bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number]) + octets
