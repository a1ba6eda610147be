"""
Protocol buffers read by columns: all spans of a batch advance by one field at a time, no object a span.

A message is a list of fields, each a tag and a value. `walk` reads the first field of every message at once, then
the second, and so on; what it gives are arrays. The encoding: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Whole: TypeAlias = NDArray[np.int64]
Bits: TypeAlias = NDArray[np.uint64]
Flags: TypeAlias = NDArray[np.bool_]

VARINT, EIGHT, BYTES, FOUR = 0, 1, 2, 5
PAD = bytes(16)


@dataclass(frozen=True, kw_only=True)
class Buffer:
    """
    Bytes to read from, with zeros behind them so that reading ahead stays inside.

    Attributes:
        octets: Every byte, shape (n + 16,).
        eights: The eight bytes from each place on as one little-endian number, shape (n + 9,).
        arrow: The same bytes for pyarrow.
    """

    octets: NDArray[np.uint8]
    eights: Bits
    arrow: Any

    @classmethod
    def of(cls, *bodies: bytes) -> Buffer:
        """Several bodies one behind the other."""
        joined = b"".join((*bodies, PAD))
        octets = np.frombuffer(joined, dtype=np.uint8)
        eights: Bits = np.ndarray((len(joined) - 7,), "<u8", joined, strides=(1,))
        return cls(octets=octets, eights=eights, arrow=pa.py_buffer(joined))


@dataclass(frozen=True, kw_only=True)
class Fields:
    """
    Fields of many messages, one row each, those of a message in their order.

    Attributes:
        owner: Which message.
        number: Of the field.
        wire: Its type on the wire.
        start: Where its bytes begin; only of `BYTES`.
        size: How many there are; only of `BYTES`.
        value: The number that it is; not of `BYTES`.
        bad: By message: what stands there is no such message.
        wide: By message: it has more fields than are read.
    """

    owner: Whole
    number: Whole
    wire: Whole
    start: Whole
    size: Whole
    value: Bits
    bad: Flags
    wide: Flags

    def rows(self, number: int, wire: int) -> Whole:
        """The rows of a field, in order."""
        return np.flatnonzero((self.number == number) & (self.wire == wire))

    def last(self, number: int, count: int) -> tuple[Whole, Whole]:
        """By message, start and size of the field; the last one counts, size 0 where there is none."""
        at = self.rows(number, BYTES)
        start, size = np.zeros(count, np.int64), np.zeros(count, np.int64)
        start[self.owner[at]], size[self.owner[at]] = self.start[at], self.size[at]
        return start, size

    def numbers(self, number: int, wire: int, count: int) -> Bits:
        """By message, the field's number; 0 where there is none."""
        at = self.rows(number, wire)
        found = np.zeros(count, np.uint64)
        found[self.owner[at]] = self.value[at]
        return found


def walk(buffer: Buffer, starts: Whole, ends: Whole, *, most: int) -> Fields:
    """
    Read many messages.

    Args:
        buffer: Where they stand.
        starts: First byte of each, shape (n,).
        ends: One past the last byte of each, shape (n,).
        most: Fields that are read of one message.
    """
    count = len(starts)
    bad, wide = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    at, owner = starts.copy(), np.arange(count)
    found: list[tuple[Any, ...]] = []
    for _ in range(most):
        live = at < ends[owner]
        if not live.all():
            at, owner = at[live], owner[live]
        if not len(at):
            break
        step, at, wrong = _step(buffer, at, ends[owner], owner)
        if wrong is not None:
            bad[owner[wrong]] = True
            good = ~wrong
            step = tuple(part if part is None else part[good] for part in step)
            at, owner = at[good], owner[good]
        found.append(step)
    else:
        wide[owner[at < ends[owner]]] = True
    return _joined(found, bad, wide)


def _step(buffer: Buffer, at: Whole, ends: Whole, owner: Whole) -> tuple[tuple[Any, ...], Whole, Flags | None]:
    """One field of each message: its parts, where the next one begins, and which are wrong (None: none)."""
    tag, place = _varints(buffer.octets, at)
    wire, number = (tag & np.uint64(7)).astype(np.int64), (tag >> np.uint64(3)).astype(np.int64)
    if (wire == BYTES).all():
        size, start = _varints(buffer.octets, place)
        value = None
        wrong = size > (ends - start).clip(0).astype(np.uint64)
        sized = size.astype(np.int64)
        after = start + sized
    else:
        start, sized, value, after, wrong = _mixed(buffer, place, wire, ends)
    wrong |= (after > ends) | (number == 0) | (place >= ends)
    step = (owner, number, wire, start, sized, value)
    return step, after, wrong if wrong.any() else None


def _mixed(buffer: Buffer, place: Whole, wire: Whole, ends: Whole) -> tuple[Whole, Whole, Bits, Whole, Flags]:
    value, start = _varints(buffer.octets, place)
    is_varint, is_bytes, is_eight, is_four = (wire == kind for kind in (VARINT, BYTES, EIGHT, FOUR))
    wrong = ~(is_varint | is_bytes | is_eight | is_four)
    wrong |= is_bytes & (value > (ends - start).clip(0).astype(np.uint64))
    sized = np.where(is_bytes & ~wrong, value, 0).astype(np.int64)
    after = start + sized
    if is_eight.any():
        value = np.where(is_eight, buffer.eights[place], value)
        after = np.where(is_eight, place + 8, after)
    if is_four.any():
        value = np.where(is_four, buffer.eights[place] & np.uint64(0xFFFFFFFF), value)
        after = np.where(is_four, place + 4, after)
    return start, sized, value, after, wrong


def _varints(octets: NDArray[np.uint8], at: Whole) -> tuple[Bits, Whole]:
    """Numbers of seven bits a byte, the lowest first, and the place behind each; ten bytes at most are read."""
    first = octets[at]
    value = (first & 127).astype(np.uint64)
    after = at + 1
    more = np.flatnonzero(first >= 128)
    for place in range(1, 10):
        if not len(more):
            break
        byte = octets[at[more] + place]
        value[more] |= (byte & 127).astype(np.uint64) << np.uint64(7 * place)
        after[more] += 1
        more = more[byte >= 128]
    return value, after


def _joined(found: list[tuple[Any, ...]], bad: Flags, wide: Flags) -> Fields:
    """Rows sorted by message; within one they keep their order: the field read at step n stands in its n-th row."""
    counts = np.zeros(len(bad), np.int64)
    for owner, *_ in found:
        counts[owner] += 1
    begins = np.cumsum(counts) - counts
    total = int(counts.sum())
    number, wire, start, size = (np.empty(total, np.int64) for _ in range(4))
    value = np.zeros(total, np.uint64)
    for step, (owner, *parts) in enumerate(found):
        rows = begins[owner] + step
        for column, part in zip((number, wire, start, size, value), parts, strict=True):
            if part is not None:
                column[rows] = part
    return Fields(
        owner=np.repeat(np.arange(len(bad)), counts),
        number=number,
        wire=wire,
        start=start,
        size=size,
        value=value,
        bad=bad,
        wide=wide,
    )


def texts(buffer: Buffer, starts: Whole, sizes: Whole) -> Any:
    """
    The bytes at these places as an Arrow array of text; what is no UTF-8 is mended with U+FFFD.

    Args:
        buffer: Where they stand.
        starts: First byte of each, shape (n,).
        sizes: Bytes of each, shape (n,).
    """
    found = octets(buffer, starts, sizes)
    try:
        return found.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([one.decode("utf-8", "replace") for one in found.to_pylist()], pa.string())


def octets(buffer: Buffer, starts: Whole, sizes: Whole) -> Any:
    """As `texts`, the bytes themselves."""
    count = len(starts)
    if not count:
        return pa.array([], pa.binary())
    order = None
    if (starts[1:] < starts[:-1] + sizes[:-1]).any():
        order = np.argsort(starts, kind="stable")
        starts, sizes = starts[order], sizes[order]
        if (starts[1:] < starts[:-1] + sizes[:-1]).any():  # empty ones may stand anywhere
            return _one_by_one(buffer, starts, sizes, order)
    # Every second element is one that is wanted, those between are what stands between.
    offsets = np.empty(2 * count, np.int32)
    offsets[0::2], offsets[1::2] = starts, starts + sizes
    spread = pa.BinaryArray.from_buffers(pa.binary(), 2 * count - 1, [None, pa.py_buffer(offsets), buffer.arrow])
    wanted = np.arange(0, 2 * count, 2)
    if order is not None:
        back = np.empty(count, np.int64)
        back[order] = wanted
        wanted = back
    return spread.take(pa.array(wanted))


def _one_by_one(buffer: Buffer, starts: Whole, sizes: Whole, order: Whole) -> Any:
    found: list[bytes] = [b""] * len(starts)
    for row, start, size in zip(order.tolist(), starts.tolist(), sizes.tolist(), strict=True):
        found[row] = buffer.octets[start : start + size].tobytes()
    return pa.array(found, pa.binary())
