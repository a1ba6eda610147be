"""Where each subscription stands: operational state. What happened is on the ledger, and events derive from it."""

from __future__ import annotations

from goldenthread.record.store import Migration

# Everything of a chain up to the cursor's `seq` arrived, or stands in `event_delivery`: 'waiting' to be sent again or
# behind another in its lane, or 'parked', which is given up.
_TABLES = """
create table event_outlet (
    subscription text primary key,
    halted text,
    failures integer not null default 0,
    try_at timestamptz,
    delivered bigint not null default 0,
    delivered_at timestamptz,
    error text,
    error_at timestamptz
);

create table event_cursor (
    subscription text not null,
    chain text not null,
    seq bigint not null,
    primary key (subscription, chain)
);

create table event_delivery (
    subscription text not null,
    chain text not null,
    seq bigint not null,
    lane text not null,
    state text not null check (state in ('waiting', 'parked')),
    attempts integer not null,
    due timestamptz not null,
    first_at timestamptz,
    last_at timestamptz,
    error text,
    primary key (subscription, chain, seq)
);
create index event_delivery_waiting on event_delivery (subscription, chain, lane, seq) where state = 'waiting';

grant select, insert, update, delete on event_outlet, event_cursor, event_delivery to goldenthread_app;
"""

EVENTS_SCHEMA = (Migration(room="outbox", number=1, sql=_TABLES),)
