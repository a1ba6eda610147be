"""
How long a question waits, and whose turn it is: derived from the contract's escalation path, never scheduled.

Plain functions of the contract and of instants; all lengths are working time in the contract's calendar.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from goldenthread.promise.contract.model import Autonomy, Contract, Quantity
from goldenthread.promise.contract.working_time import after_working, working_length

DEFAULT_EXPIRY = Quantity(amount=Decimal(14), unit="d")
"""How long a question may wait for a yes where the contract does not say."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """
    Whose turn it is to answer: step `step` of the path (from 0), `to`, since `since`.

    `half` is when half of their time is over, `due` when all of it is; `last` says that nobody comes after them.
    """

    step: int
    to: str
    since: datetime
    half: datetime
    due: datetime
    last: bool


def turn_at(contract: Contract, step: int, since: datetime, now: datetime) -> Turn | None:
    """
    The turn as of `now` of a question that came to step `step` at `since`: each step that lets its time pass hands it
    to the next, the last one keeps it. A step past the path's end is its last. None where the contract has no path.
    """
    turns = turns_until(contract, step, since, now)
    return turns[-1] if turns else None


def turns_until(contract: Contract, step: int, since: datetime, now: datetime) -> tuple[Turn, ...]:
    """Every turn from step `step`, taken at `since`, to the one of `now`, in order; none without a path."""
    path = contract.autonomy.escalate if contract.autonomy else ()
    if not path:
        return ()
    turns = [_turn(contract, min(step, len(path) - 1), since)]
    while not turns[-1].last and now >= turns[-1].due:
        turns.append(_turn(contract, turns[-1].step + 1, turns[-1].due))
    return tuple(turns)


def expiry_length(autonomy: Autonomy | None) -> timedelta:
    """
    How long a question may wait for a yes: as the contract says, else 14 working days, or the time of the whole path
    if that is longer.
    """
    calendar = autonomy.calendar if autonomy else None
    stated = autonomy.expire if autonomy else None
    if stated is not None:
        return _length(calendar, stated.after)
    steps = autonomy.escalate if autonomy else ()
    whole_path = sum((_length(calendar, step.within) for step in steps), timedelta())
    return max(_length(calendar, DEFAULT_EXPIRY), whole_path)


def expires_at(contract: Contract, asked_at: datetime) -> datetime:
    """When a question of that instant can no longer be answered with yes; that instant included."""
    calendar = contract.autonomy.calendar if contract.autonomy else None
    return _after(calendar, asked_at, expiry_length(contract.autonomy))


# Every look at an inbox asks for the same few instants of each item again.
_after = lru_cache(maxsize=16_384)(after_working)
_length = lru_cache(maxsize=256)(working_length)


def _turn(contract: Contract, step: int, since: datetime) -> Turn:
    assert contract.autonomy is not None
    path, calendar = contract.autonomy.escalate, contract.autonomy.calendar
    length = _length(calendar, path[step].within)
    return Turn(
        step=step,
        to=path[step].to,
        since=since,
        half=_after(calendar, since, length / 2),
        due=_after(calendar, since, length),
        last=step == len(path) - 1,
    )
