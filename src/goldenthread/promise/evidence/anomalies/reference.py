"""What is usual: weekdays and a slow slope, learnt from the days before, the older ones counting for less."""

from __future__ import annotations

import math
from datetime import date

_WEEKDAYS, _SLOPE = 7, 7
_WIDE, _SLOPE_WIDTH = 1e4, 0.02  # how much is known beforehand: of a weekday nothing; a slope is slow
_MONTH = 30.0


class Reference:
    """
    Discounted least squares on weekdays and a slope. Each day costs the same, however many came before.

    Args:
        memory_days: After how many days a day counts for 1/e; infinity for a reference that forgets nothing, with which
            standardised errors are independent and exactly Student's if days are normal (Brown, Durbin and Evans 1975,
            doi:10.1111/j.2517-6161.1975.tb01532.x).
        least: The factor on variance is never taken for less.
        weekly: Whether weekdays differ.
    """

    def __init__(self, memory_days: float, least: float, *, weekly: bool) -> None:
        self._keep = math.exp(-1.0 / memory_days)
        self._least = least
        self._weekly = weekly
        self._first: date | None = None
        self._mean = [0.0] * 8
        self._spread = [[0.0] * 8 for _ in range(8)]
        for place in range(8):
            self._spread[place][place] = _SLOPE_WIDTH if place == _SLOPE else _WIDE
        self._squares, self._weight = 0.0, 0.0
        self.days = 0
        self._seen: set[int] = set()

    def knows(self, day: date) -> bool:
        """Whether that weekday came before."""
        return self._weekday(day) in self._seen

    def expected(self, day: date) -> float:
        """What is usual on a day, on the scale."""
        weekday, slope = self._row(day)
        return self._mean[weekday] + slope * self._mean[_SLOPE]

    def score(self, day: date, value: float, variance: float) -> float:
        """How far a day is off, in standard deviations of what is usual, the uncertainty of that included."""
        weekday, slope = self._row(day)
        own = self._gain(weekday, slope)[0] / variance
        return (value - self.expected(day)) / math.sqrt(variance * (1.0 + own) * self._factor)

    def learn(self, day: date, value: float, variance: float, most: float = math.inf) -> None:
        """Take a day in; one that is further off than `most` standard deviations counts as if it were just so far."""
        if self._first is None:
            self._first = day
        weekday, slope = self._row(day)
        own, gain = self._gain(weekday, slope)
        off = value - self.expected(day)
        width = math.sqrt(variance + own)
        if self._weight > 0.0:
            limit = most * width * math.sqrt(self._factor)
            off = max(-limit, min(limit, off))
        known = self._weekday(day) in self._seen
        keep, total = self._keep, keep_times(self._keep, variance) + own
        for place in range(8):
            self._mean[place] += gain[place] * off / total
        for row in range(8):
            spread = self._spread[row]
            for place in range(8):
                spread[place] = (spread[place] - gain[row] * gain[place] / total) / keep
        if known:
            self._squares = keep * self._squares + (off / width) ** 2
            self._weight = keep * self._weight + 1.0
        self._seen.add(self._weekday(day))
        self.days += 1

    @property
    def _factor(self) -> float:
        return max(self._least, self._squares / self._weight) if self._weight > 0.0 else self._least

    def _weekday(self, day: date) -> int:
        return day.weekday() if self._weekly else 0

    def _row(self, day: date) -> tuple[int, float]:
        """Which weekday is 1, and the slope's place; all else in the row of the regression is 0."""
        since = (day - self._first).days if self._first is not None else 0
        return self._weekday(day), since / _MONTH

    def _gain(self, weekday: int, slope: float) -> tuple[float, list[float]]:
        """(variance of the expected value but for the factor, spread times the row)."""
        gain = [self._spread[row][weekday] + slope * self._spread[row][_SLOPE] for row in range(8)]
        return gain[weekday] + slope * gain[_SLOPE], gain


def keep_times(keep: float, variance: float) -> float:
    """Variance of a day as the discounted regression weighs it."""
    return keep * variance
