"""A PostgreSQL that isn't ours, for the same tests: GOLDENTHREAD_TEST_POSTGRES names the folder of its programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

_USER = "postgres"
_PORT = 5432


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
        self._data = self.folder / "data"
        if self._as:
            shutil.chown(self.folder, "nobody")
        self._run("initdb", "-D", self._data, "-U", _USER, "-E", "UTF8", "--locale=C", "--auth=trust")
        given = {"listen_addresses": "", "unix_socket_directories": self.folder, "max_connections": 200}
        options = " ".join(f"-c {name}={value}" for name, value in {**given, **(settings or {})}.items())
        self._run("pg_ctl", "-D", self._data, "-l", self.folder / "log", "-w", "-o", options, "start")

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://{_USER}@/{database}?host={quote(str(self.folder), safe='')}&port={_PORT}"

    def connect(self, database: str) -> psycopg.Connection:
        """A session as its superuser; autocommit."""
        return psycopg.connect(self.url(database), autocommit=True)

    def leave(self) -> None:
        """Stop it and remove its data."""
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments], cwd="/", check=False, capture_output=True, text=True, **self._as
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")
