"""
The outside of a request: resources and scopes round the spans, found by a plain walk, since there are few of them.

Field numbers are those of opentelemetry-proto, `collector/trace/v1/trace_service.proto` and `trace/v1/trace.proto`;
logs nest in the same way.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from goldenthread.promise.errors import TelemetryMalformed

DEEPEST = 16
"""How deep a value may be nested; deeper ones are left out."""

_SPAN = 2 << 3 | 2
_MALFORMED = "The body is no OTLP request: {}. Send an ExportTraceServiceRequest as protobuf or JSON."


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """One scope of a request: the bytes of its resource and its own, and where each of its spans begins and ends."""

    resource: bytes
    scope: bytes
    places: list[tuple[int, int]]


def scopes(body: bytes, *, most: int) -> list[Scope]:
    """
    Every scope of a request.

    Args:
        body: The request as protobuf.
        most: Resources and scopes that one request may have, together.

    Raises:
        TelemetryMalformed: It is no such message, or has more resources and scopes.
    """
    found: list[Scope] = []
    groups = 0
    for number, start, end in _messages(body, 0, len(body)):
        if number != 1:
            continue
        parts = list(_messages(body, start, end))
        resource = next((body[begin:stop] for number, begin, stop in reversed(parts) if number == 1), b"")
        scoped = [(begin, stop) for number, begin, stop in parts if number == 2]
        groups += 1 + len(scoped)
        if groups > most:
            raise TelemetryMalformed(_MALFORMED.format(f"it has more than {most} resources and scopes"))
        found += [_scope(body, begin, stop, resource) for begin, stop in scoped]
    return found


def fields(body: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """
    Number, type on the wire, start and end of each field of a message that stands there.

    Raises:
        TelemetryMalformed: None does.
    """
    while at < end:
        tag, at = _varint(body, at, end)
        wire = tag & 7
        if wire == 2:
            size, at = _varint(body, at, end)
            after = at + size
            if after > end:
                raise TelemetryMalformed(_MALFORMED.format("a field is longer than what holds it"))
        else:
            after = _passed(body, at, end, wire)
        yield tag >> 3, wire, at, after
        at = after


def varint(number: int) -> bytes:
    """A number as it stands on the wire."""
    if number < 128:
        return bytes((number,))
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    found.append(number)
    return bytes(found)


def pairs(message: bytes, field: int) -> dict[str, Any]:
    """
    The attributes of a resource or a scope, as plain values; the last of a name counts.

    Args:
        message: A message with attributes.
        field: The number of that field in it.

    Raises:
        TelemetryMalformed: It is none.
    """
    found: dict[str, Any] = {}
    for number, start, end in _messages(message, 0, len(message)):
        if number == field:
            key, value = _pair(message, start, end, DEEPEST)
            found[key] = value
    return found


def with_attribute(body: bytes, pair: bytes) -> bytes:
    """
    A request with one more attribute on each of its resources, before what they say themselves.

    Args:
        body: The request as protobuf.
        pair: The attribute as a field of a resource.

    Raises:
        TelemetryMalformed: It is no such message.
    """
    made = []
    for number, start, end in _messages(body, 0, len(body)):
        if number == 1:
            parts = list(_messages(body, start, end))
            resource = next((body[begin:stop] for field, begin, stop in reversed(parts) if field == 1), b"")
            others = b"".join(_tagged(field, body[begin:stop]) for field, begin, stop in parts if field != 1)
            made.append(_tagged(1, _tagged(1, pair + resource) + others))
    return b"".join(made)


def _tagged(field: int, octets: bytes) -> bytes:
    size, found = len(octets), bytearray((field << 3 | 2,))
    while size > 127:
        found.append(size & 127 | 128)
        size >>= 7
    found.append(size)
    return bytes(found) + octets


def text_field(message: bytes, field: int) -> str:
    """A text field of a message, '' where there is none."""
    parts = list(_messages(message, 0, len(message)))
    return next((_text(message, start, end) for number, start, end in reversed(parts) if number == field), "")


def any_value(value: bytes) -> Any:
    """An AnyValue as a plain value; bytes become base64 text, and what is nested too deep becomes None."""
    return _any(value, 0, len(value), DEEPEST)


def as_json(value: Any) -> str:
    """A plain value as JSON text; numbers that JSON does not have become text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _scope(body: bytes, begin: int, stop: int, resource: bytes) -> Scope:
    """Written out for spans, since there is one step for each of them."""
    places, scope, at = [], b"", begin
    while at < stop:
        if body[at] == _SPAN and at + 4 < stop and (low := body[at + 1]) >= 128 > (high := body[at + 2]):
            start = at + 3
            at = start + (low & 127 | high << 7)  # of 128 bytes to 16 KB, as nearly all are
            if at > stop:
                raise TelemetryMalformed(_MALFORMED.format("a field is longer than what holds it"))
            places.append((start, at))
            continue
        number, wire, start, at = next(fields(body, at, stop))
        if wire == 2 and number == 2:
            places.append((start, at))
        elif wire == 2 and number == 1:
            scope = body[start:at]
    return Scope(resource=resource, scope=scope, places=places)


def _messages(body: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number, start and end of each field that has bytes; numbers are passed over."""
    for number, wire, start, after in fields(body, at, end):
        if wire == 2:
            yield number, start, after


def _passed(body: bytes, at: int, end: int, wire: int) -> int:
    if wire == 0:
        return _varint(body, at, end)[1]
    if wire not in (1, 5) or at + (8 if wire == 1 else 4) > end:
        raise TelemetryMalformed(_MALFORMED.format("a field is of no type that there is"))
    return at + (8 if wire == 1 else 4)


def _varint(body: bytes, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end and shift < 70:
        byte = body[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    raise TelemetryMalformed(_MALFORMED.format("it ends within a number"))


def _text(body: bytes, start: int, end: int) -> str:
    return body[start:end].decode("utf-8", "replace")


def _pair(body: bytes, start: int, end: int, deeper: int) -> tuple[str, Any]:
    key, value = "", None
    for number, begin, stop in _messages(body, start, end):
        if number == 1:
            key = _text(body, begin, stop)
        elif number == 2:
            value = _any(body, begin, stop, deeper - 1)
    return key, value


def _any(body: bytes, at: int, end: int, deeper: int) -> Any:
    value: Any = None
    while at < end and deeper > 0:
        tag, at = _varint(body, at, end)
        number, wire = tag >> 3, tag & 7
        if wire == 2:
            size, at = _varint(body, at, end)
            if at + size > end:
                raise TelemetryMalformed(_MALFORMED.format("a value is longer than what holds it"))
            value = _long(body, at, at + size, number, deeper)
            at += size
        elif wire == 0:
            plain, at = _varint(body, at, end)
            value = bool(plain) if number == 2 else _signed(plain)
        else:
            start, at = at, _passed(body, at, end, wire)
            value = struct.unpack_from("<d", body, start)[0] if wire == 1 else None
            value = value if value is None or value - value == 0 else str(value)
    return value


def _long(body: bytes, start: int, end: int, number: int, deeper: int) -> Any:
    if number == 1:
        return _text(body, start, end)
    if number == 5:
        return [_any(body, a, b, deeper - 1) for field, a, b in _messages(body, start, end) if field == 1]
    if number == 6:
        return dict(_pair(body, a, b, deeper - 1) for field, a, b in _messages(body, start, end) if field == 1)
    return base64.b64encode(body[start:end]).decode() if number == 7 else None


def _signed(plain: int) -> int:
    plain &= (1 << 64) - 1
    return plain - (1 << 64) if plain >> 63 else plain
