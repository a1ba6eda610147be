"""The people of a slice: who may answer, when they are there, where nobody is, and what their queue will look like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from goldenthread.control.autonomy import Standing
from goldenthread.control.coverage import (
    AHEAD,
    LOOKS_BACK,
    Asked,
    Forecast,
    Gap,
    Lines,
    Measured,
    Presence,
    Shift,
    forecast,
    gaps,
    measure,
    presences,
    shifts,
)
from goldenthread.control.guard import Desk, fallback_of, left_alone
from goldenthread.promise.contract import Contract, working_length
from goldenthread.surfaces.views.kept import kept
from goldenthread.surfaces.views.rows import select

ASSUMPTIONS = (
    "items come as they came, weekday by weekday and at the same hours",
    "an item takes as long as items took, with whatever else people did meanwhile",
    "people take the oldest first and one at a time, and are there in all working time outside their absences",
)


@dataclass(frozen=True, kw_only=True)
class PersonView:
    """
    Somebody who may answer. `there`: now, nights and weekends aside. `hours`: working hours they are there in the days
    ahead. `answers`: in the weeks behind. `deputies` get what would go to them while they are away.
    """

    name: str
    role: str
    there: bool
    away_until: datetime | None
    next_leave: datetime | None
    deputies: tuple[str, ...]
    hours: float
    answers: int
    last_answer: datetime | None


@dataclass(frozen=True, kw_only=True)
class AloneView:
    """An agent that was left alone: the level it falls back to, and how that came."""

    agent: str
    level: str
    since: datetime
    words: str


@dataclass(frozen=True, kw_only=True)
class QueueView:
    """What was measured of the queue, in working minutes; None where nothing is on record."""

    since: datetime
    working_days: int
    asked: int
    per_working_day: float
    by_weekday: Mapping[str, float]
    answers: int
    median_minutes: float | None
    median_wait_minutes: float | None
    open: int
    oldest_minutes: float | None


@dataclass(frozen=True, kw_only=True)
class PeopleView:
    """
    The people of one slice, for the agent declared last. `hours` are the working hours of the days ahead, `covered`
    those in which somebody is there. `fallback`, `backlog` and `first_step` are the contract's own words.
    """

    slice: str
    at: datetime
    agent: str | None
    responsible: str | None
    calendar: str | None
    fallback: str | None
    backlog: str | None
    first_step: str | None
    alone: tuple[AloneView, ...]
    people: tuple[PersonView, ...]
    hours: float
    covered: float
    gaps: tuple[Gap, ...]
    queue: QueueView
    forecast: Forecast
    assumptions: tuple[str, ...] = ASSUMPTIONS


@kept("people")
def people_view(desk: Desk) -> PeopleView:
    """
    The people of a slice as of the ledger's clock.

    Raises:
        ContractNotFound: The slice has no contract.
    """
    contract, standing, principals = desk.contract(), desk.standing(), desk.principals()
    now = desk.covering.now(standing)
    current = standing.current
    agent = current.agent if current is not None else None
    autonomy = contract.autonomy
    calendar = autonomy.calendar if autonomy is not None else None
    people = presences(principals, desk.slice, agent, contract.path)
    ahead = shifts(people, calendar, now, now + AHEAD)
    items = _items(desk, now - LOOKS_BACK)
    measured = measure(items, calendar, standing.began or now, now)
    own = principals.find(agent) if agent is not None else None
    return PeopleView(
        slice=desk.slice,
        at=now,
        agent=agent,
        responsible=own.responsible if own is not None else None,
        calendar=str(calendar) if calendar is not None else None,
        fallback=str(autonomy.when_people_leave) if autonomy is not None and autonomy.when_people_leave else None,
        backlog=str(contract.workflow.backlog) if contract.workflow is not None and contract.workflow.backlog else None,
        first_step=str(autonomy.escalate[0]) if autonomy is not None and autonomy.escalate else None,
        alone=_alone(desk, standing),
        people=tuple(_person(desk, one, ahead, items, now) for one in people if one.role is not None),
        hours=_hours(ahead),
        covered=_hours(tuple(one for one in ahead if one.there)),
        gaps=gaps(ahead),
        queue=_queue(measured),
        forecast=forecast(measured, people, calendar, now, _lines(contract), seed=standing.seq),
    )


def _alone(desk: Desk, standing: Standing) -> tuple[AloneView, ...]:
    """Who is left alone by the record or by the clock, whichever says so."""
    fallback = fallback_of(standing)
    if fallback is None:
        return ()
    found = {**standing.alone, **desk.covering.alone_now(standing)}
    return tuple(
        AloneView(
            agent=name,
            level=fallback.level.value,
            since=alone.since,
            words=left_alone(standing, alone, fallback.level).words,
        )
        for name, alone in sorted(found.items())
    )


def _person(desk: Desk, person: Presence, ahead: tuple[Shift, ...], items: list[Asked], now: datetime) -> PersonView:
    principals = desk.principals()
    leave = principals.on_leave(person.name, now)
    planned = [one.begins for one in principals.leaves(person.name) if one.begins > now and one.covers(one.begins)]
    mine = [one.answered for one in items if one.by == person.name and one.answered is not None]
    return PersonView(
        name=person.name,
        role=person.role or "",
        there=person.is_there(now),
        away_until=leave.until if leave is not None else None,
        next_leave=min(planned, default=None),
        deputies=principals.deputies(person.name, now),
        hours=_hours(tuple(one for one in ahead if person.name in one.there)),
        answers=len(mine),
        last_answer=max(mine, default=None),
    )


def _queue(measured: Measured) -> QueueView:
    return QueueView(
        since=measured.since,
        working_days=measured.working_days,
        asked=measured.asked,
        per_working_day=measured.per_working_day(),
        by_weekday=measured.by_weekday(),
        answers=len(measured.service),
        median_minutes=_median(measured.service),
        median_wait_minutes=_median(measured.waits),
        open=len(measured.open),
        oldest_minutes=measured.open[0] / 60 if measured.open else None,
    )


def _lines(contract: Contract) -> Lines:
    backlog = contract.workflow.backlog if contract.workflow is not None else None
    autonomy = contract.autonomy
    first = autonomy.escalate[0] if autonomy is not None and autonomy.escalate else None
    return Lines(
        backlog=float(backlog.bound.amount) if backlog is not None and backlog.bound is not None else None,
        answer_s=working_length(autonomy.calendar, first.within).total_seconds()
        if autonomy is not None and first is not None
        else None,
    )


def _items(desk: Desk, since: datetime) -> list[Asked]:
    claims = _claims(desk, since)
    return [
        Asked(
            at=row["asked_at"],
            answered=row["answered_at"] if row["state"] == "answered" else None,
            by=row["answered_by"],
            begun=claims.get((row["id"], row["answered_by"])),
            closed=row["state"] not in ("open", "answered"),
        )
        for row in select(desk.ledger, _ITEMS, desk.slice, since)
    ]


def _claims(desk: Desk, since: datetime) -> dict[tuple[str, Any], datetime]:
    """When a person first took an item, by item and person."""
    found: dict[tuple[str, Any], datetime] = {}
    for record in desk.ledger.read(desk.slice, kinds=("approval:claim",)):
        if record.at >= since:
            found.setdefault((record.data["item"], record.by), record.at)
    return found


_ITEMS = """
select id, state, asked_at, answered_at, answered_by from inbox
where slice = %s and (state = 'open' or asked_at >= %s)
"""


def _hours(found: tuple[Shift, ...]) -> float:
    return sum((one.length for one in found), timedelta()).total_seconds() / 3600


def _median(seconds: tuple[int, ...]) -> float | None:
    return seconds[(len(seconds) - 1) // 2] / 60 if seconds else None
