"""Work that is done again: in how many cases, after which loops, and what these cases took."""

from __future__ import annotations

from goldenthread.factory.discovery.figures.model import Loop, Rework
from goldenthread.factory.discovery.reading.database import Workbench

# Steps of a case stand next to each other, in order: how far two of them are apart is told from where they stand.
_LOOPS = """
create table loops as select * from (
    select case_no, activity, before, at_us - lag(at_us) over again as away_us, nth - lag(nth) over again as apart
    from (select rowid as nth, case_no, activity, before, at_us from steps semi join repeats using (case_no, activity))
    window again as (partition by case_no, activity order by nth)
) where apart is not null
"""
_MOST = 50


def rework(bench: Workbench) -> Rework:
    """Steps that came again. Needs the tables of `flow.prepare`."""
    bench.run(_LOOPS)
    steps, at_once = bench.one("select count(*), count(*) filter (apart = 1) from loops")
    cases, with_us, without_us = bench.one("""
        select count(*) filter (again), median(cycle_us) filter (again), median(cycle_us) filter (not again) from (
            select cycle_us, case_no in (select case_no from repeats) as again from paths)""")
    rows = bench.rows(f"""
        select a.name, b.name, l.* exclude (activity, before) from (
            select activity, before, median(apart)::bigint - 1, count(*) as n, count(distinct case_no), median(away_us)
            from loops group by activity, before
        ) l join activities a on a.no = l.activity join activities b on b.no = l.before
        order by n desc, a.name, b.name limit {_MOST}""")
    loops = tuple(
        Loop(activity=activity, back_from=before, steps_between=between, count=count, cases=concerned, median_us=median)
        for activity, before, between, count, concerned, median in rows
    )
    return Rework(
        cases=cases,
        steps=steps,
        at_once=at_once,
        median_with_us=with_us,
        median_without_us=without_us,
        loops=loops,
    )
