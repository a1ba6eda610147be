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
from goldenthread.record.telemetry import REASONS, Outcome, sized, varint

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

UNIMPLEMENTED = 12
_AGAIN_S, _LATER_S = "1", "60"


def taken(outcome: Outcome, form: str, signal: str = "traces") -> Response:
    """All of it was taken, or a part: how many spans or records were not, and why."""
    if form != JSON:
        return _response(taken_octets(outcome), form)
    number, words = _refused_words(outcome)
    name = "rejectedSpans" if signal == "traces" else "rejectedLogRecords"
    said = {"partialSuccess": {name: str(number), "errorMessage": words}} if number else {}
    return _response(json.dumps(said).encode(), form)


def taken_octets(outcome: Outcome) -> bytes:
    """The same as protobuf; traces and logs say it alike."""
    number, words = _refused_words(outcome)
    inner = b"\x08" + varint(number) + sized(2, words.encode("utf-8", "replace"))
    return sized(1, inner) if number else b""


def rpc_code(error: GoldenthreadError) -> int:
    """The status of gRPC."""
    return next((rpc for kind, _, rpc in _STATUSES if isinstance(error, kind)), 13)


def status_with_retry(error: GoldenthreadError, code: int) -> bytes | None:
    """A google.rpc.Status that says when to come again (RetryInfo); None where nobody should."""
    if code not in (8, 14):
        return None
    seconds = _AGAIN_S if code == 14 else _LATER_S
    delay = sized(1, b"\x08" + varint(int(seconds)))
    info = sized(1, b"type.googleapis.com/google.rpc.RetryInfo") + sized(2, delay)
    return b"\x08" + varint(code) + sized(2, str(error).encode("utf-8", "replace")) + sized(3, info)


def refused(error: GoldenthreadError, form: str, status: int | None = None, code: int | None = None) -> Response:
    """None of it was taken; status and code as the error has them, if no others are named."""
    found = next(((http, rpc) for kind, http, rpc in _STATUSES if isinstance(error, kind)), (500, 13))
    code = found[1] if code is None else code
    headers = {"Retry-After": _AGAIN_S} if found[0] == 503 else {}
    if isinstance(error, TooManyFailures):
        headers = {"Retry-After": _LATER_S}
    if isinstance(error, CredentialsRefused):
        headers = {"WWW-Authenticate": "Bearer"}
    if form == JSON:
        body = json.dumps({"code": code, "message": str(error)}).encode()
    else:
        body = b"\x08" + varint(code) + sized(2, str(error).encode("utf-8", "replace"))
    return _response(body, form, status or found[0], headers)


def _response(body: bytes, form: str, status: int = 200, more: Mapping[str, str] | None = None) -> Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **(more or {})}
    return Response(body, status, headers, media_type=form)


def _refused_words(outcome: Outcome) -> tuple[int, str]:
    words = "; ".join(f"{number} not taken: {REASONS[word]}" for word, number in sorted(outcome.refused.items()))
    return sum(outcome.refused.values()), words
