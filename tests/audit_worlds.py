"""An organisation with a slice, people, an agent and two checkpoints, all in memory, and its export."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from goldenthread.promise.values import Json, digest
from goldenthread.record.audit import export
from goldenthread.record.ledger import ORGANISATION, Head, Record, Snapshot, StoredRecord, checkpoint
from goldenthread.record.ledger.records import START, seal
from goldenthread.record.principals import (
    KeyRing,
    Principals,
    Role,
    bootstrap,
    fold,
    grant,
    load_principals,
    revoke,
    sign_contract,
)

SLICE = "refunds"
ANSWER = "application/vnd.goldenthread.answer+json"
TEXT = "slice: refunds\nversion: 1\n"


@dataclass(frozen=True)
class Paper:
    """As much of a contract as its signatures are about."""

    slice: str = SLICE
    version: int = 1
    owner: str = "bob"
    expert: str | None = "ann"
    data_owners: tuple[str, ...] = ("finance",)
    digest: str = "sha256:" + hashlib.sha256(TEXT.encode()).hexdigest()


@dataclass
class Book:
    """A ledger of many chains in memory; a minute passes between records."""

    chains: dict[str, list[Record]] = field(default_factory=dict)
    now: datetime = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)

    def clock(self) -> datetime:
        return self.now

    def read(self, chain: str) -> Iterator[Record]:
        return iter(list(self.chains.get(chain, ())))

    @contextmanager
    def transaction(self, chain: str) -> Iterator[Book]:
        yield self

    def heads(self) -> dict[str, Head]:
        return {chain: Head(seq=len(records), hash=records[-1].hash) for chain, records in self.chains.items()}

    def append(self, chain: str, kind: str, by: str, data: Mapping[str, Json]) -> Record:
        self.now += timedelta(minutes=1)
        record = seal(chain, self.heads().get(chain, START), at=self.now, kind=kind, by=by, data=data)
        self.chains.setdefault(chain, []).append(record)
        return record


@dataclass
class Folder:
    """A home that has only its keys."""

    keys: Path


class World:
    """The organisation, and ways to write its records."""

    def __init__(self, book: Book, ring: KeyRing) -> None:
        self.book = book
        self.ring = ring
        self.checkpoints: list[dict[str, Any]] = []

    def __repr__(self) -> str:
        return f"World of {len(self.rows())} records"

    def grant(self, name: str, *roles: str, **more: Any) -> None:
        parsed = [Role.parse(role) for role in roles]
        grant(self.book, self.ring, by="maya", name=name, roles=parsed, **more)

    def write(self, kind: str, by: str = "goldenthread", **data: Any) -> Record:
        return self.book.append(SLICE, kind, by, data)

    def sign(self, name: str) -> None:
        paper: Any = Paper()
        self.write("contract:version:sign", name, **sign_contract(load_principals(self.book), self.ring, paper, name))

    def permit(self, number: str) -> dict[str, Json]:
        terms: dict[str, Json] = {"slice": SLICE, "run": "r1", "call": 1, "action": "zahlen für zwei"}
        return {"id": number, "digest": digest(terms), **terms}

    def answer(self, by: str, answer: str = "approve", *, run: str = "r1", **more: Any) -> Record:
        said = {"slice": SLICE, "item": "i1", "action": "a1", "answer": answer, **more}
        envelope = self.ring.sign(by, ANSWER, said)
        return self.write("approval:answer", by, **said, run=run, case="c1", envelope=envelope)

    def checkpoint(self, folder: Path) -> None:
        ledger: Any = self.book
        self.checkpoints.append(checkpoint(ledger, self.ring.signer("seal-service"), folder=folder))

    def principals(self) -> Principals:
        return fold(self.book.chains[ORGANISATION])

    def snapshot(self) -> Snapshot:
        return Snapshot(rows=self.rows(), heads=self.book.heads())

    def rows(self) -> list[StoredRecord]:
        return [stored(record) for chain in sorted(self.book.chains) for record in self.book.chains[chain]]


def stored(record: Record) -> StoredRecord:
    """The row of a record."""
    return StoredRecord(
        chain=record.chain,
        seq=record.seq,
        at=record.at,
        kind=record.kind,
        by=record.by,
        hash=record.hash,
        body=record.body,
    )


def begin(folder: Path) -> World:
    """People, an agent, a signed contract; nothing worked yet, no checkpoint."""
    world = World(Book(), KeyRing(Folder(folder / "keys")))
    bootstrap(world.book, world.ring, "maya")
    world.grant("bob", "owner@refunds")
    world.grant("ann", "expert", "approver@refunds")
    world.grant("finance", "data-owner", kind="data-owner")
    world.grant("carol", "approver")
    world.grant("seal-service", "sealer", kind="service")
    world.grant("bot", "agent@refunds", kind="agent", responsible="ann")
    world.write("contract:version:commit", version=1, digest=Paper().digest, text=TEXT)
    for name in ("bob", "ann", "finance"):
        world.sign(name)
    return world


def work(world: World) -> None:
    """A case: asked, approved, done, and one that needed nobody."""
    world.write("run:start", "bot", run="r1", case="c1", fingerprint="f1")
    world.write("action:decide", "bot", decision="a1", run="r1", verdict="ask")
    world.answer("carol", permit=world.permit("p1"))
    world.write("permit:consume", "bot", permit="p1", decision="a1", run="r1")
    world.write("action:effect", "bot", decision="a1", permit="p1", outcome="done", result=None)
    world.write("action:decide", "bot", decision="a2", run="r1", verdict="allow", permit=world.permit("p2"))
    world.write("permit:consume", "bot", permit="p2", decision="a2", run="r1")
    world.write("action:effect", "bot", decision="a2", permit="p2", outcome="unknown", result=None)


def full(folder: Path) -> World:
    """
    Everything that an export holds: two checkpoints, rights that changed since, records after the last.

    The slice has 12 records at checkpoint 1, 20 at checkpoint 2 and 23 in all; the organisation 7, 9 and 9.
    """
    world = begin(folder)
    work(world)
    world.checkpoint(folder)
    for number in range(8):
        world.write("case:observe", case=f"c{number}", value=number)
    world.grant("bob", new_key=True)
    revoke(world.book, world.ring, by="maya", name="carol", reason="left")
    world.checkpoint(folder)
    for number in range(3):
        world.write("case:observe", case=f"d{number}", value=number)
    return world


@dataclass(frozen=True)
class Verdict:
    """What the stand-alone verifier said."""

    code: int
    lines: Sequence[str]

    @property
    def wrong(self) -> list[str]:
        """What it found, without the mark."""
        return [line.removeprefix("WRONG  ") for line in self.lines if line.startswith("WRONG")]

    @property
    def first(self) -> str:
        """The first bad record or interval: 'refunds 5', 'refunds 5 to 7'."""
        return self.wrong[0].partition(":")[0]


def run_verifier(folder: Path, *arguments: str | Path) -> Verdict:
    """Run the exported verifier as an auditor would, isolated from everything that is installed."""
    command = [sys.executable, "-I", "-S", str(folder / "verify.py"), str(folder), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert not done.stderr, done.stderr
    return Verdict(done.returncode, done.stdout.splitlines())


def export_of(world: World, folder: Path, taken: Snapshot | None = None) -> Path:
    """The export of a world, or of what was made of its rows."""
    source = taken or world.snapshot()
    return export(source, world.principals(), world.checkpoints, folder, made_at=world.book.now).path


def changed(row: StoredRecord, **columns: Any) -> StoredRecord:
    """A row with other columns."""
    return replace(row, **columns)
