"""Tables of the guard: projections for look-ups by id. The ledger is the truth; these can be derived from it."""

from __future__ import annotations

from goldenthread.record.store import Migration

_TABLES = """
create table run (
    id text primary key,
    slice text not null,
    case_ref text not null,
    fingerprint text not null,
    contract_version integer,
    level text not null,
    source text not null,
    state text not null,
    input text not null,
    started_seq bigint not null,
    steps integer not null default 0,
    agent_time_s double precision not null default 0,
    started_at timestamptz not null,
    ended_at timestamptz
);
create unique index run_open on run (slice, case_ref) where state in ('open', 'waiting');
create index run_by_case on run (slice, case_ref, started_seq);
create index run_by_start on run (slice, started_seq);

create table step (
    run text not null references run,
    ordinal integer not null,
    kind text not null,
    content text not null,
    at timestamptz not null,
    primary key (run, ordinal)
);

create table recorded_decision (
    slice text not null,
    case_ref text not null,
    decision text not null,
    seq bigint not null,
    primary key (slice, case_ref)
);

create table action (
    id text primary key,
    slice text not null,
    run text not null references run,
    case_ref text not null,
    call integer not null,
    name text not null,
    arguments text not null,
    permitted text,
    state text not null,
    verdict text not null,
    reason text not null,
    clause text not null,
    level text not null,
    cited text[] not null,
    grounded boolean,
    keyed boolean not null,
    key text,
    repeats text,
    item text,
    permit text unique,
    contract_version integer,
    expires timestamptz,
    result text,
    seq bigint not null,
    at timestamptz not null
);
create unique index action_by_call on action (run, call, arguments) where state <> 'expired';
create index action_by_case on action (case_ref, arguments);
create index action_by_key on action (case_ref, key);
create index action_by_permitted on action (case_ref, permitted);

create table inbox (
    id text primary key,
    slice text not null,
    kind text not null,
    case_ref text not null,
    run text not null references run,
    action text references action,
    reason text not null,
    state text not null,
    assigned text,
    answer text,
    answered_by text,
    content text,
    asked_at timestamptz not null,
    answered_at timestamptz
);
create index inbox_open on inbox (slice, asked_at) where state = 'open';

grant select, insert, update, delete on run, step, recorded_decision, action, inbox to goldenthread_app;
"""

# A new permit is in none of these states, so it is in no index of effects; what may have happened stands there by what
# it does to the case. Three indexes by case, of all actions, held the same and were all written for each permit.
_EFFECTS = """
drop index action_by_case;
drop index action_by_key;
drop index action_by_permitted;
create index action_effects on action (case_ref, name) where state in ('consumed', 'done', 'unknown');
"""

# What was found out about an action when it was decided (`Facts`, JSON): consuming its permit decides again by it.
_FACTS = "alter table action add column facts text"

# Calls of one agent by another. `caller` is what the called run carries, `before` what it has done so far (JSON).
_CALLS = """
alter table run add column caller text;
create table delegation (
    id text primary key,
    slice text not null,
    run text not null references run,
    to_agent text not null,
    to_slice text not null,
    caller text not null,
    called text,
    before text
);
create index delegation_by_run on delegation (run);
grant select, insert, update, delete on delegation to goldenthread_app;
"""

# An agent may name another action under the ordinal of one before, with the same arguments: both are on record.
_NAMED_CALLS = """
drop index action_by_call;
create unique index action_by_call on action (run, call, name, arguments) where state <> 'expired';
"""

# What a run did and read, as far as a rule may ask for it (JSON): whoever resumes it begins with no blank memory.
_SEEN = "alter table run add column seen text"

# A run is never deleted, and whoever uses a permit looks its run up. To look it up, and lock it, for each permit
# that is given took a sixth of the database's time, while all others waited for the chain.
_UNCHECKED_RUN = "alter table action drop constraint action_run_fkey"

# Whose turn it is as far as it is on record, who is at an item, and what people asked back. `noticed` is the instant up
# to which reminders and passed times are on record.
_TURNS = """
alter table inbox add column step integer not null default 0, add column step_since timestamptz,
    add column noticed timestamptz, add column claimed_by text, add column claimed_until timestamptz;
create index inbox_answered on inbox (slice, answered_at) where state = 'answered';
create table inbox_message (
    item text not null references inbox,
    ordinal integer not null,
    kind text not null,
    by text not null,
    content text not null,
    at timestamptz not null,
    primary key (item, ordinal)
);
grant select, insert, update, delete on inbox_message to goldenthread_app;
"""

# Orders to take an effect back.
_UNDOS = """
create table undo (
    id text primary key,
    slice text not null,
    case_ref text not null,
    run text not null references run,
    action text not null references action,
    tool text not null,
    arguments text not null,
    state text not null,
    keyed boolean not null,
    by text not null,
    item text,
    ordered_at timestamptz not null,
    expires timestamptz not null
);
create unique index undo_under_way on undo (action) where state in ('ordered', 'begun', 'unknown');
create index undo_to_do on undo (slice, ordered_at) where state in ('ordered', 'begun');
grant select, insert, update, delete on undo to goldenthread_app;
"""

# A run asks for its own items at every action, and a case for what was asked of it; without these, for everybody's.
_ITEMS_OF = "create index inbox_by_run on inbox (run); create index inbox_by_case on inbox (case_ref)"

# The list of cases of one status, newest first; and what a run has done, expired permits too, which the index of calls
# leaves out: for these, all actions there are were read.
_BY_STATUS = """
create index run_by_status on run (
    slice, (case when state = 'denied' and level = 'shadow' then 'shadow' else state end), started_seq
);
create index action_by_run on action (run, call);
"""

# What rules of the organisation decided is found without looking through all actions; few are.
_BY_RULE = "create index action_by_rule on action (at) where starts_with(clause, 'organisation.')"

# Whether a person is still to decide a case blind is asked for every case that a page shows; hardly any is.
_BLIND = "create index inbox_blind on inbox (case_ref) where state = 'open' and kind = 'blind question'"

# Lists show each case by its latest run, with how many it had. To look that up for every line of a list took a read
# from the disk each, all over the index by case: a run says it itself, and is told when another follows it. A process
# of an earlier version, which does not know of it, can open no case again: that its runs are the first is refused.
_FOLLOWED = """
alter table run add column nth integer not null default 1, add column followed boolean not null default false;
update run set nth = o.nth, followed = o.followed from (
    select id, row_number() over runs as nth, lead(id) over runs is not null as followed from run
    window runs as (partition by slice, case_ref order by started_seq)
) o where o.id = run.id and (o.nth > 1 or o.followed);
drop index run_by_case;
create unique index run_by_case on run (slice, case_ref, nth);
"""

# What the latest runs of a slice did stands together here, at an end where it costs next to nothing to write; sought
# run by run it lies all over the index by run.
_BY_SEQ = "create index action_by_seq on action (slice, seq)"

CONTROL_SCHEMA = (
    Migration(room="guard", number=1, sql=_TABLES),
    Migration(room="guard", number=2, sql=_EFFECTS),
    Migration(room="guard", number=3, sql=_FACTS),
    Migration(room="guard", number=4, sql=_CALLS),
    Migration(room="guard", number=5, sql=_NAMED_CALLS),
    Migration(room="guard", number=6, sql=_SEEN),
    Migration(room="guard", number=7, sql=_UNCHECKED_RUN),
    Migration(room="guard", number=8, sql=_UNDOS),
    Migration(room="guard", number=9, sql=_TURNS),
    Migration(room="guard", number=10, sql=_ITEMS_OF),
    Migration(room="guard", number=11, sql=_BY_STATUS),
    Migration(room="guard", number=12, sql=_BY_RULE),
    Migration(room="guard", number=13, sql=_BLIND),
    Migration(room="guard", number=14, sql=_FOLLOWED),
    Migration(room="guard", number=15, sql=_BY_SEQ),
)
