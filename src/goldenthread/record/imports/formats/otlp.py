"""
OTLP in files: JSON lines or a JSON document; protobuf, each message behind its length, or one message alone.

Source:
    https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/ and, for lengths of four bytes before protobuf,
    open-telemetry/opentelemetry-collector-contrib, exporter/fileexporter.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import IO

from goldenthread.promise.errors import TelemetryMalformed
from goldenthread.record.imports.document import Document
from goldenthread.record.imports.model import Unit, refusal
from goldenthread.record.imports.octets import LONGEST, lines, opened
from goldenthread.record.imports.reading import Reading
from goldenthread.record.telemetry import traces_from_json
from goldenthread.record.telemetry.envelope import scopes

_GROUPS = 100_000


def read(reading: Reading) -> Iterator[Unit]:
    """The requests of a file."""
    with opened(reading.path) as stream:
        if is_protobuf(stream.peek(64)[:64]):
            yield from islice(_protobuf(stream), reading.skip, None)
        elif reading.holding == "document":
            yield from _document(stream, reading)
        else:
            yield from _lines(stream, reading.skip)


def is_protobuf(head: bytes) -> bool:
    """Whether these first bytes are those of requests as protobuf: a field 1, at once or behind a length."""
    return (head[:1] == b"\x0a" and head[1:2] not in (b"", b"{", b"\n", b"\r", b" ")) or (
        len(head) > 5 and head[0] == 0 and head[4] == 0x0A
    )


def _lines(stream: IO[bytes], skip: int) -> Iterator[Unit]:
    for number, line in lines(stream):
        if line is not None and not line.strip():
            continue
        if skip > 0:
            skip -= 1
        elif line is None:
            yield refusal(f"line {number}", "long", f"it has more than {LONGEST:,} bytes")
        else:
            yield _unit(f"line {number}", line)


def _document(stream: IO[bytes], reading: Reading) -> Iterator[Unit]:
    for one in Document(stream, reading.path.name).elements(("resourceSpans", "resource_spans"), skip=reading.skip):
        if one.key not in ("resourceSpans", "resource_spans"):
            continue
        place = f"line {one.line}"
        if one.refused:
            yield refusal(place, one.refused, one.words)
        else:
            yield _unit(place, json.dumps({"resourceSpans": [one.value]}).encode())


def _unit(place: str, line: bytes) -> Unit:
    try:
        return Unit(place=place, body=traces_from_json(line))
    except TelemetryMalformed as problem:
        return refusal(place, "shape", str(problem.message))


def _protobuf(stream: IO[bytes]) -> Iterator[Unit]:
    number, at = 0, 0
    head = stream.read(4)
    if head[:1] == b"\x0a":
        yield _message(1, head + stream.read(LONGEST + 1 - len(head)))
        return
    while head:
        number += 1
        size = int.from_bytes(head)
        if len(head) < 4 or size > LONGEST:
            words = f"at byte {at:,} stands no length of a message that is read; the rest is passed over"
            yield refusal(f"message {number}", "long" if len(head) == 4 else "broken", words)
            return
        body = stream.read(size)
        if len(body) < size:
            yield refusal(f"message {number}", "broken", "the file ends in the middle of it")
            return
        yield _message(number, body)
        at += 4 + size
        head = stream.read(4)


def _message(number: int, body: bytes) -> Unit:
    place = f"message {number}"
    if len(body) > LONGEST:
        return refusal(place, "long", f"it has more than {LONGEST:,} bytes")
    try:
        scopes(body, most=_GROUPS)
    except TelemetryMalformed as problem:
        return refusal(place, "shape", str(problem.message))
    return Unit(place=place, body=body)
