"""The content detectors: what a kilobyte of text costs before an action is decided, or after a tool was read."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from bench.registry import benchmark
from bench.table import Figure, Row
from goldenthread.control.content import find, looks_injected, redact
from goldenthread.promise.values import Json

SECONDS = 1.0
_PROSE = (
    "Thank you for your patience while we looked into this. The transfer was declined because the card had expired, "
    "and a new one is on its way. Until it arrives you can pay with the app as before; nothing else changes. "
)
_DENSE = (
    "From: Diana Iversen <diana@example.org>, 92 Crown Street, Kenosha, WI 53140, phone 751-954-9268.\n"
    "Card 4111 1111 1111 1111, IBAN DE89 3704 0044 0532 0130 00, invoice 2024-10-31 over 1,299.00 EUR.\n"
)
TEXTS = {"prose": (_PROSE * 4)[:1000], "mail full of names and numbers": (_DENSE * 6)[:1000]}
# As much as a durable permit may take with one caller: looking at the arguments should not be what one waits for.
_LIMIT_US, _AGAINST = 2_000.0, "what a durable permit may take; processor time"


@benchmark("content")
def measure_content() -> Sequence[Row]:
    """One kilobyte (1,000 characters) through each detector, in processor time of one process."""
    work: dict[str, Callable[[Json], object]] = {
        "secrets and personal data found": find,
        "redacted": lambda value: redact(value, ["secrets", "personal_data"]),
        "injected orders looked for": looks_injected,
    }
    return [
        Row(
            what=f"content, {words}, 1 KB of {name}",
            ours=Figure(value=_each_us(detector, text), unit="us"),
            beside=Figure(value=_LIMIT_US, unit="us"),
            against=_AGAINST,
            better="lower",
            command="python -m bench content",
        )
        for words, detector in work.items()
        for name, text in TEXTS.items()
    ]


def _each_us(detector: Callable[[Json], object], text: str) -> float:
    """Mean processor time of a call, in microseconds, after a first one that loads the weights."""
    detector(text)
    started, calls = time.process_time(), 0
    while (taken := time.process_time() - started) < SECONDS:
        detector(text)
        calls += 1
    return taken / calls * 1e6
