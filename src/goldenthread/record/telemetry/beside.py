"""
Beside each segment: where its traces begin, and its figures. Made from the segment, and made again where they are gone.

A segment that is asked for one trace, or for a day's figures, then need not be read. Nothing is here that the segment
does not say: `telemetry verify` makes both again and compares.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from goldenthread.record.telemetry.figures import FIGURES, NEEDED, figures_of
from goldenthread.record.telemetry.log import in_todays_columns
from goldenthread.record.telemetry.repeats import octets_of
from goldenthread.record.telemetry.wire import Whole

_TRACES = pa.schema([("high", pa.uint64()), ("first", pa.uint32())])


@dataclass(frozen=True, kw_only=True)
class Beside:
    """
    What stands beside a segment.

    Attributes:
        traces: The first eight bytes of each trace's id, ascending, and its first row.
        figures: See `figures.FIGURES`.
    """

    traces: Any
    figures: Any

    def rows(self, trace_id: bytes, count: int) -> range:
        """The rows of a segment of so many rows in which this trace can stand."""
        high = np.asarray(self.traces["high"].chunk(0)) if self.traces.num_rows else np.zeros(0, np.uint64)
        wanted = np.uint64(int.from_bytes(trace_id[:8]))
        begin, end = (int(np.searchsorted(high, wanted, side)) for side in ("left", "right"))
        if begin == end:
            return range(0)
        first: Whole = np.asarray(self.traces["first"].chunk(0))
        return range(int(first[begin]), int(first[end]) if end < len(first) else count)


def beside_of(table: Any) -> Beside:
    """What stands beside a segment with these rows, which are sorted by trace."""
    high = np.zeros(0, np.uint64)
    if len(table):
        high = np.frombuffer(octets_of(table["trace_id"]), dtype=">u8")[::2].astype(np.uint64)
    values, first = np.unique(high, return_index=True)
    traces = pa.Table.from_arrays([pa.array(values), pa.array(first.astype(np.uint32))], schema=_TRACES)
    return Beside(traces=traces, figures=figures_of(table))


def write_beside(segment: Path, table: Any) -> None:
    """Write what stands beside a segment, which has these rows in this order."""
    made = beside_of(table)
    for path, one in zip(paths(segment), (made.traces, made.figures), strict=True):
        draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
        with pa.OSFile(str(draft), "wb") as file, pa.ipc.new_file(file, one.schema) as writer:
            writer.write_table(one.combine_chunks())
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.replace(path)


def read_beside(segment: Path) -> Beside:
    """What stands beside a segment; made from it, and left there if that is possible, where it is gone or broken."""
    try:
        return _read(segment)
    except (OSError, pa.ArrowInvalid):
        made = _again(segment)
        try:
            write_beside(segment, _rows(segment))
        except OSError:
            return made  # whoever only reads may do without
        return made


def differs(segment: Path) -> bool:
    """Whether what stands beside a segment says something else than the segment; what is gone says nothing."""
    try:
        found = _read(segment)
    except (OSError, pa.ArrowInvalid):
        return False
    made = _again(segment)
    return not (found.traces.equals(made.traces) and found.figures.equals(made.figures))


def paths(segment: Path) -> Sequence[Path]:
    """Where they are: `.traces` and `.figures`."""
    return segment.with_suffix(".traces"), segment.with_suffix(".figures")


def _read(segment: Path) -> Beside:
    found = [_mapped(path) for path in paths(segment)]
    if not (found[0].schema.equals(_TRACES) and found[1].schema.equals(FIGURES)):
        raise pa.ArrowInvalid("of another version")
    return Beside(traces=found[0], figures=found[1])


def _mapped(path: Path) -> Any:
    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_file(file).read_all()


def _again(segment: Path) -> Beside:
    return beside_of(_rows(segment))


def _rows(segment: Path) -> Any:
    names = ["trace_id", *NEEDED]
    there = set(pq.read_schema(segment).names)
    table = pq.read_table(segment, columns=[name for name in names if name in there])
    return in_todays_columns(table).select(names)
