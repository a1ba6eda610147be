"""
What HTTP and gRPC have in common: who may send, what is unpacked within bounds, what becomes rows, what is counted.

Each refusal is counted here, once, by the word that `goldenthread telemetry status` explains.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from goldenthread.control.serving import Access, Caller
from goldenthread.promise.errors import (
    CredentialsRefused,
    PrincipalError,
    ScopeRefused,
    TelemetryBusy,
    TelemetryMalformed,
    TelemetryTooLarge,
)
from goldenthread.record.telemetry import (
    Body,
    Collector,
    Limits,
    Outcome,
    logs_from_json,
    traces_from_json,
    traces_from_logs,
)
from goldenthread.surfaces.api.doors import Failures

TRACES, LOGS, METRICS = "traces", "logs", "metrics"

METRICS_REFUSED = (
    "Metrics are not taken: figures are made from spans. Set OTEL_METRICS_EXPORTER=none, or send them elsewhere."
)


@dataclass(frozen=True, kw_only=True)
class Taking:
    """A request that is on its way to the disk, and what of it was refused before."""

    done: Future[Outcome]
    refused: Mapping[str, int] = field(default_factory=dict)

    def whole(self, outcome: Outcome) -> Outcome:
        """What became of all of it."""
        return replace(outcome, refused={**outcome.refused, **self.refused})


class Intake:
    """
    Lets senders in, and hands what they send to the collector; thread-safe.

    Args:
        collector: Takes what comes.
        access: Whose tokens are good.
        limits: How much one request may hold, and all that are read together.
    """

    def __init__(self, collector: Collector, access: Access, limits: Limits) -> None:
        self.limits = limits
        self._collector, self._access = collector, access
        self._failures = Failures()
        self._lock = threading.Lock()
        self._held = 0

    def caller(self, token: str | None, come_from: str) -> Caller:
        """
        Whose token it is.

        Raises:
            CredentialsRefused, ScopeRefused, PrincipalError: It opens nothing, or something else.
            TooManyFailures: Too many wrong ones came from there.
        """
        try:
            caller = self._access.caller(token)
            caller.require("telemetry")
        except (CredentialsRefused, ScopeRefused, PrincipalError) as problem:
            self.count("credentials")
            if isinstance(problem, CredentialsRefused):
                self._failures.count(come_from)
            raise
        return caller

    def tokens(self) -> None:
        """Raises where tokens cannot be told from one another."""
        self._access.tokens()

    def count(self, word: str) -> None:
        """One more request that is not taken."""
        self._collector.counts.add(word)

    def hold(self, octets: int) -> None:
        """
        Bytes of a request are in memory, until `let_go`.

        Raises:
            TelemetryBusy: More than may are being read; these are not held.
        """
        with self._lock:
            if self._held + octets > self.limits.reading_bytes:
                self.count("busy")
                raise TelemetryBusy(
                    f"{self._held} bytes of telemetry are being read, and no more may. Send it again in a moment."
                )
            self._held += octets

    def let_go(self, octets: int) -> None:
        """They are not any more."""
        with self._lock:
            self._held -= octets

    def require_small(self, size: int, *, most: int | None = None) -> None:
        """
        Raises:
            TelemetryTooLarge: A body of so many bytes is not taken.
        """
        allowed = min(self.limits.body_bytes, most or self.limits.body_bytes)
        if size > allowed:
            self.count("too-large")
            raise TelemetryTooLarge(f"The body is larger than {allowed} bytes. Send fewer spans at a time.")

    def unpacked(self, packed: bytes) -> bytes:
        """
        What was packed with gzip; never more of it than is taken, so that a small bomb stays small.

        Raises:
            TelemetryTooLarge: It would be.
            TelemetryMalformed: It is no gzip, or not whole, or more than one.
        """
        unpacker = zlib.decompressobj(wbits=31)
        try:
            found = unpacker.decompress(packed, self.limits.body_bytes + 1)
        except zlib.error:
            raise self._malformed("The body is no gzip, though its Content-Encoding says so. Send it again.") from None
        self.require_small(len(found))
        if not unpacker.eof or unpacker.unused_data:
            raise self._malformed("The body is no gzip that is whole, and one only. Send it again.")
        return found

    def take(self, octets: bytes, caller: Caller, *, signal: str, as_json: bool = False) -> Taking:
        """
        Make rows of a request and store them; `done` when they are durable.

        Args:
            octets: Protobuf or JSON, unpacked.
            caller: Who sent it.
            signal: `TRACES` or `LOGS`.
            as_json: Whether it is JSON.

        Raises:
            TelemetryMalformed: It is no such request.
            TelemetryBusy: More waits than may.
        """
        refused = 0
        try:
            if as_json:
                octets = (traces_from_json if signal == TRACES else logs_from_json)(octets)
            if signal == LOGS:
                octets, refused = traces_from_logs(octets)
        except TelemetryMalformed:
            self.count("malformed")
            raise
        done = self._collector.submit(Body(octets=octets, source=caller.name, reaches=_reach(caller)))
        self._collector.counts.add("log", refused)
        return Taking(done=done, refused={"log": refused} if refused else {})

    def _malformed(self, words: str) -> TelemetryMalformed:
        self.count("malformed")
        return TelemetryMalformed(words)


def _reach(caller: Caller) -> Callable[[str], bool]:
    """Whether a token reaches a slice; spans that name none come from whoever may send any."""
    everywhere = caller.token.reaches("*")
    return lambda slice: (everywhere and not slice) or caller.token.allowed(caller.tokens.principals, slice)
