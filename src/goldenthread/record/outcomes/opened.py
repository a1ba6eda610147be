"""A source that was opened: the names of its columns, and its rows as they come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from goldenthread.record.outcomes.rows import RowProblem

BATCH = 1000
"""Rows that are taken at once."""

Opened = tuple[list[str], Iterator["Sequence[Any] | RowProblem"]]


def fetched(cursor: Any) -> Iterator[Sequence[Any]]:
    """The rows of a cursor as in PEP 249."""
    while batch := cursor.fetchmany(BATCH):
        yield from batch
