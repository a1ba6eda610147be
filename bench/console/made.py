"""
A store of many runs: a few cases of each slice are worked by the guard, the many are copies of these with ids of their
own, in chains whose hashes hold. Written with COPY, slice by slice, so that ten million need little memory.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench.console.played import Played, people, slice_of
from bench.metrics.made import slice_name
from goldenthread.record.ledger import Head, Ledger, utc_now
from goldenthread.record.ledger.records import seal
from goldenthread.record.principals import KeyRing
from goldenthread.record.store import Home

BEGAN = datetime(2025, 1, 2, 8, tzinfo=UTC)
NOW = datetime(2025, 12, 20, 12, tzinfo=UTC)
"""The last instant of the year that bench.metrics makes."""

PRODUCTS = 20
WHOLE = 1000
"""Of each slice so many of the latest runs have every record; of earlier ones what a gate reads."""

WAITING = 12
"""Open approvals of each slice."""

_OBSERVED = 5
"""Of earlier runs every so manieth has observations."""

_AGAIN = 0.05
"""So many runs are of a case that was worked before."""

_RECORD = "copy ledger_record (chain, seq, at, kind, by, hash, body) from stdin (format binary)"
_RECORD_TYPES = ("text", "int8", "timestamptz", "text", "text", "text", "bytea")
_INDEXES = (
    "ledger_record_kind",
    "ledger_record_about",
    "run_by_case",
    "run_by_start",
    "run_by_status",
    "action_by_run",
    "action_by_seq",
)


class Clock:
    """The time of the year that is made: it stands where it is put, and goes on from there."""

    def __init__(self, at: datetime) -> None:
        self._ahead = at - utc_now()

    def __call__(self) -> datetime:
        """Now."""
        return utc_now() + self._ahead

    def put(self, at: datetime) -> None:
        """Begin from there."""
        self._ahead = at - utc_now()


def make_store(
    ledger: Ledger, clock: Clock, runs: int, slices: int, *, waiting: int = WAITING, approvers: int = 0
) -> None:
    """Fill an empty ledger whose clock this is; with so many open approvals a slice, and more approvers."""
    ring = KeyRing(Home(ledger.vault.home.path))
    clock.put(BEGAN)
    people(ledger, ring, approvers)
    each = [runs // slices + (number < runs % slices) for number in range(slices)]
    played = [
        slice_of(ledger, ring, slice_name(number), f"product-{number % PRODUCTS:02d}") for number in range(slices)
    ]
    with ledger.store.connect_as_owner() as connection:
        connection.execute("set maintenance_work_mem = '512MB'; set synchronous_commit = off")
        stated = _without_indexes(connection)
        for number, (done, waits) in enumerate(played):
            name = slice_name(number)
            _Making(name, ledger.head(name), done, waits, each[number], waiting, seed=number).write(connection)
        for statement in stated:
            connection.execute(statement.encode())
        connection.execute("vacuum analyze")
    clock.put(NOW)


def _without_indexes(connection: psycopg.Connection) -> list[str]:
    """Take the indexes away that would be written row by row; what makes them again."""
    rows = connection.execute("select indexname, indexdef from pg_indexes where schemaname = 'goldenthread'").fetchall()
    stated = {name: definition for name, definition in rows if name in _INDEXES}
    for name in stated:
        connection.execute(f"drop index {name}".encode())
    return list(stated.values())


class _Making:
    """The runs of one slice."""

    def __init__(
        self, name: str, head: Head, done: Played, waits: Played, runs: int, waiting: int, *, seed: int
    ) -> None:
        self.waiting = waiting
        self.name, self.head, self.done, self.waits = name, head, done, waits
        self.runs = max(runs, WHOLE // 10 + waiting)
        self.random = random.Random(seed)
        self.at = BEGAN + timedelta(hours=1)
        self.pace = (NOW - self.at - timedelta(hours=2)) / max(1, self.runs - waiting)
        self.rows: dict[str, list[dict[str, Any]]] = {"run": [], "action": [], "inbox": []}

    def write(self, connection: psycopg.Connection) -> None:
        """All of them, and where the chain then ends."""
        with connection.transaction(), connection.cursor() as cursor, cursor.copy(_RECORD) as copy:
            copy.set_types(_RECORD_TYPES)
            for row in self._records():
                copy.write_row(row)
        with connection.transaction():
            for table, of in (("run", self.done.run), ("action", self.done.action), ("inbox", self.done.item)):
                with connection.cursor() as cursor, cursor.copy(f"copy {table} ({', '.join(of)}) from stdin") as copy:
                    for made in self.rows[table]:
                        copy.write_row([made[name] for name in of])
            connection.execute(
                "update ledger_head set seq = %s, hash = %s where chain = %s",
                (self.head.seq, self.head.hash, self.name),
            )

    def _records(self) -> Iterator[tuple[Any, ...]]:
        whole = min(WHOLE, self.runs // 2)
        light = [one for one in self.done.records if one[0] in ("run:start", "run:end")]
        seen = next(one for one in self.done.records if one[0] == "case:observe")
        for number in range(self.runs - whole - self.waiting):
            yield from self._run(self.done, [*light, *([seen] if number % _OBSERVED == 0 else [])], {"run"})
        for _ in range(whole):
            yield from self._run(self.done, self.done.records, {"run", "action", "inbox"})
        self.pace = timedelta(seconds=1)  # asked today, so that no item is too old for an answer
        for _ in range(self.waiting):
            yield from self._run(self.waits, self.waits.records, {"run", "action", "inbox"})

    def _run(self, like: Played, records: Any, tables: set[str]) -> Iterator[tuple[Any, ...]]:
        own = {kind: f"{self.random.getrandbits(4 * len(old)):0{len(old)}x}" for kind, old in like.ids.items()}
        before = self._worked_before()
        if before is not None:
            before["followed"], own["case"] = True, before["case_ref"]
        pairs = [(like.ids[kind].encode(), new.encode()) for kind, new in own.items()]
        started, began = self.head.seq + 1, self.at
        for kind, by, data in records:
            yield self._record(kind, by, _renamed(data, pairs))
        self._remember(like, own, tables, started, began)
        self.rows["run"][-1]["nth"] = 1 + (before["nth"] if before is not None else 0)
        self.at = max(self.at, began + self.pace)

    def _worked_before(self) -> dict[str, Any] | None:
        """The row of a run whose case this one is of, too."""
        if not self.rows["run"] or self.random.random() >= _AGAIN:
            return None
        row = self.random.choice(self.rows["run"])
        return None if row["followed"] or row["ended_at"] is None else row

    def _record(self, kind: str, by: str, data: bytes) -> tuple[Any, ...]:
        self.at += timedelta(milliseconds=20)
        record = seal(self.name, self.head, at=self.at, kind=kind, by=by, data={}, canonical_data=data)
        self.head = Head(seq=record.seq, hash=record.hash)
        return self.name, record.seq, record.at, kind, by, record.hash, record.body

    def _remember(self, like: Played, own: dict[str, str], tables: set[str], started: int, began: datetime) -> None:
        """The rows of the tables that go with the records."""
        lasted = None if like is self.waits else self.at
        for table, of in (("run", like.run), ("action", like.action), ("inbox", like.item)):
            if table in tables:
                text = {old: own[kind] for kind, old in like.ids.items()}
                row = {name: text.get(value, value) if isinstance(value, str) else value for name, value in of.items()}
                moved = {
                    "started_seq": started,
                    "seq": started + 1,
                    "started_at": began,
                    "at": began,
                    "asked_at": began,
                }
                moved |= {"ended_at": lasted, "answered_at": lasted}
                self.rows[table].append({name: moved.get(name, value) for name, value in row.items()})


def _renamed(data: bytes, pairs: Sequence[tuple[bytes, bytes]]) -> bytes:
    for old, new in pairs:
        data = data.replace(old, new)
    return data


def facts_of(folder: Path, runs: int) -> None:
    """The facts of as many runs, in the same slices and the same year."""
    from bench.metrics.made import make_year

    make_year(folder, runs)
