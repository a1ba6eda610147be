"""What a reader of a log's figures should know: what is odd in it, counted."""

from __future__ import annotations

from datetime import datetime

from goldenthread.factory.discovery.reading.database import Workbench
from goldenthread.factory.discovery.reading.model import Notice

_DAY_US = 86_400_000_000
_OLDEST = 315_532_800_000_000  # 1980
_FEW, _NEARLY_ALL = 0.01, 0.95
_COUNTS = """
select count(*), count(*) filter (unzoned), count(*) filter (resource is null),
    count(*) filter (at_us % {day} = 0), count(*) filter (at_us < {oldest}), count(*) filter (at_us > {now}),
    count(*) filter (lifecycle not in ('', 'complete', 'unknown'))
from events
"""
_BESIDE = """
select count(*) filter (tied), count(*) filter (late), count(*) filter (alone)
    + (select count(*) = 1 from events where case_no = (select max(case_no) from events))::integer from (
    select lag(case_no) over () = case_no and lag(at_us) over () = at_us as tied,
        lag(case_no) over () = case_no and lag(place) over () > place as late,
        lag(case_no) over () <> case_no and lag(case_no, 2) over () is distinct from lag(case_no) over () as alone
    from events)
"""
_TWICE = """
create or replace table twice as select place from (
    select place, row_number() over (partition by case_no, at_us, activity, resource, lifecycle order by place) as nth
    from events semi join (
        select distinct case_no, at_us from (
            select case_no, at_us, lag(case_no) over () = case_no and lag(at_us) over () = at_us as tied from events
        ) where tied
    ) using (case_no, at_us)
) where nth > 1
"""


def twice(bench: Workbench) -> int:
    """How many events stand there again, alike in all that is read; the table `twice` has their places."""
    bench.run(_TWICE)
    return int(bench.one("select count(*) from twice")[0])


def notices_of(bench: Workbench, zone: str, now: datetime, again: int, *, dropped: bool) -> list[Notice]:
    """
    What is odd in the table `events`, worst first.

    Args:
        bench: Where.
        zone: In which times were read that name none.
        now: What is a day later is in the future.
        again: Events that stand there twice.
        dropped: They were left out.
    """
    now_us = int(now.timestamp()) * 1_000_000 + _DAY_US
    asked = _COUNTS.format(day=_DAY_US, oldest=_OLDEST, now=now_us)
    events, unzoned, nobody, midnight, old, future, undone = bench.one(asked)
    tied, late, single = bench.one(_BESIDE)
    (differ,) = bench.one("select count(*) filter (deadlines_differ) from cases")
    mixed = 0 < unzoned < events
    days_only = midnight >= _NEARLY_ALL * events
    went = "and were left out" if dropped else "and count; --drop-duplicates leaves them out"
    days_words = (
        "times are midnight: the log knows days only, so that the order within a day is the log's own, and times below "
        "a day say nothing"
    )
    undone_words = "events say that something was begun, withdrawn or the like; steps are what was completed"
    said = (
        ("mixed-zones", unzoned if mixed else 0, f"times name no zone while others do; they were read as {zone}"),
        ("no-zone", 0 if mixed else unzoned, f"times name no zone, and were read as {zone}"),
        ("days-only", midnight if days_only else 0, days_words),
        ("placeholder-times", old, "times lie before 1980, as placeholders do"),
        ("future", future, "times lie in the future"),
        ("twice", again, f"events stand there again, alike in all that is read, {went}"),
        ("same-time", tied, "events have the time of the one before in their case; they stand in the log's order"),
        ("unordered", late, "events stood in the log after later ones of their case; they were put in order"),
        ("single-events", single, "cases have one event only, so that they have no duration"),
        ("not-completed", undone, undone_words),
        ("no-resource", nobody if nobody < events else 0, "events do not say who did it"),
        ("deadlines-differ", differ, "cases name several deadlines; the latest counts"),
    )
    return [Notice(code=code, count=count, words=words) for code, count, words in said if count]
