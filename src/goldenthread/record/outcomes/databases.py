"""A query on a data owner's database: PostgreSQL by SQLAlchemy, whatever else Ibis can open by Ibis."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from goldenthread.promise.errors import OutcomesMissing, OutcomeUnreadable
from goldenthread.record.outcomes.opened import BATCH, Opened, fetched
from goldenthread.record.outcomes.rows import RowProblem
from goldenthread.record.outcomes.source import Source

_POSTGRES = ("postgresql://", "postgres://", "postgresql+psycopg://")


@contextmanager
def rows_of_query(source: Source, address: str | None, time_limit_s: float) -> Iterator[Opened]:
    """
    The names of a query's columns, and its rows as they come.

    On PostgreSQL the transaction is read-only and the server ends it after the time limit. Elsewhere give an account
    that may only read.

    Raises:
        OutcomeUnreadable: No address, or the database refuses.
        OutcomesMissing: Ibis is not installed.
    """
    if not address:
        raise OutcomeUnreadable(
            f"The source of '{source.metric}' is a query, and {source.place} is not set here. "
            "Set it to the database's address where outcomes are read."
        )
    opened = _postgres if address.startswith(_POSTGRES) else _ibis
    with opened(source, address, time_limit_s) as found:
        yield found


@contextmanager
def _postgres(source: Source, address: str, time_limit_s: float) -> Iterator[Opened]:
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import NullPool

    plain = "postgresql+psycopg://" + address.partition("://")[2]
    try:
        engine = create_engine(plain, poolclass=NullPool, connect_args={"connect_timeout": 10})
        with engine.connect() as connection:
            session = connection.execution_options(postgresql_readonly=True)
            session.execute(text(f"set local statement_timeout = {int(time_limit_s * 1000)}"))
            query = text(_without_parameters(source.query)).execution_options(yield_per=BATCH)
            result = session.execute(query)
            yield list(result.keys()), (tuple(row) for row in result)
    except (SQLAlchemyError, ValueError) as problem:
        raise _refused(source, problem) from problem


@contextmanager
def _ibis(source: Source, address: str, _time_limit_s: float) -> Iterator[Opened]:
    try:
        import ibis
    except ImportError as problem:
        raise OutcomesMissing(
            f"The database of {source.place} is opened by Ibis, which is not installed. "
            "Run `pip install 'goldenthread[outcomes]'`, with Ibis's own extra for that database."
        ) from problem
    try:
        connection = ibis.connect(address)
        yield _by_cursor(connection.raw_sql(source.query)) or _by_arrow(connection.sql(source.query))
    except (OutcomeUnreadable, RowProblem):
        raise
    except Exception as problem:
        raise _refused(source, problem) from problem  # each database has errors of its own


def _by_cursor(cursor: Any) -> Opened | None:
    """What most databases give: a cursor as in PEP 249, which needs no Arrow. None for another thing."""
    if not hasattr(cursor, "fetchmany") or not getattr(cursor, "description", None):
        return None
    return [str(column[0]) for column in cursor.description], fetched(cursor)


def _by_arrow(table: Any) -> Opened:
    names = list(table.columns)
    batches = table.to_pyarrow_batches(chunk_size=BATCH)
    return names, (tuple(row[name] for name in names) for batch in batches for row in batch.to_pylist())


def _without_parameters(query: str) -> str:
    """A colon in a query is the query's own, and no name of a parameter."""
    return query.replace("\\", "\\\\").replace(":", "\\:") if ":" in query else query


def _refused(source: Source, problem: Exception) -> OutcomeUnreadable:
    """The database's own words, and never the address."""
    cause = getattr(problem, "orig", None) or problem
    words = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
    return OutcomeUnreadable(
        f"The query for '{source.metric}' failed on the database of {source.place}: {type(cause).__name__}: {words}. "
        "Nothing was taken; mend the query, the address or the rights, and read again."
    )
