"""Who works on what, and where work changes hands. Nobody's pace is counted: that is nobody's business here."""

from __future__ import annotations

from goldenthread.factory.discovery.figures.model import Handover, Handovers, Lone, Resource
from goldenthread.factory.discovery.reading.database import Workbench

_MOST = 100
_ALONE, _AT_LEAST = 0.9, 20


def hide_names(bench: Workbench) -> None:
    """Call resources `person 1` and so on, the one with the most steps first; their names are gone then."""
    bench.run("""
        create or replace table resources as select no, 'person ' || row_number() over (order by n desc, no) as name
        from (select r.no, count(s.case_no) as n from resources r left join steps s on s.resource = r.no
            group by r.no)""")


def resources(bench: Workbench) -> tuple[Resource, ...]:
    """Who works, most steps first."""
    rows = bench.rows("""
        select r.name, n, cases, kinds from (
            select resource, count(*) as n, count(distinct activity) as kinds from steps
            where resource is not null group by resource
        ) s join resource_cases using (resource) join resources r on r.no = s.resource order by n desc, r.name""")
    return tuple(Resource(name=name, steps=steps, cases=cases, activities=kinds) for name, steps, cases, kinds in rows)


def alone(bench: Workbench) -> tuple[Lone, ...]:
    """Activities that depend on one: at least nine of ten steps, of at least 20, are by the same resource."""
    rows = bench.rows(f"""
        select a.name, r.name, n, whole from (
            select activity, resource, n, sum(n) over (partition by activity) as whole from (
                select activity, resource, count(*) as n from steps where resource is not null group by 1, 2)
        ) s join activities a on a.no = s.activity join resources r on r.no = s.resource
        where whole >= {_AT_LEAST} and n >= {_ALONE} * whole order by whole desc, a.name""")
    return tuple(Lone(activity=activity, resource=who, steps=steps, of=int(of)) for activity, who, steps, of in rows)


def handovers(bench: Workbench) -> Handovers | None:
    """Where work changes hands; None where the log does not say who works."""
    bench.run("""
        create view turns as select case_no, before_resource as giver, resource as taker, at_us - before_us as gap_us
        from steps where before_resource is not null and resource is not null""")
    known, changed, changed_us, kept_us = bench.one("""
        select count(*), count(*) filter (giver <> taker), median(gap_us) filter (giver <> taker),
            median(gap_us) filter (giver = taker) from turns""")
    if not known:
        return None
    # Turns stand by case, so that a case begins where the one before is another.
    (cases,) = bench.one("""
        select count(*) from (select case_no, lag(case_no) over () as last from turns where giver <> taker)
        where last is distinct from case_no""")
    rows = bench.rows(f"""
        with often as (
            select giver, taker, count(*) as n from turns where giver <> taker group by 1, 2
            order by n desc, 1, 2 limit {_MOST})
        select g.name, t.name, h.* exclude (giver, taker) from (
            select giver, taker, count(*) as n, count(distinct case_no), median(gap_us)
            from turns semi join often using (giver, taker) group by giver, taker
        ) h join resources g on g.no = h.giver join resources t on t.no = h.taker order by n desc, g.name, t.name""")
    pairs = tuple(
        Handover(source=source, target=target, count=count, cases=concerned, median_us=median)
        for source, target, count, concerned, median in rows
    )
    return Handovers(
        known=known,
        changed=changed,
        cases=cases,
        median_changed_us=changed_us,
        median_kept_us=kept_us,
        pairs=pairs,
    )
