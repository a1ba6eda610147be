"""Reading a source: row by row, bounded in number and time, and nothing of it may change anything there."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from goldenthread.promise.errors import OutcomesMissing, OutcomeUnreadable
from goldenthread.record.outcomes.opened import Opened, fetched
from goldenthread.record.outcomes.rows import Row, RowProblem, parse_row
from goldenthread.record.outcomes.source import Source

MOST_ROWS = 100_000
"""Rows of one reading; whoever has more gives them by period."""

TIME_LIMIT_S = 60.0
_NAMED = 20
_WIDEST_CELL = 10_000

Cells = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """
    What a source gave: rows, and how many could not be taken, the first of them with their number and why.

    Rows are counted from 1, the head of a file excluded.
    """

    rows: tuple[Row, ...]
    refused: int
    problems: tuple[str, ...]


def read_source(source: Source, address: str | None, *, until: date, time_limit_s: float = TIME_LIMIT_S) -> Reading:
    """
    Read all that a source gives.

    Args:
        source: As its owner stated it.
        address: Of the database, where the source is a query.
        until: Today; a row of a later day is refused.
        time_limit_s: Longest time in seconds.

    Raises:
        OutcomeUnreadable: Nothing can be read, a column is missing, there are too many rows, or it takes too long.
        OutcomesMissing: A library is not installed.
    """
    deadline = time.monotonic() + time_limit_s
    with _opened(source, address, time_limit_s) as (names, lines):
        places = _places(source, names)
        return _taken(source, places, lines, until, deadline)


def _taken(
    source: Source, places: Mapping[str, int], lines: Iterator[Sequence[Any] | RowProblem], until: date, deadline: float
) -> Reading:
    found: dict[tuple[str, str], Row] = {}
    problems: list[str] = []
    refused = 0
    for number, line in enumerate(lines, start=1):
        _require_bounds(source, number, deadline)
        try:
            row = parse_row(_cells(line, places), until=until)
            before = found.setdefault((row.key, row.arm), row)
            if before != row:
                raise RowProblem("its case or period stands in a row before, with other values")
        except RowProblem as problem:
            refused += 1
            if len(problems) < _NAMED:
                problems.append(f"row {number}: {problem}")
    return Reading(rows=tuple(found.values()), refused=refused, problems=tuple(problems))


def _cells(line: Sequence[Any] | RowProblem, places: Mapping[str, int]) -> Cells:
    if isinstance(line, RowProblem):
        raise line
    if len(line) <= max(places.values()):
        raise RowProblem(f"it has {len(line)} cells, too few")
    cells = {name: line[place] for name, place in places.items()}
    for name, cell in cells.items():
        if isinstance(cell, str) and (len(cell) > _WIDEST_CELL or any("\ud800" <= one <= "\udfff" for one in cell)):
            raise RowProblem(f"{name} is too long or no UTF-8")
    return cells


def _require_bounds(source: Source, number: int, deadline: float) -> None:
    if number > MOST_ROWS:
        raise OutcomeUnreadable(
            f"The source of '{source.metric}' has more than {MOST_ROWS:,} rows, so nothing was taken. "
            "Ask for a shorter time, or for one row a day or week instead of one a case."
        )
    if time.monotonic() > deadline:
        raise OutcomeUnreadable(
            f"The source of '{source.metric}' did not give all of its rows in time, so nothing was taken. "
            "Ask for less, or have its owner speed the query up."
        )


def _places(source: Source, names: Sequence[str]) -> dict[str, int]:
    twice = next((name for name in names if names.count(name) > 1), None)
    missing = next((name for name in source.columns.values() if name not in names), None)
    if twice is not None or missing is not None:
        what = f"has the column '{twice}' twice" if twice is not None else f"has no column '{missing}'"
        raise OutcomeUnreadable(
            f"The source of '{source.metric}' {what}; it has {', '.join(names) or 'none'}. "
            "Correct it, or state the source again with `goldenthread outcome source`."
        )
    return {name: list(names).index(column) for name, column in source.columns.items()}


@contextmanager
def _opened(source: Source, address: str | None, time_limit_s: float) -> Iterator[Opened]:
    if source.kind == "csv":
        with _csv(source) as opened:
            yield opened
    elif source.kind == "parquet":
        with _parquet(source) as opened:
            yield opened
    else:
        from goldenthread.record.outcomes.databases import rows_of_query

        with rows_of_query(source, address, time_limit_s) as opened:
            yield opened


@contextmanager
def _csv(source: Source) -> Iterator[Opened]:
    try:
        file = Path(source.place).open(encoding="utf-8-sig", errors="surrogateescape", newline="")  # noqa: SIM115
    except OSError as problem:
        raise _unreadable(source, problem.strerror or str(problem)) from problem
    with file:
        lines = _lines(csv.reader(file))
        head = next(lines, [])
        if isinstance(head, RowProblem):
            raise _unreadable(source, str(head))
        yield [name.strip() for name in head], lines


def _lines(reader: Any) -> Iterator[Sequence[Any] | RowProblem]:
    """Lines that hold anything; one that csv cannot read is a problem of its own."""
    while True:
        try:
            line = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            yield RowProblem(f"it is no CSV ({problem})")
            continue
        except OSError as problem:
            yield RowProblem(f"it cannot be read ({problem.strerror})")
            return
        if line:
            yield line


@contextmanager
def _parquet(source: Source) -> Iterator[Opened]:
    try:
        import duckdb
    except ImportError as problem:
        raise OutcomesMissing(
            "A Parquet file is read by DuckDB, which is not installed. "
            "Run `pip install 'goldenthread[outcomes]'`, or export the values as CSV."
        ) from problem
    with duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "512MB"}) as connection:
        try:
            cursor = connection.execute("select * from read_parquet(?)", [source.place])
        except duckdb.Error as problem:
            raise _unreadable(source, str(problem).splitlines()[0]) from problem
        yield [column[0] for column in cursor.description or []], fetched(cursor)


def _unreadable(source: Source, why: str) -> OutcomeUnreadable:
    return OutcomeUnreadable(
        f"The source of '{source.metric}', {source.place}, cannot be read: {why}. "
        "Nothing was taken; mend it and read again."
    )
