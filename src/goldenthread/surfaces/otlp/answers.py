"""Answers as OTLP wants them: partial success, and google.rpc.Status for errors; in the form that was sent."""

from __future__ import annotations

import json
from collections.abc import Mapping

from starlette.responses import Response

from goldenthread.promise.errors import (
    CredentialsRefused,
    GoldenthreadError,
    PrincipalError,
    ScopeRefused,
    StoreError,
    TelemetryBusy,
    TelemetryMalformed,
    TelemetryTooLarge,
    TelemetryUnwritable,
    TooManyFailures,
)
from goldenthread.record.telemetry import REASONS, Outcome

PROTOBUF, JSON = "application/x-protobuf", "application/json"

_STATUSES: tuple[tuple[type[GoldenthreadError], int, int], ...] = (
    (CredentialsRefused, 401, 16),
    (ScopeRefused, 403, 7),
    (PrincipalError, 403, 7),
    (TooManyFailures, 429, 8),
    (TelemetryMalformed, 400, 3),
    (TelemetryTooLarge, 413, 3),
    (TelemetryBusy, 503, 14),
    (TelemetryUnwritable, 503, 14),
    (StoreError, 503, 14),
)
"""By error: the status of HTTP, and that of gRPC; 503 and 429 are the only ones after which senders try again."""

_AGAIN_S = "1"


def taken(outcome: Outcome, form: str) -> Response:
    """All of it was taken, or a part: how many spans were not, and why."""
    refused = sum(outcome.refused.values())
    words = "; ".join(f"{number} not taken: {REASONS[word]}" for word, number in sorted(outcome.refused.items()))
    if form == JSON:
        said = {"partialSuccess": {"rejectedSpans": str(refused), "errorMessage": words}} if refused else {}
        return _response(json.dumps(said).encode(), form)
    inner = b"\x08" + _varint(refused) + _text(2, words)
    return _response(b"\x0a" + _varint(len(inner)) + inner if refused else b"", form)


def refused(error: GoldenthreadError, form: str, status: int | None = None) -> Response:
    """None of it was taken."""
    found = next(((http, rpc) for kind, http, rpc in _STATUSES if isinstance(error, kind)), (500, 13))
    headers = {"Retry-After": _AGAIN_S} if found[0] == 503 else {}
    if isinstance(error, TooManyFailures):
        headers = {"Retry-After": "60"}
    if isinstance(error, CredentialsRefused):
        headers = {"WWW-Authenticate": "Bearer"}
    if form == JSON:
        body = json.dumps({"code": found[1], "message": str(error)}).encode()
    else:
        body = b"\x08" + _varint(found[1]) + _text(2, str(error))
    return _response(body, form, status or found[0], headers)


def _response(body: bytes, form: str, status: int = 200, more: Mapping[str, str] | None = None) -> Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **(more or {})}
    return Response(body, status, headers, media_type=form)


def _text(field: int, text: str) -> bytes:
    octets = text.encode("utf-8", "replace")
    return bytes([field << 3 | 2]) + _varint(len(octets)) + octets


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    found.append(number)
    return bytes(found)
