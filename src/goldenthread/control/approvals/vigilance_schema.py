"""Tables of vigilance: projections and what is due. The ledger is the truth."""

from __future__ import annotations

from goldenthread.record.store import Migration

# A question that nobody executes has neither run nor action of its own, so that no permit can be made for it; what it
# shows stands in `vigilance_item`. `shown_run` and `shown_action` are ids of nothing.
_TABLES = """
alter table inbox alter column run drop not null;
alter table inbox add constraint nothing_to_permit check (run is not null or action is null);

create table vigilance_item (
    item text primary key references inbox,
    slice text not null,
    purpose text not null check (purpose in ('check', 'shared')),
    first_item text,
    known text,
    fingerprint text not null,
    input text not null,
    name text not null,
    arguments text not null,
    clause text not null,
    level text not null,
    cited text[] not null,
    contract_version integer,
    secret text,
    excluded text[] not null,
    shown_run text not null,
    shown_action text not null,
    seq bigint not null
);
create unique index vigilance_item_known on vigilance_item (slice, known) where known is not null;

create table vigilance_known (
    id text primary key,
    slice text not null,
    case_ref text not null,
    content text not null,
    given_by text not null,
    seq bigint not null
);
create unique index vigilance_known_once on vigilance_known (slice, content);

create table vigilance_due (
    item text not null references inbox,
    purpose text not null,
    slice text not null,
    due_at timestamptz not null,
    came_to text,
    primary key (item, purpose)
);
create index vigilance_due_open on vigilance_due (slice, due_at) where came_to is null;

grant select, insert, update, delete on vigilance_item, vigilance_known, vigilance_due to goldenthread_app;
"""

VIGILANCE_SCHEMA = (Migration(room="vigilance", number=1, sql=_TABLES),)
