"""Anomalies by day: what is told, what is not, when it is over, and that the same days always say the same."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goldenthread.promise.errors import ImpossibleCounts, ImpossibleParameter
from goldenthread.promise.evidence.anomalies import Anomaly, Pace, Point, Series, new_kinds, novelty, watch
from goldenthread.promise.evidence.anomalies.scores import BETS, BORNE, Evidence, normal_score, upper_chance

BEGIN = date(2026, 1, 5)  # a Monday
DAY = timedelta(days=1)
WEEK = (100, 104, 102, 98, 90, 12, 9)


def day(number: int) -> date:
    """A day, from 0."""
    return BEGIN + number * DAY


def counts(days: int, *, by: float = 1.0, since: int = 10**6, until: int = 10**6, weight: float = 1.0) -> Series:
    """Runs with weekdays and a tenth of noise, multiplied by `by` from one day to before another."""
    chance = random.Random(3)
    points = []
    for number in range(days):
        factor = by if since <= number < until else 1.0
        value = WEEK[number % 7] * math.exp(chance.gauss(0, 0.1)) * factor
        points.append(Point(day=day(number), value=round(value)))
    return Series(name="runs", words="runs", kind="count", points=tuple(points), weight=weight)


def seen(series: Series, until: int = 10**3, **pace: float) -> tuple[Anomaly, ...]:
    """What is found in one series."""
    return watch([series], day(until), Pace(**pace))  # type: ignore[arg-type]


def test_a_year_of_weekdays_and_noise_is_no_anomaly() -> None:
    """An alarm about every Sunday teaches people to look away."""
    assert seen(counts(365)) == ()


def test_a_tenfold_day_is_told_the_same_day_with_its_size_and_its_end() -> None:
    """A loop that calls a model ten times as often costs money by the hour."""
    (found,) = seen(counts(200, by=10, since=100, until=102))
    assert (found.told, found.onset, found.direction) == (day(100), day(100), "up")
    assert found.ratio == pytest.approx(10, rel=0.3)
    assert (found.over, found.settled) == (day(104), False)
    assert found.statistic >= found.threshold == 365


def test_a_change_that_stays_is_told_dated_and_one_day_taken_for_usual() -> None:
    """Half as much work from a Monday on: known within days, dated to it or nearly, and usual after four weeks."""
    (found,) = seen(counts(250, by=0.5, since=98))
    assert found.told <= day(104)
    assert abs((found.onset - day(98)).days) <= 1
    assert (found.direction, found.settled) == ("down", True)
    assert found.over is not None
    assert 28 <= (found.over - found.onset).days <= 30


def test_what_somebody_calls_usual_is_usual_from_then_on() -> None:
    """A new price is no incident for four weeks: whoever knows says so, and the days before no longer count."""
    series = counts(200, by=2, since=98)
    assert [one.over for one in watch([series], day(115))] == [None]
    assert watch([series], day(199), since={"runs": day(98)}) == ()


def test_holidays_say_nothing_and_three_days_of_silence_do() -> None:
    """Two holidays in a row are Christmas; a third day without anything is a broken queue."""
    series = counts(160)
    without = {100, 107, 108}
    holidays = [replace(one, value=0) if (one.day - BEGIN).days in without else one for one in series.points]
    assert seen(replace(series, points=tuple(holidays))) == ()
    silent = [replace(one, value=0) if 119 <= (one.day - BEGIN).days < 124 else one for one in series.points]
    (found,) = seen(replace(series, points=tuple(silent)))
    assert (found.direction, found.told, found.onset, found.actual) == ("silent", day(121), day(119), 0)
    assert found.over == day(126)


def test_shares_are_judged_by_how_many_they_are_of() -> None:
    """Three refusals of six are Tuesday; three hundred of six hundred are an outage of a rule."""
    for of, told in ((6, False), (600, True)):
        chance = random.Random(5)
        points = [
            Point(day=day(n), value=sum(chance.random() < (0.5 if n == 80 else 0.1) for _ in range(of)), of=of)
            for n in range(90)
        ]
        series = Series(name="refusals", words="refusals", kind="share", points=tuple(points), weight=1)
        found = seen(series)
        assert [one.told for one in found] == ([day(80)] if told else [])


def test_amounts_are_judged_on_logs_so_that_one_dear_case_is_no_alarm() -> None:
    """Costs are heavy-tailed: a mean that doubles because of one case is not a price that doubled."""
    chance = random.Random(9)
    points = []
    for number in range(120):
        cases = [chance.lognormvariate(-2, 1.2) for _ in range(60)]
        if number == 70:
            cases[0] = 8.0  # one case cost as much as forty
        if number >= 100:
            cases = [2 * one for one in cases]
        points.append(Point(day=day(number), value=sum(cases) / 60, of=60))
    (found,) = seen(Series(name="cost", words="cost", kind="amount", points=tuple(points), weight=1, unit="EUR"))
    assert day(100) <= found.told <= day(106)
    assert found.ratio == pytest.approx(2, rel=0.25)


def test_a_new_kind_of_error_is_told_by_how_often_it_comes_and_named() -> None:
    """A kind that was never seen is no alarm by itself: it is one when it comes again and again."""
    days = {day(n): {"timeout": 3, "busy": 1 + n % 2} for n in range(120)}
    days[day(90)] = {**days[day(90)], "odd": 2}
    for number in range(100, 103):
        days[day(number)] = {**days[day(number)], "price_list_moved": 60}
    series = novelty("new errors", "new errors", days, 1.0)
    (found,) = seen(series)
    assert (found.told, found.direction, found.actual) == (day(100), "up", 60)
    assert new_kinds(days, day(99), day(100)) == ("price_list_moved",)
    assert new_kinds(days, day(80), day(110)) == ("price_list_moved", "odd")


def test_series_share_the_alarms_and_each_that_changed_is_named() -> None:
    """Eight series may ring no oftener than one; and if two changed, both are told."""
    runs = counts(150, by=10, since=120, weight=0.5)
    other = replace(counts(150, by=10, since=120, weight=0.5), name="calls")
    assert sorted(one.series for one in watch([runs, other], day(149))) == ["calls", "runs"]
    with pytest.raises(ImpossibleParameter, match=r"Weights of 1\.5 in all are more than 1"):
        watch([runs, replace(other, weight=1.0)], day(149))


@settings(max_examples=8, deadline=None)
@given(cut=st.integers(90, 150), by=st.sampled_from([0.3, 1.0, 3.0]))
def test_whoever_looks_earlier_finds_the_same_as_far_as_they_see(cut: int, by: float) -> None:
    """A look is worth nothing if the next one says something else about the same days."""
    series = counts(150, by=by, since=100)
    told = {(one.told, one.onset, one.direction) for one in seen(series) if one.told <= day(cut)}
    assert {(one.told, one.onset, one.direction) for one in seen(series, cut)} == told


def test_evidence_gains_nothing_on_average_where_nothing_changed() -> None:
    """The recursion is an e-detector: under the null each bet multiplies by one on average, or less."""
    for bet in BETS:
        mean = sum(
            math.exp(bet * (normal_score(t / 50) - BORNE) - bet * bet / 2)
            * (upper_chance(t / 50) - upper_chance((t + 1) / 50))
            for t in range(-1500, 1500)
        )
        assert 0.0 < mean <= 1.0
    evidence = Evidence()
    evidence.update(BEGIN, 0.0)
    assert evidence.total < 1.0


def test_chances_are_those_of_students_t_with_twenty_degrees() -> None:
    """From tables: 5 % beyond 1.7247, half a percent beyond 2.8453."""
    assert upper_chance(1.7247) == pytest.approx(0.05, abs=2e-6)
    assert upper_chance(2.8453) == pytest.approx(0.005, abs=1e-6)
    assert upper_chance(-1.7247) == pytest.approx(0.95, abs=2e-6)
    assert normal_score(0.0) == pytest.approx(0.0, abs=1e-9)
    assert 0 < normal_score(3.0) < 3.0
    assert normal_score(1e9) == -normal_score(-1e9) < 8


@pytest.mark.parametrize(
    ("field", "value"),
    [("false_alarm_days", 1.0), ("memory_days", math.nan), ("learning_days", 7), ("silent_days", 0), ("back_days", 0)],
)
def test_a_pace_that_promises_nothing_is_refused(field: str, value: float) -> None:
    """A rate of false alarms that cannot be kept must not be stated."""
    with pytest.raises(ImpossibleParameter, match=f"{field}=.* is no pace to watch at"):
        Pace(**{field: value})  # type: ignore[arg-type]


def test_days_that_cannot_be_are_refused() -> None:
    """Two values of one day, or more refusals than actions, come from a broken query."""
    for points in (
        (Point(day=BEGIN, value=1), Point(day=BEGIN, value=2)),
        (Point(day=BEGIN, value=-1),),
        (Point(day=BEGIN, value=math.inf),),
    ):
        with pytest.raises(ImpossibleCounts, match="is no day of such a series"):
            Series(name="runs", words="runs", kind="count", points=points, weight=1)
    with pytest.raises(ImpossibleCounts, match=r"refusals: 3 of 2 on 2026-01-05 is no day"):
        Series(name="refusals", words="r", kind="share", points=(Point(day=BEGIN, value=3, of=2),), weight=1)
    with pytest.raises(ImpossibleParameter, match=r"weight=0 is no part of the false alarms of a slice"):
        Series(name="runs", words="runs", kind="count", points=(), weight=0)
