"""
One trace out of millions of spans: of each segment only the rows of that trace, and of those only what is there.

Segments are sorted by trace, and beside each stands where its traces begin.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import types

from goldenthread.record.telemetry.beside import Beside
from goldenthread.record.telemetry.log import in_todays_columns
from goldenthread.record.telemetry.repeats import keys_of, last_of_each, octets_of

_VALUES = ("text", "whole", "number", "flag", "json")


OWN = frozenset("trace_id span_id parent_id name start_ns duration_ns received_ns source again".split())
"""Columns that say which span it is, and when; all others say what it was about."""

_EMPTY: tuple[Any, ...] = ("", [], {})


class Value(dict[str, Any]):
    """A value of an attribute without a column: one of `text`, `whole`, `number`, `flag`, `json`; no other is there."""

    def __missing__(self, name: str) -> None:
        """A type that it does not have."""
        return


class Row(dict[str, Any]):
    """
    A span by the names of its columns; those in which it has nothing are None, and stand nowhere.

    Attributes:
        said: The same without `OWN`.
    """

    __slots__ = ("said",)

    def __init__(self) -> None:
        self.said: dict[str, Any] = {}

    def __missing__(self, name: str) -> None:
        """A column in which it has nothing."""
        return


def spans_of_trace(files: Sequence[tuple[Path, Beside]], late: Any, trace_id: bytes) -> list[Row]:
    """
    The spans of a trace in the order in which they began, each once, as it came last.

    Args:
        files: Segments, the older first, and what stands beside each.
        late: The rows of the log as a table.
        trace_id: 16 bytes.
    """
    wanted = pa.scalar(trace_id, pa.binary(16))
    found = [table for file, beside in files for table in _in_file(file, beside, wanted, trace_id)]
    table = pa.concat_tables([*found, late.filter(pc.equal(late["trace_id"], wanted))]).combine_chunks()
    table = table.take(pa.array(np.argsort(np.asarray(table["received_ns"]), kind="stable")))
    table = table.filter(pa.array(last_of_each(keys_of(table))))
    order = np.lexsort((np.frombuffer(octets_of(table["span_id"]), ">u8"), np.asarray(table["start_ns"])))
    return _plain(table.take(pa.array(order)))


def _in_file(file: Path, beside: Beside, wanted: Any, trace_id: bytes) -> Iterator[Any]:
    if not beside.rows(trace_id, 2**32):
        return
    with pq.ParquetFile(file) as segment:
        rows = beside.rows(trace_id, segment.metadata.num_rows)
        begin = 0
        for number in range(segment.num_row_groups):
            group = segment.metadata.row_group(number)
            first, last = max(rows.start, begin), min(rows.stop, begin + group.num_rows)
            if first < last:
                read = segment.read_row_group(number, columns=_said(group))
                mine = read.slice(first - begin, last - first)
                yield in_todays_columns(mine.filter(pc.equal(mine["trace_id"], wanted)))
            begin += group.num_rows


def _said(group: Any) -> list[str]:
    """The columns of which a row group holds any value."""
    columns = [group.column(place) for place in range(group.num_columns)]
    blank = {
        one.path_in_schema
        for one in columns
        if one.statistics is not None
        and one.statistics.has_null_count
        and one.statistics.null_count == group.num_rows
        and "." not in one.path_in_schema
    }
    return list(dict.fromkeys(one.path_in_schema for one in columns if one.path_in_schema not in blank))


def _plain(table: Any) -> list[Row]:
    """Rows as plain values, read by columns."""
    made = [Row() for _ in range(len(table))]
    for name in table.column_names:
        column = table[name]
        if column.null_count == len(table):
            continue
        own = name in OWN
        for row, value in zip(made, _values(column.combine_chunks()), strict=True):
            if value is not None and value not in _EMPTY:
                row[name] = value
                if not own:
                    row.said[name] = value
    return made


def _values(column: Any) -> list[Any]:
    found: list[Any]
    if types.is_map(column.type):
        return _maps(column)
    if types.is_list(column.type):
        return _lists(column)
    if types.is_string(column.type):
        coded = column.dictionary_encode()
        texts = [*coded.dictionary.to_pylist(), None]
        found = [texts[code] for code in coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).tolist()]
    elif types.is_integer(column.type) and not column.null_count:
        found = np.asarray(column).tolist()
    else:
        found = column.to_pylist()
    return found


def _maps(column: Any) -> list[dict[str, Any]]:
    """Maps of attributes as dictionaries, all their parts read at once."""
    offsets = np.asarray(column.offsets)
    begin, end = int(offsets[0]), int(offsets[-1])
    keys = _values(column.keys.slice(begin, end - begin))
    items = column.items.slice(begin, end - begin)
    values: list[Any] = [None] * (end - begin)
    for name, part in zip(_VALUES, items.flatten(), strict=True):
        coded = part.dictionary_encode()
        said = [Value({name: value}) for value in coded.dictionary.to_pylist()]  # one object for what is said often
        rows = np.flatnonzero(np.asarray(coded.is_valid()))
        for row, code in zip(rows.tolist(), np.asarray(coded.indices.take(pa.array(rows))).tolist(), strict=True):
            values[row] = said[code]
    places = (offsets - begin).tolist()
    return [dict(zip(keys[low:high], values[low:high], strict=True)) for low, high in itertools.pairwise(places)]


def _lists(column: Any) -> list[Any]:
    """Lists of events or links."""
    names = [field.name for field in column.type.value_type]
    offsets = np.asarray(column.offsets)
    begin, end = int(offsets[0]), int(offsets[-1])
    inner = column.values.slice(begin, end - begin).flatten()
    parts: list[list[Any]] = [_values(part) for part in inner]
    values = [dict(zip(names, one, strict=True)) for one in zip(*parts, strict=True)]
    places = (offsets - begin).tolist()
    return [values[low:high] for low, high in itertools.pairwise(places)]
