"""The forecast of a queue: against hand calculation, and against what the theory of queues says where it applies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from goldenthread.control.coverage import Asked, Lines, Measured, Presence, Stretch, forecast, measure
from goldenthread.promise.contract.grammar import parse_calendar

OFFICE = parse_calendar("Mon-Fri 09:00-17:00 Europe/Berlin")
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # 09:00 in Berlin
HOUR, MINUTE = 3600, 60
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
WORKDAYS = frozenset(range(5))


def there(name: str, *away: tuple[datetime, datetime | None]) -> Presence:
    """Somebody who is there but for these stretches of time, in order."""
    begins: datetime | None = LONG_AGO
    found = []
    for leaves, returns in away:
        assert begins is not None
        found.append(Stretch(begins=begins, ends=leaves))
        begins = returns
    if begins is not None:
        found.append(Stretch(begins=begins))
    return Presence(name=name, role="approver", stretches=tuple(found))


def steady(per_day: int, service_s: int, *waiting: int, at: int = 9 * HOUR) -> Measured:
    """Four weeks in which every working day brought as much, all at one moment, and everything took as long."""
    arrivals = {day: (per_day,) * 4 if day in WORKDAYS else (0,) * 4 for day in range(7)}
    return Measured(
        since=MONDAY - timedelta(weeks=4),
        working_days=20,
        arrivals=arrivals,
        moments=(at,),
        service=(service_s,) * 10,
        waits=(service_s,) * 10,
        open=waiting,
        workdays=WORKDAYS,
    )


def test_one_person_works_off_what_waits_one_after_the_other() -> None:
    """Four items at nine, an hour each: answered after 1, 2, 3 and 4 h, half of them within 2 h."""
    found = forecast(steady(4, HOUR, at=9 * HOUR), [there("ann")], OFFICE, MONDAY - timedelta(hours=2), Lines())
    assert found.plays == 200
    first = found.days[0]
    assert (first.comes.middle, first.waiting.middle, first.wait_s.middle) == (4, 4, 2 * HOUR)
    assert first.wait_s.low == first.wait_s.high  # nothing is left to chance here


def test_two_people_halve_the_wait_and_one_on_leave_does_not() -> None:
    """Answered after 1, 1, 2 and 2 h by two; from Thursday on one is alone."""
    thursday = MONDAY + timedelta(days=3)
    people = [there("ann"), there("bob", (thursday, None))]
    found = forecast(steady(4, HOUR), people, OFFICE, MONDAY - timedelta(hours=2), Lines())
    assert [day.wait_s.middle / HOUR for day in found.days[:4]] == [1, 1, 1, 2]


def test_nights_and_weekends_are_no_waiting_time() -> None:
    """Asked at 16:30 on Friday with an hour's work: half an hour then, half on Monday; an hour of working time."""
    friday = MONDAY + timedelta(days=4)
    found = forecast(steady(1, HOUR, at=16 * HOUR + 1800), [there("ann")], OFFICE, friday, Lines())
    assert found.days[0].wait_s.middle == HOUR
    assert found.days[1].comes.high == 0  # Saturday
    assert found.days[3].waiting.middle == 1  # Friday's was answered at half past nine on Monday, before Monday's came


def test_a_queue_that_outruns_its_people_breaks_its_lines_on_the_day_it_must() -> None:
    """Ten hours of work a day for one person of eight: two more wait after each day, 12 are there on the second."""
    lines = Lines(backlog=13, answer_s=8 * HOUR)
    found = forecast(steady(10, HOUR), [there("ann")], OFFICE, MONDAY - timedelta(hours=2), lines)
    peaks = [day.waiting.middle for day in found.days[:5]]
    assert peaks == [10, 12, 14, 16, 18]
    assert found.backlog_breaks == found.days[2].day
    assert found.days[1].over_backlog == 0
    assert found.days[2].over_backlog == found.plays
    # Of Monday's ten the last two wait more than 8 h; of Wednesday's (four before them) six; of Thursday's, eight.
    assert found.time_breaks == found.days[2].day


def test_what_waits_already_has_waited_and_comes_first() -> None:
    """Three open items of an hour hold up those of today by three hours."""
    found = forecast(
        steady(1, HOUR, 5 * HOUR, HOUR, HOUR), [there("ann")], OFFICE, MONDAY - timedelta(hours=2), Lines(backlog=3)
    )
    assert found.days[0].wait_s.middle == 4 * HOUR
    assert found.days[0].waiting.middle == 4
    assert found.backlog_breaks == found.days[0].day


def test_with_nobody_there_the_queue_only_grows() -> None:
    """No answer is a wait without an end, not a wait of nought."""
    found = forecast(steady(5, HOUR), [there("ann", (LONG_AGO, None))], OFFICE, MONDAY, Lines(backlog=20, answer_s=60))
    assert [day.waiting.middle for day in found.days[1:5]] == [5, 10, 15, 20]
    assert found.days[1].wait_s.middle == float("inf")
    assert found.days[1].over_time == found.plays


def test_round_the_clock_it_agrees_with_the_theory_of_queues() -> None:
    """Poisson arrivals, exponential service, one person: M/M/1, mean number waiting r / (1 - r); here r = 0.6."""
    random = Random(7)
    rate, service = 48, 0.6 * 86_400 / 48
    counts = {day: tuple(_poisson(random, rate) for _ in range(200)) for day in range(7)}
    measured = Measured(
        since=LONG_AGO,
        working_days=1400,
        arrivals=counts,
        moments=tuple(random.randrange(86_400) for _ in range(5000)),
        service=tuple(round(random.expovariate(1 / service)) for _ in range(5000)),
        waits=(1,) * 10,
        open=(),
    )
    found = forecast(measured, [there("ann")], None, MONDAY, Lines(), ahead=timedelta(days=20), plays=120, seed=3)
    later = found.days[10:]
    medians = sum(day.wait_s.middle for day in later) / len(later)
    # Time in an M/M/1 queue is exponential with mean service / (1 - r); its median is ln 2 of that. A day's own median
    # varies with the day, so that the middle of such medians lies a little below it.
    theory = 0.6931 * service / (1 - 0.6)
    assert 0.75 * theory < medians < 1.1 * theory


def _poisson(random: Random, rate: float) -> int:
    """Arrivals in a day, by counting exponential gaps."""
    at, count = random.expovariate(rate), 0
    while at < 1:
        at, count = at + random.expovariate(rate), count + 1
    return count


def test_the_same_seed_gives_the_same_forecast() -> None:
    """A number that changes with each look is none to plan by."""
    measured = measure(past(), OFFICE, LONG_AGO, MONDAY)
    once, again = (forecast(measured, [there("ann")], OFFICE, MONDAY, Lines(backlog=2), seed=5) for _ in range(2))
    assert once == again


def past(days: int = 28, per_day: int = 3) -> list[Asked]:
    """Weeks in which each working day brought items at ten, answered half an hour apart."""
    found = []
    for ago in range(days, 0, -1):
        day = MONDAY - timedelta(days=ago) + timedelta(hours=1)
        if day.weekday() < 5:
            answers = [day + timedelta(minutes=30 * n) for n in range(1, per_day + 1)]
            found += [Asked(at=day, answered=at, by="ann") for at in answers]
    return found


def test_what_was_is_counted_by_weekday_and_in_working_time() -> None:
    """Half an hour each: from when it was asked, or from the answer before."""
    waiting = Asked(at=MONDAY - timedelta(days=3) + timedelta(hours=7))  # Friday 16:00 in Berlin
    found = measure([*past(), waiting, Asked(at=MONDAY, closed=True)], OFFICE, LONG_AGO, MONDAY)
    assert found.working_days == 19  # the first day of the four weeks is not wholly in them
    assert found.of_weekday(0) == (3, 3, 3)
    assert found.of_weekday(4) == (3, 3, 3, 4)
    assert found.of_weekday(5) == (0, 0, 0, 0)
    assert set(found.service) == {30 * MINUTE}
    assert found.waits[0] == 30 * MINUTE
    assert found.waits[-1] == 90 * MINUTE
    assert found.open == (HOUR,)
    assert found.per_working_day() == pytest.approx((19 * 3 + 1) / 19)
    assert found.lacks is None


def test_who_took_an_item_worked_on_it_since_then() -> None:
    """Where the beginning is on record, nothing is guessed."""
    at = MONDAY - timedelta(days=3)
    items = [Asked(at=at, begun=at + timedelta(hours=2), answered=at + timedelta(hours=2, minutes=5), by="ann")]
    found = measure(items, OFFICE, LONG_AGO, MONDAY)
    assert (found.service, found.taken) == ((5 * MINUTE,), 1)


@pytest.mark.parametrize(
    ("days", "per_day", "words"),
    [
        (4, 9, "1 full working days are on record, and it takes 5"),
        (28, 0, "0 answers are on record, and it takes 10"),
    ],
)
def test_too_little_is_said_to_be_too_little(days: int, per_day: int, words: str) -> None:
    """A forecast from nothing would be believed."""
    measured = measure(past(days, per_day), OFFICE, MONDAY - timedelta(days=days), MONDAY)
    found = forecast(measured, [there("ann")], OFFICE, MONDAY, Lines())
    assert (found.lacks, found.days) == (words, ())
