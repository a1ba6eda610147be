"""The scene's PostgreSQL, as whoever runs the machine sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import psycopg

from chaos.lines import Streams
from chaos.own_postgres import Kept
from goldenthread.record.store import Home
from goldenthread.record.store.postmaster import Postmaster, workers_of
from goldenthread.record.store.server import PORT, EmbeddedServer


class Database:
    """
    Its server.

    Args:
        data: Its folder of data.
        stop: Ends it, whoever uses it.
    """

    def __init__(self, data: Path, stop: Callable[[], None]) -> None:
        self._data = data
        self.stop = stop

    @classmethod
    def embedded(cls, home: Path) -> Database:
        """The one of a home; whoever of the scene needs it starts it again."""
        server = EmbeddedServer(Home(home))
        return cls(server.place.data, server.stop)

    @classmethod
    def own(cls, kept: Kept) -> Database:
        """One that people brought."""
        return cls(kept.server.data, kept.leave)

    def pid(self) -> int | None:
        """The postmaster, if it lives."""
        found = Postmaster.read(self._data)
        return found.pid if found is not None and found.alive() else None

    def backends(self) -> list[int]:
        """Processes of sessions."""
        with self._connect() as connection:
            rows = connection.execute(
                "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
            ).fetchall()
        return [pid for (pid,) in rows]

    def end_sessions(self, share: float) -> int:
        """End a share of all sessions; how many."""
        with self._connect() as connection:
            rows = connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where backend_type = 'client backend' and pid <> pg_backend_pid() and random() < %s",
                (share,),
            ).fetchall()
        return len(rows)

    async def stream(self) -> Streams:
        """A connection to its socket, for a proxy."""
        found = Postmaster.read(self._data)
        if found is None:
            raise ConnectionRefusedError("no server")
        return await asyncio.open_unix_connection(found.socket_folder / f".s.PGSQL.{PORT}")

    def processes(self) -> int:
        """How many of its processes live."""
        return len(workers_of(self._data))

    def _connect(self) -> psycopg.Connection:
        found = Postmaster.read(self._data)
        if found is None:
            raise psycopg.OperationalError("no server")
        return psycopg.connect(
            host=str(found.socket_folder), port=PORT, user="postgres", dbname="goldenthread", autocommit=True,
            connect_timeout=2,
        )  # fmt: skip
