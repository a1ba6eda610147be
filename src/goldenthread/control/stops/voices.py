"""Who may stop and who may lift, and whether a word to lift was really said, for exactly this stop and place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from goldenthread.control.stops.model import LIFT, STOP_TYPE, Stop, Voice, VoiceOf
from goldenthread.promise.errors import GoldenthreadError, NotPermitted
from goldenthread.record.ledger import ORGANISATION, Record
from goldenthread.record.principals import EVERYWHERE, Principals

MAY_STOP = ("owner", "approver", "administrator")
"""One of them is enough. For everything and for a tool everywhere, their role must reach every slice."""

MAY_LIFT = ("owner", "approver", "administrator")
LEADS = {False: ("owner",), True: ("administrator",)}
"""Of the two who lift, one must be an owner of the slice; an administrator, for what is stopped everywhere."""


def extent(chain: str) -> str:
    """The slice for which a role must hold; '*' for the organisation's chain."""
    return EVERYWHERE if chain == ORGANISATION else chain


def lift_statement(organisation: str, stop_id: str, *, chain: str, seq: int, reason: str) -> dict[str, Any]:
    """What somebody signs who wants a stop lifted: this stop, in this ledger, at this place of its chain."""
    return {
        "record": LIFT,
        "organisation": organisation,
        "chain": chain,
        "seq": seq,
        "stop": stop_id,
        "reason": reason,
    }


def voices(principals: Callable[[], Principals]) -> VoiceOf:
    """
    Judge words to lift by the principals on record.

    Args:
        principals: Gives all of them, as recent as the records that are judged.
    """

    def voice_of(stop: Stop, lift: Record, when: Record) -> Voice:
        try:
            return _voice(principals(), stop, lift, when)
        except (KeyError, TypeError, AttributeError, ValueError) as problem:
            return Voice(problem=f"the record is malformed: {type(problem).__name__}: {problem}")

    return voice_of


def _voice(principals: Principals, stop: Stop, lift: Record, when: Record) -> Voice:
    then, now = _as_of(principals, stop, lift), _as_of(principals, stop, when)
    said = lift_statement(
        principals.organisation, stop.id, chain=stop.chain, seq=lift.seq, reason=str(lift.data["reason"])
    )
    try:
        then.require_signed(lift.by, lift.data["envelope"], STOP_TYPE, said)
        then.require_role(lift.by, MAY_LIFT, extent(stop.chain))
        person = now.require_role(lift.by, MAY_LIFT, extent(stop.chain))
        if person.kind != "person":
            raise NotPermitted(f"'{lift.by}' is no person. A person must.")
    except GoldenthreadError as problem:
        return Voice(problem=str(problem))
    leads = any(person.has(role, extent(stop.chain)) for role in LEADS[stop.chain == ORGANISATION])
    return Voice(problem=None, leads=leads)


def _as_of(principals: Principals, stop: Stop, record: Record) -> Principals:
    """By the order of the chain where it is the one that holds the rights, else by the clock."""
    if stop.chain == ORGANISATION:
        return principals.at(record.seq)
    at: datetime = record.at
    return principals.as_of(at)
