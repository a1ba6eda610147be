"""A query on the database where the events lie; it is read and never written to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from goldenthread.factory.discovery.reading.rows import Rows
from goldenthread.promise.errors import EventLogInvalid, OutcomeSourceInvalid, OutcomeUnreadable

TIME_LIMIT_S = 600.0


@contextmanager
def rows_from_query(env: str, query: str, address: str | None, time_limit_s: float = TIME_LIMIT_S) -> Iterator[Rows]:
    """
    The rows of one SELECT. On PostgreSQL the transaction is read-only, and the server ends it after the time limit.

    Args:
        env: The environment variable that holds the database's address; for errors.
        query: One SELECT with a row an event.
        address: What that variable says.
        time_limit_s: Longest time in seconds.

    Raises:
        EventLogInvalid: It is no SELECT, there is no address, or the database refuses.
        OutcomesMissing: Ibis is not installed, and the database is not PostgreSQL.
    """
    from goldenthread.record.outcomes import Source, make_source, rows_of_query

    try:
        checked = make_source("event log", env=env, query=query, columns={"case": "case", "at": "at", "value": "at"})
        source = Source(metric="event log", kind="sql", place=env, query=checked.query)
        with rows_of_query(source, address, time_limit_s) as (names, lines):
            yield Rows("SQL query", names, (line for line in lines if not isinstance(line, Exception)))
    except (OutcomeUnreadable, OutcomeSourceInvalid) as problem:
        raise EventLogInvalid(problem.message) from problem
