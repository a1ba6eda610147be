"""Cases that come by the clock: each time is handed in once, whichever workers live then."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from goldenthread.promise.errors import ScheduleInvalid
from goldenthread.promise.values import Json
from goldenthread.work.runtime.submissions import Handed, Submissions, rows_of

_DAILY = re.compile(r"(?P<days>daily|[A-Za-z]{3}(?:-[A-Za-z]{3})?) (?P<hour>\d{1,2}):(?P<minute>\d{2})")
_EVERY = re.compile(r"every (?P<minutes>\d{1,2}) min")
_WORDS = "Write 'daily 06:00', 'Mon-Fri 06:00', 'hourly', 'every 15 min', or five fields of cron."


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """
    Cases that come by the clock; the case of a time is `NAME 2026-12-01T06:00`.

    Raises:
        ScheduleInvalid: The times or the zone can't be read.
    """

    name: str
    slice: str
    times: str
    zone: str = "UTC"
    given: Mapping[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.zone)
            self.last(datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC")))
        except (ValueError, KeyError, OSError) as problem:
            raise ScheduleInvalid(
                f"The schedule '{self.name}' says '{self.times}' in '{self.zone}', which can't be read. {_WORDS}"
            ) from problem

    def last(self, now: datetime) -> datetime:
        """The last time that is due at `now`."""
        from croniter import croniter  # type: ignore[import-untyped,unused-ignore]

        here = now.astimezone(ZoneInfo(self.zone))
        if croniter.match(_cron(self.times), here):
            return here.replace(second=0, microsecond=0)
        found: datetime = croniter(_cron(self.times), here).get_prev(datetime)
        return found


class Clockwork:
    """
    The schedules of a worker.

    Args:
        submissions: Of the home.
        schedules: By name.
    """

    def __init__(self, submissions: Submissions, schedules: Mapping[str, Schedule]) -> None:
        self._submissions = submissions
        self._schedules = schedules

    def tick(self) -> int:
        """
        Hand in what is due, by the database's clock: each time once, and of times that were missed the last one.

        A schedule that is seen for the first time begins with its next time.
        """
        return sum(self._hand_in(schedule) for schedule in self._schedules.values())

    def _hand_in(self, schedule: Schedule) -> int:
        with self._submissions.transaction() as connection:
            known = rows_of(connection, _KNOWN, schedule.name, schedule.slice, schedule.name)
            if not known:  # new
                return 0
            due = schedule.last(known[0]["now"])
            if due <= known[0]["last_at"]:
                return 0
            rows_of(connection, "update schedule set last_at = %s where name = %s", due, schedule.name)
            case = f"{schedule.name} {due:%Y-%m-%dT%H:%M}"
            self._submissions.submit_in(connection, schedule.slice, Handed(case=case, given=dict(schedule.given)))
        return 1


def _cron(times: str) -> str:
    daily, every = _DAILY.fullmatch(times), _EVERY.fullmatch(times)
    if times == "hourly":
        return "0 * * * *"
    if every is not None and int(every["minutes"]) > 0:
        return f"*/{int(every['minutes'])} * * * *"
    if daily is not None:
        days: Any = "*" if daily["days"] == "daily" else daily["days"].lower()
        return f"{int(daily['minute'])} {int(daily['hour'])} * * {days}"
    if len(times.split()) != 5:
        raise ValueError(times)
    return times


# Whoever has the row locked hands in; a new name only gets its row.
_KNOWN = """
with made as (
    insert into schedule (name, slice, last_at) values (%s, %s, now()) on conflict (name) do nothing returning name
), held as (
    select s.name, s.last_at from schedule s where s.name = %s for update skip locked
)
select held.last_at, now() as now from held where not exists (select 1 from made)
"""
