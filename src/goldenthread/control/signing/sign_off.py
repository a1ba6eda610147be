"""One signature that is waited for, on a version or on a release: since when, until when, reminded of, refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from goldenthread.control.guard import GUARD, Desk, Writing
from goldenthread.promise.contract import (
    LONGEST_WAIT,
    Calendar,
    Contract,
    Quantity,
    after_working,
    is_too_long,
    parse_time,
    working_length,
)
from goldenthread.promise.errors import ValueProblem
from goldenthread.promise.values import Json
from goldenthread.record.ledger import Record
from goldenthread.record.principals import KeyRing

SIGN_OFF_TYPE = "application/vnd.goldenthread.sign-off+json"
"""Payload type of a signed request for a signature, or of its refusal (DSSE)."""

MAY_ASK = ("owner", "expert", "administrator")
WITHIN = "5 d"
"""Time to sign where nobody says: five working days."""

_REMINDERS = 7  # at half the time, when it is over, and on five working days after that


@dataclass(frozen=True, kw_only=True)
class SignOff:
    """
    A signature that is waited for: on a committed version of the contract, or, with `fingerprint`, on a release of
    `agent` under that version. `state`: `waits`, `overdue` or `refused`, with the `reason` then. `asked_by` is who
    asked, committed the version, or declared the release. `due` is UTC, by the version's calendar; `reminders` is how
    many are due by now, `reminded` how many are on record.
    """

    slice: str
    version: int
    name: str
    role: str
    state: str
    asked_at: datetime
    asked_by: str
    due: datetime
    reminders: int
    reminded: int
    reason: str | None
    away_until: datetime | None
    away: bool
    fingerprint: str | None = None
    agent: str | None = None


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Whose signature is missing on what, the record that first asked for it, and all that was said of it since."""

    contract: Contract
    name: str
    role: str
    first: Record
    records: Sequence[Record]
    fingerprint: str | None = None
    agent: str | None = None


def sign_off(desk: Desk, wanted: Wanted, now: datetime) -> SignOff:
    """How it stands at an instant."""
    calendar = wanted.contract.autonomy.calendar if wanted.contract.autonomy is not None else None
    asked, refused, reminded = wanted.first, None, 0
    for record in (one for one in wanted.records if _concerns(one, wanted.name)):
        match record.kind.rpartition(":")[2]:
            case "ask":
                asked, refused, reminded = record, None, 0
            case "refuse":
                refused = record
            case "remind":
                reminded = max(reminded, record.data["number"])
    within = parse_time(asked.data.get("within", WITHIN))
    length = working_length(calendar, LONGEST_WAIT if is_too_long(within) else within)
    due = after_working(calendar, asked.at, length)
    leave = desk.principals().on_leave(wanted.name, now)
    return SignOff(
        slice=desk.slice,
        version=wanted.contract.version,
        name=wanted.name,
        role=wanted.role,
        state="refused" if refused is not None else "overdue" if now >= due else "waits",
        asked_at=asked.at,
        asked_by=asked.by if asked.by != GUARD else str(asked.data.get("agent", GUARD)),
        due=due,
        reminders=sum(at <= now for at in _reminders(calendar, asked.at, length)),
        reminded=reminded,
        reason=str(refused.data["reason"]) if refused is not None else None,
        away_until=leave.until if leave is not None else None,
        away=leave is not None,
        fingerprint=wanted.fingerprint,
        agent=wanted.agent,
    )


def say(writing: Writing, ring: KeyRing, by: str, kind: str, about: Mapping[str, Json]) -> Record:
    """What somebody says of a version or a release, signed for exactly this place of the chain."""
    said: dict[str, Json] = {
        "record": kind,
        "organisation": writing.desk.principals().organisation,
        "slice": writing.desk.slice,
        "seq": writing.tx.head(writing.desk.slice) + 1,
        **about,
    }
    envelope = ring.sign(by, SIGN_OFF_TYPE, said)
    writing.desk.principals().require_signed(by, envelope, SIGN_OFF_TYPE, said)
    return writing.append(kind, {**about, "envelope": dict(envelope)}, by=by)


def require_within(text: str) -> Quantity:
    """
    How long somebody has for a signature.

    Raises:
        LineInvalid: The text is no time.
        ValueProblem: Nobody needs that long.
    """
    length = parse_time(text)
    if is_too_long(length):
        raise ValueProblem(f"{length} is longer than {LONGEST_WAIT}, so nobody is asked. Give them less, such as 5 d.")
    return length


def require_reason(reason: str, of: str) -> str:
    """
    Raises:
        ValueProblem: There is none.
    """
    if not reason.strip():
        raise ValueProblem(f"A refusal without a reason helps nobody write the next {of}. Say what is wrong.")
    return reason.strip()


def _concerns(record: Record, name: str) -> bool:
    return name == record.data.get("name") or name in record.data.get("signers", ())


def _reminders(calendar: Calendar | None, asked: datetime, length: timedelta) -> Iterator[datetime]:
    yield after_working(calendar, asked, length / 2)
    day = working_length(calendar, parse_time("1 d"))
    for more in range(_REMINDERS - 1):
        yield after_working(calendar, asked, length + more * day)
