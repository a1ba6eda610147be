"""The database in memory that a log is looked into with: bounded, without network, and with a folder of its own."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

_MEMORY = "2GB"
_DISK = "50GB"


class Workbench:
    """
    A DuckDB in memory; what does not fit goes to a temporary folder, and nothing of it stays. May be asked by several
    threads at a time, each of which then has a connection of its own to the same tables.

    Args:
        threads: That may be used; None: as many as there are processors.
        memory: That may be used, as DuckDB writes it.
    """

    def __init__(self, threads: int | None = None, memory: str = _MEMORY) -> None:
        self._held = tempfile.TemporaryDirectory(prefix="goldenthread-log-")
        self.folder = Path(self._held.name)
        settings: dict[str, Any] = {
            "memory_limit": memory,
            "temp_directory": str(self.folder),
            "max_temp_directory_size": _DISK,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        if threads is not None:
            settings["threads"] = threads
        self._whole = duckdb.connect(":memory:", config=settings)
        self._own = threading.local()
        self.threads = int(self.one("select current_setting('threads')")[0])

    @property
    def database(self) -> duckdb.DuckDBPyConnection:
        """The connection of the thread that asks for it."""
        found: duckdb.DuckDBPyConnection | None = getattr(self._own, "database", None)
        if found is None:
            found = self._own.database = self._whole.cursor()
            found.execute("set timezone = 'UTC'; set enable_progress_bar = false; set preserve_insertion_order = true")
        return found

    def run(self, question: str, values: Any = None) -> None:
        """Do something."""
        self.database.execute(question, values)

    def rows(self, question: str, values: Any = None) -> list[tuple[Any, ...]]:
        """Ask something."""
        return self.database.execute(question, values).fetchall()

    def one(self, question: str, values: Any = None) -> tuple[Any, ...]:
        """Ask for the one row that there is."""
        found = self.database.execute(question, values).fetchone()
        assert found is not None
        return found

    def named(self, question: str, values: Any = None) -> list[dict[str, Any]]:
        """Ask for rows by the names of their columns."""
        found = self.database.execute(question, values)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def close(self) -> None:
        """Let go of everything."""
        self.database.close()
        self._whole.close()
        self._held.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def quoted(name: str) -> str:
    """A column's name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"
