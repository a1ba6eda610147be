"""Columns of many rows as PostgreSQL's binary arrays, built a column at a time."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

_HEADER = struct.Struct("!iiIii")  # dimensions, whether there are nulls, the type's number, length, first index
_LENGTH = struct.Struct("!i")
_NULL = _LENGTH.pack(-1)
_EMPTY = struct.Struct("!iiI")
_TEXT, _BYTEA, _BOOL, _INT4, _INT8, _TIMESTAMPTZ = 25, 17, 16, 23, 20, 1184
_INT4_ITEM, _INT8_ITEM = struct.Struct("!ii"), struct.Struct("!iq")
_BOOL_ITEMS = {None: _NULL, False: b"\0\0\0\1\0", True: b"\0\0\0\1\1"}
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def texts(values: Sequence[str | None]) -> bytes:
    """`text[]`."""
    first = values[0] if values else None
    if first is not None and values.count(first) == len(values):  # many columns say the same of all rows
        one = first.encode()
        return _array(_TEXT, len(values), (_LENGTH.pack(len(one)) + one) * len(values))
    return _strings(_TEXT, [value.encode() if value is not None else None for value in values])


def blobs(values: Sequence[bytes | None]) -> bytes:
    """`bytea[]`."""
    return _strings(_BYTEA, values)


def bools(values: Sequence[bool | None]) -> bytes:
    """`bool[]`."""
    return _array(_BOOL, len(values), b"".join([_BOOL_ITEMS[value] for value in values]))


def int4s(values: Sequence[int | None]) -> bytes:
    """`int4[]`; struct.error where a number is too large."""
    pack = _INT4_ITEM.pack
    return _array(_INT4, len(values), b"".join([_NULL if value is None else pack(4, value) for value in values]))


def int8s(values: Sequence[int | None]) -> bytes:
    """`int8[]`; struct.error where a number is too large."""
    pack = _INT8_ITEM.pack
    return _array(_INT8, len(values), b"".join([_NULL if value is None else pack(8, value) for value in values]))


def instants(values: Sequence[datetime | None]) -> bytes:
    """`timestamptz[]`, to the microsecond; of aware instants."""
    pack = _INT8_ITEM.pack
    items = [_NULL if value is None else pack(8, (value - _EPOCH) // _MICROSECOND) for value in values]
    return _array(_TIMESTAMPTZ, len(values), b"".join(items))


def _strings(kind: int, values: Sequence[bytes | None]) -> bytes:
    pack = _LENGTH.pack
    items = [_NULL if value is None else pack(len(value)) + value for value in values]
    return _array(kind, len(values), b"".join(items))


def _array(kind: int, length: int, items: bytes) -> bytes:
    if not length:
        return _EMPTY.pack(0, 0, kind)
    return _HEADER.pack(1, 1, kind, length, 1) + items
