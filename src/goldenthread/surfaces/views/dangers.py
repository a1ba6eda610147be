"""What is not as it must be in a slice, each in a sentence: what a leader has to see before anything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from goldenthread.control.autonomy import Standing
from goldenthread.control.incidents import Incident
from goldenthread.control.windows import flags_due
from goldenthread.promise.contract import Contract
from goldenthread.surfaces.views.changes import ChangeView
from goldenthread.surfaces.views.ladder import StopView
from goldenthread.surfaces.views.outcomes import OutcomeLine

LATELY = timedelta(days=28)
"""How long a fall counts as news."""


@dataclass(frozen=True, kw_only=True)
class Danger:
    """
    One thing that is wrong.

    Attributes:
        kind: 'stop', 'incident', 'flag', 'outcome', 'people', 'watching' or 'fall'.
        owner: Who has to look; None where nobody is named.
        place: The number of the record that it is on, of an incident.
    """

    kind: str
    words: str
    since: datetime | None = None
    owner: str | None = None
    place: str | None = None


def dangers_of(
    contract: Contract,
    standing: Standing,
    *,
    stops: tuple[StopView, ...],
    incidents: tuple[Incident, ...],
    outcomes: tuple[OutcomeLine, ...],
    changes: tuple[ChangeView, ...],
    now: datetime,
) -> tuple[Danger, ...]:
    """Everything that is wrong in a slice at an instant, the gravest first."""
    return (
        *stop_dangers(stops),
        *_incidents(incidents),
        *_outcomes(contract, standing, outcomes, now),
        *_people(contract, standing),
        *_falls(changes, now),
    )


def stop_dangers(stops: tuple[StopView, ...]) -> tuple[Danger, ...]:
    """Stops, as dangers."""
    return tuple(Danger(kind="stop", words=stop.words) for stop in stops)


def _incidents(incidents: tuple[Incident, ...]) -> Iterator[Danger]:
    for one in incidents:
        if one.closed is None and one.cause != "stop":
            place = one.id.rpartition("#")[2]
            yield Danger(kind="incident", words=one.words, since=one.detected, owner=one.owner, place=place)


def _outcomes(
    contract: Contract, standing: Standing, outcomes: tuple[OutcomeLine, ...], now: datetime
) -> Iterator[Danger]:
    for flag in flags_due(contract, standing.windows, now, climbed=standing.climbed).values():
        yield Danger(kind="flag", words=flag.words, owner=flag.owner)
    for line in outcomes:
        if line.state == "overdue":
            yield Danger(kind="outcome", words=f"{line.metric} is overdue: {line.owner} owes it", owner=line.owner)
        elif line.state == "missed":
            words = f"{line.metric} missed its target: {line.measured} instead of {line.target}"
            yield Danger(kind="outcome", words=words, owner=contract.owner)


def _people(contract: Contract, standing: Standing) -> Iterator[Danger]:
    current = standing.current
    fallback = standing.fallback(current.fingerprint) if current is not None else None
    terms = contract.autonomy.when_people_leave if contract.autonomy is not None else None
    if fallback is not None and terms is not None:
        alone = fallback[0]
        yield Danger(kind="people", words=alone.words(terms).capitalize(), since=alone.since, owner=contract.owner)
    for one in standing.vigilance.flagged:
        yield Danger(kind="watching", words=f"Whether {one.name} still looks at what they approve is in doubt")


def _falls(changes: tuple[ChangeView, ...], now: datetime) -> Iterator[Danger]:
    last = changes[-1] if changes else None
    if last is not None and last.after < last.before and now - last.at <= LATELY:
        yield Danger(kind="fall", words=f"It fell from {last.before} to {last.after}. {last.reason}", since=last.at)
