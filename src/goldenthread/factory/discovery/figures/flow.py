"""What is done in which order: the log in a line, activities, what follows what, variants."""

from __future__ import annotations

from goldenthread.factory.discovery.figures.model import Activity, Edge, Overview, Timer, Variant
from goldenthread.factory.discovery.figures.spreads import FIELDS, MIDDLE, spread_of, spread_sql
from goldenthread.factory.discovery.reading.database import Workbench

MOST_VARIANTS = 1000
"""Variants that are reported one by one."""

_DAY_US, _QUARTER_US = 86_400_000_000, 900_000_000
_TIMER_LEAST, _TIMER_SHARE = 20, 0.1
_WEEK_US = 7 * 86_400_000_000
_WORK = "case when begun_us <= at_us then at_us - begun_us end"
_WAITING = "case when begun_us <= at_us then greatest(0, begun_us - before_us) end"


def prepare(bench: Workbench) -> None:
    """Make of `paths` the table `variants`, the most frequent first."""
    bench.run(f"""
        create table variants as select row_number() over (order by cases desc, path) as rank, * from (
            select path, count(*) as cases, quantile_disc(cycle_us, [{MIDDLE}, 0.95]) as quantiles
            from paths group by path)""")


def overview(bench: Workbench) -> Overview:
    """The log in a line."""
    counts = bench.one("""
        select (select count(*) from events), (select count(*) from steps),
            (select count(*) from (select activity from steps group by 1)),
            (select count(*) from resources), (select count(*) from variants),
            (select count(*) from (select case_no from repeats group by 1)), median(len(path)), min(first_us),
            max(last_us), max(last_us) - min(last_us), count(*) from paths""")
    events, steps, activities, resources, variants, reworked, length, first, last, span, cases = counts
    cycle = spread_of(bench.one(f"select {spread_sql('cycle_us')} from paths"))
    assert cycle is not None
    return Overview(
        cases=cases,
        events=events,
        steps=steps,
        activities=activities,
        resources=resources,
        variants=variants,
        first_us=first,
        last_us=last,
        cycle=cycle,
        until_last=spread_of(bench.one(f"select {spread_sql('until_last_us')} from paths")),
        steps_a_case=length,
        per_week=cases * _WEEK_US / span if span > 0 else None,
        reworked=reworked,
    )


def activities(bench: Workbench) -> tuple[Activity, ...]:
    """What is done, most often first."""
    says_begun = bench.one("select count(begun_us) from steps")[0]
    none = ", ".join(["0"] + ["null"] * (FIELDS - 1))
    of_work = f"{spread_sql(_WAITING)}, {spread_sql(_WORK)}" if says_begun else f"{none}, {none}"
    rows = bench.rows(f"""
        with ends as (select path[1] as first, path[-1] as last from paths),
        again as (select activity, sum(times - 1)::bigint as again, count(*) as again_cases from repeats group by 1),
        whole as (
            select activity, count(*) as steps, count(distinct resource) as resources,
                {spread_sql("at_us - before_us")}, {of_work} from steps group by activity),
        firsts as (select first as activity, count(*) as first from ends group by 1),
        lasts as (select last as activity, count(*) as last from ends group by 1)
        select a.name, w.steps, w.steps - coalesce(g.again, 0), coalesce(f.first, 0), coalesce(l.last, 0),
            coalesce(g.again, 0), coalesce(g.again_cases, 0), w.* exclude (activity, steps)
        from whole w join activities a on a.no = w.activity left join again g using (activity)
        left join firsts f using (activity) left join lasts l using (activity)
        order by w.steps desc, a.name""")
    named = bool(bench.one("select count(*) from resources")[0])
    return tuple(
        Activity(
            name=name,
            steps=steps,
            cases=cases,
            first=first,
            last=last,
            again=again,
            again_cases=again_cases,
            resources=resources if named else None,
            gap=spread_of(rest[:FIELDS]),
            waiting=spread_of(rest[FIELDS : 2 * FIELDS]),
            work=spread_of(rest[2 * FIELDS :]),
        )
        for name, steps, cases, first, last, again, again_cases, resources, *rest in rows
    )


def edges(bench: Workbench) -> tuple[Edge, ...]:
    """What directly follows what, most often first."""
    rows = bench.rows(f"""
        select s.name, t.name, n, cases, quantiles, total from (
            select before, activity, count(*) as n, quantile_disc(at_us - before_us, [{MIDDLE}, 0.95]) as quantiles,
                sum(at_us - before_us)::bigint as total
            from steps where before is not null group by before, activity
        ) e join edge_cases using (before, activity)
        join activities s on s.no = e.before join activities t on t.no = e.activity
        order by n desc, s.name, t.name""")
    return tuple(
        Edge(source=source, target=target, count=n, cases=cases, median_us=(low + high) / 2, p95_us=p95, total_us=total)
        for source, target, n, cases, (low, high, p95), total in rows
    )


def timers(bench: Workbench) -> tuple[Timer, ...]:
    """
    Gaps that something waits out, and nobody works through.

    By chance one gap in 48 of more than half a day is within a quarter of an hour of whole days; five times that is
    said.
    """
    # Only gaps of nearly a day or more can be whole days; of the others it is enough to know how many there are.
    rows = bench.rows(f"""
        with timed as (
            select before, activity, (at_us - before_us + {_DAY_US // 2}) // {_DAY_US} as days, count(*) as n
            from steps where at_us - before_us >= {_DAY_US - _QUARTER_US} and
                abs((at_us - before_us + {_DAY_US // 2}) % {_DAY_US} - {_DAY_US // 2}) <= {_QUARTER_US}
            group by 1, 2, 3 having count(*) >= {_TIMER_LEAST}),
        whole as (select before, activity, count(*) as whole from steps where before is not null group by 1, 2)
        select s.name, t.name, days, n, whole from timed e join whole using (before, activity)
        join activities s on s.no = e.before join activities t on t.no = e.activity
        where n >= {_TIMER_SHARE} * whole order by n desc, s.name, t.name, days""")
    return tuple(Timer(source=source, target=target, days=days, count=n, of=of) for source, target, days, n, of in rows)


def variants(bench: Workbench, most: int = MOST_VARIANTS) -> tuple[Variant, ...]:
    """The most frequent orders of activities."""
    names = dict(bench.rows("select no, name from activities"))
    rows = bench.rows(f"select path, cases, quantiles from variants where rank <= {most} order by rank")
    return tuple(
        Variant(activities=tuple(names[one] for one in path), cases=cases, median_us=(low + high) / 2, p95_us=p95)
        for path, cases, (low, high, p95) in rows
    )
