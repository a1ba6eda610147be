"""Spans that came twice: senders send again what they got no answer for, so the last one counts, and once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from goldenthread.record.telemetry.wire import Bits, Flags

_MIX = np.uint64(0x9E3779B97F4A7C15)


def keys_of(table: Any) -> Bits:
    """
    A number for each span's ids.

    Two spans share one by chance once in 2^64 pairs; by design whoever may write here can make two that do, and loses
    nothing but the first of their own spans' place in time: equal numbers are only where equal ids are looked for.
    """
    if not len(table):
        return np.zeros(0, np.uint64)
    traces = np.frombuffer(octets_of(table["trace_id"]), dtype="<u8").reshape(-1, 2)
    spans = np.frombuffer(octets_of(table["span_id"]), dtype="<u8")
    with np.errstate(over="ignore"):
        mixed: Bits = ((traces[:, 0] * _MIX) ^ traces[:, 1]) * _MIX ^ spans
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
    The spans of the last segments, by number.

    Args:
        most: How many are remembered; a span that comes again after more others than that counts twice, until its
            day is compacted.
    """

    def __init__(self, most: int = 4_000_000) -> None:
        self._most = most
        self._parts: list[Bits] = []
        self._sorted: Bits = np.zeros(0, np.uint64)

    def seen(self, keys: Bits) -> Flags:
        """Which of these are remembered."""
        if not len(self._sorted) or not len(keys):
            return np.zeros(len(keys), np.bool_)
        order = np.argsort(keys)
        places = np.searchsorted(self._sorted, keys[order]).clip(0, len(self._sorted) - 1)
        found = np.zeros(len(keys), np.bool_)
        found[order] = self._sorted[places] == keys[order]
        return found

    def add(self, keys: Bits) -> None:
        """Remember a segment's, and forget the oldest beyond the limit."""
        self._parts.append(np.sort(keys))
        while len(self._parts) > 1 and sum(map(len, self._parts)) > self._most:
            self._parts.pop(0)
        self._sorted = np.sort(np.concatenate(self._parts), kind="stable")


def ids_of(table: Any, rows: Flags) -> Any:
    """Trace and span ids of these rows, as a table."""
    return table.select(["trace_id", "span_id"]).filter(pa.array(rows))


def octets_of(column: Any) -> memoryview:
    """The bytes of a column of ids, one behind the other; none of them may be null."""
    plain = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    width = plain.type.byte_width
    return memoryview(plain.buffers()[1])[plain.offset * width : (plain.offset + len(plain)) * width]
