"""The ledger's tables."""

from __future__ import annotations

from goldenthread.record.store import Migration

# Statement triggers fire for everybody, the owner included and also when no row matches; `enable always` keeps them
# on under session_replication_role = replica. A superuser can still disable them: that is what verify is for.
_TABLES = """
create table ledger_head (
    chain text primary key,
    seq bigint not null,
    hash text not null
) with (fillfactor = 50);

create table ledger_record (
    chain text not null,
    seq bigint not null,
    at timestamptz not null,
    kind text not null,
    by text not null,
    hash text not null,
    body bytea not null,
    primary key (chain, seq)
);
create index ledger_record_kind on ledger_record (chain, kind, seq);

create table ledger_content (
    digest text primary key,
    case_ref text not null,
    sealed bytea not null
);
create index ledger_content_case on ledger_content (case_ref);

create function ledger_refuse() returns trigger language plpgsql as $$
begin
    raise exception 'ledger-append-only: % on % was refused; the ledger only grows. Append a record that corrects.',
        lower(tg_op), tg_table_name using errcode = 'insufficient_privilege';
end $$;
create function ledger_head_forward() returns trigger language plpgsql as $$
begin
    if new.chain <> old.chain or new.seq <= old.seq then
        raise exception 'ledger-append-only: the head of % cannot go from % back to %; the ledger only grows.',
            old.chain, old.seq, new.seq using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;

create trigger ledger_record_append_only before update or delete or truncate on ledger_record
    for each statement execute function ledger_refuse();
create trigger ledger_head_append_only before delete or truncate on ledger_head
    for each statement execute function ledger_refuse();
create trigger ledger_head_forward before update on ledger_head
    for each row execute function ledger_head_forward();
create trigger ledger_content_unchanged before update or truncate on ledger_content
    for each statement execute function ledger_refuse();
alter table ledger_record enable always trigger ledger_record_append_only;
alter table ledger_head enable always trigger ledger_head_append_only;
alter table ledger_head enable always trigger ledger_head_forward;
alter table ledger_content enable always trigger ledger_content_unchanged;

grant select, insert on ledger_record to goldenthread_app;
grant select, insert, update on ledger_head to goldenthread_app;
grant select, insert, delete on ledger_content to goldenthread_app;
"""

# Pages ask for the records of a run, or of an action: in a long chain they were found by reading all that came after.
# The body is canonical JSON, in which a quotation mark inside a text is escaped: the pattern can only stand for a name.
_ABOUT = r"""
create function ledger_about(body bytea) returns text language sql immutable strict parallel safe return
    coalesce(
        substring(convert_from(body, 'UTF8') from '[,{]"run":"([0-9a-f]{16})"'),
        substring(convert_from(body, 'UTF8') from '[,{]"(?:action|decision)":"([0-9a-f]{16})"')
    );
create index ledger_record_about on ledger_record (ledger_about(body)) where ledger_about(body) is not null;
"""

# The same, by looking for the name's bytes: a quarter of the time, and a record takes it twice while its chain is held.
# Where that is no id, which is rare, the patterns tell.
_ABOUT_SOON = r"""
create or replace function ledger_about(body bytea) returns text language plpgsql immutable strict parallel safe as $$
declare
    place integer := least(
        nullif(position('{"run":"'::bytea in body), 0),
        nullif(position(',"run":"'::bytea in body), 0)
    );
    id text;
begin
    if place is not null then
        id := encode(substring(body from place + 8 for 17), 'escape');
    else
        place := least(
            nullif(position('{"action":"'::bytea in body), 0) + 11,
            nullif(position(',"action":"'::bytea in body), 0) + 11,
            nullif(position('{"decision":"'::bytea in body), 0) + 13,
            nullif(position(',"decision":"'::bytea in body), 0) + 13
        );
        if place is null then
            return null;
        end if;
        id := encode(substring(body from place for 17), 'escape');
    end if;
    if id ~ '^[0-9a-f]{16}"$' then
        return left(id, 16);
    end if;
    return coalesce(
        substring(convert_from(body, 'UTF8') from '[,{]"run":"([0-9a-f]{16})"'),
        substring(convert_from(body, 'UTF8') from '[,{]"(?:action|decision)":"([0-9a-f]{16})"')
    );
end $$;
"""

LEDGER_SCHEMA = (
    Migration(room="ledger", number=1, sql=_TABLES),
    Migration(room="ledger", number=2, sql=_ABOUT),
    Migration(room="ledger", number=3, sql=_ABOUT_SOON),
)
