"""
Signatures that are still missing, tracked like any question to a person: asked for, due, reminded of, refused.

Who must sign stands in the contract; since when, in the record that committed the version, declared the release or
asked again. What is due follows from these and the clock; a tick only puts reminders on record, for whoever is to be
told.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from goldenthread.control.autonomy import Outline, Version
from goldenthread.control.guard import Desk
from goldenthread.control.signing.release_asking import REMIND as REMIND_OF_RELEASE
from goldenthread.control.signing.release_asking import release_sign_offs
from goldenthread.control.signing.sign_off import (
    MAY_ASK,
    WITHIN,
    SignOff,
    Wanted,
    require_reason,
    require_within,
    say,
    sign_off,
)
from goldenthread.promise.errors import ContractNotFound, ValueProblem
from goldenthread.record.ledger import Record
from goldenthread.record.principals import KeyRing, contract_signers

ASK, REFUSE, REMIND = "contract:version:ask", "contract:version:refuse", "contract:version:remind"
SIGN_OFF_KINDS = ("contract:version:commit", ASK, REFUSE, REMIND)


def sign_offs(desk: Desk) -> tuple[SignOff, ...]:
    """
    Every signature that versions of a slice still wait for, then those that its agents' newest releases do; of
    versions that a newer one replaced, none.
    """
    outline = desk.outline()
    now = max(desk.ledger.clock(), outline.now)
    return (*_version_sign_offs(desk, outline, now), *release_sign_offs(desk, outline, now))


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
        LineInvalid, ValueProblem: `within` is no time, or longer than `LONGEST_WAIT`.
        NotPermitted, PrincipalUnknown, NotInitialised, KeyMissing, KeyLocked, SignatureInvalid: `by` may not.
    """
    length = require_within(within)
    desk.principals().require_role(by, MAY_ASK, desk.slice)
    with desk.transaction() as writing:
        found = _require_missing(writing.standing, name, version)
        return say(writing, ring, by, ASK, {**_about(found), "name": name, "within": str(length)})


def refuse_signature(desk: Desk, ring: KeyRing, reason: str, *, by: str, version: int | None = None) -> Record:
    """
    Say that one will not sign a version, and why. They may still sign it later; until then it waits for them.

    Raises:
        ContractNotFound, ValueProblem: As `ask_signature`; or no reason is given.
        NotPermitted, SecondRole, PrincipalUnknown, NotInitialised, DemoKeyRefused: Their signature would not count.
        KeyMissing, KeyLocked, SignatureInvalid: Their key cannot be used here.
    """
    why = require_reason(reason, "version")
    with desk.transaction() as writing:
        found = _require_missing(writing.standing, by, version)
        signers = contract_signers(found.contract)
        desk.principals().require_signer(desk.slice, signers, by, found.missing[by])
        return say(writing, ring, by, REFUSE, {**_about(found), "name": by, "reason": why})


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
                of = {"fingerprint": one.fingerprint, "agent": one.agent} if one.fingerprint is not None else {}
                written.append(writing.append(REMIND_OF_RELEASE if of else REMIND, {**of, **said, **due}))
    return tuple(written)


def _is_to_remind(one: SignOff) -> bool:
    return one.state != "refused" and not one.away and one.reminders > one.reminded


def _version_sign_offs(desk: Desk, outline: Outline, now: datetime) -> Iterator[SignOff]:
    pending = _pending(outline)
    if not pending:
        return
    records = list(desk.ledger.read(desk.slice, kinds=SIGN_OFF_KINDS))
    for version in pending:
        mine = [one for one in records if one.data["version"] == version.contract.version]
        first = next(one for one in mine if one.kind == "contract:version:commit")
        for name, role in version.missing.items():
            wanted = Wanted(contract=version.contract, name=name, role=role, first=first, records=mine)
            yield sign_off(desk, wanted, now)


def _pending(outline: Outline) -> list[Version]:
    """Versions that may still come into force: newer than the one that is."""
    in_force = outline.in_force.contract.version if outline.in_force is not None else 0
    later = (version for number, version in sorted(outline.versions.items()) if number > in_force)
    return [version for version in later if version.missing and not version.contract.is_prototype]


def _require_missing(outline: Outline, name: str, version: int | None) -> Version:
    pending = _pending(outline)
    found = [one for one in pending if version in (None, one.contract.version)]
    if not found:
        which = f"version {version}" if version is not None else "no version"
        raise ContractNotFound(
            f"Of '{outline.slice}' {which} waits for {'no ' if version is not None else 'a '}signature. "
            "The first signature commits a version: `goldenthread contract sign FILE`."
        )
    waiting = found[-1]
    if name not in waiting.missing:
        still = ", ".join(waiting.missing)
        done = "has signed" if name in waiting.signatures else "is not asked to sign"
        raise ValueProblem(
            f"'{name}' {done} version {waiting.contract.version} of '{outline.slice}'; it waits for {still}. "
            "Name one of these."
        )
    return waiting


def _about(version: Version) -> dict[str, Any]:
    return {"version": version.contract.version, "digest": version.digest}
