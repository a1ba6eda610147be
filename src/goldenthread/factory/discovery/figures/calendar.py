"""Figures over the calendar: deadlines that were held or missed, and when work comes in and is done."""

from __future__ import annotations

from goldenthread.factory.discovery.figures.model import Deadlines, Month, NamedEnds, Seasons, Within
from goldenthread.factory.discovery.figures.spreads import FIELDS, spread_of, spread_sql
from goldenthread.factory.discovery.reading.database import Workbench, literal


def deadlines(bench: Workbench, *, ends_named: bool) -> Deadlines | None:
    """
    Cases with a deadline; None where there is none.

    Args:
        bench: With `cases` and `paths`.
        ends_named: The log has a column that says when a case ended; where it says nothing, the case is open.
    """
    ended = "ended_us" if ends_named else "last_us"
    bench.run(f"""
        create table due as select deadline_us, {ended} as done_us from cases join paths using (case_no)
        where deadline_us is not null""")
    cases, done, late, open_late = bench.one("""
        select count(*), count(done_us), count(*) filter (done_us > deadline_us),
            count(*) filter (done_us is null and deadline_us < (select max(at_us) from events)) from due""")
    if not cases:
        return None
    lateness = spread_of(
        bench.one(f"select {spread_sql('done_us - deadline_us')} from due where done_us > deadline_us")
    )
    return Deadlines(cases=cases, ended=done, late=late, lateness=lateness, open=cases - done, open_late=open_late)


def named_ends(bench: Workbench) -> NamedEnds | None:
    """How far the ends that the log names lie behind its events; None where it names none."""
    asked = f"count(*), {spread_sql('ended_us - last_us')}, {spread_sql('ended_us - first_us')}"
    cases, *rest = bench.one(f"select {asked} from cases join paths using (case_no) where ended_us >= last_us")
    if not cases:
        return None
    return NamedEnds(cases=cases, after_last=spread_of(rest[:FIELDS]), from_first=spread_of(rest[FIELDS:]))


def within(bench: Workbench, promised_us: int) -> Within:
    """Cases whose cycle time is within a promise."""
    held, cases = bench.one(f"select count(*) filter (cycle_us <= {int(promised_us)}), count(*) from paths")
    return Within(promised_us=promised_us, held=held, cases=cases)


def seasons(bench: Workbench, zone: str) -> Seasons:
    """When cases begin and steps are done, by weekday, hour and month of the clocks in a zone."""
    cases, steps = _by_week(bench, "paths", "first_us", zone), _by_week(bench, "steps", "at_us", zone)
    months = bench.rows(f"""
        with begun as (select {_month(_local("first_us", zone))} as month, count(*) as n,
            median(cycle_us) as middle from paths group by 1),
        ended as (select {_month(_local("last_us", zone))} as month, count(*) as n from paths group by 1)
        select printf('%04d-%02d', b.month // 12, b.month % 12 + 1), b.n, coalesce(e.n, 0), b.middle
        from begun b left join ended e using (month) order by b.month""")
    return Seasons(
        zone=zone,
        cases_by_weekday=cases[0],
        cases_by_hour=cases[1],
        steps_by_weekday=steps[0],
        steps_by_hour=steps[1],
        months=tuple(Month(month=month, begun=n, ended=ended, median_us=middle) for month, n, ended, middle in months),
    )


def _by_week(bench: Workbench, table: str, column: str, zone: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    # Hours are few: the clock of a zone is asked once an hour that occurs, and not once a step.
    rows = bench.rows(f"""
        select isodow(at_hour) - 1, hour(at_hour), sum(n)::bigint from (
            select {_local("quarter * 900000000", zone)} as at_hour, n from (
                select {column} // 900000000 as quarter, count(*) as n from {table} group by 1)
        ) group by 1, 2""")
    weekdays, hours = [0] * 7, [0] * 24
    for day, hour, n in rows:
        weekdays[day] += n
        hours[hour] += n
    return tuple(weekdays), tuple(hours)


def _month(stamp: str) -> str:
    """Months since the year 0, which are counted sooner than their names."""
    return f"(12 * year({stamp}) + month({stamp}) - 1)"


def _local(micros: str, zone: str) -> str:
    stamp = f"make_timestamp({micros})"
    return stamp if zone == "UTC" else f"timezone({literal(zone)}, timezone('UTC', {stamp}))"
