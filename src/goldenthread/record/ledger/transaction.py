"""One transaction that holds chains: its records, and what follows from them, are sent in one trip with the commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby

import psycopg

from goldenthread.promise.values import Json
from goldenthread.record.ledger.reading import open_content, read_records
from goldenthread.record.ledger.records import Head, Record, seal
from goldenthread.record.ledger.taking import Begun
from goldenthread.record.ledger.vault import Sealed, Vault
from goldenthread.record.store import Answer, Ask, Statement, Wait, arrays, trip, until_readable

Clock = Callable[[], datetime]

_COMMIT = Ask(Statement("ledger_commit", "commit"))
# Not by the driver's own blocks: after their rollback it forgets every statement that was made ready.
_ASIDE = Ask(Statement("ledger_aside", "savepoint aside"))
_BACK = Ask(Statement("ledger_aside_back", "rollback to savepoint aside"))
_STANDS = Ask(Statement("ledger_aside_stands", "release savepoint aside"))
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


_Change = tuple[str, tuple[object, ...]]
"""A statement of the driver's, with its parameters."""


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
        self._later: list[Ask | _Change] = []

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

    def change(self, statement: str, *parameters: object) -> None:
        """As `later`, with parameters of any type."""
        self._later.append((statement, parameters))

    def send_changes(self) -> None:
        """Send the changes of other tables that wait, and the records before them, so that a query sees them."""
        if self._later:
            self.flush()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """
        A block that may fail by itself: what it changed through `connection` is taken back then, and all else stands.

        It appends and keeps nothing, and changes nothing for later.
        """
        self.flush()
        trip(self.connection, [_ASIDE], self._wait)
        try:
            yield
        except BaseException:
            trip(self.connection, [_BACK, _STANDS], self._wait)
            raise
        trip(self.connection, [_STANDS], self._wait)

    def ask(self, ask: Ask) -> Answer:
        """An answer from inside this transaction, in a trip of its own; what was changed here before is seen."""
        self.send_changes()
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
        self._send(self._buffered())

    def commit(self) -> None:
        """Send what is buffered and make all of it durable, in as few trips; called by `Ledger.transaction`."""
        self._send(self._buffered(), _COMMIT)

    def _send(self, buffered: Sequence[Ask | _Change], last: Ask | None = None) -> None:
        """In order: what was made ready in trips of its own, changes with any parameters by the driver's pipeline."""
        groups = [(ready, list(group)) for ready, group in groupby(buffered, key=lambda one: isinstance(one, Ask))]
        if last is not None and (not groups or groups[-1][0]):
            groups = [*groups[:-1], (True, [*(groups[-1][1] if groups else []), last])]
            last = None
        for ready, group in groups:
            if ready:
                trip(self.connection, [one for one in group if isinstance(one, Ask)], self._wait)
                continue
            with self.connection.pipeline():
                for one in group:
                    if not isinstance(one, Ask):
                        self.connection.execute(one[0].encode(), one[1], prepare=True)
                if last is not None and group is groups[-1][1]:
                    self.connection.execute("commit", prepare=True)

    def lost(self) -> bool:
        """Whether the session died, so that the fate of a commit under way is unknown."""
        return self.connection.closed

    def _buffered(self) -> list[Ask | _Change]:
        asks: list[Ask | _Change] = [_insert_content(list(self._sealed.values()))] if self._sealed else []
        if self._records:
            moved = {record.chain for record in self._records}
            asks.append(_insert_records(self._records, {chain: self._heads[chain] for chain in sorted(moved)}))
            self._news = None  # it is no longer all that stands there
        asks += self._later
        self._sealed, self._records, self._later = {}, [], []
        return asks


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
