"""A PostgreSQL that isn't ours, started from the programs of a folder: for tests and for chaos."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

_USER = "postgres"
_PORT = 5432
_LOOK_S = 0.3


class OwnPostgres:
    """
    A server started from other programs, as people bring their own; reached through a socket of its own.

    Args:
        programs: The folder with `initdb` and `pg_ctl`.
        settings: More of its settings, by name.
    """

    def __init__(self, programs: Path, settings: Mapping[str, str] | None = None) -> None:
        self._programs = programs
        self._as: dict[str, Any] = {"user": "nobody", "extra_groups": []} if os.geteuid() == 0 else {}
        self.folder = Path(tempfile.mkdtemp(prefix="goldenthread-own-"))
        self.data = self.folder / "data"
        given = {"listen_addresses": "", "unix_socket_directories": self.folder, "max_connections": 200}
        self._options = " ".join(f"-c {name}={value}" for name, value in {**given, **(settings or {})}.items())
        if self._as:
            shutil.chown(self.folder, "nobody")
        self._run("initdb", "-D", self.data, "-U", _USER, "-E", "UTF8", "--locale=C", "--auth=trust")
        self.start()

    def start(self) -> None:
        """
        Start it; returns when it takes sessions.

        Raises:
            RuntimeError: It did not start.
        """
        self._run("pg_ctl", "-D", self.data, "-l", self.folder / "log", "-w", "-o", self._options, "start")

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://{_USER}@/{database}?host={quote(str(self.folder), safe='')}&port={_PORT}"

    def connect(self, database: str) -> psycopg.Connection:
        """A session as its superuser; autocommit."""
        return psycopg.connect(self.url(database), autocommit=True)

    def leave(self) -> None:
        """Stop it and remove its data."""
        self._run("pg_ctl", "-D", self.data, "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments], cwd="/", check=False, capture_output=True, text=True, **self._as
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")


class Kept:
    """
    A server that is started again when it dies, as an init system does it.

    Args:
        server: Running.
    """

    def __init__(self, server: OwnPostgres) -> None:
        self.server = server
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="init", daemon=True)
        self._thread.start()

    def leave(self) -> None:
        """Start it no more; stop it, and remove its data."""
        self._leaving.set()
        self._thread.join()
        if not self._lives():
            self._start()
        self.server.leave()

    def _keep(self) -> None:
        while not self._leaving.wait(_LOOK_S):
            if not self._lives():
                self._start()

    def _start(self) -> None:
        try:
            self.server.start()
        except RuntimeError:
            return  # processes of the one that died still end; the next look tries again

    def _lives(self) -> bool:
        from goldenthread.record.store.postmaster import Postmaster

        found = Postmaster.read(self.server.data)
        return found is not None and found.alive()
