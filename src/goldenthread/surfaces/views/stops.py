"""What stands still, by whose word, and whose word would let it go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from goldenthread.control.signing import who_completes
from goldenthread.control.stops import ASK_LIFE, MAY_LIFT, Stop, Stops, extent
from goldenthread.promise.errors import GoldenthreadError
from goldenthread.record.principals import Principals


@dataclass(frozen=True, kw_only=True)
class AskedLift:
    """Somebody's word that a stop may be lifted; `counts` while a second person's can complete it."""

    by: str
    at: datetime
    reason: str
    counts: bool


@dataclass(frozen=True, kw_only=True)
class StopRow:
    """
    A stop that holds. `chain` is 'organisation' for what reaches further than a slice. `wanted`: who can complete what
    was asked, or could begin. `may`: what this visitor's word would do: 'ask', 'lift', 'asked' (they have), or '' with
    `why_not`.
    """

    id: str
    chain: str
    subject: str
    by: str
    at: datetime
    reason: str
    asked: tuple[AskedLift, ...]
    wanted: tuple[str, ...]
    may: str
    why_not: str


def stop_rows(found: Sequence[Stops], principals: Principals, *, name: str | None, now: datetime) -> list[StopRow]:
    """
    Every stop that holds, the newest first.

    Args:
        found: The stops of each chain.
        principals: As of now.
        name: Who looks; None: nobody in particular.
        now: Aware.
    """
    rows = [_row(stops, stop, principals, name, now) for stops in found for stop in stops.in_force]
    return sorted(rows, key=lambda one: (one.at, one.id), reverse=True)


def _row(stops: Stops, stop: Stop, principals: Principals, name: str | None, now: datetime) -> StopRow:
    asked = tuple(
        AskedLift(by=one.by, at=one.at, reason=str(one.data.get("reason", "")), counts=now - one.at <= ASK_LIFE)
        for one in stops.asked(stop)
    )
    fresh = {one.by for one in asked if one.counts}
    wanted = who_completes(principals, stop, fresh)
    why_not = _why_not(principals, stop, name)
    may = "" if why_not else "asked" if name in fresh else "lift" if fresh and name in wanted else "ask"
    return StopRow(
        id=stop.id,
        chain=stop.chain,
        subject=stop.subject,
        by=stop.by,
        at=stop.at,
        reason=stop.reason,
        asked=asked,
        wanted=wanted if fresh else (),
        may=may,
        why_not=why_not,
    )


def _why_not(principals: Principals, stop: Stop, name: str | None) -> str:
    if name is None:
        return "You act as nobody. Choose at the top of the page whom you act as."
    try:
        principals.require_role(name, MAY_LIFT, extent(stop.chain))
    except GoldenthreadError as problem:
        return problem.message
    return ""
