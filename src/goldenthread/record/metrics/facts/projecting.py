"""Keeping facts up to date with the ledger: from where each chain was left, and from nothing where that is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import duckdb

from goldenthread.promise.errors import MetricsForeign, MetricsUnwritable
from goldenthread.record.ledger import ORGANISATION, Head, Ledger, Record
from goldenthread.record.metrics.facts.columns import Fact
from goldenthread.record.metrics.facts.engine import database, facts_in, fetch
from goldenthread.record.metrics.facts.folding import FACT_KINDS, Fold
from goldenthread.record.metrics.facts.manifest import (
    Manifest,
    Part,
    Position,
    damaged,
    held,
    read_manifest,
    remove_strays,
    write_manifest,
)
from goldenthread.record.metrics.facts.parts import (
    Change,
    Stored,
    facts_of,
    months_of,
    prepare,
    write_changes,
    write_month,
)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """
    How facts are written.

    Attributes:
        records: Read of a chain at a time.
        changes: Runs that a part of a refresh holds at most, about.
        fresh_rows, fresh_parts: More than these beside the months, and they are taken into their months.
    """

    records: int = 20_000
    changes: int = 100_000
    fresh_rows: int = 200_000
    fresh_parts: int = 16


@dataclass(frozen=True, kw_only=True)
class Refreshed:
    """What a refresh did: records read, runs that changed, facts that stand, records refused since the beginning."""

    records: int
    changed: int
    rows: int
    refused: int
    months: int


class Chains(Protocol):
    """What a refresh needs of a ledger."""

    def heads(self) -> dict[str, Head]:
        """Where each chain ends."""
        ...

    def read(
        self, chain: str, after: int = 0, kinds: Iterable[str] | None = None, limit: int | None = None
    ) -> Iterator[Record]:
        """Records of a chain in order."""
        ...

    def record(self, chain: str, seq: int) -> Record | None:
        """One record."""
        ...


def refresh(folder: Path, ledger: Chains, pace: Pace = Pace()) -> Refreshed:
    """
    Make facts of what came since the last refresh. A process that dies meanwhile leaves the facts as they were, or as
    they are after some of the slices; the next one goes on from there.

    Raises:
        MetricsForeign: The facts were made from another ledger.
        MetricsDamaged: The facts cannot be read.
        MetricsUnwritable: They cannot be written.
    """
    with held(folder):
        return _Refresh(folder, ledger, pace).run()


def rebuild(folder: Path, ledger: Chains, pace: Pace = Pace()) -> Refreshed:
    """
    Make all facts anew. Until it is through, questions are answered from those that are done already.

    Raises:
        MetricsUnwritable: They cannot be written.
    """
    with held(folder):
        try:
            number = read_manifest(folder).number
        except Exception:  # noqa: BLE001  what is damaged is what this mends
            number = max((int(path.name[:9]) for path in folder.glob("*-rows.parquet")), default=0)
        write_manifest(folder, Manifest(number=number + 1))
        return _Refresh(folder, ledger, pace).run()


def facts_as_of(ledger: Ledger, slice_name: str, instant: datetime) -> list[Fact]:
    """What was known of every run of a slice at an instant: the same fold, over the records up to then."""
    fold = Fold(slice_name)
    for record in ledger.read(slice_name, kinds=FACT_KINDS):
        if record.at > instant:
            break
        fold.apply(record)
    return [fact for _, fact in fold.changed()]


class _Refresh:
    def __init__(self, folder: Path, ledger: Chains, pace: Pace) -> None:
        self._folder = folder
        self._ledger = ledger
        self._pace = pace
        self._manifest = read_manifest(folder)
        self._changes: list[Change] = []
        self._positions: dict[str, Position] = {}
        self._refused: dict[str, int] = {}
        self._records = 0
        self._changed = 0
        self._months = 0

    def run(self) -> Refreshed:
        remove_strays(self._folder, self._manifest)
        try:
            with database(self._folder) as opened:
                prepare(opened)
                for chain, head in sorted(self._ledger.heads().items()):
                    if chain != ORGANISATION:
                        self._chain(opened, chain, head)
                self._commit(opened)
                self._compact(opened)
        except OSError as problem:
            raise _unwritable(self._folder, problem) from problem
        except duckdb.Error as problem:
            raise (_unwritable if isinstance(problem, duckdb.IOException) else damaged)(
                self._folder, problem
            ) from problem
        remove_strays(self._folder, self._manifest)
        return Refreshed(
            records=self._records,
            changed=self._changed,
            rows=self._manifest.rows,
            refused=sum(self._manifest.refused.values()),
            months=self._months,
        )

    def _chain(self, opened: Any, chain: str, head: Head) -> None:
        at = self._manifest.positions.get(chain, Position())
        self._require_same(chain, at, head)
        while at.seq < head.seq:
            records = self._read(chain, at.seq, head.seq)
            whole = len(records) < self._pace.records
            at = (
                Position(seq=head.seq, hash=head.hash)
                if whole
                else Position(seq=records[-1].seq, hash=records[-1].hash)
            )
            self._take(opened, chain, records)
            self._positions[chain] = at
            if not whole or len(self._changes) >= self._pace.changes:
                self._commit(opened)

    def _read(self, chain: str, after: int, until: int) -> list[Record]:
        found = self._ledger.read(chain, after=after, kinds=FACT_KINDS, limit=self._pace.records)
        return [record for record in found if record.seq <= until]

    def _require_same(self, chain: str, at: Position, head: Head) -> None:
        if not at.seq:
            return
        known = head.hash if at.seq == head.seq else None
        if at.seq < head.seq:
            record = self._ledger.record(chain, at.seq)
            known = record.hash if record is not None else None
        if known != at.hash:
            raise MetricsForeign(
                f"The facts in {self._folder} were made from another ledger: record {at.seq} of '{chain}' is not "
                "what they began from. Make them anew with `goldenthread metrics rebuild`."
            )

    def _take(self, opened: Any, chain: str, records: list[Record]) -> None:
        if not records:
            return
        cases = {str(record.data["case"]) for record in records if record.data.get("case") is not None}
        known: list[Stored] = []
        if chain in self._manifest.positions:
            standing = facts_in(self._folder, self._manifest, slice_name=chain)
            wanted = f'select * from ({standing}) where "case" in (select unnest(?::varchar[]))'
            known = facts_of(fetch(opened, wanted, [sorted(cases)]))
        fold = Fold(chain, [fact for fact, _ in known])
        places = {fact.run: place for fact, place in known}
        for record in records:
            fold.apply(record)
        for before, fact in fold.changed():
            self._changes.append((None if before is None else (before, places[before.run]), fact))
        self._records += len(records)
        if fold.refused:
            already = self._refused.get(chain, self._manifest.refused.get(chain, 0))
            self._refused[chain] = already + fold.refused

    def _commit(self, opened: Any) -> None:
        if not self._positions:
            return
        number = self._manifest.number + 1
        parts = [write_changes(opened, self._folder, number, self._changes)] if self._changes else []
        self._stand(number, (*self._manifest.parts, *parts))
        self._changed += len(self._changes)
        self._changes, self._positions, self._refused = [], {}, {}
        fresh = self._manifest.fresh
        if len(fresh) > 4 * self._pace.fresh_parts or sum(part.rows for part in fresh) > 4 * self._pace.fresh_rows:
            self._compact(opened)

    def _compact(self, opened: Any) -> None:
        """Take what came with refreshes into its months, once it is much."""
        fresh = self._manifest.fresh
        if len(fresh) <= self._pace.fresh_parts and sum(part.rows for part in fresh) <= self._pace.fresh_rows:
            return
        number = self._manifest.number
        made: list[Part] = []
        months = months_of(opened, self._folder, fresh)
        for month in months:
            number += 1
            whole = write_month(opened, self._folder, self._manifest, number, month)
            made += [whole] if whole.rows else []
        kept = [part for part in self._manifest.parts if part.month and part.month not in months]
        self._stand(number, tuple(sorted((*kept, *made), key=lambda part: part.month)))
        self._months += len(months)

    def _stand(self, number: int, parts: tuple[Part, ...]) -> None:
        self._manifest = replace(
            self._manifest,
            number=number,
            parts=parts,
            positions={**self._manifest.positions, **self._positions},
            refused={**self._manifest.refused, **self._refused},
        )
        write_manifest(self._folder, self._manifest)


def _unwritable(folder: Path, problem: BaseException) -> MetricsUnwritable:
    words = problem.strerror if isinstance(problem, OSError) and problem.strerror else type(problem).__name__
    return MetricsUnwritable(
        f"The facts in {folder} cannot be written: {words}. Make room or mend the disk, then try again; "
        "the ledger has everything, so nothing is lost."
    )
