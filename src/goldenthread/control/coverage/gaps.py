"""Who is there when in the days to come, in working time, and where nobody is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from goldenthread.control.coverage.presence import Presence
from goldenthread.promise.contract import Calendar, openings


@dataclass(frozen=True, kw_only=True)
class Shift:
    """A stretch of working time, in UTC, in which the same people are there."""

    begins: datetime
    ends: datetime
    there: tuple[str, ...]

    @property
    def length(self) -> timedelta:
        """How much working time it is."""
        return self.ends - self.begins


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Working time without anybody who may answer, nights and weekends in between included; `working` is how much."""

    begins: datetime
    ends: datetime
    working: timedelta


def shifts(
    people: Sequence[Presence], calendar: Calendar | None, begins: datetime, ends: datetime
) -> tuple[Shift, ...]:
    """Every stretch of working time from `begins` to `ends` (aware) and who is there; without a calendar, all time."""
    edges = sorted(
        edge for person in people for one in person.stretches for edge in (one.begins, one.ends) if edge is not None
    )
    found: list[Shift] = []
    for opens, closes in openings(calendar, begins, ends):
        cuts = [opens, *(edge for edge in edges if opens < edge < closes), closes]
        for start, end in pairwise(cuts):
            there = tuple(person.name for person in people if person.is_there(start))
            if found and found[-1].ends == start and found[-1].there == there:
                found[-1] = Shift(begins=found[-1].begins, ends=end, there=there)
            else:
                found.append(Shift(begins=start, ends=end, there=there))
    return tuple(found)


def gaps(found: Sequence[Shift]) -> tuple[Gap, ...]:
    """The gaps in these shifts: shifts in a row in which nobody is there are one."""
    made: list[Gap] = []
    before: Shift | None = None
    for shift in found:
        if not shift.there:
            if made and before is not None and not before.there:
                last = made[-1]
                made[-1] = Gap(begins=last.begins, ends=shift.ends, working=last.working + shift.length)
            else:
                made.append(Gap(begins=shift.begins, ends=shift.ends, working=shift.length))
        before = shift
    return tuple(made)
