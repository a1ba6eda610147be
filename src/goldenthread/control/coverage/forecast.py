"""
The queue in the days to come: what comes in against who is there, played many times.

Assumptions, each of which a reader may doubt: items come as they came, weekday by weekday and at the same hours; one
takes as long as one took; people take the oldest first and one at a time; each is there in all working time outside
their absences. No formula of queueing fits people who go home at five, so it is played, not computed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

from goldenthread.control.coverage.measured import Measured
from goldenthread.control.coverage.presence import Presence
from goldenthread.promise.contract import Calendar, openings

AHEAD = timedelta(weeks=2)
PLAYS = 200
_FEWEST_PLAYS = 25
_MOST_ITEMS = 200_000  # played in all: keeps a forecast under a second or two


@dataclass(frozen=True, kw_only=True)
class Range:
    """Tenth, half and nine tenths of the plays, in order."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, kw_only=True)
class DayAhead:
    """
    One local day. `comes`: items asked. `waiting`: the most that wait at once. `wait_s`: working seconds until the
    answer of half of what is asked that day (the median of each play); inf: not within four weeks.
    `over_backlog` and `over_time` count the plays in which the backlog line, or the first step's time for most of what
    is asked that day, is broken.
    """

    day: datetime
    comes: Range
    waiting: Range
    wait_s: Range
    over_backlog: int
    over_time: int


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """
    Two weeks ahead, played `plays` times. `lacks` says why there is none. `backlog_breaks` and `time_breaks` are the
    first days on which more than half of the plays break the line; None: none does, or there is no such line.
    """

    plays: int
    days: tuple[DayAhead, ...]
    lacks: str | None = None

    @property
    def backlog_breaks(self) -> datetime | None:
        """The first day on which the backlog line is rather broken than not."""
        return next((one.day for one in self.days if 2 * one.over_backlog > self.plays), None)

    @property
    def time_breaks(self) -> datetime | None:
        """The first day on which most of what is asked rather waits longer than the first step's time."""
        return next((one.day for one in self.days if 2 * one.over_time > self.plays), None)


@dataclass(frozen=True, kw_only=True)
class Lines:
    """What the contract promises of waiting: at most so many at once, and an answer within so many working seconds."""

    backlog: float | None = None
    answer_s: float | None = None


def forecast(
    measured: Measured,
    people: Sequence[Presence],
    calendar: Calendar | None,
    now: datetime,
    lines: Lines,
    *,
    seed: int = 0,
    plays: int = PLAYS,
    ahead: timedelta = AHEAD,
) -> Forecast:
    """
    The queue from `now` (aware) on, as far as `ahead`, from what was measured and who is there.

    The same for the same arguments: all chance comes from `seed`.
    """
    if measured.lacks is not None:
        return Forecast(plays=0, days=(), lacks=measured.lacks)
    board = _Board(measured, people, calendar, now, ahead)
    expected = max(1.0, len(measured.open) + len(board.days) * measured.asked / max(1, measured.working_days))
    plays = max(_FEWEST_PLAYS, min(plays, int(_MOST_ITEMS / expected)))
    random = Random(seed)  # noqa: S311  a forecast, no secret
    played = [_play(board, random, lines) for _ in range(plays)]
    days = tuple(_day(board.days[at], [one[at] for one in played]) for at in range(len(board.days)))
    return Forecast(plays=plays, days=days)


class _Time:
    """Stretches of available time, counted in seconds since now: how much of it is over at an instant, and back."""

    def __init__(self, stretches: Sequence[tuple[float, float]]) -> None:
        self._begins = [begins for begins, _ in stretches]
        self._ends = [ends for _, ends in stretches]
        self._before = [0.0, *accumulate(ends - begins for begins, ends in stretches)]

    def over(self, at: float) -> float:
        """Available seconds until an instant."""
        index = bisect_right(self._begins, at) - 1
        return 0.0 if index < 0 else self._before[index] + min(at, self._ends[index]) - self._begins[index]

    def instant(self, over: float) -> float:
        """The instant after which just more than so much is over: when the next piece of work could begin."""
        index = bisect_right(self._before, over) - 1
        return self._begins[index] + over - self._before[index] if index < len(self._begins) else float("inf")

    def ends_at(self, over: float) -> float:
        """The instant at which so much is over: when a piece of work ends."""
        if over > self._before[-1]:
            return float("inf")
        index = max(0, bisect_right(self._before, over - 1e-9) - 1)
        return self._begins[index] + over - self._before[index]


class _Board:
    """What every play has in common; instants are seconds since now."""

    def __init__(
        self, measured: Measured, people: Sequence[Presence], calendar: Calendar | None, now: datetime, ahead: timedelta
    ) -> None:
        until = now + 2 * ahead  # what is asked on the last day has as long again to be answered
        working = [(_since(now, opens), _since(now, closes)) for opens, closes in openings(calendar, now, until)]
        zone: tzinfo = ZoneInfo(calendar.zone) if calendar is not None else UTC
        first = now.astimezone(zone).date()
        self.measured = measured
        self.now = now
        self.working = _Time(working)
        self.people = [_Time(_there(person, working, now)) for person in people if person.role is not None]
        self.days = [datetime.combine(first + timedelta(days=n), time(), zone) for n in range(ahead.days + 1)]


def _there(person: Presence, working: Sequence[tuple[float, float]], now: datetime) -> list[tuple[float, float]]:
    found = []
    for stretch in person.stretches:
        begins = _since(now, stretch.begins)
        ends = _since(now, stretch.ends) if stretch.ends is not None else float("inf")
        found += [
            (max(begins, opens), min(ends, closes)) for opens, closes in working if begins < closes and opens < ends
        ]
    return found


@dataclass(frozen=True, slots=True)
class _Played:
    comes: int
    waiting: int
    wait_s: float
    over_backlog: bool
    over_time: bool


def _play(board: _Board, random: Random, lines: Lines) -> list[_Played]:
    """One course of the days ahead."""
    items = [(0.0, float(waited)) for waited in board.measured.open]
    items += [(at, 0.0) for at in sorted(_arrivals(board, random))]
    ends = _served(board, [at for at, _ in items], random)
    waits = [
        waited + board.working.over(end) - board.working.over(at) if end != float("inf") else end
        for (at, waited), end in zip(items, ends, strict=True)
    ]
    edges = [_since(board.now, day) for day in board.days]
    edges.append(edges[-1] + 86_400)
    changes = sorted([(at, 1) for at, _ in items] + [(end, -1) for end in ends if end != float("inf")])
    peaks = _peaks(changes, edges)
    first = len(board.measured.open)
    came: list[list[float]] = [[] for _ in board.days]
    for (at, _), wait in zip(items[first:], waits[first:], strict=True):
        came[max(0, bisect_right(edges, at) - 1)].append(wait)
    return [_one_day(of_it, peak, lines) for of_it, peak in zip(came, peaks, strict=True)]


def _arrivals(board: _Board, random: Random) -> list[float]:
    found = []
    for day in board.days:
        like = board.measured.of_weekday(day.weekday())
        for _ in range(random.choice(like) if like else 0):
            at = _since(board.now, day) + random.choice(board.measured.moments)
            if at > 0:
                found.append(at)
    return found


def _served(board: _Board, arrivals: Sequence[float], random: Random) -> list[float]:
    """When each is answered: oldest first, each by whoever can begin it first."""
    free = [0.0] * len(board.people)
    found = []
    for at in arrivals:
        starts = [person.instant(person.over(max(at, free[n]))) for n, person in enumerate(board.people)]
        chosen = min(range(len(starts)), key=starts.__getitem__, default=None)
        if chosen is None or starts[chosen] == float("inf"):
            found.append(float("inf"))
            continue
        person = board.people[chosen]
        end = person.ends_at(person.over(starts[chosen]) + random.choice(board.measured.service))
        free[chosen] = end
        found.append(end)
    return found


def _peaks(changes: Sequence[tuple[float, int]], edges: Sequence[float]) -> list[int]:
    """The most that wait at once on each day."""
    found, waiting, at = [], 0, 0
    for edge in edges[1:]:
        peak = waiting
        while at < len(changes) and changes[at][0] < edge:
            waiting += changes[at][1]
            peak = max(peak, waiting)
            at += 1
        found.append(peak)
    return found


def _one_day(waits: list[float], peak: int, lines: Lines) -> _Played:
    waits.sort()
    late = sum(wait > lines.answer_s for wait in waits) if lines.answer_s is not None else 0
    return _Played(
        comes=len(waits),
        waiting=peak,
        wait_s=waits[(len(waits) - 1) // 2] if waits else 0.0,
        over_backlog=lines.backlog is not None and peak > lines.backlog,
        over_time=2 * late > len(waits),
    )


def _day(day: datetime, played: Sequence[_Played]) -> DayAhead:
    return DayAhead(
        day=day,
        comes=_range([float(one.comes) for one in played]),
        waiting=_range([float(one.waiting) for one in played]),
        wait_s=_range([one.wait_s for one in played if one.comes]),
        over_backlog=sum(one.over_backlog for one in played),
        over_time=sum(one.over_time for one in played),
    )


def _range(values: Sequence[float]) -> Range:
    """Nearest ranks; zeros where there is nothing."""
    if not values:
        return Range(low=0.0, middle=0.0, high=0.0)
    ordered = sorted(values)
    last = len(ordered) - 1
    return Range(low=ordered[last // 10], middle=ordered[last // 2], high=ordered[last - last // 10])


def _since(now: datetime, at: datetime) -> float:
    return (at - now).total_seconds()
