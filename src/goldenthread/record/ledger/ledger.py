"""Appending and reading: a chain of records a slice, its head locked while anybody appends."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from goldenthread.promise.values import Json
from goldenthread.record.ledger.reading import open_content, read_heads, read_records, read_several, unsealed
from goldenthread.record.ledger.records import START, Head, Record
from goldenthread.record.ledger.taking import NOTHING_AHEAD, Ahead, begin, roll_back
from goldenthread.record.ledger.transaction import Clock, Transaction
from goldenthread.record.ledger.vault import Sealed, Vault
from goldenthread.record.store import Store

_PAGE = 1000


def utc_now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


class Ledger:
    """
    The ledger of one store.

    Args:
        store: Opened with `LEDGER_SCHEMA` among its schemas.
        vault: Where the keys of case content are.
        clock: Gives the instant that a record carries; aware.
    """

    def __init__(self, store: Store, vault: Vault, clock: Clock = utc_now) -> None:
        self.store = store
        self.vault = vault
        self.clock = clock

    @contextmanager
    def transaction(self, *chains: str, ahead: Ahead = NOTHING_AHEAD) -> Iterator[Transaction]:
        """
        Append to these chains, all or nothing; durable when the block has ended well.

        Holds the chains' heads against everybody else from the start, so what the block reads through
        `tx.connection` stays true until its records stand. Keep it to milliseconds. `ahead` spares it trips.

        Raises:
            StoreUnavailable: The database is gone.
        """
        names = sorted(set(chains))
        with self.store.session() as connection:
            try:
                begun = begin(connection, names, ahead)
                tx = Transaction(connection, self.vault, self.clock, begun, ahead.wait)
                yield tx
                tx.commit()
            except BaseException:
                roll_back(connection)
                raise

    def append(self, chain: str, kind: str, by: str, data: Mapping[str, Json]) -> Record:
        """Append one record in a transaction of its own."""
        with self.transaction(chain) as tx:
            return tx.append(chain, kind, by, data)

    def read(
        self, chain: str, after: int = 0, kinds: Iterable[str] | None = None, limit: int | None = None
    ) -> Iterator[Record]:
        """Records of a chain in order, those with `seq > after`, of these kinds (None: all), at most `limit`."""
        wanted = None if kinds is None else sorted(set(kinds))
        left = limit
        while left is None or left > 0:
            page = _PAGE if left is None else min(_PAGE, left)
            records = self._page(chain, after, wanted, page)
            yield from records
            if len(records) < page:
                return
            after = records[-1].seq
            left = None if left is None else left - page

    def read_several(self, after: Mapping[str, int], kinds: Iterable[str]) -> list[Record]:
        """Records of many chains in one query: by chain those with `seq > after`, of these kinds; each in order."""
        with self.store.session() as connection:
            return read_several(connection, after, sorted(set(kinds)))

    def record(self, chain: str, seq: int) -> Record | None:
        """One record, or None."""
        return next(self.read(chain, after=seq - 1, limit=1), None) if self.head(chain).seq >= seq > 0 else None

    def head(self, chain: str) -> Head:
        """Where the chain ends now; seq 0 when nobody ever appended to it."""
        return self.heads((chain,)).get(chain, START)

    def heads(self, chains: Collection[str] | None = None) -> dict[str, Head]:
        """Where these chains end now (None: all), by name; those without a record left out."""
        with self.store.session() as connection:
            return read_heads(connection, chains)

    def chains(self) -> tuple[str, ...]:
        """The names of the chains that hold a record."""
        return tuple(self.heads())

    def open(self, digest: str) -> Json:
        """
        The case content of that digest.

        Raises:
            CaseErased: Its case was erased.
            ContentMissing: Nothing of that digest is stored, its key is gone, or it isn't what was stored.
        """
        with self.store.session() as connection:
            return open_content(connection, self.vault, digest)

    def content_of(self, case_ref: str) -> dict[str, Json]:
        """
        All stored content of a case, by digest.

        Raises:
            CaseErased: The case was erased.
        """
        with self.store.session() as connection:
            rows = connection.execute(
                "select digest, sealed from ledger_content where case_ref = %s order by digest", (case_ref,)
            ).fetchall()
        sealed = (Sealed(digest=digest, case_ref=case_ref, sealed=box) for digest, box in rows)
        return {stored.digest: unsealed(self.vault, stored) for stored in sealed}

    def erase(self, chain: str, case_ref: str, by: str) -> Record | None:
        """
        Erase a case: its key destroyed, its sealed content deleted, a record `case:erase` that says so.

        The key goes before the record stands; after a crash in between, call again. Returns the record, or None
        when the case was erased before and has its record.
        """
        with self.transaction(chain) as tx:
            self.vault.erase(case_ref)
            tx.connection.execute("delete from ledger_content where case_ref = %s", (case_ref,))
            earlier = any(record.data.get("case") == case_ref for record in self.read(chain, kinds=["case:erase"]))
            return None if earlier else tx.append(chain, "case:erase", by, {"case": case_ref})

    def _page(self, chain: str, after: int, kinds: list[str] | None, limit: int) -> list[Record]:
        with self.store.session() as connection:
            return read_records(connection, chain, after, kinds, limit)
