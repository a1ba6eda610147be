"""
Several statements in one round trip, each prepared once a session, and something else to do until they are answered.

What is sent while others wait for a lock goes this way: psycopg's cursors would take longer than the database.
"""

from __future__ import annotations

import select
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg import pq
from psycopg.adapt import Transformer

Wait = Callable[[int], None]
"""Returns once a file descriptor can be read."""

_OK = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)
_BINARY = 1


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """
    A statement that is prepared once a session, with parameters $1, $2, ... in PostgreSQL's binary form.

    `name` is unique in the program.
    """

    name: str
    sql: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A statement with its parameters."""

    statement: Statement
    parameters: Sequence[bytes | None] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a statement gave: `rows`, and the names of their columns."""

    names: Sequence[str]
    rows: Sequence[tuple[Any, ...]]

    def dictionaries(self) -> list[dict[str, Any]]:
        """The rows by name of column."""
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]


def until_readable(descriptor: int) -> None:
    """Wait, and do nothing else meanwhile."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    poll.poll()


def trip(connection: psycopg.Connection, asks: Sequence[Ask], wait: Wait = until_readable) -> list[Answer]:
    """
    Send all, then read all answers; a statement that fails keeps those after it from running.

    Args:
        connection: A session that nobody else uses meanwhile.
        asks: In order.
        wait: Called with the session's socket while there is no answer.

    Raises:
        psycopg.Error: Of the first statement that failed, or the session is gone.
    """
    prepared = _PREPARED.setdefault(connection, set())
    sent, results = _there_and_back(connection, asks, prepared, wait)
    failed = _first_failed(results)
    if failed is not None and failed.error_field(pq.DiagnosticField.SQLSTATE) == _NOT_PREPARED:
        prepared.clear()  # psycopg deallocates everything after some rollbacks
        if failed is results[0] and _is_idle(connection):  # nothing was begun, so all of it can be sent anew
            sent, results = _there_and_back(connection, asks, prepared, wait)
            failed = _first_failed(results)
    if failed is not None:
        raise psycopg.errors.error_from_result(failed, "utf-8")
    return [_answer(connection, result) for name, result in zip(sent, results, strict=True) if not name]


def _first_failed(results: Sequence[pq.abc.PGresult]) -> pq.abc.PGresult | None:
    return next((one for one in results if one.status == pq.ExecStatus.FATAL_ERROR), None)


_NOT_PREPARED = b"26000"


def _is_idle(connection: psycopg.Connection) -> bool:
    return connection.pgconn.transaction_status == pq.TransactionStatus.IDLE


def _there_and_back(
    connection: psycopg.Connection, asks: Sequence[Ask], prepared: set[str], wait: Wait
) -> tuple[list[str], list[pq.abc.PGresult]]:
    """What was sent, and what came back for each."""
    pgconn = connection.pgconn
    try:
        pgconn.enter_pipeline_mode()
        sent = _send(pgconn, asks, prepared)
        results = _receive(pgconn, wait)
        pgconn.exit_pipeline_mode()
    except BaseException:
        connection.close()  # in the midst of answers, it could be used for nothing more
        raise
    prepared.update(name for name, result in zip(sent, results, strict=True) if name and result.status in _OK)
    return sent, results


_PREPARED: WeakKeyDictionary[psycopg.Connection, set[str]] = WeakKeyDictionary()


def _send(pgconn: pq.abc.PGconn, asks: Sequence[Ask], prepared: Collection[str]) -> list[str]:
    """Queue and send everything. Returns the name of what is prepared on the way, '' for what is asked, in order."""
    sent: list[str] = []
    for ask in asks:
        name = ask.statement.name
        if name not in prepared and name not in sent:
            pgconn.send_prepare(name.encode(), ask.statement.sql.encode())
            sent.append(name)
        pgconn.send_query_prepared(name.encode(), ask.parameters, [_BINARY] * len(ask.parameters), _BINARY)
        sent.append("")
    pgconn.pipeline_sync()
    while pgconn.flush():  # the socket is full: the server wants to be read from, or is slow
        poll = select.poll()
        poll.register(pgconn.socket, select.POLLIN | select.POLLOUT)
        if any(event & ~select.POLLOUT for _, event in poll.poll()):
            pgconn.consume_input()
    return sent


def _receive(pgconn: pq.abc.PGconn, wait: Wait) -> list[pq.abc.PGresult]:
    """The answers up to the end of the pipeline."""
    results: list[pq.abc.PGresult] = []
    while True:
        while pgconn.is_busy():
            wait(pgconn.socket)
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is not None and result.status == pq.ExecStatus.PIPELINE_SYNC:
            return results
        if pgconn.status == pq.ConnStatus.BAD:
            raise psycopg.OperationalError(pgconn.get_error_message())
        if result is not None:  # None stands between the answers of two statements
            results.append(result)


def _answer(connection: psycopg.Connection, result: pq.abc.PGresult) -> Answer:
    if not result.ntuples:
        return _NOTHING
    transformer = Transformer(connection)
    transformer.set_pgresult(result)
    names = tuple((result.fname(column) or b"").decode() for column in range(result.nfields))
    return Answer(names, transformer.load_rows(0, result.ntuples, tuple))


_NOTHING = Answer((), ())
