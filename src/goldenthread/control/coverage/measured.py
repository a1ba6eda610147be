"""What the past weeks say of a queue: how much comes on which weekday, and how long people take for one item."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from goldenthread.promise.contract import Calendar, is_working, openings, working_time
from goldenthread.promise.contract.model import WEEKDAYS

LOOKS_BACK = timedelta(weeks=4)
FEWEST_DAYS = 5
FEWEST_ANSWERS = 10


@dataclass(frozen=True, kw_only=True)
class Asked:
    """
    One item that people were asked: when, and when who answered it, None while it waits. `closed`: it ended without an
    answer. `begun` is when that person took it, where that is on record.
    """

    at: datetime
    answered: datetime | None = None
    by: str | None = None
    begun: datetime | None = None
    closed: bool = False

    @property
    def waits(self) -> bool:
        """Whether it is open now."""
        return self.answered is None and not self.closed


@dataclass(frozen=True, kw_only=True)
class Measured:
    """
    A queue as it was. Times in whole seconds of working time.

    Attributes:
        since: From when on it was looked at.
        working_days: How many working days that are, the one under way not counted.
        arrivals: Items asked on each full day, by weekday (0: Monday), as they came.
        moments: When in the day each was asked, in seconds since midnight where the calendar is.
        service: How long each answer took the person who gave it, from when they took it or, unknown, could have begun.
        waits: From asked to answered, each answered item, in order of length.
        open: What waits now: how long each has waited already, the longest first.
    """

    since: datetime
    working_days: int
    arrivals: Mapping[int, tuple[int, ...]]
    moments: tuple[int, ...]
    service: tuple[int, ...]
    waits: tuple[int, ...]
    open: tuple[int, ...]
    workdays: frozenset[int] = frozenset(range(7))  # weekdays on which people work
    taken: int = 0  # of the answers, those whose beginning is on record

    @property
    def asked(self) -> int:
        """Items asked on the full days."""
        return sum(sum(counts) for counts in self.arrivals.values())

    @property
    def lacks(self) -> str | None:
        """Why nothing can be forecast from it, in words; None where enough is known."""
        if self.working_days < FEWEST_DAYS:
            return f"{self.working_days} full working days are on record, and it takes {FEWEST_DAYS}"
        if len(self.service) < FEWEST_ANSWERS:
            return f"{len(self.service)} answers are on record, and it takes {FEWEST_ANSWERS}"
        return None

    def per_working_day(self) -> float:
        """Items that come in on a working day, those of nights and days off included."""
        return self.asked / self.working_days if self.working_days else 0.0

    def of_weekday(self, weekday: int) -> tuple[int, ...]:
        """What such days brought; where fewer than two are on record, all days on which people work or don't alike."""
        counts = self.arrivals.get(weekday, ())
        if len(counts) >= 2:
            return counts
        alike = (day for day in self.arrivals if (day in self.workdays) is (weekday in self.workdays))
        return tuple(count for day in alike for count in self.arrivals[day])

    def by_weekday(self) -> dict[str, float]:
        """Items a day on average, by the weekday's name, for weekdays on record."""
        return {WEEKDAYS[day]: sum(counts) / len(counts) for day, counts in sorted(self.arrivals.items()) if counts}


def measure(items: Iterable[Asked], calendar: Calendar | None, began: datetime, now: datetime) -> Measured:
    """
    Four weeks of a queue, or as many as there are.

    Args:
        items: Everything that was asked in that time or waits now.
        calendar: Of the contract; None: round the clock.
        began: When the slice's first contract came into force.
        now: Where to look from (all aware).
    """
    since = max(began, now - LOOKS_BACK)
    found = sorted(items, key=lambda one: one.at)
    recent = [one for one in found if one.at >= since]
    service, taken = _service(recent, calendar)
    waits = sorted(_seconds(calendar, one.at, one.answered) for one in recent if one.answered is not None)
    days = _full_days(since, now, calendar)
    zone = _zone(calendar)
    return Measured(
        since=since,
        working_days=sum(working for _, working in days.values()),
        arrivals=_arrivals(recent, days, zone),
        moments=tuple(sorted(_moment(one.at, zone) for one in recent)),
        service=tuple(sorted(service)),
        waits=tuple(waits),
        open=tuple(sorted((_seconds(calendar, one.at, now) for one in found if one.waits), reverse=True)),
        workdays=frozenset(calendar.weekdays if calendar is not None else range(7)),
        taken=taken,
    )


def _service(items: Sequence[Asked], calendar: Calendar | None) -> tuple[list[int], int]:
    """
    How long each answer took: since the person took the item, else since they could have begun it at the earliest,
    when it was asked and their answer before it given. What else they do meanwhile counts, as it will in future.
    """
    found: list[int] = []
    taken = 0
    before: dict[str, list[datetime]] = {}
    for one in sorted((one for one in items if one.answered is not None), key=lambda one: one.answered or one.at):
        assert one.answered is not None
        mine = before.setdefault(one.by or "", [])
        start = max([one.at, *mine[-1:]])
        if one.begun is not None and one.at <= one.begun <= one.answered:
            start, taken = one.begun, taken + 1
        insort(mine, one.answered)
        if is_working(calendar, one.answered):
            found.append(max(1, _seconds(calendar, start, one.answered)))
    return found, taken


def _full_days(since: datetime, now: datetime, calendar: Calendar | None) -> dict[datetime, tuple[int, bool]]:
    """Each local day that is wholly on record: its weekday, and whether people work on it; by its midnight."""
    zone = _zone(calendar)
    day = since.astimezone(zone).date() + timedelta(days=1)
    found: dict[datetime, tuple[int, bool]] = {}
    while (midnight := datetime.combine(day + timedelta(days=1), time(), zone)) <= now:
        begins = datetime.combine(day, time(), zone)
        works = calendar is None or any(True for _ in openings(calendar, begins, midnight))
        found[begins] = (day.weekday(), works)
        day += timedelta(days=1)
    return found


def _arrivals(
    items: Iterable[Asked], days: Mapping[datetime, tuple[int, bool]], zone: tzinfo
) -> dict[int, tuple[int, ...]]:
    counts = dict.fromkeys((begins.date() for begins in days), 0)
    for one in items:
        day = one.at.astimezone(zone).date()
        if day in counts:
            counts[day] += 1
    found: dict[int, list[int]] = {}
    for begins, (weekday, _) in days.items():
        found.setdefault(weekday, []).append(counts[begins.date()])
    return {weekday: tuple(listed) for weekday, listed in found.items()}


def _moment(at: datetime, zone: tzinfo) -> int:
    local = at.astimezone(zone)
    return local.hour * 3600 + local.minute * 60 + local.second


def _seconds(calendar: Calendar | None, start: datetime, end: datetime) -> int:
    return int(working_time(calendar, start, end).total_seconds())


def _zone(calendar: Calendar | None) -> tzinfo:
    return ZoneInfo(calendar.zone) if calendar is not None else UTC
