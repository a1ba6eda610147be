"""Ids and times as sources write them, as OpenTelemetry has them; the same source gives the same, every time."""

from __future__ import annotations

import hashlib
import math
import re
from datetime import UTC, datetime
from typing import Any

_HEX = re.compile(r"[0-9a-fA-F]+\Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NS = 1_000_000_000
_DIGITS = re.compile(r"\.(\d{7,9})(?!\d)")


def trace_id(source: str, text: str) -> bytes:
    """
    Sixteen bytes for a trace: its own where it is 32 hex digits or a UUID, else a digest of source and text.

    Args:
        source: What the text is unique in, e.g. 'langfuse'.
        text: The trace's id as its source writes it.
    """
    plain = text.replace("-", "") if len(text) == 36 else text.removeprefix("0x").removeprefix("tr-")
    if len(plain) == 32 and _HEX.match(plain) and plain.strip("0"):
        return bytes.fromhex(plain)
    return _digest(source, text)[:16]


def span_id(source: str, trace: bytes, text: str) -> bytes:
    """Eight bytes for a span of a trace: its own where it is 16 hex digits, else a digest."""
    plain = text.removeprefix("0x")
    if len(plain) == 16 and _HEX.match(plain) and plain.strip("0"):
        return bytes.fromhex(plain)
    return _digest(source, trace.hex(), text)[:8]


def instant_ns(value: Any) -> int | None:
    """
    Nanoseconds since 1970 of a time as files have it; None for none.

    ISO 8601, with `T` or a space, of UTC where it names no zone; a number counts seconds, milli-, micro- or
    nanoseconds, told by its size.
    """
    if isinstance(value, datetime):
        at = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        found = at - _EPOCH
        return (found.days * 86400 + found.seconds) * _NS + found.microseconds * 1000
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _of_number(value)
    text = str(value).strip()
    if not text or len(text) > 64:
        return None
    try:
        return _of_number(float(text) if "." in text else int(text))
    except ValueError:
        return _of_text(text)


def _of_text(text: str) -> int | None:
    try:
        found = instant_ns(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None
    finer = _DIGITS.search(text)
    return found if found is None or finer is None else found + int(finer[1].ljust(9, "0")[6:])


def _of_number(number: float) -> int | None:
    if not math.isfinite(number) or number <= 0:
        return None
    for most, each in ((1e11, _NS), (1e14, 1_000_000), (1e17, 1000), (9e18, 1)):
        if number < most:
            return int(number) * each + round((number - int(number)) * each)
    return None


def _digest(*parts: str) -> bytes:
    found = hashlib.sha256()
    for part in parts:
        octets = part.encode("utf-8", "replace")
        found.update(len(octets).to_bytes(8, "big") + octets)
    return found.digest()
