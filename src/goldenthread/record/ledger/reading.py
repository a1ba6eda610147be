"""Reading records and case content through a session."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import psycopg

from goldenthread.promise.errors import ContentMissing
from goldenthread.promise.values import Json
from goldenthread.record.ledger.records import Head, Record, from_body
from goldenthread.record.ledger.vault import Sealed, Vault

_READ = """
select body, hash from ledger_record
where chain = %(chain)s and seq > %(after)s order by seq limit %(limit)s
"""
_READ_KINDS = """
select body, hash from ledger_record
where chain = %(chain)s and seq > %(after)s and kind = any(%(kinds)s) order by seq limit %(limit)s
"""


# An id at a time: the planner takes each to name many records, and would read the whole chain for a few ids together.
_READ_ABOUT = """
select r.body, r.hash from unnest(%s::text[]) as w (id) cross join lateral (
    select chain, seq, kind, body, hash from ledger_record where ledger_about(body) = w.id offset 0
) r where r.chain = %s and (%s::text[] is null or r.kind = any(%s)) order by r.seq
"""
_READ_SEVERAL = """
select r.body, r.hash from unnest(%(chains)s::text[], %(afters)s::bigint[]) as w (chain, after)
cross join lateral (
    select chain, seq, body, hash from ledger_record
    where chain = w.chain and kind = any(%(kinds)s) and seq > w.after
) r order by r.chain, r.seq
"""


def read_heads(connection: psycopg.Connection, chains: Collection[str] | None = None) -> dict[str, Head]:
    """Where these chains end (None: all), by name; chains without a record left out."""
    wanted = None if chains is None else list(chains)
    rows = connection.execute(
        "select chain, seq, hash from ledger_head where seq > 0 and (%s::text[] is null or chain = any(%s))"
        " order by chain",
        (wanted, wanted),
    ).fetchall()
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
    return records_of(rows)


def read_about(
    connection: psycopg.Connection, chain: str, ids: Collection[str], kinds: Collection[str] | None = None
) -> list[Record]:
    """
    Records of a chain that are about one of these ids, in order: the run that they name, else the decision or action.
    `kinds`: only these; None: all.

    An index finds candidates by the text of a record's body; whoever asks compares the data.
    """
    wanted = list(kinds) if kinds is not None else None
    rows = connection.execute(_READ_ABOUT, (list(ids), chain, wanted, wanted), binary=True).fetchall()
    return records_of(rows)


def read_several(connection: psycopg.Connection, after: Mapping[str, int], kinds: list[str]) -> list[Record]:
    """Records of many chains in one query: by chain those past a place, of these kinds, each chain's in order."""
    values = {"chains": list(after), "afters": list(after.values()), "kinds": kinds}
    rows = connection.execute(_READ_SEVERAL, values, binary=True).fetchall()
    return records_of(rows)


def unsealed(vault: Vault, stored: Sealed) -> Json:
    """The content itself."""
    content: Json = json.loads(vault.unseal(stored))
    return content


def records_of(rows: Iterable[Sequence[Any]]) -> list[Record]:
    """Rows of bodies with their hashes, as records."""
    return [from_body(body, hash_of_body) for body, hash_of_body in rows]
