"""Attributes of many spans or events at once: keys and values as arrays, and the map of those without a column."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from goldenthread.promise.errors import TelemetryMalformed
from goldenthread.record.telemetry import envelope, wire
from goldenthread.record.telemetry.columns import ATTRIBUTES, VALUE
from goldenthread.record.telemetry.limits import Limits
from goldenthread.record.telemetry.wire import Bits, Buffer, Flags, Whole

NONE, TEXT, FLAG, WHOLE, NUMBER, LIST, TABLE, OCTETS = range(8)
"""What a value is: the field of AnyValue that is set."""

_WIRES = np.array([-1, wire.BYTES, wire.VARINT, wire.VARINT, wire.EIGHT, wire.BYTES, wire.BYTES, wire.BYTES])


@dataclass(frozen=True, kw_only=True)
class Attributes:
    """
    Attributes, one row each, those of an owner in their order.

    Attributes:
        owner: Whose it is, a row of what has attributes; ascending.
        key: Code of its key.
        names: Keys by code.
        kind: What the value is.
        size: Bytes of the value as it was sent, of text, lists, tables and bytes.
        bits: The number that it is.
        text: Arrow text: what the value says, lists and tables as JSON; '' for numbers.
    """

    owner: Whole
    key: Whole
    names: tuple[str, ...]
    kind: Whole
    size: Whole
    bits: Bits
    text: Any

    def only(self, rows: Whole) -> Attributes:
        """These rows, ascending, and no others."""
        return replace(
            self,
            owner=self.owner[rows],
            key=self.key[rows],
            kind=self.kind[rows],
            size=self.size[rows],
            bits=self.bits[rows],
            text=self.text.take(pa.array(rows)),
        )

    def called(self, test: Any) -> Flags:
        """Rows whose key passes a test, which is asked once a key."""
        return np.array([bool(test(name)) for name in self.names], np.bool_)[self.key]


def read(
    buffer: Buffer, owner: Whole, starts: Whole, sizes: Whole, limits: Limits, left_out: Counter[str]
) -> tuple[Attributes, Flags]:
    """
    Attributes that stand at these places, and which of these places are malformed.

    Args:
        buffer: Where they stand.
        owner: Whose each is, ascending.
        starts: First byte of each KeyValue.
        sizes: Bytes of each.
        limits: How much is taken of any.
        left_out: Where what is left out is counted.
    """
    count = len(owner)
    outer = wire.walk(buffer, starts, starts + sizes, most=8)
    key_start, key_size = outer.last(1, count)
    value_start, value_size = outer.last(2, count)
    inner = wire.walk(buffer, value_start, value_start + value_size, most=4)
    kind, bits, wires = np.zeros(count, np.int64), np.zeros(count, np.uint64), np.full(count, -1)
    start, size = np.zeros(count, np.int64), np.zeros(count, np.int64)
    at = inner.owner
    kind[at], bits[at], start[at], size[at], wires[at] = inner.number, inner.value, inner.start, inner.size, inner.wire
    kind[(kind > OCTETS) | (_WIRES[kind.clip(0, OCTETS)] != wires)] = NONE
    bad = outer.bad | inner.bad
    long_key, long = key_size > limits.key_bytes, size > limits.content_bytes
    left_out["key-too-long"] += int(long_key.sum())
    left_out["value-too-long"] += int((long & ~long_key).sum())
    left_out["too-deep"] += int(((kind == NONE) & (value_size > 0)).sum())
    kept = np.flatnonzero(~long_key & ~long & ~bad & (key_size > 0) & (kind != NONE))
    keys = wire.texts(buffer, key_start[kept], key_size[kept]).dictionary_encode()
    kind, start, size = kind[kept], start[kept], size[kept]
    found = Attributes(
        owner=owner[kept],
        key=np.asarray(keys.indices, dtype=np.int64),
        names=tuple(keys.dictionary.to_pylist()),
        kind=kind,
        size=size,
        bits=bits[kept],
        text=_texts(buffer, kind, start, size),
    )
    return found, bad


def as_map(found: Attributes, owners: int) -> Any:
    """An Arrow map for each owner, from key to value; of several attributes of one name the last counts."""
    found = _once(found)
    count = len(found.owner)
    offsets = np.searchsorted(found.owner, np.arange(owners + 1)).astype(np.int32)
    keys = pa.array(found.names, pa.string()).take(pa.array(found.key))
    children = [
        _where(found.kind == TEXT, found.text),
        pa.array(found.bits.view(np.int64), mask=found.kind != WHOLE),
        pa.array(found.bits.view(np.float64), mask=found.kind != NUMBER),
        pa.array(found.bits != 0, mask=found.kind != FLAG),
        _where(found.kind >= LIST, found.text),
    ]
    values = pa.StructArray.from_arrays(children, fields=list(VALUE)) if count else pa.array([], VALUE)
    return pa.MapArray.from_arrays(pa.array(offsets), keys, values).cast(ATTRIBUTES)


def _texts(buffer: Buffer, kind: Whole, start: Whole, size: Whole) -> Any:
    plain = kind == TEXT
    found = wire.texts(buffer, np.where(plain, start, 0), np.where(plain, size, 0))
    rows = np.flatnonzero(kind >= LIST)
    if not len(rows):
        return found
    coded = wire.octets(buffer, start[rows], size[rows]).dictionary_encode()
    both, codes = np.unique(np.stack([kind[rows], np.asarray(coded.indices)]), axis=1, return_inverse=True)
    values = coded.dictionary
    said = pa.array([_as_json(int(kind), values[int(code)].as_py()) for kind, code in both.T], pa.string())
    places = np.arange(len(kind))
    places[rows] = len(kind) + np.arange(len(rows))
    return pa.concat_arrays([found, said.take(pa.array(codes.ravel()))]).take(pa.array(places))


def _as_json(kind: int, octets: bytes) -> str:
    """A list, a table or bytes as JSON text; what is broken inside one costs that one."""
    try:
        return envelope.as_json(envelope.any_value(bytes([kind << 3 | 2]) + envelope.varint(len(octets)) + octets))
    except TelemetryMalformed:
        return "null"


def _once(found: Attributes) -> Attributes:
    ids = found.owner * (len(found.names) + 1) + found.key
    if len(ids) < 2:
        return found
    order = np.argsort(ids, kind="stable")
    last = np.append(ids[order][1:] != ids[order][:-1], True)
    return found if last.all() else found.only(np.sort(order[last]))


def _where(wanted: Flags, text: Any) -> Any:
    if wanted.all():
        return text
    if not wanted.any():
        return pa.nulls(len(wanted), pa.string())
    return text.take(pa.array(np.arange(len(wanted)), mask=~wanted))
