"""Numbered SQL of each room, applied once and in order, under a lock of the database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg import sql

from goldenthread.promise.errors import SchemaMismatch, StoreUnavailable

APP_ROLE: LiteralString = "goldenthread_app"
DATABASE_SCHEMA: LiteralString = "goldenthread"
_LOCK = 0x676F6C64  # 'gold'


@dataclass(frozen=True, kw_only=True, slots=True)
class Migration:
    """
    One step of a room's tables.

    Shapes: `number` counts from 1 in its room; `sql` may hold several statements, and grants to `goldenthread_app`
    what that room's sessions need. Once released, a step is never edited: a change is a new number.
    """

    room: str
    number: int
    sql: LiteralString

    @property
    def digest(self) -> str:
        """SHA-256 of the text, to notice a step that was edited after it was applied."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


Schema = Sequence[Migration]


def migrate(connection: psycopg.Connection, schemas: Iterable[Schema]) -> None:
    """
    Apply what is missing. Many processes may do this at once; on a database that is up to date it costs one query.

    A new database gets all steps at once. Where others may be at work, each is a transaction of its own: one that held
    a table and asked for the next would wait for somebody who waits for it.

    Args:
        connection: The owner's session, autocommit, with no role set.
        schemas: Each room's steps, the room that others build on first.

    Raises:
        SchemaMismatch: A step was edited after it was applied, or the database has a newer one.
        StoreUnavailable: The owner may not make the role or the tables, or others hold them.
    """
    steps = [step for schema in schemas for step in schema]
    known = _applied(connection)
    if known and not _missing(connection, steps):
        return
    try:
        while _apply_next(connection, steps, 1 if known else len(steps)):
            pass
    except psycopg.errors.InsufficientPrivilege as problem:
        raise StoreUnavailable(
            f"The database user may not prepare the tables: {str(problem).strip()}. Ask its administrator for "
            f"`create role {APP_ROLE} nologin; grant {APP_ROLE} to <user>; grant create on database <name> to <user>`."
        ) from problem
    except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as problem:
        raise StoreUnavailable(
            f"The tables of an earlier version could not be changed, for somebody is at work with them: "
            f"{str(problem).strip().splitlines()[0]}. Stop the agents and servers of this home and try again; nothing "
            "was lost, and what was changed so far stands."
        ) from problem


def _apply_next(connection: psycopg.Connection, steps: list[Migration], most: int) -> bool:
    """Apply so many of the missing steps in one transaction; False once there are none."""
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        _prepare(connection)
        missing = _missing(connection, steps)
        for step in missing[:most]:
            connection.execute(step.sql)
            connection.execute(
                "insert into goldenthread.migration (room, number, digest) values (%s, %s, %s)",
                (step.room, step.number, step.digest),
            )
    return len(missing) > most


def _missing(connection: psycopg.Connection, steps: list[Migration]) -> list[Migration]:
    applied = _applied(connection)
    newest = {step.room: step.number for step in sorted(steps, key=lambda step: step.number)}
    for room, number in applied:
        if number > newest.get(room, number):
            raise SchemaMismatch(
                f"The tables of '{room}' are at step {number}; this goldenthread knows up to {newest[room]}. "
                "Upgrade goldenthread, or use the database that belongs to this version."
            )
    for step in steps:
        if applied.get((step.room, step.number), step.digest) != step.digest:
            raise SchemaMismatch(
                f"Step {step.number} of the tables of '{step.room}' was applied with another text. "
                "Use the goldenthread version that made this database; while developing, delete the home."
            )
    return [step for step in steps if (step.room, step.number) not in applied]


def _applied(connection: psycopg.Connection) -> dict[tuple[str, int], str]:
    try:
        rows = connection.execute("select room, number, digest from goldenthread.migration").fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return {}
    return {(room, number): digest for room, number, digest in rows}


def _prepare(connection: psycopg.Connection) -> None:
    role = sql.Identifier(APP_ROLE)
    exists = "select 1 from pg_roles where rolname = %s"
    if not connection.execute(exists, (APP_ROLE,)).fetchone():
        _make_role(connection, role)
    member = "select pg_has_role(current_user, %s, 'set')"
    if connection.info.server_version < 160000:
        member = "select pg_has_role(current_user, %s, 'member')"
    if connection.execute(member, (APP_ROLE,)).fetchone() != (True,):
        connection.execute(sql.SQL("grant {} to current_user").format(role))
    connection.execute(
        sql.SQL(
            """
            create schema if not exists goldenthread;
            grant usage on schema goldenthread to {role};
            set local search_path to goldenthread;
            create table if not exists migration (
                room text not null,
                number integer not null,
                digest text not null,
                at timestamptz not null default now(),
                primary key (room, number)
            );
            insert into migration (room, number, digest) values ('store', 1, '') on conflict do nothing;
            """
        ).format(role=role)
    )


def _make_role(connection: psycopg.Connection, role: sql.Identifier) -> None:
    try:
        with connection.transaction():
            connection.execute(sql.SQL("create role {} nologin").format(role))
    except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        pass  # Another database of the same server was first; the role is the server's, not the database's.
