"""The table of viewpoints: by whom they are kept, '' for those of everybody."""

from __future__ import annotations

from goldenthread.record.store import Migration

_TABLES = """
create table viewpoint (
    owner text not null,
    name text not null,
    query text not null,
    first boolean not null default false,
    kept_by text not null,
    kept_at timestamptz not null default now(),
    primary key (owner, name)
);
create unique index viewpoint_first on viewpoint (owner) where first;
grant select, insert, update, delete on viewpoint to goldenthread_app;
"""

VIEWPOINTS_SCHEMA = (Migration(room="viewpoints", number=1, sql=_TABLES),)
