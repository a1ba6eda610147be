"""Writing parts: what a refresh brings, and months made from what several brought."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from goldenthread.record.metrics.facts.columns import FACT_NAMES, TYPES, Fact
from goldenthread.record.metrics.facts.engine import NAMES, asking, facts_in, scan_parts
from goldenthread.record.metrics.facts.expressions import FLOWS, GROUPS, SUMS, compiled
from goldenthread.record.metrics.facts.manifest import Manifest, Part

SCHEMA = pa.schema([*((name, getattr(pa, TYPES[name])()) for name in FACT_NAMES), ("written", pa.int64())])
"""The columns of facts, and the number of the part that they were written with."""

GONE = SCHEMA.append(pa.field("place", pa.int64()))
"""Facts that are replaced, with the row that each has in the file of its part."""

_ROWS_OF_A_GROUP = 16_384
_ORDER = "slice, day, started_us, run"
_FORMAT = f"(format parquet, parquet_version v2, compression zstd, row_group_size {_ROWS_OF_A_GROUP})"
_EPOCH = date(1970, 1, 1)
_GROUPS = ", ".join(f"{name} varchar" for name in GROUPS)
_TABLES = {
    "daily": f"{_GROUPS}, day integer, {', '.join(f'{name} bigint' for name in SUMS)}",
    "flows": f"{_GROUPS}, day integer, {', '.join(f'{name} bigint' for name in FLOWS)}",
}

Stored = tuple[Fact, tuple[int, int]]
"""A fact, with the number of its part and its row there."""

Change = tuple[Stored | None, Fact]
"""What was known of a run, or None; and what is known now."""


def prepare(opened: Any) -> None:
    """The tables that stand for no file."""
    opened.register("empty_facts", GONE.empty_table())
    for kind, columns in _TABLES.items():
        opened.execute(f"create temp table empty_{kind} ({columns})")


def write_changes(opened: Any, folder: Path, number: int, changes: Sequence[Change]) -> Part:
    """
    A part of a refresh; when this returns, it outlives the machine's power, and counts once a manifest names it.

    Raises:
        OSError, duckdb.Error: It cannot be written, or a sum does not fit 64 bits.
    """
    gone = [before for before, _ in changes if before is not None]
    rows = _table([fact for _, fact in changes], [number] * len(changes))
    left = _table([fact for fact, _ in gone], [written for _, (written, _) in gone])
    left = left.append_column("place", pa.array([place for _, (_, place) in gone], pa.int64()))
    part = _part(number, rows, left)
    for kind, table in (("rows", rows), ("gone", left)):
        pq.write_table(
            table.sort_by([(name, "ascending") for name in _ORDER.split(", ")]),
            part.path(folder, kind),
            compression="zstd",
            row_group_size=_ROWS_OF_A_GROUP,
        )
    opened.register("fresh", rows)
    opened.register("replaced", left)
    news = (
        f"select {NAMES}, 1::tinyint as sign from fresh union all select {NAMES}, (-1)::tinyint as sign from replaced"
    )
    _write_sums(opened, folder, part, news)
    _sync(folder, part)
    return part


def write_month(opened: Any, folder: Path, manifest: Manifest, number: int, month: str) -> Part:
    """A part that holds a whole month as it is known now."""
    first, last = days_of(month)
    part = Part(number=number, first_day=first, last_day=last, rows=0, gone=0, month=month)
    standing = facts_in(folder, manifest, first=first, last=last)
    return write_sorted(opened, folder, part, standing)


def write_sorted(opened: Any, folder: Path, part: Part, facts: str) -> Part:
    """Write a month of a relation of facts, with its sums; when this returns, all of it is on disk."""
    rows = f"select {NAMES}, {part.number}::bigint as written from ({facts}) order by {_ORDER}"
    counted = opened.execute(f"copy ({rows}) to '{_path(part, folder, 'rows')}' {_FORMAT}").fetchone()
    part = replace(part, rows=int(counted[0]))
    _write_sums(opened, folder, part, f"select *, 1::tinyint as sign from {scan_parts(folder, [part], 'rows')}")
    _sync(folder, part)
    return part


def months_of(opened: Any, folder: Path, parts: Sequence[Part]) -> list[str]:
    """The months that some parts say something of."""
    sources = [scan_parts(folder, parts, kind) for kind in ("rows", "gone")]
    days = opened.execute(" union ".join(f"select day from {source}" for source in sources)).fetchall()
    return sorted({month_of(day) for (day,) in days})


def month_of(day: int) -> str:
    """'YYYYMM' of a day."""
    return (_EPOCH + timedelta(days=day)).strftime("%Y%m")


def days_of(month: str) -> tuple[int, int]:
    """The first and the last day of a month."""
    first = date(int(month[:-2]), int(month[-2:]), 1)
    after = (first + timedelta(days=32)).replace(day=1)
    return (first - _EPOCH).days, (after - _EPOCH).days - 1


def facts_of(rows: Sequence[dict[str, Any]]) -> list[Stored]:
    """Rows as facts, each with the number of its part and its row there."""
    return [(Fact(**{name: row[name] for name in FACT_NAMES}), (row["written"], row["place"])) for row in rows]


def _table(facts: Sequence[Fact], written: Sequence[int]) -> Any:
    columns = [pa.array([getattr(fact, name) for fact in facts], SCHEMA.field(name).type) for name in FACT_NAMES]
    return pa.Table.from_arrays([*columns, pa.array(written, pa.int64())], schema=SCHEMA)


def _part(number: int, rows: Any, gone: Any) -> Part:
    days = [*rows["day"].to_pylist(), *gone["day"].to_pylist()]
    return Part(number=number, first_day=min(days), last_day=max(days), rows=len(rows), gone=len(gone))


def _write_sums(opened: Any, folder: Path, part: Part, facts: str) -> None:
    """Into columns of 64 bits: DuckDB adds in 128, and would write those as floats."""
    for kind, columns in _TABLES.items():
        names = ", ".join(column.split()[0] for column in columns.split(", "))
        opened.execute(f"create or replace temp table summed ({columns})")
        opened.execute(f"insert into summed ({names}) select {names} from ({asking('facts', facts, compiled(kind))})")
        opened.execute(f"copy (from summed order by slice, day) to '{_path(part, folder, kind)}' {_FORMAT}")
        opened.execute("drop table summed")


def _path(part: Part, folder: Path, kind: str) -> str:
    return str(part.path(folder, kind)).replace("'", "''")


def _sync(folder: Path, part: Part) -> None:
    for kind in ("rows", "gone", "daily", "flows"):
        path = part.path(folder, kind)
        if path.exists():
            with path.open("rb") as file:
                os.fsync(file.fileno())
