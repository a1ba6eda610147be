"""A ledger of one chain in memory, and a home with nothing in it: the rules need no database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from goldenthread.promise.values import Json
from goldenthread.record.ledger import Head, Record
from goldenthread.record.ledger.records import seal
from goldenthread.record.principals import KeyRing, Role, bootstrap, grant

BEGINNING = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@dataclass
class Chain:
    """The organisation's chain in memory; a minute passes between records."""

    records: list[Record] = field(default_factory=list)

    def read(self, chain: str) -> Iterator[Record]:
        return iter(list(self.records))

    @contextmanager
    def transaction(self, chain: str) -> Iterator[Chain]:
        yield self

    def append(self, chain: str, kind: str, by: str, data: Mapping[str, Json]) -> Record:
        head = Head(seq=len(self.records), hash=self.records[-1].hash if self.records else "")
        at = BEGINNING + timedelta(minutes=head.seq)
        record = seal(chain, head, at=at, kind=kind, by=by, data=data)
        self.records.append(record)
        return record


@dataclass
class Folder:
    """A home that has only its keys."""

    keys: Path


@dataclass
class Office:
    """A ledger that has begun with maya, and a way to grant."""

    chain: Chain
    ring: KeyRing

    def grant(self, name: str, *roles: str, **more: Any) -> None:
        grant(self.chain, self.ring, by="maya", name=name, roles=[Role.parse(role) for role in roles], **more)


@pytest.fixture
def chain() -> Chain:
    """A ledger that has not begun."""
    return Chain()


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    """A home without keys."""
    return KeyRing(Folder(tmp_path / "keys"))


@pytest.fixture
def office(chain: Chain, ring: KeyRing) -> Office:
    """A ledger that maya began."""
    bootstrap(chain, ring, "maya")
    return Office(chain, ring)
