"""How much of the process a map keeps: the most frequent variants until they make so many of the cases."""

from __future__ import annotations

from collections import Counter
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
    kept = bench.rows(f"""
        with reach as (select rank, sum(cases) over (order by rank)::bigint as upto from variants)
        select min(share), rank, upto from (
            select share, min(rank) as rank, min(upto) as upto from reach, (select unnest({list(SHARES)}) as share)
            where 100 * upto >= share * (select max(upto) from reach) group by share
        ) group by rank, upto order by rank""")
    _, all_variants, all_cases = kept[-1]
    pairs: Counter[tuple[int, int]] = Counter()
    found = []
    for (share, rank, cases), more in zip(kept, _pairs(bench, [rank for _, rank, _ in kept]), strict=True):
        pairs.update(more)
        flows = [
            Flow(source=one, target=other, count=n, median_us=medians.get((names.get(one, ""), names.get(other, ""))))
            for (one, other), n in sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))
        ]
        counts: Counter[int] = Counter()
        for flow in flows:
            if flow.target != END:
                counts[flow.target] += flow.count
        drawn = dict(sorted(counts.items(), key=lambda done: (-done[1], done[0]))[:_MOST_NODES])
        shown = [flow for flow in flows if {flow.source, flow.target} <= {BEGIN, END, *drawn}]
        loops = tuple(flow for flow in shown if flow.source == flow.target)
        ways = _drawn([flow for flow in shown if flow.source != flow.target])
        found.append(
            Level(
                share=share,
                cases=cases,
                of_cases=all_cases,
                variants=rank,
                of_variants=all_variants,
                names={one: names[one] for one in drawn},
                counts=drawn,
                flows=tuple(ways),
                loops=loops,
                undrawn=len(flows) - len(ways) - len(loops),
                undrawn_steps=sum(flow.count for flow in flows) - sum(flow.count for flow in (*ways, *loops)),
                all_steps=sum(flow.count for flow in flows),
                undrawn_activities=len(counts) - len(drawn),
            )
        )
    return tuple(found)


def _pairs(bench: Workbench, ranks: Sequence[int]) -> list[dict[tuple[int, int], int]]:
    """By rank, what follows what in the variants from the rank before to it, begin and end of cases included."""
    rows = bench.rows(f"""
        select level, source, target, sum(cases)::bigint from (
            select {" + ".join(f"(rank > {rank})::integer" for rank in ranks)} as level, cases,
                unnest(list_prepend({BEGIN}, path)) as source, unnest(list_append(path, {END})) as target from variants
        ) group by all""")
    found: list[dict[tuple[int, int], int]] = [{} for _ in ranks]
    for level, source, target, count in rows:
        found[level][source, target] = count
    return found


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
