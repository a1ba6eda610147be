"""The incidents of a slice, for whoever answers them: what, since when, whose, and how long each part took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from goldenthread.control.guard import Desk
from goldenthread.control.incidents import CAUSES, Incident
from goldenthread.control.response import load_incidents


@dataclass(frozen=True, kw_only=True)
class SaidView:
    """What was said of an incident; `what` is 'take', 'note', 'add', 'recover' or 'close'."""

    place: str
    at: datetime
    by: str
    what: str
    words: str


@dataclass(frozen=True, kw_only=True)
class IncidentView:
    """
    One incident. Times that nobody knows are None; `to_detect`, `to_respond` and `to_recover` say them in words,
    `..._s` in seconds. `commands` are what a person can do next.
    """

    id: str
    slice: str
    state: str
    cause: str
    cause_words: str
    ground: str
    owner: str
    words: str
    onset: datetime | None
    detected: datetime
    taken: datetime | None
    taken_by: str | None
    recovered: datetime | None
    closed: datetime | None
    closed_by: str | None
    to_detect: str
    to_respond: str
    to_recover: str
    to_detect_s: float | None
    to_respond_s: float | None
    to_recover_s: float | None
    usual: bool
    said: tuple[SaidView, ...]
    commands: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class IncidentsView:
    """All of a slice, those that are not closed first, then the newest."""

    slice: str
    open: int
    words: str
    incidents: tuple[IncidentView, ...]


def incidents_view(desk: Desk, *, closed: bool = True) -> IncidentsView:
    """
    The incidents of a slice.

    Args:
        desk: Of the slice.
        closed: Whether those that are closed are among them.
    """
    found = load_incidents(desk).all()
    shown = [one for one in found if one.closed is None] + [one for one in found if closed and one.closed is not None]
    waiting = sum(one.closed is None for one in found)
    return IncidentsView(
        slice=desk.slice, open=waiting, words=open_words(waiting), incidents=tuple(incident_view(one) for one in shown)
    )


def open_words(count: int) -> str:
    """How many incidents are open."""
    if not count:
        return "no incident is open"
    return f"{count} {'incident is' if count == 1 else 'incidents are'} open"


def incident_view(one: Incident) -> IncidentView:
    """One incident."""
    return IncidentView(
        id=one.id,
        slice=one.slice,
        state=one.state,
        cause=one.cause,
        cause_words=CAUSES.get(one.cause, one.cause),
        ground=one.ground,
        owner=one.owner,
        words=one.words,
        onset=one.onset,
        detected=one.detected,
        taken=one.taken.at if one.taken is not None else None,
        taken_by=one.taken.by if one.taken is not None else None,
        recovered=one.recovered.at if one.recovered is not None else None,
        closed=one.closed.at if one.closed is not None else None,
        closed_by=one.closed.by if one.closed is not None else None,
        to_detect=lasted(one.to_detect, "unknown since when"),
        to_respond=lasted(one.to_respond, "nobody yet"),
        to_recover=lasted(one.to_recover, "not yet"),
        to_detect_s=_seconds(one.to_detect),
        to_respond_s=_seconds(one.to_respond),
        to_recover_s=_seconds(one.to_recover),
        usual=one.usual,
        said=tuple(
            SaidView(place=f"{one.slice}#{said.seq}", at=said.at, by=said.by, what=said.kind, words=said.words)
            for said in one.said
        ),
        commands=_commands(one),
    )


def lasted(span: timedelta | None, unknown: str) -> str:
    """A time in words: in days and hours, hours and minutes, or minutes; `unknown` where there is none."""
    if span is None:
        return unknown
    minutes = round(span.total_seconds() / 60)
    if minutes < 1:
        return "under a minute"
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{rest} min"


def _commands(one: Incident) -> tuple[str, ...]:
    if one.closed is not None:
        return ()
    found = [f"goldenthread incident take {one.id} --as NAME"] if one.taken is None else []
    found.append(f'goldenthread incident note {one.id} "..." --as NAME')
    if one.recovered is None:
        found.append(f'goldenthread incident recover {one.id} "..." --as NAME')
    else:
        found.append(f'goldenthread incident close {one.id} "..." --as NAME')
    return tuple(found)


def _seconds(span: timedelta | None) -> float | None:
    return span.total_seconds() if span is not None else None
