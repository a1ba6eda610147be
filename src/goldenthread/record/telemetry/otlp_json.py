"""
OTLP as JSON, written over as protobuf: so there is one reader, and one place that judges what came.

The mapping: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding. Ids are hex, numbers of 64 bits may be
text, enumerations are numbers, names that nobody knows are passed over.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from goldenthread.promise.errors import TelemetryMalformed
from goldenthread.record.telemetry.envelope import varint

_DEEPEST = 32


def traces_from_json(body: bytes) -> bytes:
    """
    An ExportTraceServiceRequest in JSON, as protobuf.

    Raises:
        TelemetryMalformed: It is no such JSON.
    """
    return _over(body, _REQUEST)


def logs_from_json(body: bytes) -> bytes:
    """
    The same of an ExportLogsServiceRequest.

    Raises:
        TelemetryMalformed: It is no such JSON.
    """
    return _over(body, _LOGS)


Write = Callable[[Any, int], bytes]
Shape = Mapping[str, tuple[int, Write]]


def _over(body: bytes, shape: Shape) -> bytes:
    try:
        return _message(msgspec.json.decode(body), shape, _DEEPEST)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError, struct.error) as problem:
        what = (
            "its values are not those of OTLP" if not isinstance(problem, msgspec.DecodeError) else "it cannot be read"
        )
        kind = "ExportTraceServiceRequest" if shape is _REQUEST else "ExportLogsServiceRequest"
        raise TelemetryMalformed(
            f"The body is no OTLP request in JSON: {what} ({type(problem).__name__}). Send an {kind}."
        ) from None


def _message(value: Any, shape: Shape, deeper: int) -> bytes:
    if not isinstance(value, dict) or deeper <= 0:
        raise TypeError
    found = []
    for name, inner in value.items():
        if inner is not None and name in shape:
            field, write = shape[name]
            found += [_tagged(field, write, one, deeper - 1) for one in (inner if isinstance(inner, list) else [inner])]
    return b"".join(found)


def _tagged(field: int, write: Write, value: Any, deeper: int) -> bytes:
    octets = write(value, deeper)
    wire = _WIRES.get(write, 2)
    tag = varint(field << 3 | wire)
    return tag + octets if wire != 2 else tag + varint(len(octets)) + octets


def _text(value: Any, _: int) -> bytes:
    return str.encode(value, "utf-8", "replace")


def _hex(value: Any, _: int) -> bytes:
    return bytes.fromhex(value)


def _base64(value: Any, _: int) -> bytes:
    try:
        return base64.b64decode(value, validate=False)
    except binascii.Error:
        raise ValueError from None


def _whole(value: Any, _: int) -> bytes:
    number = int(value)
    if isinstance(value, bool) or not -(2**63) <= number < 2**64:
        raise ValueError
    return varint(number & 2**64 - 1)


def _flag(value: Any, _: int) -> bytes:
    if not isinstance(value, bool):
        raise TypeError
    return varint(int(value))


def _fixed(value: Any, _: int) -> bytes:
    return struct.pack("<Q", int(value))


def _half(value: Any, _: int) -> bytes:
    return struct.pack("<I", int(value))


def _real(value: Any, _: int) -> bytes:
    return struct.pack("<d", float(value))


_WIRES: Mapping[Write, int] = {_whole: 0, _flag: 0, _fixed: 1, _real: 1, _half: 5}


def _of(shape: Callable[[], Shape]) -> Write:
    return lambda value, deeper: _message(value, shape(), deeper)


def _array(value: Any, deeper: int) -> bytes:
    return _message(value, {"values": (1, _any)}, deeper)


def _table(value: Any, deeper: int) -> bytes:
    return _message(value, {"values": (1, _pair)}, deeper)


def _any(value: Any, deeper: int) -> bytes:
    """AnyValue: a list in it is one value, not several."""
    if not isinstance(value, dict) or deeper <= 0:
        raise TypeError
    chosen: Iterable[tuple[str, Any]] = ((name, inner) for name, inner in value.items() if inner is not None)
    return b"".join(_tagged(*_ANY[name], inner, deeper - 1) for name, inner in chosen if name in _ANY)


def _pair(value: Any, deeper: int) -> bytes:
    return _message(value, {"key": (1, _text), "value": (2, _any)}, deeper)


_ANY: Shape = {
    "stringValue": (1, _text),
    "boolValue": (2, _flag),
    "intValue": (3, _whole),
    "doubleValue": (4, _real),
    "arrayValue": (5, _array),
    "kvlistValue": (6, _table),
    "bytesValue": (7, _base64),
}
_EVENT: Shape = {"timeUnixNano": (1, _fixed), "name": (2, _text), "attributes": (3, _pair)}
_LINK: Shape = {"traceId": (1, _hex), "spanId": (2, _hex), "traceState": (3, _text), "attributes": (4, _pair)}
_STATUS: Shape = {"message": (2, _text), "code": (3, _whole)}
_SPAN: Shape = {
    "traceId": (1, _hex),
    "spanId": (2, _hex),
    "traceState": (3, _text),
    "parentSpanId": (4, _hex),
    "name": (5, _text),
    "kind": (6, _whole),
    "startTimeUnixNano": (7, _fixed),
    "endTimeUnixNano": (8, _fixed),
    "attributes": (9, _pair),
    "droppedAttributesCount": (10, _whole),
    "events": (11, _of(lambda: _EVENT)),
    "droppedEventsCount": (12, _whole),
    "links": (13, _of(lambda: _LINK)),
    "droppedLinksCount": (14, _whole),
    "status": (15, _of(lambda: _STATUS)),
    "flags": (16, _half),
}
_SCOPE: Shape = {"name": (1, _text), "version": (2, _text), "attributes": (3, _pair)}
_SCOPED: Shape = {"scope": (1, _of(lambda: _SCOPE)), "spans": (2, _of(lambda: _SPAN)), "schemaUrl": (3, _text)}
_RESOURCE: Shape = {"attributes": (1, _pair)}
_RESOURCES: Shape = {
    "resource": (1, _of(lambda: _RESOURCE)),
    "scopeSpans": (2, _of(lambda: _SCOPED)),
    "schemaUrl": (3, _text),
}
_REQUEST: Shape = {"resourceSpans": (1, _of(lambda: _RESOURCES))}
_RECORD: Shape = {
    "timeUnixNano": (1, _fixed),
    "body": (5, _any),
    "attributes": (6, _pair),
    "traceId": (9, _hex),
    "spanId": (10, _hex),
    "observedTimeUnixNano": (11, _fixed),
    "eventName": (12, _text),
}
_SCOPED_LOGS: Shape = {"scope": (1, _of(lambda: _SCOPE)), "logRecords": (2, _of(lambda: _RECORD))}
_LOGS: Shape = {
    "resourceLogs": (
        1,
        _of(lambda: {"resource": (1, _of(lambda: _RESOURCE)), "scopeLogs": (2, _of(lambda: _SCOPED_LOGS))}),
    )
}
