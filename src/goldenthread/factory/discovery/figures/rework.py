"""Work that is done again: in how many cases, after which loops, and what these cases took."""

from __future__ import annotations

from goldenthread.factory.discovery.figures.model import Loop, Rework
from goldenthread.factory.discovery.reading.database import Workbench

# Rows stand by case and activity, each where it stands among all steps: what it is since the row before comes of
# looking at that, and takes no window to be sorted.
_LOOPS = """
create table loops as select case_no, activity, before, at_us - last_us as away_us, nth - last_nth as apart from (
    select *, lag(case_no) over () = case_no and lag(activity) over () = activity as again,
        lag(at_us) over () as last_us, lag(nth) over () as last_nth
    from (select rowid as nth, case_no, activity, before, at_us from steps semi join repeats using (case_no, activity)
        order by case_no, activity, nth)
) where again
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
