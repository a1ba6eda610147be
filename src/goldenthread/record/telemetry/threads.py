"""
One trace out of millions of spans: only the row groups that can hold it are read, and of those only what is there.

Segments are sorted by trace, so in each of them a trace stands in one row group, or in neighbours; the first look is
at ids alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from goldenthread.record.telemetry.columns import SPANS
from goldenthread.record.telemetry.log import in_todays_columns
from goldenthread.record.telemetry.repeats import keys_of, last_of_each


def spans_of_trace(files: Sequence[Path], late: Any, trace_id: bytes) -> list[dict[str, Any]]:
    """
    The spans of a trace in the order in which they began, each once, as it came last.

    Args:
        files: Segments, the older first.
        late: The rows of the log as a table.
        trace_id: 16 bytes.
    """
    wanted = pa.scalar(trace_id, pa.binary(16))
    found = [table for file in files for table in _in_file(file, wanted, trace_id)]
    table = pa.concat_tables([*found, late.filter(pc.equal(late["trace_id"], wanted))])
    table = table.take(pa.array(np.argsort(np.asarray(table["received_ns"]), kind="stable")))
    table = table.filter(pa.array(last_of_each(keys_of(table))))
    order = np.lexsort((keys_of(table), np.asarray(table["start_ns"])))
    return _plain(table.take(pa.array(order)))


def _in_file(file: Path, wanted: Any, trace_id: bytes) -> Iterator[Any]:
    with pq.ParquetFile(file) as segment:
        for number in range(segment.num_row_groups):
            said = segment.metadata.row_group(number).column(0).statistics
            if said is not None and said.has_min_max and not said.min <= trace_id <= said.max:
                continue
            mine = pc.equal(segment.read_row_group(number, columns=["trace_id"])["trace_id"], wanted)
            if pc.any(mine).as_py():
                yield in_todays_columns(segment.read_row_group(number).filter(mine))


def _plain(table: Any) -> list[dict[str, Any]]:
    """Rows as plain values; columns that hold nothing are not looked at one by one."""
    said = [name for name in SPANS.names if table[name].null_count < len(table)]
    rows: list[dict[str, Any]] = table.select(said).to_pylist()
    blank = dict.fromkeys(SPANS.names)
    for row in rows:
        row["attributes"] = dict(row.get("attributes") or ())
        for event in row.get("events") or ():
            event["attributes"] = dict(event["attributes"] or ())
    return [blank | row for row in rows]
