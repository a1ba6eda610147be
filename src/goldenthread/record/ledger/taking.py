"""Taking chains: a transaction is begun and holds their heads, in one trip with whatever is asked ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from goldenthread.record.ledger.reading import records_of
from goldenthread.record.ledger.records import Head, Record
from goldenthread.record.store import Answer, Ask, Statement, Wait, arrays, trip, until_readable

_BEGIN = Ask(Statement("ledger_begin", "begin isolation level read committed"))
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


def _begin_and_lock(connection: psycopg.Connection, chains: list[str], ahead: Ahead) -> Begun:
    since = ahead.since
    asks = [_BEGIN, _PLAN_ONCE, Ask(_LOCK, (arrays.texts(chains),)), _ORGANISATION]
    if since is not None:
        after = since.after.to_bytes(8, "big")
        asks.append(Ask(_NEWS, (since.chain.encode(), after, arrays.texts(sorted(since.kinds)))))
    # Each statement sees what stands when it begins: all that come after the lock see the chains as they will stay.
    _, _, locked, organisation, *answers = trip(connection, [*asks, *ahead.asks], ahead.wait)
    news = News(since, records_of(answers.pop(0).rows)) if since is not None else None
    heads = {chain: Head(seq=seq, hash=hash_of_last) for chain, seq, hash_of_last in locked.rows}
    return Begun(heads, organisation.rows[0][0] if organisation.rows else 0, news, answers)
