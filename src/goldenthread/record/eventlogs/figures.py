"""What a log says of how the work was done: cycle time, rework, throughput; each by a definition that is printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

from goldenthread.promise.errors import EventLogInvalid
from goldenthread.record.eventlogs.model import Case
from goldenthread.record.eventlogs.reading import EventLog

DEFINITIONS: Mapping[str, str] = {
    "cycle_time": "from the first event of a case to its last, nights and weekends included; the median is the mean of "
    "the two in the middle, any other quantile the value at its rank",
    "rework_rate": "cases in which an activity is completed again, of all cases; a log that says no lifecycle names "
    "completed activities only",
    "throughput": "cases of the log, over the time from the first case's end to the last one's",
}
"""What each figure means, in words."""

_WEEK_US = 7 * 86_400 * 1_000_000
_COMPLETED = ("", "complete", "unknown")


@dataclass(frozen=True, kw_only=True)
class StatusQuo:
    """
    A log in figures.

    Attributes:
        cycles_us: By case, from its first event to its last, in microseconds, ascending.
        reworked: Cases in which an activity came again.
        first_us: When the first event was, microseconds since 1970.
        last_us: When the last one was.
        ends_us: When the first case ended, and the last one.
        activities: How many there are.
        resources: How many are named.
        variants: How many orders of activities there are.
    """

    cycles_us: tuple[int, ...]
    reworked: int
    first_us: int
    last_us: int
    ends_us: tuple[int, int]
    activities: int
    resources: int
    variants: int

    @property
    def cases(self) -> int:
        """How many there are."""
        return len(self.cycles_us)

    @property
    def begins(self) -> datetime:
        """When the first event was."""
        return datetime.fromtimestamp(self.first_us // 1_000_000, UTC)

    @property
    def ends(self) -> datetime:
        """When the last event was."""
        return datetime.fromtimestamp(self.last_us // 1_000_000, UTC)

    @property
    def rework_share(self) -> Fraction:
        """Of cases."""
        return Fraction(self.reworked, self.cases)

    @property
    def per_week(self) -> Fraction | None:
        """Cases that ended in a week; None where all ended at once."""
        span = self.ends_us[1] - self.ends_us[0]
        return Fraction(self.cases * _WEEK_US, span) if span > 0 else None

    def quantile_us(self, share: Fraction) -> Fraction:
        """
        The cycle time that so many cases do not exceed, in microseconds; one half is the median.

        Args:
            share: Above 0, up to 1.
        """
        ordered, count = self.cycles_us, len(self.cycles_us)
        if share == Fraction(1, 2):
            return Fraction(ordered[(count - 1) // 2] + ordered[count // 2], 2)
        return Fraction(ordered[max(0, -(-share * count // 1) - 1)])

    @property
    def mean_us(self) -> Fraction:
        """The mean cycle time, in microseconds."""
        return Fraction(sum(self.cycles_us), len(self.cycles_us))


def status_quo(log: EventLog) -> StatusQuo:
    """
    A log in figures.

    Raises:
        EventLogInvalid: It cannot be read to its end, or has no case.
    """
    cycles: list[int] = []
    reworked = 0
    starts: list[int] = []
    ends: list[int] = []
    activities, resources, variants = set[str](), set[str](), set[int]()
    for case in log.cases():
        begin, end = case.events[0].at_us, case.events[-1].at_us
        cycles.append(end - begin)
        reworked += _came_again(case)
        starts.append(begin)
        ends.append(end)
        activities.update(one.activity for one in case.events)
        resources.update(one.resource for one in case.events if one.resource)
        variants.add(hash(tuple(one.activity for one in case.events)))
    if not cycles:
        raise EventLogInvalid(f"{log.path.name}: it has no case with an event that counts. Export the log again.")
    return StatusQuo(
        cycles_us=tuple(sorted(cycles)),
        reworked=reworked,
        first_us=min(starts),
        last_us=max(ends),
        ends_us=(min(ends), max(ends)),
        activities=len(activities),
        resources=len(resources),
        variants=len(variants),
    )


def _came_again(case: Case) -> bool:
    """Whether an activity was completed twice; where none says that it was completed, every event counts."""
    done = [one.activity for one in case.events if one.lifecycle in _COMPLETED]
    done = done or [one.activity for one in case.events]
    return len(set(done)) < len(done)
