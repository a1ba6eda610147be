"""How much of the process a map keeps: the most frequent variants until they make so many of the cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from goldenthread.factory.discovery.figures.model import Edge
from goldenthread.factory.discovery.reading.database import Workbench

SHARES = (50, 70, 80, 90, 95, 99, 100)
"""Levels of detail, in percent of the cases that are kept at least."""

BEGIN, END = 0, -1
_MOST_NODES, _EDGES_A_NODE, _FEWEST_EDGES = 40, 2.5, 24


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One arrow of a map; `source` BEGIN or `target` END stand for the begin and the end of cases."""

    source: int
    target: int
    count: int
    median_us: float | None


@dataclass(frozen=True, kw_only=True)
class Level:
    """
    What a map of one level shows.

    Attributes:
        share: Percent of cases that were asked for.
        cases: Kept; of `of_cases`.
        variants: Kept; of `of_variants`.
        names: By number, activities that are drawn.
        counts: By number, how often they are done in these cases.
        flows: Arrows that are drawn, from one activity to another.
        loops: Arrows from an activity to itself.
        undrawn: Arrows of these cases that are not; they are gone along `undrawn_steps` times, of `all_steps`.
        undrawn_activities: Activities of these cases that are not drawn.
    """

    share: int
    cases: int
    of_cases: int
    variants: int
    of_variants: int
    names: Mapping[int, str]
    counts: Mapping[int, int]
    flows: tuple[Flow, ...]
    loops: tuple[Flow, ...]
    undrawn: int
    undrawn_steps: int
    all_steps: int
    undrawn_activities: int


def levels(bench: Workbench, edges: Sequence[Edge]) -> tuple[Level, ...]:
    """
    The levels that differ, the simplest first. A map counts the kept cases only, so that its numbers add up.

    Args:
        bench: With the tables of the figures.
        edges: Of all cases, for how long it takes from one to the other.
    """
    names = dict(bench.rows("select no, name from activities"))
    medians = {(edge.source, edge.target): edge.median_us for edge in edges}
    bench.run("create table reach as select rank, cases, sum(cases) over (order by rank)::bigint as upto from variants")
    all_cases, all_variants = bench.one("select sum(cases)::bigint, count(*) from variants")
    found: dict[int, Level] = {}
    for share in SHARES:
        rank, cases = bench.one(
            f"select rank, upto from reach where 100 * upto >= {share} * {all_cases} order by 1 limit 1"
        )
        if rank in found:
            continue
        counts = dict(
            bench.rows(f"""
            select activity, sum(cases)::bigint from (
                select unnest(path) as activity, cases from variants where rank <= {rank}
            ) group by 1 order by 2 desc, 1""")
        )
        kept = dict(list(counts.items())[:_MOST_NODES])
        flows = [
            Flow(
                source=source,
                target=target,
                count=count,
                median_us=medians.get((names.get(source, ""), names.get(target, ""))),
            )
            for source, target, count in _pairs(bench, rank)
        ]
        shown = [flow for flow in flows if {flow.source, flow.target} <= {BEGIN, END, *kept}]
        loops = tuple(flow for flow in shown if flow.source == flow.target)
        drawn = _drawn([flow for flow in shown if flow.source != flow.target])
        found[rank] = Level(
            share=share,
            cases=cases,
            of_cases=all_cases,
            variants=rank,
            of_variants=all_variants,
            names={one: names[one] for one in kept},
            counts=kept,
            flows=tuple(drawn),
            loops=loops,
            undrawn=len(flows) - len(drawn) - len(loops),
            undrawn_steps=sum(flow.count for flow in flows) - sum(flow.count for flow in (*drawn, *loops)),
            all_steps=sum(flow.count for flow in flows),
            undrawn_activities=len(counts) - len(kept),
        )
    return tuple(found.values())


def _pairs(bench: Workbench, rank: int) -> list[tuple[int, int, int]]:
    """What follows what in the variants up to a rank, the begin and the end of cases included, most often first."""
    return bench.rows(f"""
        select source, target, sum(cases)::bigint as n from (
            select unnest(list_prepend({BEGIN}, path)) as source, unnest(list_append(path, {END})) as target, cases
            from variants where rank <= {rank}
        ) group by 1, 2 order by n desc, 1, 2""")


def _drawn(flows: Sequence[Flow]) -> list[Flow]:
    """
    Of every activity the strongest ways in and out, then the strongest of all, as many as one can follow by eye.

    Activities without a way from the begin or to the end would hang in the air, so theirs are kept whatever they are.
    """
    most = max(_FEWEST_EDGES, int(_EDGES_A_NODE * len({flow.source for flow in flows})))
    kept: dict[tuple[int, int], Flow] = {}
    seen_in: set[int] = set()
    seen_out: set[int] = set()
    for flow in flows:
        if flow.source not in seen_out or flow.target not in seen_in:
            kept[flow.source, flow.target] = flow
            seen_out.add(flow.source)
            seen_in.add(flow.target)
    for flow in flows:
        if len(kept) >= most:
            break
        kept.setdefault((flow.source, flow.target), flow)
    return [flow for flow in flows if (flow.source, flow.target) in kept]
