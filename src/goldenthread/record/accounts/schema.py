"""Tables of accounts: operational state beside the ledger. Of every secret only a hash is kept."""

from __future__ import annotations

from goldenthread.record.store import Migration

# `since` is the place of the organisation's chain where the account was made: a principal who was revoked after it
# and granted anew does not get the old account back. `handle` is what a passkey knows a person by; it is no name.
_TABLES = """
create table account (
    name text primary key,
    handle bytea not null unique,
    password text,
    password_at timestamptz,
    since bigint not null,
    made_at timestamptz not null,
    removed boolean not null default false
);

create table account_passkey (
    id bytea primary key,
    name text not null references account on delete cascade,
    public_key bytea not null,
    sign_count bigint not null,
    label text not null,
    synced boolean not null,
    made_at timestamptz not null,
    used_at timestamptz
);
create index account_passkey_name on account_passkey (name);

create table account_identity (
    issuer text not null,
    subject text not null,
    name text not null references account on delete cascade,
    made_at timestamptz not null,
    primary key (issuer, subject)
);
create unique index account_identity_name on account_identity (name, issuer);

create table account_invitation (
    hash text primary key,
    name text not null,
    by text not null,
    made_at timestamptz not null,
    expires timestamptz not null
);

create table account_session (
    hash text primary key,
    id text not null unique,
    name text not null references account on delete cascade,
    how text not null,
    address text not null,
    device text not null,
    made_at timestamptz not null,
    seen_at timestamptz not null,
    ends_at timestamptz not null
);
create index account_session_name on account_session (name);

create table account_event (
    number bigint generated always as identity primary key,
    at timestamptz not null,
    name text not null,
    what text not null,
    how text not null,
    result text not null,
    address text not null,
    device text not null
);
create index account_event_name on account_event (name, number);
create index account_event_at on account_event (at);

create table account_attempt (
    key text primary key,
    failures integer not null,
    last_at timestamptz not null,
    free_at timestamptz not null
);

create table account_pending (
    hash text primary key,
    kind text not null,
    content text not null,
    expires timestamptz not null
);
create index account_pending_expires on account_pending (expires);

grant select, insert, update, delete on account, account_passkey, account_identity, account_invitation,
    account_session, account_event, account_attempt, account_pending to goldenthread_app;
"""

ACCOUNTS_SCHEMA = (Migration(room="accounts", number=1, sql=_TABLES),)
