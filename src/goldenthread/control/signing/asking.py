"""
Signatures that are still missing, tracked like any question to a person: asked for, due, reminded of, refused.

Who must sign stands in the contract; since when, in the record that committed the version or asked again. What is due
follows from these and the clock; a tick only puts reminders on record, for whoever is to be told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from goldenthread.control.autonomy import Standing, Version
from goldenthread.control.guard import Desk, Writing
from goldenthread.promise.contract import Calendar, Contract, after_working, parse_time, working_length
from goldenthread.promise.errors import ContractNotFound, ValueProblem
from goldenthread.promise.values import Json
from goldenthread.record.ledger import Record
from goldenthread.record.principals import KeyRing, contract_signers

ASK, REFUSE, REMIND = "contract:version:ask", "contract:version:refuse", "contract:version:remind"
SIGN_OFF_KINDS = ("contract:version:commit", ASK, REFUSE, REMIND)
SIGN_OFF_TYPE = "application/vnd.goldenthread.sign-off+json"
"""Payload type of a signed request for a signature, or of its refusal (DSSE)."""

MAY_ASK = ("owner", "expert", "administrator")
WITHIN = "5 d"
"""Time to sign where nobody says: five working days."""

_REMINDERS = 7  # at half the time, when it is over, and on five working days after that


@dataclass(frozen=True, kw_only=True)
class SignOff:
    """
    A signature that a committed version waits for. `state`: `waits`, `overdue` or `refused`, with the `reason` then.
    `asked_by` is who asked, or committed the version. `due` is UTC, by the version's calendar; `reminders` is how many
    are due by now, `reminded` how many are on record.
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


def sign_offs(desk: Desk) -> tuple[SignOff, ...]:
    """Every signature that versions of a slice still wait for; of versions that a newer one replaced, none."""
    standing = desk.standing()
    pending = _pending(standing)
    if not pending:
        return ()
    records = list(desk.ledger.read(desk.slice, kinds=SIGN_OFF_KINDS))
    now = max(desk.ledger.clock(), standing.now)
    return tuple(
        _sign_off(desk, version, [one for one in records if one.data["version"] == version.contract.version], who, now)
        for version in pending
        for who in version.missing
    )


def ask_signature(
    desk: Desk, ring: KeyRing, name: str, *, by: str, version: int | None = None, within: str = WITHIN
) -> Record:
    """
    Ask somebody whom a committed version names for their signature; also again, after they refused.

    Args:
        desk: Of the slice.
        ring: Holds the key of `by`.
        name: Who is to sign.
        by: An owner or expert of the slice, or an administrator.
        version: Which; by default the newest that waits.
        within: Working time until it is due, such as `3 d`.

    Raises:
        ContractNotFound: No version waits for a signature.
        ValueProblem: This one does not wait for theirs.
        LineInvalid: `within` is no time.
        NotPermitted, PrincipalUnknown, NotInitialised, KeyMissing, KeyLocked, SignatureInvalid: `by` may not.
    """
    length = parse_time(within)
    desk.principals().require_role(by, MAY_ASK, desk.slice)
    with desk.transaction() as writing:
        found = _require_missing(writing.standing, name, version)
        return _say(writing, ring, by, ASK, found, {"name": name, "within": str(length)})


def refuse_signature(desk: Desk, ring: KeyRing, reason: str, *, by: str, version: int | None = None) -> Record:
    """
    Say that one will not sign a version, and why. They may still sign it later; until then it waits for them.

    Raises:
        ContractNotFound, ValueProblem: As `ask_signature`; or no reason is given.
        NotPermitted, SecondRole, PrincipalUnknown, NotInitialised, DemoKeyRefused: Their signature would not count.
        KeyMissing, KeyLocked, SignatureInvalid: Their key cannot be used here.
    """
    if not reason.strip():
        raise ValueProblem("A refusal without a reason helps nobody write the next version. Say what is wrong.")
    with desk.transaction() as writing:
        found = _require_missing(writing.standing, by, version)
        signers = contract_signers(found.contract)
        desk.principals().require_signer(desk.slice, signers, by, found.missing[by])
        return _say(writing, ring, by, REFUSE, found, {"name": by, "reason": reason.strip()})


def tick_sign_offs(desk: Desk) -> tuple[Record, ...]:
    """Put on record the reminders that are due and are not; who refused, or is away, is not reminded."""
    if not any(_is_to_remind(one) for one in sign_offs(desk)):
        return ()
    written: list[Record] = []
    with desk.transaction() as writing:
        for one in sign_offs(desk):  # again: another process may have written them meanwhile
            if _is_to_remind(one):
                said: dict[str, Any] = {"version": one.version, "name": one.name, "role": one.role}
                due = {"due": one.due.isoformat(), "number": one.reminders}
                written.append(writing.append(REMIND, {**said, **due}))
    return tuple(written)


def _is_to_remind(one: SignOff) -> bool:
    return one.state != "refused" and not one.away and one.reminders > one.reminded


def _pending(standing: Standing) -> list[Version]:
    """Versions that may still come into force: newer than the one that is."""
    in_force = standing.in_force.contract.version if standing.in_force is not None else 0
    later = (version for number, version in sorted(standing.versions.items()) if number > in_force)
    return [version for version in later if version.missing and not version.contract.is_prototype]


def _sign_off(desk: Desk, version: Version, records: Sequence[Record], name: str, now: datetime) -> SignOff:
    calendar = _calendar(version.contract)
    commit = next(one for one in records if one.kind == "contract:version:commit")
    asked, refused, reminded = commit, None, 0
    for record in (one for one in records if one.data.get("name") == name):
        if record.kind == ASK:
            asked, refused, reminded = record, None, 0
        elif record.kind == REFUSE:
            refused = record
        elif record.kind == REMIND:
            reminded = max(reminded, record.data["number"])
    length = working_length(calendar, parse_time(asked.data.get("within", WITHIN)))
    due = after_working(calendar, asked.at, length)
    leave = desk.principals().on_leave(name, now)
    return SignOff(
        slice=desk.slice,
        version=version.contract.version,
        name=name,
        role=version.missing[name],
        state="refused" if refused is not None else "overdue" if now >= due else "waits",
        asked_at=asked.at,
        asked_by=asked.by,
        due=due,
        reminders=sum(at <= now for at in _reminders(calendar, asked.at, length)),
        reminded=reminded,
        reason=str(refused.data["reason"]) if refused is not None else None,
        away_until=leave.until if leave is not None else None,
        away=leave is not None,
    )


def _reminders(calendar: Calendar | None, asked: datetime, length: timedelta) -> Iterator[datetime]:
    yield after_working(calendar, asked, length / 2)
    day = working_length(calendar, parse_time("1 d"))
    for more in range(_REMINDERS - 1):
        yield after_working(calendar, asked, length + more * day)


def _require_missing(standing: Standing, name: str, version: int | None) -> Version:
    pending = _pending(standing)
    found = [one for one in pending if version in (None, one.contract.version)]
    if not found:
        which = f"version {version}" if version is not None else "no version"
        raise ContractNotFound(
            f"Of '{standing.slice}' {which} waits for {'no ' if version is not None else 'a '}signature. "
            "The first signature commits a version: `goldenthread contract sign FILE`."
        )
    waiting = found[-1]
    if name not in waiting.missing:
        still = ", ".join(waiting.missing)
        done = "has signed" if name in waiting.signatures else "is not asked to sign"
        raise ValueProblem(
            f"'{name}' {done} version {waiting.contract.version} of '{standing.slice}'; it waits for {still}. "
            "Name one of these."
        )
    return waiting


def _say(writing: Writing, ring: KeyRing, by: str, kind: str, version: Version, content: Mapping[str, Json]) -> Record:
    """What somebody says of a version, signed for exactly this place of the chain."""
    place = writing.tx.head(writing.desk.slice) + 1
    said: dict[str, Json] = {
        "record": kind,
        "organisation": writing.desk.principals().organisation,
        "slice": writing.desk.slice,
        "seq": place,
        "version": version.contract.version,
        "digest": version.digest,
        **content,
    }
    envelope = ring.sign(by, SIGN_OFF_TYPE, said)
    writing.desk.principals().require_signed(by, envelope, SIGN_OFF_TYPE, said)
    about = {"version": version.contract.version, "digest": version.digest, **content}
    return writing.append(kind, {**about, "envelope": dict(envelope)}, by=by)


def _calendar(contract: Contract) -> Calendar | None:
    return contract.autonomy.calendar if contract.autonomy is not None else None
