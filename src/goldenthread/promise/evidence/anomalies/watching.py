"""A slice's series watched together, day by day: alarms with a stated rate, and when each was over."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal

from goldenthread.promise.errors import ImpossibleParameter
from goldenthread.promise.evidence.anomalies.reference import Reference
from goldenthread.promise.evidence.anomalies.scores import Evidence, normal_score
from goldenthread.promise.evidence.anomalies.series import Point, Scale, Series, says_something, scale_of
from goldenthread.promise.evidence.validation import is_number

_CLIPPED = 3.0  # a day further off than so many standard deviations teaches the reference no more than such a day
_WITHIN = 2.5  # and one nearer than so many is as usual
_OPEN = 3.0  # where so many are expected, a day with none is a holiday or an outage rather than chance
_MISSED = 24.0  # and where so many are missing in all, it is no chance
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """
    How a slice is watched.

    Args:
        false_alarm_days: Average number of days to a false alarm of a slice, all its series together; > 1.
        memory_days: As `Reference`.
        learning_days: Days of a series before anything is bet on it; at least 28, for weekdays and slope.
        lag_days: How long a day waits before it is learnt from, so that a change is not taken for usual while the
            evidence of it is still gathering; at least 0.
        silent_days: Days in a row without anything, where much is usual, after which that is told; shorter gaps are
            taken for holidays.
        back_days: Usual days in a row after which an anomaly is over.
        settle_days: Days after which what has changed and stays is taken for usual.

    Raises:
        ImpossibleParameter: A number outside its range.
    """

    false_alarm_days: float = 365.0
    memory_days: float = 84.0
    learning_days: int = 28
    lag_days: int = 14
    silent_days: int = 3
    back_days: int = 3
    settle_days: int = 28

    def __post_init__(self) -> None:
        ranges = {
            "false_alarm_days": self.false_alarm_days > 1.0,
            "memory_days": self.memory_days >= 28.0,
            "learning_days": self.learning_days >= 28,
            "lag_days": self.lag_days >= 0,
            "silent_days": self.silent_days >= 1,
            "back_days": self.back_days >= 1,
            "settle_days": self.settle_days >= 28,
        }
        for name, fits in ranges.items():
            value = getattr(self, name)
            if not is_number(value) or math.isnan(value) or not fits:
                raise ImpossibleParameter(
                    f"{name}={value!r} is no pace to watch at; days between false alarms are above 1, memory, learning "
                    "and settling take 28 days at least, and the others one. Leave it out for what was measured."
                )


@dataclass(frozen=True, kw_only=True)
class Anomaly:
    """
    A change in one series.

    Attributes:
        told: The day whose end tells it.
        onset: The day on which it most likely began.
        direction: 'up' or 'down'; 'silent' where nothing came for days.
        actual, expected: Of the days from the onset to `told`, in the series' own terms: sums of counts, shares of all,
            means of amounts.
        statistic: The evidence, to be held against `threshold`; 0 for silence, which is counted, not bet on.
        over: The last of the usual days that ended it; None while it lasts.
        settled: Whether it ended because what it changed to is usual by now.
    """

    series: str
    words: str
    kind: str
    unit: str
    told: date
    onset: date
    direction: Literal["up", "down", "silent"]
    actual: float
    expected: float
    statistic: float
    threshold: float
    over: date | None = None
    settled: bool = False

    @property
    def ratio(self) -> float | None:
        """Actual by expected; None where nothing was expected."""
        return self.actual / self.expected if self.expected > 0 else None


@dataclass(kw_only=True)
class _Watched:
    """One series under way."""

    series: Series
    scale: Scale
    reference: Reference
    evidence: Evidence
    waiting: list[Point] = field(default_factory=list)  # days that are not learnt from yet
    recent: list[tuple[Point, float]] = field(default_factory=list)  # days with what was expected of them
    silent: list[tuple[Point, float]] = field(default_factory=list)
    out: Anomaly | None = None
    usual: int = 0


def watch(
    series: Sequence[Series], until: date, pace: Pace | None = None, since: Mapping[str, date] | None = None
) -> tuple[Anomaly, ...]:
    """
    Every anomaly of a slice up to the end of a day, in the order in which each was told.

    It looks at each day once and never back: the same days give the same anomalies, whenever anybody looks.

    Args:
        series: Of one slice; their weights add up to 1 at most.
        until: The last day that is over.
        pace: Defaults to one false alarm a year.
        since: By series, the first day that counts: somebody said that what came before is no longer usual.

    Raises:
        ImpossibleParameter: Weights of more than 1 in all.
    """
    if sum(one.weight for one in series) > 1.0 + 1e-9:
        raise ImpossibleParameter(
            f"Weights of {sum(one.weight for one in series):g} in all are more than 1, so the stated rate of false "
            "alarms would not hold. Give each series its part of 1."
        )
    return tuple(_Watch(series, pace or Pace(), since or {}).run(until))


class _Watch:
    def __init__(self, series: Sequence[Series], pace: Pace, since: Mapping[str, date]) -> None:
        self.pace = pace
        self.watched = [self._begin(one) for one in series]
        self.days: dict[date, list[tuple[_Watched, Point]]] = {}
        for one in self.watched:
            first = since.get(one.series.name, date.min)
            for point in one.series.points:
                if point.day >= first and says_something(one.series.kind, point):
                    self.days.setdefault(point.day, []).append((one, point))
        self.found: list[Anomaly] = []

    def run(self, until: date) -> list[Anomaly]:
        for day in sorted(self.days):
            if day <= until:
                for one, point in self.days[day]:
                    self._see(one, point)
                self._judge(day)
        return self.found

    def _begin(self, series: Series) -> _Watched:
        scale, evidence = scale_of(series), Evidence(signs=(1, -1) if series.falls else (1,))
        return _Watched(series=series, scale=scale, reference=self._reference(series, scale), evidence=evidence)

    def _reference(self, series: Series, scale: Scale) -> Reference:
        return Reference(self.pace.memory_days, scale.least, weekly=series.weekly)

    def _see(self, one: _Watched, point: Point) -> None:
        scale = one.scale
        value, variance = scale.to(point), scale.variance(point)
        expected = scale.back(one.reference.expected(point.day)) if one.reference.knows(point.day) else None
        closed = one.series.kind == "count" and one.series.falls and point.value == 0
        if closed and expected is not None and expected >= _OPEN:
            self._closed(one, point, expected)
            return
        one.silent.clear()
        if one.out is not None:
            self._outside(one, point, expected)
            return
        if one.reference.days >= self.pace.learning_days and expected is not None:
            one.recent = [*one.recent[-400:], (point, expected)]
            one.evidence.update(point.day, normal_score(one.reference.score(point.day, value, variance)))
        one.waiting.append(point)
        while one.waiting and (point.day - one.waiting[0].day).days >= self.pace.lag_days:
            _learn(one.reference, scale, one.waiting.pop(0))

    def _closed(self, one: _Watched, point: Point, expected: float) -> None:
        """A day without anything, where much is usual: a holiday, until it lasts."""
        one.silent.append((point, expected))
        one.usual = 0
        missing = sum(usual for _, usual in one.silent)
        if one.out is None and len(one.silent) >= self.pace.silent_days and missing >= _MISSED:
            self._tell(one, point.day, "silent", one.silent[0][0].day, 0.0, one.silent)

    def _outside(self, one: _Watched, point: Point, expected: float | None) -> None:
        """A day of a series that has changed: held against what was usual before, which learns nothing meanwhile."""
        assert one.out is not None
        scale = one.scale
        score = one.reference.score(point.day, scale.to(point), scale.variance(point))
        one.usual = one.usual + 1 if expected is not None and abs(score) <= _WITHIN else 0
        one.recent.append((point, expected or 0.0))
        if one.usual >= self.pace.back_days:
            self._end(one, point.day, settled=False)
        elif (point.day - one.out.onset).days >= self.pace.settle_days:
            since = one.out.onset
            self._end(one, point.day, settled=True)
            one.reference = self._reference(one.series, scale)
            for day, _ in one.recent:
                if day.day >= since:
                    _learn(one.reference, scale, day)

    def _judge(self, day: date) -> None:
        """Whether the weighted mean of all evidence has reached the threshold; whose it is, is told and set aside."""
        evidence = [(one.series.weight * one.evidence.total, one) for one in self.watched if one.out is None]
        if sum(part for part, _ in evidence) < self.pace.false_alarm_days:
            return
        most = max(part for part, _ in evidence)
        for part, one in evidence:
            if part >= min(most, self.pace.false_alarm_days):
                direction, onset = one.evidence.told()
                self._tell(one, day, direction, onset, part, one.recent)
        for one in self.watched:
            one.evidence.forget()

    def _tell(
        self,
        one: _Watched,
        day: date,
        direction: Literal["up", "down", "silent"],
        onset: date,
        statistic: float,
        days: Sequence[tuple[Point, float]],
    ) -> None:
        actual, expected = _size(one.series, [pair for pair in days if pair[0].day >= onset])
        one.out, one.usual = (
            Anomaly(
                series=one.series.name,
                words=one.series.words,
                kind=one.series.kind,
                unit=one.series.unit,
                told=day,
                onset=onset,
                direction=direction,
                actual=actual,
                expected=expected,
                statistic=statistic,
                threshold=self.pace.false_alarm_days,
            ),
            0,
        )
        one.evidence.forget()
        one.waiting = [point for point in one.waiting if point.day < onset]
        self.found.append(one.out)

    def _end(self, one: _Watched, day: date, *, settled: bool) -> None:
        assert one.out is not None
        self.found[self.found.index(one.out)] = replace(one.out, over=day, settled=settled)
        one.out = None
        one.usual = 0


def _learn(reference: Reference, scale: Scale, point: Point) -> None:
    reference.learn(point.day, scale.to(point), scale.variance(point), _CLIPPED)


def _size(series: Series, days: Sequence[tuple[Point, float]]) -> tuple[float, float]:
    """What came and what was expected."""
    if series.kind == "count":
        return sum(point.value for point, _ in days), sum(expected for _, expected in days)
    total = sum(point.of for point, _ in days)
    expected = sum(point.of * usual for point, usual in days) / total
    if series.kind == "share":
        return sum(point.value for point, _ in days) / total, expected
    return sum(point.of * point.value for point, _ in days) / total, expected
