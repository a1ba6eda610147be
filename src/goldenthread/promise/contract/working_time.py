"""
Working time: how people's times are counted, from the contract's `calendar`.

Without a calendar people work round the clock. An hour is an hour that they are at work; a day is one working day,
a week one working week. Exact across changes to summer time: opening hours are clock times of the calendar's zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from goldenthread.promise.contract.model import Calendar, Quantity
from goldenthread.promise.contract.quantities import seconds

_MINUTES_A_DAY = 24 * 60

LONGEST_WAIT = Quantity(amount=Decimal(52), unit="weeks")
"""Nobody is given longer than this for an answer; working time is counted day by day."""


def is_too_long(length: Quantity) -> bool:
    """Whether a time to answer is longer than `LONGEST_WAIT`, round the clock."""
    return seconds(length) > seconds(LONGEST_WAIT)


def working_length(calendar: Calendar | None, quantity: Quantity) -> timedelta:
    """
    How much working time a length of time is: `4 h` is four hours, `1 d` the hours of one working day, `1 weeks`
    those of one week; nominal without a calendar.
    """
    nominal = seconds(quantity)
    if calendar is None or quantity.unit not in ("d", "weeks"):
        return timedelta(seconds=float(nominal))
    a_day = Decimal((calendar.closes - calendar.opens) * 60)
    days = quantity.amount * (len(set(calendar.weekdays)) if quantity.unit == "weeks" else 1)
    return timedelta(seconds=float(days * a_day))


def working_time(calendar: Calendar | None, start: datetime, end: datetime) -> timedelta:
    """Working time from `start` to `end`, both aware; zero where `end` is not after `start`."""
    if end <= start:
        return timedelta()
    if calendar is None:
        return end - start
    total = timedelta()
    for opens, closes in _openings(calendar, start):
        if opens >= end:
            break
        total += max(timedelta(), min(closes, end) - max(opens, start))
    return total


def after_working(calendar: Calendar | None, start: datetime, length: timedelta) -> datetime:
    """
    The instant, in UTC, by which `length` of working time has passed since `start`; `start` for nothing or less.

    What is due falls into opening hours: a length that ends with a working day ends at its close.
    """
    if length <= timedelta():
        return start.astimezone(UTC)
    if calendar is None:
        return (start + length).astimezone(UTC)
    left = length
    for opens, closes in _openings(calendar, start):
        begins = max(opens, start)
        if begins >= closes:
            continue
        if left <= closes - begins:
            return begins + left
        left -= closes - begins
    raise AssertionError("a calendar has at least one working day")


def openings(calendar: Calendar | None, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Working hours from `start` to `end`, both aware, in UTC and in order, cut off at both; one without a calendar."""
    if end <= start:
        return
    if calendar is None:
        yield start.astimezone(UTC), end.astimezone(UTC)
        return
    for opens, closes in _openings(calendar, start):
        if opens >= end:
            return
        yield max(opens, start.astimezone(UTC)), min(closes, end.astimezone(UTC))


def is_working(calendar: Calendar | None, at: datetime) -> bool:
    """Whether people are at work at that instant, by the calendar."""
    if calendar is None:
        return True
    opens, closes = next(_openings(calendar, at))
    return opens <= at < closes


def _openings(calendar: Calendar, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Opening hours in UTC, in order, from the first that may end after `start`; without end."""
    zone = ZoneInfo(calendar.zone)
    day = start.astimezone(zone).date() - timedelta(days=1)
    while True:
        if day.weekday() in calendar.weekdays:
            closes = _instant(day, calendar.closes, zone)
            if closes > start:
                yield _instant(day, calendar.opens, zone), closes
        day += timedelta(days=1)


def _instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """A clock time of that day, which may be 24:00."""
    day += timedelta(days=minutes // _MINUTES_A_DAY)
    hours, rest = divmod(minutes % _MINUTES_A_DAY, 60)
    return datetime.combine(day, time(hours, rest), zone).astimezone(UTC)
