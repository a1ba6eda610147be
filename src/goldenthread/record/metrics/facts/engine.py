"""DuckDB over the files that a manifest names: the views `facts`, `daily` and `flows`, chosen by slice and day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from goldenthread.record.metrics.facts.columns import FACT_NAMES
from goldenthread.record.metrics.facts.manifest import Manifest, Part

NAMES = ", ".join(f'"{name}"' for name in FACT_NAMES)
MEMORY = "1GB"
"""What a question may take at most; more goes to the disk."""


@contextmanager
def database(folder: Path | None, threads: int | None = None) -> Iterator[Any]:
    """A database in memory that may read a folder's files; what does not fit spills into the folder."""
    config: dict[str, Any] = {"memory_limit": MEMORY}
    if folder is not None:
        config["temp_directory"] = str(folder / "spill")
    if threads:
        config["threads"] = threads
    opened = duckdb.connect(":memory:", config=config)
    try:
        opened.execute("set timezone = 'UTC'")
        opened.execute("set parquet_metadata_cache = true")
        opened.execute("set preserve_insertion_order = false")
        yield opened
    finally:
        opened.close()


def facts_in(
    folder: Path,
    manifest: Manifest,
    *,
    slice_name: str | None = None,
    first: int | None = None,
    last: int | None = None,
) -> str:
    """
    The relation `facts`: each run once, as it is known now.

    Args:
        folder: Where the files are.
        manifest: Which of them count.
        slice_name: Only of this slice.
        first, last: Only of runs that began on these days, both included.
    """
    parts = [part for part in manifest.parts if _touches(part, first, last)]
    return _standing(folder, parts, where_of(slice_name, first, last))


def sums_in(
    folder: Path,
    manifest: Manifest,
    kind: str,
    *,
    slice_name: str | None = None,
    first: int | None = None,
    last: int | None = None,
) -> str:
    """The relation `daily` or `flows`, of these days; flows of a day may come from runs of any earlier one."""
    parts = [part for part in manifest.parts if kind == "flows" or _touches(part, first, last)]
    source = _scan([part.path(folder, kind) for part in parts]) if parts else f"empty_{kind}"
    return f"select * from {source}{where_of(slice_name, first, last)}"


def where_of(slice_name: str | None, first: int | None, last: int | None) -> str:
    """The rows of a slice and of these days, as SQL says it; '' for all."""
    bounds = [
        *([f"slice = {_quoted(slice_name)}"] if slice_name is not None else []),
        *([f"day >= {int(first)}"] if first is not None else []),
        *([f"day <= {int(last)}"] if last is not None else []),
    ]
    return f" where {' and '.join(bounds)}" if bounds else ""


def asking(name: str, relation: str, question: str) -> str:
    """A question to a relation, as one statement; a view would have DuckDB look into every file twice."""
    return f"with {name} as ({relation}) select * from ({question})"


def fetch(opened: Any, question: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """Rows by the names of their columns."""
    found = opened.execute(question, values)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def scan_parts(folder: Path, parts: Sequence[Part], kind: str) -> str:
    """The files of some parts, as SQL reads them."""
    return _scan([part.path(folder, kind) for part in parts])


def _standing(folder: Path, parts: Sequence[Part], where: str) -> str:
    rows = [part.path(folder, "rows") for part in parts if part.rows]
    gone = [part.path(folder, "gone") for part in parts if part.gone]
    if not rows:
        return "select *, 1::tinyint as sign from empty_facts"
    # By their places: to compare the names of runs would cost as much as all the rest.
    replaced = f" anti join (select written, place from {_scan(gone)}) using (written, place)" if gone else ""
    found = f"select {NAMES}, written, file_row_number as place from {_scan(rows, places=True)}{where}"
    return f"select *, 1::tinyint as sign from ({found}){replaced}"


def _touches(part: Part, first: int | None, last: int | None) -> bool:
    return (last is None or part.first_day <= last) and (first is None or first <= part.last_day)


def _scan(paths: Iterable[Path], *, places: bool = False) -> str:
    listed = ", ".join(_quoted(str(path)) for path in paths)
    return f"read_parquet([{listed}]{', file_row_number = true' if places else ''})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
