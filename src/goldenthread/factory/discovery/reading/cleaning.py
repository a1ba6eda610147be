"""From the rows of any log to the tables that everything is counted on; what is left out on the way is counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from goldenthread.factory.discovery.reading.database import Workbench, quoted
from goldenthread.factory.discovery.reading.model import Left
from goldenthread.factory.discovery.reading.times import FIRST, LAST, TimeSql, text_time, typed_time
from goldenthread.promise.errors import EventLogInvalid

DONE = ("", "complete", "unknown")
"""Words of a lifecycle by which something is completed."""

_DONE = f"lifecycle in {DONE}"
_TIMES = ("at", "begun", "deadline", "ended")
EXAMPLES = 3
"""Rows of each kind that are shown."""

_WITHIN = f"case when {{0}} between {FIRST} and {LAST} then {{0}} end"
_CODES = "create table {table} as select (row_number() over (order by name))::integer as no, name from (\
select distinct {column} as name from taken where bad is null and {column} is not null)"
_BAD = """
select bad, count(*), list(concat_ws(', ', case_id, activity, at_text)) filter (nth <= {examples}) from (
    select *, row_number() over (partition by bad order by place) as nth from (
        select rowid as place, case_id, activity, at_text, bad from taken where bad is not null
    )
) group by bad
"""
_CASES = f"""
create table cases as
select (row_number() over (order by min(rowid)) - 1)::integer as case_no, case_id,
    max(deadline_us) as deadline_us, max(ended_us) as ended_us,
    max(deadline_us) is distinct from min(deadline_us) as deadlines_differ,
    coalesce(bool_or(lifecycle in {DONE}), false) as says_done
from taken where bad is null group by case_id
"""
_EVENTS = """
create table events as
select c.case_no, t.at_us, t.rowid as place, a.no as activity, r.no as resource, t.begun_us, t.unzoned, {lifecycle}
from taken t join cases c using (case_id) join activities a on a.name = t.activity
left join resources r on r.name = t.resource
where t.bad is null order by c.case_no, t.at_us, place
"""


def take(bench: Workbench, relation: str, time_forms: Mapping[str, str], zone: str, name: str) -> None:
    """
    Read a relation into the table `taken`: a row an event, `bad` the word for what it lacks.

    Args:
        bench: Where.
        relation: SQL with columns by meaning, in the log's order.
        time_forms: By meaning of a time, how it is written.
        zone: Of times that name none.
        name: The log's, for errors.

    Raises:
        EventLogInvalid: The relation cannot be read to its end.
    """
    with cleaned(bench, relation, time_forms, zone, name) as rows:
        bench.run(f"create table taken as {rows.sql}")


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """
    A relation whose columns are cleaned.

    Attributes:
        types: Of the columns that it had, by meaning.
        sql: A row an event: text, microseconds, whether the time names no zone, and the word for what is bad in it.
    """

    types: Mapping[str, str]
    sql: str


@contextmanager
def cleaned(bench: Workbench, relation: str, time_forms: Mapping[str, str], zone: str, name: str) -> Iterator[Cleaned]:
    """To be read within; arguments and error as of `take`."""
    try:
        types = {row[0]: str(row[1]) for row in bench.rows(f"describe {relation}")}
        yield Cleaned(types=types, sql=_cleaned(relation, types, time_forms, zone))
    except (duckdb.Error, OSError, pa.ArrowException) as problem:
        words = str(problem).splitlines()[0][:200]
        raise EventLogInvalid(f"{name}: it cannot be read to its end ({words}). Export the log again.") from problem


def _cleaned(relation: str, types: Mapping[str, str], forms: Mapping[str, str], zone: str) -> str:
    times = {meaning: _time(meaning, types, forms, zone) for meaning in _TIMES}
    micros = ", ".join(f"{one.micros if one else 'null::bigint'} as {meaning}_us" for meaning, one in times.items())
    at = times["at"]
    assert at is not None
    return f"""
    select case_id, activity, resource, lifecycle, {_WITHIN.format("at_us")} as at_us,
        {_WITHIN.format("begun_us")} as begun_us, {_WITHIN.format("deadline_us")} as deadline_us,
        {_WITHIN.format("ended_us")} as ended_us, unzoned,
        case when at_us is null then 'no-time' when activity is null then 'no-activity' when case_id is null
            then 'no-case' end as bad,
        case when at_us is null or activity is null or case_id is null then left("at"::varchar, 40) end as at_text
    from (select {_text("case", types)} as case_id, {_text("activity", types)} as activity,
        {_text("resource", types)} as resource, coalesce(lower({_text("lifecycle", types)}), '') as lifecycle,
        {micros}, {at.unzoned} as unzoned, "at" from ({relation}))"""


def _time(meaning: str, types: Mapping[str, str], forms: Mapping[str, str], zone: str) -> TimeSql | None:
    type = types.get(meaning)
    if type is None:
        return None
    column = quoted(meaning)
    if type.startswith(("TIMESTAMP", "DATE")):
        return typed_time(column, type, zone)
    return text_time(column if type == "VARCHAR" else f"{column}::varchar", forms.get(meaning, "iso"), zone)


def _text(meaning: str, types: Mapping[str, str]) -> str:
    """A text, or null where nothing but blanks stands there; a text that looks like nothing is one."""
    if meaning not in types:
        return "null::varchar"
    column = quoted(meaning) if types[meaning] == "VARCHAR" else f"{quoted(meaning)}::varchar"
    # What begins with a letter, a digit or another sign of ASCII is not blank, and need not be looked through.
    sure = f"{column} >= '!' and {column} < chr(127)"
    return f"case when {sure} then {column} when trim({column}) <> '' then {column} end"


def left_out(bench: Workbench) -> dict[str, Left]:
    """What of `taken` cannot count, by a word of LEFT_OUT."""
    found = bench.rows(_BAD.format(examples=EXAMPLES))
    return {
        word: Left(count=count, examples=tuple(one[:100] for one in examples or ())) for word, count, examples in found
    }


def arrange(bench: Workbench) -> None:
    """Make of `taken` the tables `cases`, `activities`, `resources` and `events`, these by case, time and place."""
    for table, column in (("activities", "activity"), ("resources", "resource")):
        bench.run(_CODES.format(table=table, column=column))
    bench.run(_CASES)
    said = bench.one(f"select count(*) from taken where bad is null and not {_DONE}")[0]
    bench.run(_EVENTS.format(lifecycle="t.lifecycle" if said else "'' as lifecycle"))
    bench.run("drop table taken")


def follow(bench: Workbench) -> None:
    """
    Make of `events` the table `steps`, each of which knows the step before it in its case, `paths` and `repeats`.

    A step is a completed event, or any event of a case in which none is said to be completed. `begun_us` is when it
    was begun, where the log says so.
    """
    rows = "select case_no, at_us, place, activity, resource, begun_us from events order by rowid"
    if bench.one(f"select count(*) from events where not {_DONE}")[0]:
        _pair_starts(bench)
        rows = f"""
            select case_no, at_us, place, activity, resource, coalesce(e.begun_us, p.begun_us) as begun_us
            from (select e.* from events e join cases using (case_no) where {_DONE} or not says_done) e
            left join starts p using (place) order by case_no, at_us, place"""
    bench.run(f"create table own as {rows}")
    # Rows stand in their order, and are read in it: a look at the row before takes no sorting.
    inside = "case when lag(case_no) over () = case_no then lag({0}) over () end as before{1}"
    columns = (("activity", ""), ("at_us", "_us"), ("resource", "_resource"))
    before = ", ".join(inside.format(column, suffix) for column, suffix in columns)
    bench.run(f"create table steps as select *, {before} from own")
    bench.run("drop table own")
    _gather(bench)


def _gather(bench: Workbench) -> None:
    """
    Make of `steps` the tables `paths` (a row a case), `repeats` (activities that came again in a case), `edge_cases`
    and `resource_cases` (in how many cases what follows what, and who works).
    """
    # A case lasts from its first event to its last, whether or not these are steps.
    bench.run("""
        create table paths as
        with spans as (select case_no, min(at_us) as first_us, max(at_us) as last_us from events group by 1)
        select case_no, first_us, last_us, last_us - first_us as cycle_us,
            before_last_us - first_us as until_last_us, path from (
            select case_no, list(activity order by at_us, place) as path, max(before_us) as before_last_us
            from steps group by case_no
        ) join spans using (case_no)""")
    bench.run("""
        create table repeats as select case_no, activity, count(*) as times from steps
        group by case_no, activity having count(*) > 1""")
    bench.run("""
        create table edge_cases as select before, activity, count(distinct case_no) as cases from steps
        where before is not null group by all""")
    bench.run("""
        create table resource_cases as select resource, count(distinct case_no) as cases from steps
        where resource is not null group by all""")


def _pair_starts(bench: Workbench) -> None:
    """The n-th start of an activity in a case belongs to the n-th time that it is completed."""
    nth = "row_number() over (partition by case_no, activity order by at_us, place) as nth"
    bench.run(f"""
        create table starts as select d.place, s.at_us as begun_us
        from (select case_no, activity, place, at_us, {nth} from events where {_DONE}) d
        join (select case_no, activity, at_us, {nth} from events where lifecycle = 'start') s
        using (case_no, activity, nth) where s.at_us <= d.at_us""")
