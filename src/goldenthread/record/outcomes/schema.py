"""The table of outcome values: which version of what was known since when. The values themselves are sealed by case."""

from __future__ import annotations

from goldenthread.record.store import Migration

_TABLES = """
create table outcome_value (
    slice text not null,
    metric text not null,
    case_ref text not null,
    arm text not null,
    seq bigint not null,
    known_at timestamptz not null,
    digest text not null,
    primary key (slice, metric, case_ref, arm, seq)
);
grant select, insert on outcome_value to goldenthread_app;
"""

OUTCOMES_SCHEMA = (Migration(room="outcomes", number=1, sql=_TABLES),)
