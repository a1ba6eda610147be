"""Tables of the room: who handed in which case, what its steps gave, who works. The ledger knows none of it."""

from __future__ import annotations

from goldenthread.record.store import Migration

# `sealed` is content under the case's key: erased with the case. `token` counts who took the turn; who has an older
# number writes nothing. `answers` is how many of its run's questions were closed when the turn began.
_TABLES = """
create table submission (
    id text primary key,
    slice text not null,
    case_ref text not null,
    digest text not null,
    sealed bytea not null,
    state text not null,
    turn integer not null default 1,
    tries integer not null default 0,
    token bigint not null default 0,
    worker text,
    run text,
    answers integer not null default 0,
    priority integer not null default 0,
    problem text,
    submitted_at timestamptz not null default now(),
    due_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    ended_at timestamptz
) with (fillfactor = 70);
create unique index submission_open on submission (slice, case_ref)
    where state in ('delayed', 'queued', 'working', 'waiting');
create index submission_run on submission (run) where state in ('delayed', 'queued', 'working', 'waiting');
create index submission_state on submission (state, changed_at)
    where state in ('delayed', 'queued', 'working', 'waiting');
create index submission_by_time on submission (slice, submitted_at);

create table step_result (
    run text not null,
    name text not null,
    ordinal integer not null,
    case_ref text not null,
    digest text not null,
    sealed bytea not null,
    at timestamptz not null default now(),
    primary key (run, name, ordinal)
);

create table worker (
    id text primary key,
    host text not null,
    pid integer not null,
    slices text[] not null,
    lease_backend integer,
    started_at timestamptz not null default now(),
    beat_at timestamptz not null default now()
);

create table schedule (
    name text primary key,
    slice text not null,
    last_at timestamptz not null
);

create index inbox_closed_by_run on inbox (run) where state <> 'open';
create function work_answered() returns trigger language plpgsql as $$
begin
    perform pg_notify('goldenthread_work', 'answered ' || new.run);
    return null;
end $$;
create trigger work_answered after update of state on inbox
    for each row when (old.state = 'open' and new.state <> 'open') execute function work_answered();

grant select, insert, update, delete on submission, step_result, worker, schedule to goldenthread_app;
"""

_OF_THE_GUARD = "drop index inbox_closed_by_run"  # the guard has one over all items of a run

# Which version of an agent a worker has: what one version asked for, only that one goes on with.
_VERSIONS = "alter table worker add column fingerprint text"

RUNTIME_SCHEMA = (
    Migration(room="runtime", number=1, sql=_TABLES),
    Migration(room="runtime", number=2, sql=_OF_THE_GUARD),
    Migration(room="runtime", number=3, sql=_VERSIONS),
)
