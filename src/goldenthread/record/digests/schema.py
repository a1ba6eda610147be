"""The table of digests."""

from __future__ import annotations

from goldenthread.record.store import Migration

_TABLES = """
create table digest (
    chain text not null,
    name text not null,
    code text not null,
    head bigint not null,
    organisation bigint not null,
    made_at timestamptz not null,
    content bytea not null,
    primary key (chain, name)
);
grant select, insert, update, delete on digest to goldenthread_app;
"""

DIGESTS_SCHEMA = (Migration(room="digests", number=1, sql=_TABLES),)
