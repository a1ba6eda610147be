"""
Taking telemetry in: requests to rows, rows to the log, the log to segments; three threads, a bounded queue before each.

Whoever sent a request hears that it was taken when its rows are in the log and the disk has said so. Where one thread
cannot keep up, the queues before it fill, and senders are told to come again: nothing grows without bound.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from goldenthread.promise.errors import TelemetryBusy, TelemetryError, TelemetryUnwritable
from goldenthread.record.telemetry import log as logs
from goldenthread.record.telemetry import segments as stored
from goldenthread.record.telemetry.flatten import Flattener
from goldenthread.record.telemetry.group import Body, Outcome
from goldenthread.record.telemetry.limits import Counts
from goldenthread.record.telemetry.places import Places, counted, hold
from goldenthread.record.telemetry.repeats import Marks, Recent
from goldenthread.record.telemetry.sealing import Anchor, Sealer
from goldenthread.record.telemetry.tending import Retention, compact, retain

_LOG = logging.getLogger("goldenthread.telemetry")
_LOOK_S = 1.0


@dataclass(frozen=True, kw_only=True)
class Pace:
    """
    How work is grouped.

    Attributes:
        group_bytes: Of requests that become rows together.
        piece_rows: Rows after which a piece of the log becomes a segment.
        piece_s: Seconds after which it does so, however few they are.
        waiting_pieces: Pieces that may wait to become segments.
        tend_s: Seconds after which segments are looked after: small ones made one, what is too old left out.
    """

    group_bytes: int = 4 * 1024 * 1024
    piece_rows: int = 65_536
    piece_s: float = 900.0
    waiting_pieces: int = 2
    tend_s: float = 3600.0


@dataclass(frozen=True, kw_only=True)
class _Waiting:
    body: Body
    done: Future[Outcome] = field(default_factory=Future)


class Collector:
    """
    The one process that takes telemetry in for a home.

    Args:
        places: Where it is stored.
        flattener: Makes rows of requests.
        anchor: Puts a segment on record.
        pace: How work is grouped.
        retention: How long what is kept.
        clock_ns: Nanoseconds since 1970.

    Raises:
        TelemetryHeld: Another process does so.
        TelemetryUnwritable: The folders cannot be used.
    """

    def __init__(
        self,
        places: Places,
        flattener: Flattener,
        anchor: Anchor,
        *,
        pace: Pace | None = None,
        retention: Retention | None = None,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        places.prepare()
        self._lock = hold(places)
        self._places, self._flattener, self._clock_ns = places, flattener, clock_ns
        self._pace, self._retention, self._anchor = pace or Pace(), retention or Retention(), anchor
        self._tended = float("-inf")
        self.counts = Counts(counted(places))
        recent = Recent()
        self._marks = Marks(recent, self._pace.waiting_pieces + 2)
        self._sealer = Sealer(places, anchor, recent)
        try:
            self._sealer.recover()
        except BaseException:
            os.close(self._lock)
            raise
        numbers = [piece.number for piece in logs.pieces(places.log)]
        self._log = logs.Log(places.log, stored.next_number(numbers, stored.segments(places.segments)))
        self._room = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._octets = 0
        self._closing = False
        self._rows: queue.Queue[tuple[Any, list[_Waiting], tuple[Outcome, ...]] | None] = queue.Queue(2)
        self._sealed: queue.Queue[tuple[logs.Piece, list[Any], str] | None] = queue.Queue(self._pace.waiting_pieces)
        self._threads = [
            threading.Thread(target=work, name=f"goldenthread-telemetry-{name}", daemon=True)
            for name, work in (("rows", self._flatten), ("log", self._append), ("segments", self._seal))
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, body: Body) -> Future[Outcome]:
        """
        Take a request; the future is done when its rows are durable, or it turned out not to be taken.

        Raises:
            TelemetryBusy: More waits than may.
        """
        waiting = _Waiting(body=body)
        waiting.done.set_running_or_notify_cancel()  # a sender that hangs up takes nothing back
        with self._room:
            if self._closing or self._octets + len(body.octets) > self._flattener.limits.queue_bytes:
                self.counts.add("busy")
                raise TelemetryBusy(
                    f"{self._octets} bytes of telemetry wait to be stored, and no more may. Send it again in a moment."
                )
            self._waiting.append(waiting)
            self._octets += len(body.octets)
            self._room.notify()
        return waiting.done

    def close(self) -> None:
        """Store what waits, and end; what is in the log stays there until somebody starts again."""
        with self._room:
            self._closing = True
            self._room.notify()
        for thread in self._threads:
            thread.join()
        self._say()
        os.close(self._lock)

    # --- requests to rows -------------------------------------------------------------------------

    def _flatten(self) -> None:
        while (group := self._next_group()) is not None:
            if not group:
                continue
            try:
                flat = self._flattener.flatten([one.body for one in group], self._clock_ns())
            except Exception as problem:  # noqa: BLE001 - whoever waits is told, and the next request is looked at
                _LOG.exception("Telemetry could not be read; its senders are told")
                _fail(group, TelemetryUnwritable(f"It could not be read: {type(problem).__name__}. Look into the log."))
                continue
            self.counts.take(flat.left_out)
            self._rows.put((flat.rows, group, flat.outcomes))
        self._rows.put(None)

    def _next_group(self) -> list[_Waiting] | None:
        """Requests that came meanwhile, as many as are worked on together; None at the end."""
        with self._room:
            while not self._waiting and not self._closing:
                self._room.wait()
            if not self._waiting:
                return None
            size = count = 0
            while count < len(self._waiting) and (not count or size < self._pace.group_bytes):
                size += len(self._waiting[count].body.octets)
                count += 1
            group, self._waiting = self._waiting[:count], self._waiting[count:]
            self._octets -= size
            return group

    # --- rows to the log --------------------------------------------------------------------------

    def _append(self) -> None:
        batches: list[Any] = []
        began, day = time.monotonic(), stored.day_of(self._clock_ns())
        ended = False
        while not ended:
            groups, ended = self._next_rows()
            try:
                kept = [self._marks.marked(rows) for rows, _, _ in groups if rows.num_rows]
                if kept:
                    self._log.append(kept)
            except Exception as problem:  # noqa: BLE001 - whoever waits is told, whatever it was
                for _, group, _ in groups:
                    _fail(group, _as_unwritable(problem))
                continue
            batches += kept
            for _, group, outcomes in groups:
                self._tell(group, outcomes)
            today = stored.day_of(self._clock_ns())
            old = time.monotonic() - began > self._pace.piece_s or today != day
            if batches and (old or sum(batch.num_rows for batch in batches) >= self._pace.piece_rows):
                piece = self._log.seal()
                assert piece is not None
                self._marks.seal()
                self._sealed.put((piece, batches, day))
                batches = []
            if not batches:
                began, day = time.monotonic(), today
        self._log.close()
        self._sealed.put(None)

    def _next_rows(self) -> tuple[list[tuple[Any, list[_Waiting], tuple[Outcome, ...]]], bool]:
        """All rows that wait, to be made durable at once; and whether that was all for ever."""
        found = []
        try:
            first = self._rows.get(timeout=_LOOK_S)
        except queue.Empty:
            return [], False
        while first is not None:
            found.append(first)
            try:
                first = self._rows.get_nowait()
            except queue.Empty:
                return found, False
        return found, True

    def _tell(self, group: list[_Waiting], outcomes: tuple[Outcome, ...]) -> None:
        for one, outcome in zip(group, outcomes, strict=True):
            self.counts.add("taken", outcome.taken)
            self.counts.take(outcome.refused)
            if outcome.error is not None:
                self.counts.add("malformed")
                one.done.set_exception(outcome.error)
            else:
                one.done.set_result(outcome)

    # --- the log to segments ----------------------------------------------------------------------

    def _seal(self) -> None:
        while True:
            try:
                sealed = self._sealed.get(timeout=_LOOK_S)
            except queue.Empty:
                if not self._sealer.anchor():
                    self._tend()
                self._say()
                continue
            if sealed is None:
                return
            piece, batches, day = sealed
            try:
                self._sealer.seal(piece, pa.Table.from_batches(batches), day)
            except Exception:  # noqa: BLE001 - the piece stays in the log, where queries find it, until the next start
                _LOG.exception("A segment could not be written; its rows stay in the log")
            self._say()

    def _tend(self) -> None:
        """Look after the segments now and then, while all of them are on record."""
        if time.monotonic() - self._tended < self._pace.tend_s:
            return
        self._tended = time.monotonic()
        try:
            retain(self._places, self._anchor, self._retention, now_ns=self._clock_ns())
            compact(self._places, self._anchor, today=stored.day_of(self._clock_ns()))
        except Exception:  # noqa: BLE001 - what could not be done now is tried again in an hour; nothing is lost
            _LOG.exception("The segments could not be looked after")

    def _say(self) -> None:
        """Leave the counts where `status` finds them; losing the last second of them harms nobody."""
        draft = self._places.counts.with_suffix(".draft")
        try:
            draft.write_text(json.dumps(self.counts.shown()))
            draft.replace(self._places.counts)
        except OSError:
            _LOG.warning("The counts of telemetry cannot be written")


def _as_unwritable(problem: Exception) -> TelemetryError:
    if isinstance(problem, TelemetryError):
        return problem
    return TelemetryUnwritable(f"It could not be stored: {type(problem).__name__}. Nothing of this request was taken.")


def _fail(group: list[_Waiting], problem: TelemetryError) -> None:
    for one in group:
        one.done.set_exception(problem)
