"""Appending and reading: a chain of records a slice, its head locked while anybody appends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg

from goldenthread.promise.errors import ContentMissing
from goldenthread.promise.values import Json
from goldenthread.record.ledger.records import START, Head, Record, from_body, seal
from goldenthread.record.ledger.vault import Sealed, Vault
from goldenthread.record.store import Store

Clock = Callable[[], datetime]

_PAGE = 1000
_BEGIN = "begin isolation level read committed"
_COMMIT = "commit"
# What is sent while a chain is held looks into indexes by key. To plan it again for each batch takes longer than to do
# it; and a plan made while a table was small must not read all of it when it has grown.
_PLAN_ONCE = (
    "select set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true)"
)
_LOCK = "select chain, seq, hash from ledger_head where chain = any(%s) order by chain for update"
_ORGANISATION = "select seq from ledger_head where chain = 'organisation'"
_READ = """
select body, hash from ledger_record
where chain = %(chain)s and seq > %(after)s order by seq limit %(limit)s
"""
_READ_KINDS = """
select body, hash from ledger_record
where chain = %(chain)s and seq > %(after)s and kind = any(%(kinds)s) order by seq limit %(limit)s
"""
_INSERT_RECORDS = """
with moved as (
    update ledger_head set seq = new.seq, hash = new.hash
    from unnest(%b::text[], %b::bigint[], %b::text[]) as new (chain, seq, hash)
    where ledger_head.chain = new.chain
)
insert into ledger_record (chain, seq, at, kind, by, hash, body)
select * from unnest(
    %b::text[], %b::bigint[], %b::timestamptz[], %b::text[], %b::text[], %b::text[], %b::bytea[]
)
"""


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
    def transaction(self, *chains: str) -> Iterator[Transaction]:
        """
        Append to these chains, all or nothing; durable when the block has ended well.

        Holds the chains' heads against everybody else from the start, so what the block reads through
        `tx.connection` stays true until its records stand. Keep it to milliseconds.

        Raises:
            StoreUnavailable: The database is gone.
        """
        names = sorted(set(chains))
        with self.store.session() as connection:
            try:
                heads, organisation = self._begin(connection, names)
                tx = Transaction(connection, self.vault, self.clock, heads, organisation)
                yield tx
                tx.commit()
            except BaseException:
                _roll_back(connection)
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

    def record(self, chain: str, seq: int) -> Record | None:
        """One record, or None."""
        return next(self.read(chain, after=seq - 1, limit=1), None) if self.head(chain).seq >= seq > 0 else None

    def head(self, chain: str) -> Head:
        """Where the chain ends now; seq 0 when nobody ever appended to it."""
        return self.heads().get(chain, START)

    def heads(self) -> dict[str, Head]:
        """Where each chain ends now, by name."""
        with self.store.session() as connection:
            return read_heads(connection)

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
            return _open(connection, self.vault, digest)

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
        return {stored.digest: _content(self.vault, stored) for stored in sealed}

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

    def _begin(self, connection: psycopg.Connection, chains: list[str]) -> tuple[dict[str, Head], int]:
        """Begin a transaction that holds the chains' heads, new chains' too; and where the organisation's ends."""
        heads, organisation = _begin_and_lock(connection, chains)
        if len(heads) < len(chains):
            # A new head is committed at once and apart, so that nobody ever waits for an uncommitted one.
            connection.execute(
                "insert into ledger_head (chain, seq, hash) select unnest(%s::text[]), 0, '' on conflict do nothing",
                (chains,),
            )
            connection.execute("commit")
            heads, organisation = _begin_and_lock(connection, chains)
        return heads, organisation

    def _page(self, chain: str, after: int, kinds: list[str] | None, limit: int) -> list[Record]:
        with self.store.session() as connection:
            return _read(connection, chain, after, kinds, limit)


class Transaction:
    """
    Records that will stand together. Made by `Ledger.transaction`.

    `connection` is the session inside the transaction, for tables that follow the records; call `flush` first if a
    query there must see them. `organisation` is the organisation's last `seq`, read once the chains were held.
    """

    def __init__(
        self, connection: psycopg.Connection, vault: Vault, clock: Clock, heads: dict[str, Head], organisation: int
    ) -> None:
        self.connection = connection
        self.organisation = organisation
        self._vault = vault
        self._clock = clock
        self._heads = heads
        self._records: list[Record] = []
        self._sealed: dict[str, Sealed] = {}
        self._later: list[tuple[str, tuple[object, ...]]] = []

    def append(
        self, chain: str, kind: str, by: str, data: Mapping[str, Json], canonical_data: bytes | None = None
    ) -> Record:
        """
        Add a record to one of the transaction's chains; it stands once the transaction commits.

        `canonical_data` is `canonical(data)`, where that was worked out before the chain was held.

        Raises:
            NotCanonical: JSON can't carry the data exactly.
            KeyError: The chain is not one of the transaction's.
        """
        at = self._clock()
        record = seal(chain, self._heads[chain], at=at, kind=kind, by=by, data=data, canonical_data=canonical_data)
        self._heads[chain] = Head(seq=record.seq, hash=record.hash)
        self._records.append(record)
        return record

    def keep(self, case_ref: str, value: Json) -> str:
        """
        Store case content encrypted under its case's key, and return the digest that a record may name.

        Raises:
            CaseErased: The case was erased.
            NotCanonical: JSON can't carry the value exactly.
        """
        return self._put(self._vault.seal(case_ref, value))

    def put(self, sealed: Sealed) -> str:
        """
        As `keep`, with content that was sealed before the chain was held: whoever waits for it seals meanwhile.

        Raises:
            CaseErased: The case was erased, perhaps since.
        """
        self._vault.refuse_erased(sealed.case_ref)
        return self._put(sealed)

    def later(self, statement: str, *parameters: object) -> None:
        """A change of other tables, always of the same few words, sent with the records and in the same trip."""
        self._later.append((statement, parameters))

    def _put(self, sealed: Sealed) -> str:
        self._sealed.setdefault(sealed.digest, sealed)
        return sealed.digest

    def head(self, chain: str) -> int:
        """`seq` of the chain's last record, those appended here included."""
        return self._heads[chain].seq

    def open(self, digest: str) -> Json:
        """The case content of that digest, as `Ledger.open`, read inside this transaction."""
        return _open(self.connection, self._vault, digest)

    def read(self, chain: str, after: int, kinds: Iterable[str]) -> list[Record]:
        """Records of a chain that stood before this transaction, with `seq > after`, of these kinds, in order."""
        return _read(self.connection, chain, after, sorted(set(kinds)), None)

    def flush(self) -> None:
        """Send what is buffered; done by itself at the end."""
        if self._sealed:
            _insert_content(self.connection, list(self._sealed.values()))
            self._sealed = {}
        if self._records:
            moved = {record.chain for record in self._records}
            _insert_records(self.connection, self._records, {chain: self._heads[chain] for chain in sorted(moved)})
            self._records = []
        later, self._later = self._later, []
        for statement, parameters in later:
            self.connection.execute(statement.encode(), parameters, prepare=True)

    def commit(self) -> None:
        """Send what is buffered and make all of it durable, in one trip; called by `Ledger.transaction`."""
        with self.connection.pipeline():
            self.flush()
            self.connection.execute(_COMMIT, prepare=True)

    def send_changes(self) -> None:
        """Send the changes of other tables that wait, and the records before them, so that a query sees them."""
        if self._later:
            with self.connection.pipeline():
                self.flush()

    def lost(self) -> bool:
        """Whether the session died, so that the fate of a commit under way is unknown."""
        return self.connection.closed


def read_heads(connection: psycopg.Connection) -> dict[str, Head]:
    """Where each chain ends, by name; chains without a record left out."""
    rows = connection.execute("select chain, seq, hash from ledger_head where seq > 0 order by chain").fetchall()
    return {chain: Head(seq=seq, hash=hash_of_last) for chain, seq, hash_of_last in rows}


def _open(connection: psycopg.Connection, vault: Vault, digest: str) -> Json:
    row = connection.execute(
        "select case_ref, sealed from ledger_content where digest = %s", (digest,), binary=True
    ).fetchone()
    if row is None:
        raise ContentMissing(
            f"No content {digest} is stored. If its case was erased, that is right: the record that names it "
            "still verifies. Otherwise restore the table ledger_content from a backup."
        )
    return _content(vault, Sealed(digest=digest, case_ref=row[0], sealed=row[1]))


def _read(
    connection: psycopg.Connection, chain: str, after: int, kinds: list[str] | None, limit: int | None
) -> list[Record]:
    query = _READ if kinds is None else _READ_KINDS
    values = {"chain": chain, "after": after, "kinds": kinds, "limit": limit}
    rows = connection.execute(query, values, binary=True).fetchall()
    return [from_body(body, hash_of_body) for body, hash_of_body in rows]


def _begin_and_lock(connection: psycopg.Connection, chains: list[str]) -> tuple[dict[str, Head], int]:
    with connection.pipeline():
        connection.execute(_BEGIN, prepare=True)
        connection.execute(_PLAN_ONCE, prepare=True)
        locked = connection.execute(_LOCK, (chains,), prepare=True)
        organisation = connection.execute(_ORGANISATION, prepare=True)  # after the lock: what stands by then
    heads = {chain: Head(seq=seq, hash=hash_of_last) for chain, seq, hash_of_last in locked.fetchall()}
    last = organisation.fetchone()
    return heads, last[0] if last else 0


def _roll_back(connection: psycopg.Connection) -> None:
    """End the transaction. A session that was broken off in the middle of a query is closed, which ends it too."""
    if connection.closed or connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
        return
    try:
        connection.execute("rollback")
    except psycopg.Error:
        connection.close()


def _insert_records(connection: psycopg.Connection, records: list[Record], heads: dict[str, Head]) -> None:
    """Insert the records and move their chains' heads, in one statement."""
    connection.execute(
        _INSERT_RECORDS,
        (
            list(heads),
            [head.seq for head in heads.values()],
            [head.hash for head in heads.values()],
            [record.chain for record in records],
            [record.seq for record in records],
            [record.at for record in records],
            [record.kind for record in records],
            [record.by for record in records],
            [record.hash for record in records],
            [record.body for record in records],
        ),
        prepare=True,
    )


def _insert_content(connection: psycopg.Connection, sealed: list[Sealed]) -> None:
    connection.execute(
        "insert into ledger_content (digest, case_ref, sealed) "
        "select * from unnest(%b::text[], %b::text[], %b::bytea[]) on conflict do nothing",
        (
            [content.digest for content in sealed],
            [content.case_ref for content in sealed],
            [content.sealed for content in sealed],
        ),
        prepare=True,
    )


def _content(vault: Vault, stored: Sealed) -> Json:
    content: Json = json.loads(vault.unseal(stored))
    return content
