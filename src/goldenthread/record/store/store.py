"""The database of one home: embedded, or any PostgreSQL by its address."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Protocol, Self
from weakref import WeakMethod

import psycopg
from psycopg import sql

from goldenthread.promise.errors import StoreUnavailable
from goldenthread.record.store.home import Home
from goldenthread.record.store.migrations import APP_ROLE, DATABASE_SCHEMA, Schema, migrate
from goldenthread.record.store.pool import Pool
from goldenthread.record.store.server import EmbeddedServer

DATABASE = "goldenthread"
OLDEST_SERVER = 150000
# A process that stops in the middle of a transaction (a debugger, SIGSTOP) holds its chain's head: it is ended before
# those who wait for the head give up.
_SESSION_SETTINGS = "set idle_in_transaction_session_timeout = '15s'; set lock_timeout = '20s'; set timezone = 'UTC'"


class Server(Protocol):
    """Where sessions come from."""

    def join(self) -> None:
        """Become a user, or raise StoreUnavailable."""

    def leave(self, *, keep: bool = False) -> None:
        """Be none any more."""

    def connect(self, database: str) -> psycopg.Connection:
        """A new session, autocommit, or psycopg.OperationalError."""


class ExternalServer:
    """
    A PostgreSQL that somebody else runs.

    Args:
        url: A libpq address, `postgresql://user@host/database`. The database must exist.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def join(self) -> None:
        """
        Try one session.

        Raises:
            StoreUnavailable: It cannot be reached, is older than PostgreSQL 15, or has another encoding than UTF8.
        """
        try:
            with self.connect("") as connection:
                connection.execute("select 1")
                version = connection.info.server_version
                encoding = connection.info.parameter_status("server_encoding")
        except (psycopg.OperationalError, psycopg.ProgrammingError) as problem:
            raise StoreUnavailable(
                f"The database of GOLDENTHREAD_DATABASE_URL cannot be reached: {str(problem).strip()}. "
                "Mend the address or the server, or unset the variable to use the embedded database."
            ) from problem
        if version < OLDEST_SERVER:
            raise StoreUnavailable(
                f"The database of GOLDENTHREAD_DATABASE_URL is PostgreSQL {version // 10000}; 15 or newer is needed. "
                "Upgrade it, or unset the variable to use the embedded database."
            )
        if encoding != "UTF8":
            raise StoreUnavailable(
                f"The database of GOLDENTHREAD_DATABASE_URL has the encoding {encoding}; UTF8 is needed, since records "
                "may hold any letter. Make one with `createdb --encoding=UTF8 --template=template0 NAME`, or unset the "
                "variable to use the embedded database."
            )

    def leave(self, *, keep: bool = False) -> None:
        """Nothing: the server is not ours to stop."""

    def connect(self, database: str) -> psycopg.Connection:
        """A new session, autocommit; the database is the one that the address names."""
        return psycopg.connect(self._url, autocommit=True, connect_timeout=10)


class Store:
    """
    Sessions of one home's database. Make it with `Store.open`.

    Every session has `goldenthread` as its schema and runs as the role `goldenthread_app`, which owns no table: it
    can do only what the rooms' schemas grant. `notices` are sentences for the person at the terminal.
    """

    def __init__(self, server: Server, *, database: str, read_only: bool, keep: bool, notices: tuple[str, ...]) -> None:
        self.notices = notices
        self._server = server
        self._database = database
        self._read_only = read_only
        self._keep = keep
        self._pid = os.getpid()
        self._open = True
        self._pool = Pool(self.connect)
        self._at_exit = _AtExit(self)

    @classmethod
    def open(
        cls,
        home: Home,
        *,
        schemas: Iterable[Schema] = (),
        database: str = DATABASE,
        read_only: bool = False,
        keep: bool = False,
    ) -> Self:
        """
        Attach to the home's database; start it, make it and bring its tables up to date where needed.

        Args:
            home: Prepared here unless `read_only`.
            schemas: The rooms' tables, the room that others build on first.
            database: Name inside the embedded server.
            read_only: The home must exist, and sessions refuse to write.
            keep: Leave the embedded server running on `close`.

        Raises:
            HomeInvalid: The home cannot be used or, when `read_only`, does not exist.
            StoreUnavailable: The database cannot be started or reached.
            SchemaMismatch: The tables belong to another version.
        """
        if read_only:
            home.identity()
        else:
            home.prepare()
        server, notices = _server_of(home)
        server.join()
        try:
            with _owner(server, database) as connection:
                migrate(connection, schemas)
            return cls(server, database=database, read_only=read_only, keep=keep, notices=notices)
        except BaseException:
            server.leave(keep=keep)
            raise

    def connect(self) -> psycopg.Connection:
        """
        A session of your own, autocommit, as `goldenthread_app`; close it yourself.

        Raises:
            StoreUnavailable: None is to be had, or the database went away at once.
        """
        connection = self._session()
        try:
            connection.execute(_SESSION_SETTINGS)
            connection.execute(
                sql.SQL("set search_path to {}; set default_transaction_read_only = {}; set role {}").format(
                    sql.Identifier(DATABASE_SCHEMA), sql.Literal(self._read_only), sql.Identifier(APP_ROLE)
                )
            )
        except BaseException as problem:
            connection.close()
            if isinstance(problem, psycopg.OperationalError):
                raise _gone(problem) from problem
            raise
        return connection

    def connect_as_owner(self) -> psycopg.Connection:
        """
        A session with the rights of the tables' owner, for maintenance and for tests; close it yourself.

        Raises:
            StoreUnavailable: As `connect`.
        """
        connection = self._session()
        try:
            connection.execute(sql.SQL("set search_path to {}").format(sql.Identifier(DATABASE_SCHEMA)))
        except BaseException as problem:
            connection.close()
            if isinstance(problem, psycopg.OperationalError):
                raise _gone(problem) from problem
            raise
        return connection

    @contextmanager
    def session(self) -> Iterator[psycopg.Connection]:
        """
        A pooled session, autocommit, for the length of the block; it may have been used before.

        Raises:
            StoreUnavailable: None is to be had, or the database went away in the midst of the block.
        """
        with self._pool.lend() as connection:
            try:
                yield connection
            except psycopg.OperationalError as problem:
                if connection.closed:
                    raise _gone(problem) from problem
                raise

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        """A pooled session inside a transaction: committed when the block ends well, else rolled back."""
        with self.session() as connection, connection.transaction():
            yield connection

    def close(self) -> None:
        """Give up all sessions; the last user of an embedded server stops it. Harmless when called again."""
        if not self._open:
            return
        self._open = False
        atexit.unregister(self._at_exit)
        self._pool.close()
        if self._pid == os.getpid():  # A forked child is no user of its own.
            self._server.leave(keep=self._keep)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _session(self) -> psycopg.Connection:
        if not self._open:
            raise StoreUnavailable("The store was closed. Open it again with `Store.open(home)`.")
        try:
            return self._server.connect(self._database)
        except psycopg.OperationalError:
            self._server.join()  # It may have been killed since: start it again, once.
        try:
            return self._server.connect(self._database)
        except psycopg.OperationalError as problem:
            raise StoreUnavailable(
                f"The database gives no session: {str(problem).strip()}. "
                "If it has too many, use fewer threads or processes; else look into its log."
            ) from problem


def _server_of(home: Home) -> tuple[Server, tuple[str, ...]]:
    url = os.environ.get("GOLDENTHREAD_DATABASE_URL")
    if url:
        return ExternalServer(url), ()
    server = EmbeddedServer(home)
    return server, (server.place.notice,) if server.place.notice else ()


def _gone(problem: psycopg.OperationalError) -> StoreUnavailable:
    return StoreUnavailable(
        f"The database went away in the midst of a session: {str(problem).strip()}. Nothing was recorded, unless this "
        "was the very commit: then look before trying again. Else try again; it is started anew where needed."
    )


def _owner(server: Server, database: str) -> psycopg.Connection:
    try:
        return server.connect(database)
    except psycopg.OperationalError as problem:
        if "does not exist" not in str(problem) or not isinstance(server, EmbeddedServer):
            raise StoreUnavailable(
                f"The database '{database}' gives no session: {str(problem).strip()}. Look into its log."
            ) from problem
    first = suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation)  # Another process may be.
    with server.connect("postgres") as connection, first:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
    return server.connect(database)


class _AtExit:
    """Closes a forgotten store when the process ends, without keeping it alive until then."""

    def __init__(self, store: Store) -> None:
        self._close = WeakMethod(store.close)
        atexit.register(self)

    def __call__(self) -> None:
        close = self._close()
        if close is not None:
            close()
