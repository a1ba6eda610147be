"""
People's time on work, where a log shows it.

Where the log says when work began, that is from there to its end. Else it is the gap after a step of the same person
in the same case, of at most half an hour: they went on with it. That leaves out whoever was interrupted, and the first
step of everybody, so it is a hint and no measurement, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

HANDS_ON_US = 30 * 60 * 1_000_000
FEWEST = 20
_SPREAD = "count(*), quantile_disc(gap, 0.25), median(gap)::bigint, quantile_disc(gap, 0.75)"


class Bench(Protocol):
    """What is asked: the tables `linked` and `passes`."""

    def rows(self, question: str) -> list[tuple[int, ...]]:
        """Rows of an answer."""


@dataclass(frozen=True, kw_only=True)
class Touch:
    """
    People's time on a pass: quartiles and median, in microseconds, summed over its steps; `count` times it was seen.
    `stated`: the log says when work began; else they are gaps after a step of the same person within half an hour.
    """

    count: int
    p25_us: int
    median_us: int
    p75_us: int
    stated: bool


def touches_of(bench: Bench) -> dict[int, Touch]:
    """By activity, where it was seen often enough."""
    stated = bool(bench.rows("select count(*) from linked where begun_us <= at_us")[0][0])
    same = f"resource = before_resource and at_us - before_us <= {HANDS_ON_US}"
    gap = (
        "case when begun_us <= at_us then at_us - begun_us end"
        if stated
        else f"case when {same} then at_us - before_us end"
    )
    rows = bench.rows(f"""
        select activity, {_SPREAD} from (select activity, {gap} as gap from linked)
        where gap is not null group by activity having count(*) >= {FEWEST}""")
    return {row[0]: _touch(row, stated=stated) for row in rows}


def decided(bench: Bench) -> dict[int, Touch]:
    """By part that is a decision: until the next step, where the same person went on with it."""
    rows = bench.rows(f"""
        select part, {_SPREAD} from (
            select part, left_us - entered_us as gap from passes p join linked l on l.case_no = p.case_no
                and l.at_us = p.left_us and l.before_us = p.entered_us and l.activity = p.way
            where l.resource = l.before_resource and gap <= {HANDS_ON_US})
        group by part having count(*) >= {FEWEST}""")
    return {row[0]: _touch(row, stated=False) for row in rows}


def _touch(row: tuple[int, ...], *, stated: bool) -> Touch:
    _, count, p25, median, p75 = row
    return Touch(count=count, p25_us=p25, median_us=median, p75_us=p75, stated=stated)
