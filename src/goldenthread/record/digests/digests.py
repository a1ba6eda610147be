"""Keeping and finding digests."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from goldenthread.record.store import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """What a digest rests on: the chain up to record `head`, the organisation's up to `organisation`; and its age."""

    head: int
    organisation: int
    made_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Digest:
    """One answer about a chain, in the words of the code of version `code`."""

    chain: str
    name: str
    code: str
    mark: Mark
    content: bytes


_KEEP = """
insert into digest (chain, name, code, head, organisation, made_at, content) values (%s, %s, %s, %s, %s, %s, %s)
on conflict (chain, name) do update set code = excluded.code, head = excluded.head,
    organisation = excluded.organisation, made_at = excluded.made_at, content = excluded.content
where digest.code <> excluded.code or digest.head <= excluded.head
"""
_MARKS = """
select chain, name, head, organisation, made_at from digest
where code = %s and (%s::text[] is null or chain = any(%s))
"""


def keep_digest(store: Store, digest: Digest) -> None:
    """Put an answer in the place of an older one."""
    mark = digest.mark
    with store.session() as connection:
        connection.execute(
            _KEEP,
            (digest.chain, digest.name, digest.code, mark.head, mark.organisation, mark.made_at, digest.content),
        )


def marks(store: Store, code: str, chains: Collection[str] | None = None) -> Mapping[tuple[str, str], Mark]:
    """What is kept of these chains (None: of all) by that version of the code, by chain and name."""
    wanted = None if chains is None else list(chains)
    with store.session() as connection:
        rows = connection.execute(_MARKS, (code, wanted, wanted)).fetchall()
    return {
        (chain, name): Mark(head=head, organisation=organisation, made_at=made_at)
        for chain, name, head, organisation, made_at in rows
    }


def load_digest(store: Store, code: str, name: str, chains: Collection[str]) -> Mapping[str, Digest]:
    """The answers of one name about these chains, in one query; those that are missing left out."""
    query = (
        "select chain, head, organisation, made_at, content from digest"
        " where code = %s and name = %s and chain = any(%s)"
    )
    with store.session() as connection:
        rows = connection.execute(query, (code, name, list(chains)), binary=True).fetchall()
    return {
        chain: Digest(
            chain=chain,
            name=name,
            code=code,
            mark=Mark(head=head, organisation=organisation, made_at=made_at),
            content=content,
        )
        for chain, head, organisation, made_at, content in rows
    }


def forget_digests(store: Store) -> None:
    """Throw all of them away: what reads them makes do until they are made again."""
    with store.session() as connection:
        connection.execute("delete from digest")
