"""Working time: opening hours of a calendar, across nights, weekends and changes to summer time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenthread.promise.contract import (
    after_working,
    is_working,
    parse_calendar,
    parse_quantity,
    working_length,
    working_time,
)

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = parse_calendar("Mon-Fri 09:00-17:00 Europe/Berlin")
NIGHT = parse_calendar("Sun 00:00-24:00 Europe/Berlin")
H = timedelta(hours=1)


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    """A clock time in Berlin in 2026; the 16th of November is a Monday."""
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (at(16, 10), at(16, 12), 2),
        (at(16, 8), at(16, 18), 8),
        (at(16, 16), at(17, 10), 2),
        (at(20, 16), at(23, 10), 2),  # over a weekend
        (at(21, 9), at(22, 17), 0),
        (at(16, 12), at(16, 10), 0),
        (at(16, 17), at(17, 9), 0),
    ],
)
def test_working_time_counts_opening_hours_only(start: datetime, end: datetime, hours: int) -> None:
    """Nights, weekends and a span that runs backwards hold no working time."""
    assert working_time(OFFICE, start, end) == hours * H


def test_what_is_due_falls_into_opening_hours() -> None:
    """Four hours asked for at three on Friday are over at eleven on Monday."""
    assert after_working(OFFICE, at(20, 15), 4 * H) == at(23, 11)
    assert after_working(OFFICE, at(20, 15), 2 * H) == at(20, 17)
    assert after_working(OFFICE, at(21, 3), H) == at(23, 10)


def test_a_day_is_a_working_day_and_a_week_a_working_week() -> None:
    """In people's time '1 d' is what they work on a day; hours and minutes are what they are."""
    assert working_length(OFFICE, parse_quantity("1 d")) == 8 * H
    assert working_length(OFFICE, parse_quantity("2 weeks")) == 80 * H
    assert working_length(OFFICE, parse_quantity("90 min")) == 1.5 * H
    assert working_length(None, parse_quantity("1 d")) == 24 * H


def test_a_day_that_changes_to_winter_time_is_longer() -> None:
    """The 25th of October 2026 has 25 hours in Berlin, and someone who works round that clock works them all."""
    assert working_time(NIGHT, at(24, 12, month=10), at(26, 12, month=10)) == 25 * H
    assert after_working(NIGHT, at(25, 0, month=10), 25 * H) == at(26, 0, month=10)


def test_without_a_calendar_people_work_round_the_clock() -> None:
    """Then working time is time."""
    assert working_time(None, at(16, 10), at(18, 10)) == 48 * H
    assert after_working(None, at(16, 10), 48 * H) == at(18, 10)
    assert is_working(None, at(21, 3))


def test_opening_hours_begin_sharp_and_end_sharp() -> None:
    """Nine sharp is at work, five sharp is not, and a Saturday is not."""
    assert is_working(OFFICE, at(16, 9))
    assert not is_working(OFFICE, at(16, 17))
    assert not is_working(OFFICE, at(21, 10))
    assert not is_working(OFFICE, at(16, 8, 59))


YEAR = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = st.timedeltas(timedelta(), timedelta(days=365)).map(lambda since: YEAR + since)


@given(start=MOMENTS, minutes=st.integers(1, 60 * 24 * 14))
def test_the_time_until_due_is_the_time_given(start: datetime, minutes: int) -> None:
    """Whatever the start, exactly the given working time lies between it and what is due."""
    length = timedelta(minutes=minutes)
    due = after_working(OFFICE, start, length)
    assert working_time(OFFICE, start, due) == length
    assert working_time(OFFICE, start, due - timedelta(microseconds=1)) < length
