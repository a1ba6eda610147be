"""
Logs that say what spans' events say: GenAI messages and evaluations. Each becomes a span below the one that it is of.

So there is one reader, one judge and one store. Its id is made from what it says: whatever comes twice counts once. A
record that is no event of the GenAI conventions, or of no span, is not taken. Field numbers are those of
opentelemetry-proto, `logs/v1/logs.proto`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from goldenthread.promise.errors import TelemetryMalformed
from goldenthread.record.telemetry.envelope import fields, varint

MESSAGE = "message"
"""Operation of a span that came as a log, and is an event of the one above it."""

_MOST = 20_000
_PREFIX = "gen_ai."
_EVALUATION = "gen_ai.evaluation.result"


def traces_from_logs(body: bytes) -> tuple[bytes, int]:
    """
    An ExportLogsServiceRequest as one of spans, and how many of its records are none.

    Raises:
        TelemetryMalformed: It is no such message, or has more than 20,000 records.
    """
    found, refused, count = [], 0, 0
    for number, wire, start, end in fields(body, 0, len(body)):
        if (number, wire) != (1, 2):
            continue
        parts = []
        for place, kind, begin, stop in fields(body, start, end):
            if (place, kind) == (2, 2):
                scope, less, seen = _scope(body, begin, stop)
                refused, count = refused + less, count + seen
                parts.append(sized(2, scope))
            elif (place, kind) == (1, 2):
                parts.append(sized(1, body[begin:stop]))
            if count > _MOST:
                raise TelemetryMalformed(f"The request has more than {_MOST} log records. Send fewer at a time.")
        found.append(sized(1, b"".join(parts)))
    return b"".join(found), refused


def sized(number: int, octets: bytes) -> bytes:
    """A field that has bytes."""
    return varint(number << 3 | 2) + varint(len(octets)) + octets


def _scope(body: bytes, begin: int, stop: int) -> tuple[bytes, int, int]:
    parts, refused, count = [], 0, 0
    for number, wire, start, end in fields(body, begin, stop):
        if (number, wire) == (2, 2):
            count += 1
            span = _span(body, start, end)
            refused += span is None
            parts.append(sized(2, span) if span is not None else b"")
        elif (number, wire) == (1, 2):
            parts.append(sized(1, body[start:end]))
        if count > _MOST:
            break
    return b"".join(parts), refused, count


def _span(body: bytes, start: int, end: int) -> bytes | None:
    """A log record as a span; None where it is no event of the conventions, or of no span."""
    said: dict[int, bytes] = {}
    attributes: list[bytes] = []
    for number, wire, begin, stop in fields(body, start, end):
        if (number, wire) == (6, 2):
            attributes.append(body[begin:stop])
        elif wire == (1 if number in (1, 11) else 2):
            said[number] = body[begin:stop]
    name = _name(said, attributes)
    trace, above = said.get(9, b""), said.get(10, b"")
    if not name.startswith(_PREFIX) or not (any(trace) and any(above)):
        return None
    at = next((time for time in (said.get(1, b""), said.get(11, b"")) if any(time)), bytes(8))
    if 5 in said:
        attributes.append(sized(1, b"gen_ai.event.content") + sized(2, said[5]))
    operation = "evaluation" if name == _EVALUATION else MESSAGE
    attributes = [one for one in attributes if _key(one) not in ("gen_ai.operation.name", "event.name")]
    attributes.append(sized(1, b"gen_ai.operation.name") + sized(2, sized(1, operation.encode())))
    own = hashlib.sha256(b"\0".join((trace, above, at, name.encode(), *attributes))).digest()[:8]
    return b"".join(
        (
            sized(1, trace),
            sized(2, own),
            sized(4, above),
            sized(5, name.encode()),
            b"\x39" + at,
            b"\x41" + at,
            *(sized(9, one) for one in attributes),
        )
    )


def _name(said: dict[int, bytes], attributes: list[bytes]) -> str:
    """The event's name: a field of its own now, an attribute before."""
    if said.get(12):
        return said[12].decode("utf-8", "replace")
    for one in attributes:
        if _key(one) == "event.name":
            value = next((one[begin:stop] for number, wire, begin, stop in _in(one) if (number, wire) == (2, 2)), b"")
            words = [value[begin:stop] for number, wire, begin, stop in _in(value) if (number, wire) == (1, 2)]
            return words[-1].decode("utf-8", "replace") if words else ""
    return ""


def _key(attribute: bytes) -> str:
    words = [attribute[begin:stop] for number, wire, begin, stop in _in(attribute) if (number, wire) == (1, 2)]
    return words[-1].decode("utf-8", "replace") if words else ""


def _in(message: bytes) -> Iterator[tuple[int, int, int, int]]:
    return fields(message, 0, len(message))
