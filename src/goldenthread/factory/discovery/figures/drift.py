"""
Whether the process changed over time: a test for one change, and again in the parts that it makes.

Cases stand in the order in which they began, in blocks of equal size. Of a block we take how often each pair of
activities followed each other in a case, and likewise the mean rank of cycle times. The statistic is the largest
standardised squared difference of means before and after any block; its null distribution are the same blocks in
random orders. So at most `ERROR` of the logs whose blocks are exchangeable show a change, whatever the process is;
half of that is spent on what is done, half on how long it takes. Neighbouring cases may depend on each other inside a
block; a season that is longer than a block is a change to this test, as it is to people. In the parts before and after
a change the test is made anew, at the same error.

Cases that began late have not had the time to become long ones, so those of the last p95 of cycle times are left out.

Source:
    Permutation p-value with the sample counted in: Phipson and Smyth (2010), doi:10.2202/1544-6115.1585. Changes one
    after the other: Vostrikova (1981), binary segmentation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from goldenthread.factory.discovery.figures.model import Change, Drift, Shift
from goldenthread.factory.discovery.reading.database import Workbench

ERROR = 0.05
"""Share of unchanging processes that show a change, at most."""

Blocks = npt.NDArray[np.float64]
_MOST_BLOCKS, _FEWEST_BLOCKS, _CASES_A_BLOCK = 120, 20, 10
_MOST_FEATURES = 100
_ORDERS = 999
_AT_ONCE = 27
_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Found:
    """A change before block `place` of those that were looked at."""

    place: int
    p_value: float


def drift(bench: Workbench, seed: int = 20_261_122) -> Drift:
    """
    Changes of the process.

    Args:
        bench: With the tables of `flow.prepare`.
        seed: Of the random orders; the same log gives the same answer.
    """
    _arrange(bench)
    cases = int(bench.one("select count(*) from placed")[0])
    blocks = min(_MOST_BLOCKS, cases // _CASES_A_BLOCK)
    if blocks < _FEWEST_BLOCKS:
        why = f"{cases:,} cases had the time to end in the log; {_FEWEST_BLOCKS * _CASES_A_BLOCK} are needed"
        return Drift(insufficient=why, error=ERROR, cases=cases, blocks=0, changes=())
    bench.run(f"create table blocked as select *, (place * {blocks}) // {cases} as block from placed")
    begins = [row[0] for row in bench.rows("select min(first_us) from blocked group by block order by block")]
    sizes = [row[0] for row in bench.rows("select count(*) from blocked group by block order by block")]
    words, flow = _flow(bench, blocks, np.asarray(sizes, dtype=np.float64))
    times = np.asarray(bench.rows("select avg(rank) from blocked group by block order by block"), dtype=np.float64)
    random = np.random.default_rng(seed)
    changes = []
    for of, matrix in (("what is done", flow), ("how long it takes", times)):
        for found, low, high in changes_in(matrix, ERROR / 2, random):
            spans = (low, found.place, high)
            shifts = _flow_shifts(flow, words, spans) if of == "what is done" else _time_shifts(bench, spans)
            changes.append(
                Change(
                    at_us=begins[found.place],
                    of=of,
                    p_value=found.p_value,
                    cases_before=int(sum(sizes[low : found.place])),
                    cases_after=int(sum(sizes[found.place : high])),
                    shifts=shifts,
                )
            )
    ordered = tuple(sorted(changes, key=lambda one: (one.at_us, one.of)))
    return Drift(insufficient=None, error=ERROR, cases=cases, blocks=blocks, changes=ordered)


def changes_in(blocks: Blocks, error: float, random: np.random.Generator) -> list[tuple[Found, int, int]]:
    """
    Changes in a series of blocks, each with the part in which it was found.

    Args:
        blocks: Shape (blocks, features), in the order of time.
        error: Of each test, in (0, 1).
        random: For orders.
    """
    found: list[tuple[Found, int, int]] = []
    waiting = [(0, len(blocks))]
    while waiting:
        low, high = waiting.pop()
        if high - low < _FEWEST_BLOCKS:
            continue
        one = one_change(blocks[low:high], random)
        if one is not None and one.p_value <= error:
            place = low + one.place
            found.append((Found(place=place, p_value=one.p_value), low, high))
            waiting += [(low, place), (place, high)]
    return sorted(found, key=lambda one: one[0].place)


def one_change(blocks: Blocks, random: np.random.Generator, orders: int = _ORDERS) -> Found | None:
    """The likeliest place of one change, and its permutation p-value; None where nothing ever differs."""
    spread = blocks.std(axis=0)
    varying = blocks[:, spread > 0]
    if not varying.shape[1]:
        return None
    scaled = (varying - varying.mean(axis=0)) / spread[spread > 0]
    seen = _statistics(scaled)
    strongest = float(seen.max())
    as_large = 0
    for done in range(0, orders, _AT_ONCE):
        chosen = [random.permutation(len(scaled)) for _ in range(min(_AT_ONCE, orders - done))]
        as_large += int((_statistics(scaled[np.array(chosen)]).max(axis=-1) >= strongest * (1 - 1e-12)).sum())
    return Found(place=int(seen.argmax()) + _margin(len(blocks)), p_value=(1 + as_large) / (1 + orders))


def _margin(count: int) -> int:
    """Blocks that are on either side of a change at least."""
    return max(3, count // 20)


def _statistics(scaled: Blocks) -> Blocks:
    """
    By place between the margins, the weighted squared difference of means, over features; columns have mean 0.

    Args:
        scaled: Shape (..., blocks, features); orders of blocks may stand before them.
    """
    count = scaled.shape[-2]
    margin = _margin(count)
    places = np.arange(margin, count - margin + 1)
    sums = np.cumsum(scaled, axis=-2)[..., margin - 1 : count - margin, :]
    weights = count / (places * (count - places))
    found: Blocks = np.einsum("...f,...f->...", sums, sums) / scaled.shape[-1] * weights
    return found


def _arrange(bench: Workbench) -> None:
    """Make the table `placed` of cases that could end in the log."""
    last, p95 = bench.one("select max(last_us), quantile_disc(cycle_us, 0.95) from paths")
    bench.run(f"""
        create table placed as select case_no, first_us, cycle_us,
            row_number() over (order by first_us, case_no) - 1 as place,
            percent_rank() over (order by cycle_us) as rank
        from paths where first_us <= {int(last) - int(p95)}""")


def _flow(bench: Workbench, blocks: int, sizes: Blocks) -> tuple[list[tuple[str, str]], Blocks]:
    """How often pairs follow each other in a case, by block; the pairs that occur at least once a block, on average."""
    bench.run("""
        create table followed as select block, before, activity, count(*) as n
        from steps join blocked using (case_no) where before is not null group by 1, 2, 3""")
    pairs = bench.rows(f"""
        select before, activity, s.name, t.name from (
            select before, activity, sum(n) as n from followed group by 1, 2 having sum(n) >= {blocks}
            order by n desc, 1, 2 limit {_MOST_FEATURES}
        ) e join activities s on s.no = e.before join activities t on t.no = e.activity order by n desc, 1, 2""")
    places = {(before, activity): place for place, (before, activity, _, _) in enumerate(pairs)}
    counts = np.zeros((blocks, len(pairs)))
    for block, before, activity, count in bench.rows("select block, before, activity, n from followed"):
        place = places.get((before, activity))
        if place is not None:
            counts[block, place] = count
    return [(source, target) for _, _, source, target in pairs], counts / sizes[:, None]


def _flow_shifts(flow: Blocks, words: Sequence[tuple[str, str]], spans: tuple[int, int, int]) -> tuple[Shift, ...]:
    low, place, high = spans
    before, after = flow[low:place].mean(axis=0), flow[place:high].mean(axis=0)
    spread = flow[low:high].std(axis=0)
    strength = np.divide(np.abs(after - before), spread, out=np.zeros_like(spread), where=spread > 0)
    strongest = np.argsort(-strength, kind="stable")[:_SHOWN]
    return tuple(
        Shift(words=f"{words[one][0]} -> {words[one][1]}", before=float(before[one]), after=float(after[one]))
        for one in strongest
    )


def _time_shifts(bench: Workbench, spans: tuple[int, int, int]) -> tuple[Shift, ...]:
    low, place, high = spans
    before, after = bench.one(f"""
        select median(cycle_us) filter (block < {place}), median(cycle_us) filter (block >= {place})
        from blocked where block >= {low} and block < {high}""")
    day = 86_400_000_000
    return (Shift(words="median cycle time, days", before=before / day, after=after / day),)
