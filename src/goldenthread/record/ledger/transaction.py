"""One transaction that holds chains: begun in one trip, its records and what follows from them sent in another."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from goldenthread.promise.errors import ContentMissing
from goldenthread.promise.values import Json
from goldenthread.record.ledger.records import Head, Record, from_body, seal
from goldenthread.record.ledger.vault import Sealed, Vault
from goldenthread.record.store import Answer, Ask, Statement, Wait, arrays, trip, until_readable

Clock = Callable[[], datetime]

_BEGIN = Ask(Statement("ledger_begin", "begin isolation level read committed"))
_COMMIT = Ask(Statement("ledger_commit", "commit"))
# What is sent while a chain is held looks into indexes by key. To plan it again for each batch takes longer than to do
# it; and a plan made while a table was small must not read all of it when it has grown.
_PLAN_ONCE = Ask(
    Statement(
        "ledger_plan_once",
        "select set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true)",
    )
)
_LOCK = Statement(
    "ledger_lock", "select chain, seq, hash from ledger_head where chain = any($1::text[]) order by chain for update"
)
_ORGANISATION = Ask(Statement("ledger_organisation", "select seq from ledger_head where chain = 'organisation'"))
_NEWS = Statement(
    "ledger_news",
    "select body, hash from ledger_record where chain = $1::text and seq > $2::int8 and kind = any($3::text[])"
    " order by seq",
)
_INSERT_RECORDS = Statement(
    "ledger_insert_records",
    """
with moved as (
    update ledger_head set seq = new.seq, hash = new.hash
    from unnest($1::text[], $2::bigint[], $3::text[]) as new (chain, seq, hash)
    where ledger_head.chain = new.chain
)
insert into ledger_record (chain, seq, at, kind, by, hash, body)
select * from unnest(
    $4::text[], $5::bigint[], $6::timestamptz[], $7::text[], $8::text[], $9::text[], $10::bytea[]
)
""",
)
_INSERT_CONTENT = Statement(
    "ledger_insert_content",
    "insert into ledger_content (digest, case_ref, sealed)"
    " select * from unnest($1::text[], $2::text[], $3::bytea[]) on conflict do nothing",
)
_READ = """
select body, hash from ledger_record
where chain = %(chain)s and seq > %(after)s order by seq limit %(limit)s
"""
_READ_KINDS = """
select body, hash from ledger_record
where chain = %(chain)s and seq > %(after)s and kind = any(%(kinds)s) order by seq limit %(limit)s
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Since:
    """Records of a chain after `after`, of these kinds: what whoever folds them has not seen yet."""

    chain: str
    after: int
    kinds: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ahead:
    """
    What is asked in the very trip that takes the chains, and answered with what stands once they are held.

    `since` spares `Transaction.read` a trip; the answers to `asks` are `Transaction.answers`. `wait` is how the
    transaction waits for the database, every time.
    """

    since: Since | None = None
    asks: Sequence[Ask] = ()
    wait: Wait = until_readable


NOTHING_AHEAD = Ahead()


@dataclass(frozen=True, slots=True)
class News:
    """The records that `since` asked for."""

    since: Since
    records: Sequence[Record]

    def holds(self, chain: str, after: int, kinds: frozenset[str]) -> bool:
        """Whether all of these are among them."""
        return chain == self.since.chain and after >= self.since.after and kinds <= self.since.kinds


@dataclass(frozen=True, slots=True)
class Begun:
    """The chains' heads, now held, and what was read then."""

    heads: dict[str, Head]
    organisation: int
    news: News | None
    answers: Sequence[Answer]


class Transaction:
    """
    Records that will stand together. Made by `Ledger.transaction`.

    `connection` is the session inside the transaction, for tables that follow the records; call `flush` first if a
    query there must see them. `organisation` is the organisation's last `seq`, and `answers` are those to what was
    asked ahead, all read once the chains were held.
    """

    def __init__(
        self, connection: psycopg.Connection, vault: Vault, clock: Clock, begun: Begun, wait: Wait = until_readable
    ) -> None:
        self.connection = connection
        self.organisation = begun.organisation
        self.answers = begun.answers
        self._news = begun.news
        self._wait = wait
        self._vault = vault
        self._clock = clock
        self._heads = begun.heads
        self._records: list[Record] = []
        self._sealed: dict[str, Sealed] = {}
        self._later: list[Ask] = []

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

    def later(self, ask: Ask) -> None:
        """A change of other tables, sent with the records and in the same trip."""
        self._later.append(ask)

    def ask(self, ask: Ask) -> Answer:
        """An answer from inside this transaction, in a trip of its own."""
        return trip(self.connection, [ask], self._wait)[0]

    def _put(self, sealed: Sealed) -> str:
        self._sealed.setdefault(sealed.digest, sealed)
        return sealed.digest

    def head(self, chain: str) -> int:
        """`seq` of the chain's last record, those appended here included."""
        return self._heads[chain].seq

    def open(self, digest: str) -> Json:
        """The case content of that digest, as `Ledger.open`, read inside this transaction."""
        return open_content(self.connection, self._vault, digest)

    def read(self, chain: str, after: int, kinds: Iterable[str]) -> list[Record]:
        """Records of a chain that stood before this transaction, with `seq > after`, of these kinds, in order."""
        wanted = frozenset(kinds)
        if self._news is not None and self._news.holds(chain, after, wanted):
            return [record for record in self._news.records if record.seq > after and record.kind in wanted]
        return read_records(self.connection, chain, after, sorted(wanted), None)

    def flush(self) -> None:
        """Send what is buffered; done by itself at the end."""
        asks = self._buffered()
        if asks:
            trip(self.connection, asks, self._wait)

    def commit(self) -> None:
        """Send what is buffered and make all of it durable, in one trip; called by `Ledger.transaction`."""
        trip(self.connection, [*self._buffered(), _COMMIT], self._wait)

    def lost(self) -> bool:
        """Whether the session died, so that the fate of a commit under way is unknown."""
        return self.connection.closed

    def _buffered(self) -> list[Ask]:
        asks = [_insert_content(list(self._sealed.values()))] if self._sealed else []
        if self._records:
            moved = {record.chain for record in self._records}
            asks.append(_insert_records(self._records, {chain: self._heads[chain] for chain in sorted(moved)}))
            self._news = None  # it is no longer all that stands there
        asks += self._later
        self._sealed, self._records, self._later = {}, [], []
        return asks


def begin(connection: psycopg.Connection, chains: list[str], ahead: Ahead = NOTHING_AHEAD) -> Begun:
    """Begin a transaction that holds the chains' heads, new chains' too."""
    begun = _begin_and_lock(connection, chains, ahead)
    if len(begun.heads) < len(chains):
        # A new head is committed at once and apart, so that nobody ever waits for an uncommitted one.
        connection.execute(
            "insert into ledger_head (chain, seq, hash) select unnest(%s::text[]), 0, '' on conflict do nothing",
            (chains,),
        )
        connection.execute("commit")
        begun = _begin_and_lock(connection, chains, ahead)
    return begun


def roll_back(connection: psycopg.Connection) -> None:
    """End the transaction. A session that was broken off in the middle of a query is closed, which ends it too."""
    if connection.closed or connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
        return
    try:
        connection.execute("rollback")
    except psycopg.Error:
        connection.close()


def read_heads(connection: psycopg.Connection) -> dict[str, Head]:
    """Where each chain ends, by name; chains without a record left out."""
    rows = connection.execute("select chain, seq, hash from ledger_head where seq > 0 order by chain").fetchall()
    return {chain: Head(seq=seq, hash=hash_of_last) for chain, seq, hash_of_last in rows}


def open_content(connection: psycopg.Connection, vault: Vault, digest: str) -> Json:
    """The case content of that digest; raises as `Ledger.open`."""
    row = connection.execute(
        "select case_ref, sealed from ledger_content where digest = %s", (digest,), binary=True
    ).fetchone()
    if row is None:
        raise ContentMissing(
            f"No content {digest} is stored. If its case was erased, that is right: the record that names it "
            "still verifies. Otherwise restore the table ledger_content from a backup."
        )
    return unsealed(vault, Sealed(digest=digest, case_ref=row[0], sealed=row[1]))


def read_records(
    connection: psycopg.Connection, chain: str, after: int, kinds: list[str] | None, limit: int | None
) -> list[Record]:
    """Records of a chain in order, those with `seq > after`, of these kinds (None: all), at most `limit`."""
    query = _READ if kinds is None else _READ_KINDS
    values = {"chain": chain, "after": after, "kinds": kinds, "limit": limit}
    rows = connection.execute(query, values, binary=True).fetchall()
    return _records(rows)


def unsealed(vault: Vault, stored: Sealed) -> Json:
    """The content itself."""
    content: Json = json.loads(vault.unseal(stored))
    return content


def _begin_and_lock(connection: psycopg.Connection, chains: list[str], ahead: Ahead) -> Begun:
    since = ahead.since
    asks = [_BEGIN, _PLAN_ONCE, Ask(_LOCK, (arrays.texts(chains),)), _ORGANISATION]
    if since is not None:
        after = since.after.to_bytes(8, "big")
        asks.append(Ask(_NEWS, (since.chain.encode(), after, arrays.texts(sorted(since.kinds)))))
    # Each statement sees what stands when it begins: all that come after the lock see the chains as they will stay.
    _, _, locked, organisation, *answers = trip(connection, [*asks, *ahead.asks], ahead.wait)
    news = News(since, _records(answers.pop(0).rows)) if since is not None else None
    heads = {chain: Head(seq=seq, hash=hash_of_last) for chain, seq, hash_of_last in locked.rows}
    return Begun(heads, organisation.rows[0][0] if organisation.rows else 0, news, answers)


def _insert_records(records: Sequence[Record], heads: Mapping[str, Head]) -> Ask:
    """Insert the records and move their chains' heads, in one statement."""
    return Ask(
        _INSERT_RECORDS,
        (
            arrays.texts(list(heads)),
            arrays.int8s([head.seq for head in heads.values()]),
            arrays.texts([head.hash for head in heads.values()]),
            arrays.texts([record.chain for record in records]),
            arrays.int8s([record.seq for record in records]),
            arrays.instants([record.at for record in records]),
            arrays.texts([record.kind for record in records]),
            arrays.texts([record.by for record in records]),
            arrays.texts([record.hash for record in records]),
            arrays.blobs([record.body for record in records]),
        ),
    )


def _insert_content(sealed: Sequence[Sealed]) -> Ask:
    return Ask(
        _INSERT_CONTENT,
        (
            arrays.texts([content.digest for content in sealed]),
            arrays.texts([content.case_ref for content in sealed]),
            arrays.blobs([content.sealed for content in sealed]),
        ),
    )


def _records(rows: Iterable[Sequence[Any]]) -> list[Record]:
    return [from_body(body, hash_of_body) for body, hash_of_body in rows]
