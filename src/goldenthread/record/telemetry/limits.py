"""How much of anything is taken, and what counts as refused: one place, so that `status` and the docs say the same."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

REASONS: Mapping[str, str] = {
    "ids": "no trace or span id of the right length, or one of zeros only",
    "times": "it began never, ends before it began, or begins in the future",
    "fields": "it has too many attributes, events or links",
    "size": "it is too large",
    "slice": "it names a slice that the token does not reach",
    "log": "it is a log record, and no event of the GenAI conventions that belongs to a span",
}
"""Why a span is not taken, by the word that counts it; it is told to the sender as a partial success."""

TAKEN_LESS: Mapping[str, str] = {
    "value-too-long": "an attribute whose value is too long was left out",
    "key-too-long": "an attribute whose name is too long was left out",
    "wrong-type": "an attribute did not have its column's type, and stands among the others",
    "content-off": "an attribute that holds what was said was left out, since content is off",
    "redacted": "a value held a secret or personal data, which was taken out",
    "too-deep": "a value that is nested too deep, or no value, was left out",
    "sampled": "a span was left out by sampling",
}
"""What was left out of spans that were taken, by the word that counts it."""

WHOLE: Mapping[str, str] = {
    "malformed": "the request is no OTLP",
    "too-large": "the body is too large, before or after it was unpacked",
    "busy": "the queue was full; the sender was told when to come again",
    "slow": "its body did not come within its time",
    "signal": "it holds metrics, which are not taken",
    "encoding": "the body is packed or written in a way that is not served",
    "credentials": "no token, or one for something else",
}
"""Why a whole request is not taken, by the word that counts it."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """
    What is taken.

    Attributes:
        body_bytes: Of a request, unpacked.
        queue_bytes: Of requests that wait, together; beyond it senders are told to come again.
        fields: Fields of one span: its attributes, events and links, and ten of its own.
        event_fields: Fields of one event.
        span_bytes: Of a span.
        value_bytes: Of a value that is no content.
        content_bytes: Of a value that is content.
        key_bytes: Of an attribute's name.
        groups: Resources and scopes of one request.
        reading_bytes: Of requests that are being read, together; beyond it senders are told to come again.
        body_s: Seconds in which a body must have come.
        ahead_ns: How far in the future a span may begin: clocks differ.
    """

    body_bytes: int = 16 * 1024 * 1024
    queue_bytes: int = 64 * 1024 * 1024
    fields: int = 512
    event_fields: int = 64
    span_bytes: int = 4 * 1024 * 1024
    value_bytes: int = 16 * 1024
    content_bytes: int = 1024 * 1024
    key_bytes: int = 256
    groups: int = 2000
    reading_bytes: int = 128 * 1024 * 1024
    body_s: float = 30.0
    ahead_ns: int = 3600 * 1_000_000_000


class Counts:
    """What was taken, refused or left out, by word, going on from what was counted before; thread-safe."""

    def __init__(self, before: Mapping[str, int] | None = None) -> None:
        self._counts: Counter[str] = Counter(before or {})
        self._lock = threading.Lock()

    def add(self, word: str, number: int = 1) -> None:
        """Count."""
        with self._lock:
            if number:
                self._counts[word] += int(number)

    def take(self, other: Mapping[str, int]) -> None:
        """Count what somebody else counted."""
        for word, number in other.items():
            self.add(word, number)

    def shown(self) -> dict[str, int]:
        """Every word that was counted, in alphabetical order."""
        with self._lock:
            return dict(sorted(self._counts.items()))
