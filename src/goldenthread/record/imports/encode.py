"""Spans as an OTLP request in protobuf, so that what is imported is read, judged and cleaned as if it had been sent."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from goldenthread.record.imports.model import Happening, Span
from goldenthread.record.telemetry.envelope import varint

LONGEST_VALUE = 1024 * 1024
"""Bytes of one value; longer ones are left out of their span, and counted there as dropped."""

_MOST_ATTRIBUTES = 400
_MOST_EVENTS = 100


def request(spans: Iterable[Span], resource: Mapping[str, Any], scope: str) -> bytes:
    """
    An ExportTraceServiceRequest.

    Args:
        spans: Its spans.
        resource: Attributes that all of them have.
        scope: Who wrote them.
    """
    scoped = _field(1, _field(1, scope.encode())) + b"".join(_field(2, _span(one)) for one in spans)
    return _field(1, _field(1, attributes(resource)) + _field(2, scoped))


def attributes(said: Mapping[str, Any]) -> bytes:
    """The message of a resource with these attributes."""
    return b"".join(_field(1, pair) for pair in (_pair(key, value) for key, value in said.items()) if pair)


def slice_pair(slice: str) -> bytes:
    """The attribute of a resource that says the slice of its spans, as a field of the resource."""
    return _field(1, _pair("goldenthread.slice", slice))


def size_of(spans: Iterable[Span]) -> int:
    """About how many characters spans have that are not too long to be taken."""
    return sum(
        min(len(value), LONGEST_VALUE) if isinstance(value, str) else 16
        for span in spans
        for value in span.said.values()
    )


def _span(span: Span) -> bytes:
    pairs = [_pair(key, value) for key, value in span.said.items() if value is not None]
    kept = [pair for pair in pairs if pair][:_MOST_ATTRIBUTES]
    parts = [
        _field(1, span.trace_id),
        _field(2, span.span_id),
        _field(4, span.parent_id) if span.parent_id else b"",
        _field(5, _octets(span.name)[:1024]),
        b"\x39" + struct.pack("<Q", span.start_ns & (2**64 - 1)),
        b"\x41" + struct.pack("<Q", span.end_ns & (2**64 - 1)),
        *(_field(9, pair) for pair in kept),
        *(_field(11, _event(event)) for event in span.events[:_MOST_EVENTS]),
    ]
    if len(kept) < len(pairs):
        parts.append(b"\x50" + varint(len(pairs) - len(kept)))
    if span.status or span.message:
        words = _octets(span.message)[:1024]
        parts.append(_field(15, (_field(2, words) if words else b"") + b"\x18" + varint(span.status)))
    return b"".join(parts)


def _event(event: Happening) -> bytes:
    said = b"".join(_field(3, pair) for pair in (_pair(key, value) for key, value in event.said.items()) if pair)
    return b"\x09" + struct.pack("<Q", event.at_ns & (2**64 - 1)) + _field(2, _octets(event.name)[:1024]) + said


def _pair(key: str, value: Any) -> bytes:
    """A KeyValue; nothing where the value is too long."""
    inner = _value(value)
    return _key(key) + _field(2, inner) if len(inner) <= LONGEST_VALUE else b""


@lru_cache(maxsize=4096)
def _key(key: str) -> bytes:
    """The few names that many values have, made once."""
    return _field(1, _octets(key)[:256])


def _value(value: Any) -> bytes:
    if isinstance(value, bool):
        return b"\x10\x01" if value else b"\x10\x00"
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return b"\x18" + varint(value & (2**64 - 1))
    if isinstance(value, float):
        return b"\x21" + struct.pack("<d", value)
    if not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return _field(1, _octets(value))


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _field(number: int, octets: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(octets)) + octets
