"""Logs that come as rows: from a query, from our own record, from what a file of objects was made into."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import chain, islice
from typing import Any

import pyarrow as pa

from goldenthread.factory.discovery.reading.database import Workbench, quoted
from goldenthread.factory.discovery.reading.model import Left, Notice
from goldenthread.factory.discovery.reading.sources import SAMPLE_ROWS

_BATCH = 50_000


class Rows:
    """
    Rows that can be gone through once.

    Args:
        form: What they are, in a word.
        columns: Their names.
        rows: As they come; values become text.
        notices: What is to be known of them.
        lost: Events that became no row, by a word of LEFT_OUT.
    """

    def __init__(
        self,
        form: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        *,
        notices: Sequence[Notice] = (),
        lost: Mapping[str, Left] | None = None,
    ) -> None:
        self.form = form
        self._columns = list(columns)
        self._coming = iter(rows)
        self._first = [[as_text(one) for one in row] for row in islice(self._coming, SAMPLE_ROWS)]
        self._notices, self._lost = notices, lost or {}

    def columns(self) -> Sequence[str]:
        """Their names."""
        return self._columns

    def sample(self) -> Sequence[Sequence[str]]:
        """The first of them."""
        return [[one or "" for one in row] for row in self._first]

    def relation(self, bench: Workbench, wanted: Mapping[str, str]) -> str:
        """All of them, as a table of text."""
        places = [self._columns.index(column) for column in wanted.values()]
        rest = ([as_text(row[place]) for place in places] for row in self._coming)
        put(bench, list(wanted), chain(([row[place] for place in places] for row in self._first), rest))
        return "select * from raw"

    def about(self, bench: Workbench) -> int:
        """How many there are."""
        return int(bench.one("select count(*) from raw")[0])

    def left_out(self, bench: Workbench) -> Mapping[str, Left]:
        """As was said."""
        return self._lost

    def notices(self) -> Sequence[Notice]:
        """As was said."""
        return self._notices


def put(bench: Workbench, columns: Sequence[str], rows: Iterable[Sequence[str | None]]) -> None:
    """Make the table `raw` of rows of text, a batch at a time."""
    declared = ", ".join(f"{quoted(column)} varchar" for column in columns)
    bench.run(f"create or replace table raw ({declared})")
    coming: Iterator[Sequence[str | None]] = iter(rows)
    while batch := list(islice(coming, _BATCH)):
        put_columns(bench, columns, list(zip(*batch, strict=True)))


def put_columns(bench: Workbench, names: Sequence[str], columns: Sequence[Sequence[str | None]]) -> None:
    """Add values by column to the table `raw`."""
    arrays = [pa.array(values, pa.string()) for values in columns]
    bench.database.register("batch", pa.Table.from_arrays(arrays, names=list(names)))
    bench.run("insert into raw select * from batch")
    bench.database.unregister("batch")


def as_text(value: Any) -> str | None:
    """A value as a log would write it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
