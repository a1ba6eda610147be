"""Spans that came twice: senders send again what they got no answer for, so the last one counts, and once."""

from __future__ import annotations

import os
import threading
from collections import deque
from typing import Any

import numpy as np
import pyarrow as pa

from goldenthread.record.telemetry.columns import SPANS
from goldenthread.record.telemetry.wire import Bits, Flags

_AGAIN = SPANS.get_field_index("again")
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SECRET = np.uint64(int.from_bytes(os.urandom(8), "little"))


def keys_of(table: Any) -> Bits:
    """
    A number for each span's ids, in this process.

    Two spans share one by chance once in 2^64 pairs. Nobody who may write here can bring that about: the numbers begin
    with a secret of the process.
    """
    if not len(table):
        return np.zeros(0, np.uint64)
    traces = np.frombuffer(octets_of(table["trace_id"]), dtype="<u8").reshape(-1, 2)
    spans = np.frombuffer(octets_of(table["span_id"]), dtype="<u8")
    return _stirred(_stirred(_stirred(traces[:, 0] ^ _SECRET) ^ traces[:, 1]) ^ spans)


def _stirred(bits: Bits) -> Bits:
    """Every bit spread over all others, so that ids that only count up don't meet: the end of splitmix64."""
    with np.errstate(over="ignore"):
        bits = (bits + _MIX) ^ ((bits + _MIX) >> np.uint64(30))
        bits = bits * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed: Bits = bits ^ (bits >> np.uint64(31))
    return mixed


def last_of_each(keys: Bits) -> Flags:
    """Which rows are the last with their number."""
    order = np.argsort(keys, kind="stable")
    last = np.ones(len(keys), np.bool_)
    if len(keys) > 1:
        last[order] = np.append(keys[order][1:] != keys[order][:-1], True)
    return last


class Recent:
    """
    The spans of the last segments, by number; thread-safe.

    Args:
        most: How many are remembered; a span that comes again after more others than that counts twice, until its
            day is compacted.
    """

    def __init__(self, most: int = 4_000_000) -> None:
        self._most = most
        self._parts: list[Bits] = []
        self._sorted: Bits = np.zeros(0, np.uint64)
        self._lock = threading.Lock()

    def seen(self, keys: Bits) -> Flags:
        """Which of these are remembered."""
        return _among(self._sorted, keys)

    def add(self, keys: Bits) -> None:
        """Remember a segment's, and forget the oldest beyond the limit."""
        with self._lock:
            self._parts.append(np.sort(keys))
            while len(self._parts) > 1 and sum(map(len, self._parts)) > self._most:
                self._parts.pop(0)
            self._sorted = np.sort(np.concatenate(self._parts), kind="stable")


class Marks:
    """
    Marks rows of spans that were taken before, while they are logged, so that no query has to look for them.

    Args:
        recent: The spans of segments; those of the log's last pieces are remembered here.
        pieces: How many pieces may be under way to becoming segments.
    """

    def __init__(self, recent: Recent, pieces: int) -> None:
        self._recent = recent
        self._sealed: deque[Bits] = deque(maxlen=pieces)
        self._piece: list[Bits] = []

    def marked(self, rows: Any) -> Any:
        """The rows with `again` said of each."""
        keys = keys_of(rows)
        again = self._recent.seen(keys) | ~last_of_each(keys[::-1])[::-1]
        for others in (*self._sealed, *self._piece):
            again |= _among(others, keys)
        self._piece.append(np.sort(keys))
        if len(self._piece) > 1 and len(self._piece[-1]) * 2 > len(self._piece[-2]):
            self._piece[-2:] = [np.sort(np.concatenate(self._piece[-2:]))]
        return rows.set_column(_AGAIN, SPANS.field(_AGAIN), pa.array(again))

    def seal(self) -> None:
        """A piece has ended."""
        self._sealed.append(np.sort(np.concatenate(self._piece)) if self._piece else np.zeros(0, np.uint64))
        self._piece = []


def _among(ordered: Bits, keys: Bits) -> Flags:
    """Which keys are among these, which are sorted."""
    found = np.zeros(len(keys), np.bool_)
    if len(ordered) and len(keys):
        order = np.argsort(keys)
        places = np.searchsorted(ordered, keys[order]).clip(0, len(ordered) - 1)
        found[order] = ordered[places] == keys[order]
    return found


def ids_of(table: Any, rows: Flags) -> Any:
    """Trace and span ids of these rows, as a table."""
    return table.select(["trace_id", "span_id"]).filter(pa.array(rows))


def octets_of(column: Any) -> memoryview:
    """The bytes of a column of ids, one behind the other; none of them may be null."""
    plain = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    width = plain.type.byte_width
    return memoryview(plain.buffers()[1])[plain.offset * width : (plain.offset + len(plain)) * width]
