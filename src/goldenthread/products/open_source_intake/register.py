"""
The register of admitted and refused packages: the system that the agent's actions change.

A store of its own, apart from the ledger, as a company's real one would be. The request is the idempotency
key of the decision: the same decision delivered twice has one effect, another one under the same key is refused.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

State = Literal["admitted", "refused", "withdrawn", "reopened"]

_TABLE = """
CREATE TABLE IF NOT EXISTS decisions (
    request TEXT PRIMARY KEY,
    package TEXT NOT NULL,
    licence TEXT NOT NULL,
    decided TEXT NOT NULL CHECK (decided IN ('admitted', 'refused')),
    undone TEXT CHECK (undone IN ('withdrawn', 'reopened'))
) STRICT
"""
_BUSY_S = 30.0


class RegisterConflict(Exception):
    """The register holds something else under this request."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What the register holds under a request."""

    request: str
    package: str
    licence: str
    state: State


class Register:
    """One SQLite file; every operation is one durable transaction, safe between processes."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        with self._transaction() as database:
            database.execute(_TABLE)

    def admit(self, *, request: str, package: str, licence: str) -> Entry:
        """
        Admit the package under this licence; the same again changes nothing.

        Raises:
            RegisterConflict: The request was decided otherwise.
        """
        return self._decide(request, package, licence, "admitted")

    def refuse(self, *, request: str, package: str, licence: str) -> Entry:
        """
        Refuse the package because of this licence; the same again changes nothing.

        Raises:
            RegisterConflict: The request was decided otherwise.
        """
        return self._decide(request, package, licence, "refused")

    def withdraw(self, *, request: str) -> Entry:
        """
        Undo an admission. The request stays used up: a late second delivery does not admit again.

        Raises:
            RegisterConflict: Nothing was admitted under the request.
        """
        return self._undo(request, decided="admitted", undone="withdrawn")

    def reopen(self, *, request: str) -> Entry:
        """
        Undo a refusal. The request stays used up; the package is asked for anew under another request.

        Raises:
            RegisterConflict: Nothing was refused under the request.
        """
        return self._undo(request, decided="refused", undone="reopened")

    def entry(self, request: str) -> Entry | None:
        """What stands under the request, or None."""
        with self._transaction() as database:
            return _entry(database, request)

    def entries(self) -> tuple[Entry, ...]:
        """Everything, in order of request."""
        with self._transaction() as database:
            rows = database.execute("SELECT request FROM decisions ORDER BY request").fetchall()
            found = (_entry(database, request) for (request,) in rows)
            return tuple(entry for entry in found if entry is not None)

    def _decide(self, request: str, package: str, licence: str, decided: State) -> Entry:
        with self._transaction() as database:
            database.execute(
                "INSERT INTO decisions (request, package, licence, decided) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (request) DO NOTHING",
                (request, package, licence, decided),
            )
            held = database.execute(
                "SELECT package, licence, decided FROM decisions WHERE request = ?", (request,)
            ).fetchone()
            if held != (package, licence, decided):
                raise RegisterConflict(
                    f"request {request!r} cannot be {decided} as {package!r} under {licence!r}; it was {held[2]} as "
                    f"{held[0]!r} under {held[1]!r}. Undo that, then ask under a new request."
                )
            return _known(database, request)

    def _undo(self, request: str, *, decided: State, undone: State) -> Entry:
        with self._transaction() as database:
            database.execute(
                "UPDATE decisions SET undone = ? WHERE request = ? AND decided = ?", (undone, request, decided)
            )
            held = _entry(database, request)
            if held is None or held.state != undone:
                state = held.state if held else "unknown"
                raise RegisterConflict(
                    f"request {request!r} cannot be {undone}; it is {state}, and only what was {decided} can be."
                )
            return held

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")


def _entry(database: sqlite3.Connection, request: str) -> Entry | None:
    row = database.execute(
        "SELECT package, licence, coalesce(undone, decided) FROM decisions WHERE request = ?", (request,)
    ).fetchone()
    return Entry(request=request, package=row[0], licence=row[1], state=row[2]) if row else None


def _known(database: sqlite3.Connection, request: str) -> Entry:
    entry = _entry(database, request)
    assert entry is not None  # written in this transaction
    return entry
