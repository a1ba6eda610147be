"""DBOS on the home's database: its tables in a schema of their own, its sessions ours, its voice off, no network."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import psycopg

from goldenthread.promise.errors import StoreUnavailable
from goldenthread.record.store import APP_ROLE, Store

if TYPE_CHECKING:
    from dbos import DBOSClient
    from sqlalchemy import Engine

DBOS_SCHEMA = "goldenthread_dbos"
APPLICATION = "goldenthread"
VERSION = "goldenthread-turns-1"
"""Pinned: what a turn is changes with us, and never with an agent's code, so that a deploy strands no run."""
TURN = "goldenthread.turn"
"""The one workflow: (submission, turn)."""

_PREPARING = threading.Lock()


def engine_of(store: Store, size: int) -> Engine:
    """A pool of the store's own sessions for SQLAlchemy: the restricted role, and a server that starts when needed."""
    return _engine(store.connect, size)


def client_of(engine: Engine) -> DBOSClient:
    """DBOS from outside a worker."""
    quiet()
    from dbos import DBOSClient

    return DBOSClient(
        system_database_engine=engine, dbos_system_schema=DBOS_SCHEMA, application_name=APPLICATION, lazy=True
    )


def prepare(store: Store) -> None:
    """
    Bring DBOS's tables up to date, as the tables' owner; one query if they are.

    Raises:
        StoreUnavailable: They are missing or old, and this database user may not make them; or it went away.
    """
    quiet()
    with _PREPARING:
        engine = _engine(store.connect_as_owner, 2)
        try:
            client = client_of(engine)
            client._sys_db.run_migrations()
            _grant(engine)
        except Exception as problem:
            if not _may_not(problem):
                raise_if_away(problem)
                raise
            raise StoreUnavailable(
                f"The database user may not prepare the tables of durable runs: {str(problem).splitlines()[0]}. Ask "
                f"its administrator for `grant create on database <name> to <user>`, or run `goldenthread init` there "
                "once as a user who may."
            ) from problem
        finally:
            engine.dispose()


def launch(engine: Engine, executor: str, listen: Sequence[str] = ()) -> Any:
    """
    DBOS in this process, as an executor of its own that takes nothing by itself: see `dispatching`.

    Args:
        engine: See `engine_of`.
        executor: Random; two of the same would do each other's work again.
        listen: Queues that DBOS itself looks at.
    """
    quiet()
    from dbos import DBOS

    dbos = DBOS(
        config={
            "name": APPLICATION,
            "system_database_url": "postgresql://of/engine",  # the engine is used instead
            "system_database_engine": engine,
            "dbos_system_schema": DBOS_SCHEMA,
            "run_migrations": False,
            "executor_id": executor,
            "application_version": VERSION,
            "use_listen_notify": False,
            "enable_otlp": False,
            "scheduler_polling_interval_sec": 3600.0,
        }
    )
    DBOS.listen_queues(list(listen))
    return dbos


def raise_if_away(problem: BaseException) -> None:
    """
    Say in our words that the database went away, if that is what DBOS or SQLAlchemy ran into.

    Raises:
        StoreUnavailable: It did.
    """
    import sqlalchemy

    cause = problem.orig if isinstance(problem, sqlalchemy.exc.DBAPIError) else problem
    if isinstance(cause, psycopg.OperationalError):
        raise StoreUnavailable(
            f"The database went away: {str(cause).splitlines()[0] if str(cause) else type(cause).__name__}. "
            "Start again; it is started anew where needed."
        ) from problem


def quiet() -> None:
    """DBOS says nothing on anybody's console: what it would print of errors may hold content."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.propagate = False
    logger.setLevel(logging.CRITICAL + 1)


def queue_name(slice_name: str) -> str:
    """The DBOS queue of a slice."""
    return f"runs:{slice_name}"


def turn_id(submission: str, turn: int) -> str:
    """The DBOS workflow of one turn."""
    return f"{submission}:{turn}"


def _engine(connect: Callable[[], psycopg.Connection], size: int) -> Engine:
    from sqlalchemy import create_engine

    def session() -> psycopg.Connection:
        connection = connect()
        connection.autocommit = False
        return connection

    return create_engine("postgresql+psycopg://", creator=session, pool_size=size, max_overflow=0, pool_timeout=30)


def _grant(engine: Engine) -> None:
    from sqlalchemy import text

    allowed = f"select has_table_privilege('{APP_ROLE}', '{DBOS_SCHEMA}.workflow_status', 'insert')"
    with engine.begin() as connection:
        if connection.execute(text(allowed)).scalar():
            return
        for kind, rights in (("tables", "select, insert, update, delete"), ("sequences", "all")):
            connection.execute(text(f"grant {rights} on all {kind} in schema {DBOS_SCHEMA} to {APP_ROLE}"))
            connection.execute(
                text(f"alter default privileges in schema {DBOS_SCHEMA} grant {rights} on {kind} to {APP_ROLE}")
            )
        connection.execute(text(f"grant execute on all functions in schema {DBOS_SCHEMA} to {APP_ROLE}"))
        connection.execute(text(f"grant usage on schema {DBOS_SCHEMA} to {APP_ROLE}"))


def _may_not(problem: BaseException | None) -> bool:
    """Whether the database refused for want of rights, also where that is the cause of something else."""
    while problem is not None:
        if isinstance(problem, psycopg.errors.InsufficientPrivilege):
            return True
        problem = getattr(problem, "orig", None) or problem.__cause__
    return False
