"""
Since when an agent has been left alone: nobody there who may answer for it, or nobody who answers what waits.

A slice is left alone once that has lasted, in working time of its calendar, as long as its contract allows. It comes
back with the first sign of somebody: an answer, a return, a grant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from goldenthread.control.coverage.presence import Presence
from goldenthread.promise.contract import Calendar, Fallback, after_working, working_length
from goldenthread.promise.values import Json

NOBODY, SILENCE = "nobody", "silence"

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Alone:
    """
    An agent that has been left alone. `why`: `nobody` who may answer for it was there, or `silence`: they were, what
    waited went unanswered. `since` (UTC) is when that began, `due` when it had lasted as long as is allowed.
    """

    agent: str
    why: str
    since: datetime
    due: datetime

    def record(self) -> dict[str, Json]:
        """As a ledger record holds it."""
        return {"agent": self.agent, "why": self.why, "since": _written(self.since), "due": _written(self.due)}

    @classmethod
    def of_record(cls, data: Mapping[str, Any]) -> Alone:
        """The state that `record` wrote."""
        return cls(
            agent=data["agent"],
            why=data["why"],
            since=datetime.fromisoformat(data["since"]),
            due=datetime.fromisoformat(data["due"]),
        )

    def words(self, fallback: Fallback) -> str:
        """How it came about, as a clause of a sentence."""
        long = f"{fallback.after} of working time, since {self.since:%Y-%m-%d %H:%M} UTC"
        if self.why == NOBODY:
            return f"nobody was there to answer for it in {long}"
        return f"nobody answered what waits in {long}"


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What one contract says about being left alone; `began` is when it, or the first before it, came into force."""

    fallback: Fallback
    calendar: Calendar | None
    began: datetime


@dataclass(frozen=True, kw_only=True)
class Question:
    """
    What is known of one agent's people. `asked` is when the oldest open approval was asked for; `answered` when one of
    them last answered anything; `before` is the state on record, None where people were there.
    """

    agent: str
    people: Sequence[Presence]
    asked: datetime | None = None
    answered: datetime | None = None
    before: Alone | None = None


@dataclass(frozen=True, kw_only=True)
class Cover:
    """Which agents are left alone, as of `at`; right until before `until` if nothing is asked, answered or granted."""

    at: datetime
    until: datetime
    alone: Mapping[str, Alone]


def watch(terms: Watch, questions: Sequence[Question], at: datetime) -> Cover:
    """
    Which agents are left alone at an instant (aware).

    Known until: what could change by the calendar, by absences that begin or end, and by what may be asked from now on.
    """
    alone: dict[str, Alone] = {}
    until = _NEVER
    for question in questions:
        found, due = _since(terms, question, at)
        changes = [edge for person in question.people for edge in _edges(person) if edge > at]
        if found is not None and due <= at:
            alone[question.agent] = found
            until = min([until, *changes])
        else:
            until = min([until, due, *changes])
    return Cover(at=at, until=until, alone=alone)


def _since(terms: Watch, question: Question, at: datetime) -> tuple[Alone | None, datetime]:
    """Since when nobody was there, and when that has lasted too long; None, and when it could at the earliest."""
    length = working_length(terms.calendar, terms.fallback.after)
    nobody = _nobody_since(question.people, at)
    if nobody is not None:
        why, start = NOBODY, nobody
    else:
        unanswered = [] if question.asked is None else [question.asked]
        if question.before is not None:
            unanswered.append(question.before.since)  # what waited may have expired; nobody came for all that
        if not unanswered:
            return None, after_working(terms.calendar, at, length)
        why, start = SILENCE, max(min(unanswered), _last_arrival(question.people, at))
    since = max(start, terms.began, question.answered or start)
    due = after_working(terms.calendar, since, length)
    return Alone(agent=question.agent, why=why, since=since, due=due), due


def _nobody_since(people: Sequence[Presence], at: datetime) -> datetime | None:
    """Since when nobody is there; the beginning of time if nobody ever was; None while somebody is."""
    if any(person.is_there(at) for person in people):
        return None
    left = [one.ends for person in people for one in person.stretches if one.ends is not None and one.ends <= at]
    return max(left, default=datetime.min.replace(tzinfo=UTC))


def _last_arrival(people: Sequence[Presence], at: datetime) -> datetime:
    """When one of them last came: granted the right, or back from leave."""
    return max(one.begins for person in people for one in person.stretches if one.begins <= at)


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _edges(person: Presence) -> list[datetime]:
    return [edge for one in person.stretches for edge in (one.begins, one.ends) if edge is not None]
