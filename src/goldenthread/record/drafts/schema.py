"""The table of drafts."""

from __future__ import annotations

from goldenthread.record.store import Migration

# `author` is '' for whoever sits at the machine and acts as nobody.
_TABLES = """
create table contract_draft (
    id text primary key,
    author text not null,
    slice text,
    text text not null check (octet_length(text) <= 262144),
    revision bigint not null check (revision >= 1),
    begun_at timestamptz not null,
    saved_at timestamptz not null
);
create index contract_draft_of on contract_draft (author, saved_at desc);
grant select, insert, update, delete on contract_draft to goldenthread_app;
"""

DRAFTS_SCHEMA = (Migration(room="drafts", number=1, sql=_TABLES),)
