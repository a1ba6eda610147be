"""Signatures on releases: who is asked, who refused or took theirs back. The declaration of a release asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from goldenthread.control.autonomy import Outline, Release
from goldenthread.control.autonomy.releases import ASK, REFUSE, REMIND
from goldenthread.control.guard import Desk, newest_releases
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
from goldenthread.promise.contract import Contract, release_signers
from goldenthread.promise.errors import ReleaseUnasked, ReleaseUnknown
from goldenthread.promise.values import Json
from goldenthread.record.ledger import Record
from goldenthread.record.principals import KeyRing, contract_signers

__all__ = ["REMIND", "ask_release", "find_release", "refuse_release", "release_sign_offs", "require_asked"]

_DECLARE = "agent:fingerprint:declare"
_FEWEST = 6  # digits of a fingerprint: fewer are no name that a person meant


def release_sign_offs(desk: Desk, outline: Outline, now: datetime) -> Iterator[SignOff]:
    """What the newest release of each agent waits for; of an agent that was revoked, nothing."""
    contract, principals = outline.contract, desk.principals()
    waiting = [(one, missing) for one in newest_releases(outline) if (missing := outline.unsigned(one.fingerprint))]
    if not waiting or contract is None:
        return
    records = list(desk.ledger.read(desk.slice, kinds=(_DECLARE, ASK, REFUSE, REMIND)))
    for agent, missing in waiting:
        known = principals.find(agent.agent)
        if known is not None and known.revoked:
            continue
        mine = [one for one in records if one.data["fingerprint"] == agent.fingerprint]
        first = next(one for one in mine if one.kind == _DECLARE)
        of = {"fingerprint": agent.fingerprint, "agent": agent.agent}
        for name, role in missing.items():
            wanted = Wanted(contract=contract, name=name, role=role, first=first, records=mine, **of)
            yield sign_off(desk, wanted, now)


def ask_release(desk: Desk, ring: KeyRing, fingerprint: str, name: str, *, by: str, within: str = WITHIN) -> Record:
    """
    Ask somebody for their signature on a release; also again, after they refused.

    Args:
        desk: Of the slice.
        ring: Holds the key of `by`.
        fingerprint: The release, or its first digits.
        name: Who is to sign.
        by: An owner or expert of the slice, or an administrator.
        within: Working time until it is due, such as `3 d`.

    Raises:
        ReleaseUnknown: No such release, or several.
        ReleaseUnasked: It does not wait for theirs.
        LineInvalid, ValueProblem: `within` is no time, or longer than `LONGEST_WAIT`.
        NotPermitted, PrincipalUnknown, NotInitialised, KeyMissing, KeyLocked, SignatureInvalid: `by` may not.
    """
    length = require_within(within)
    desk.principals().require_role(by, MAY_ASK, desk.slice)
    with desk.transaction() as writing:
        agent = find_release(writing.standing, fingerprint)
        contract, role = require_asked(writing.standing, agent, name)
        if agent.signatures.get(name) == role:
            raise ReleaseUnasked(f"'{name}' has signed {_named(writing.standing, agent)}. Ask for another signature.")
        about = {**_about(agent, contract), "name": name, "role": role, "within": str(length)}
        return say(writing, ring, by, ASK, about)


def refuse_release(desk: Desk, ring: KeyRing, fingerprint: str, reason: str, *, by: str) -> Record:
    """
    Say that one will not sign a release, or take one's signature on it back, and why. From this record on it goes no
    higher than draft, until they sign it.

    Raises:
        ReleaseUnknown, ReleaseUnasked: As `ask_release`.
        ValueProblem: No reason is given.
        NotPermitted, SecondRole, PrincipalUnknown, NotInitialised, DemoKeyRefused: Their signature would not count.
        KeyMissing, KeyLocked, SignatureInvalid: Their key cannot be used here.
    """
    why = require_reason(reason, "release")
    with desk.transaction() as writing:
        agent = find_release(writing.standing, fingerprint)
        contract, role = require_asked(writing.standing, agent, by)
        desk.principals().require_signer(desk.slice, contract_signers(contract), by, role)
        return say(writing, ring, by, REFUSE, {**_about(agent, contract), "name": by, "role": role, "reason": why})


def find_release(outline: Outline, fingerprint: str) -> Release:
    """
    The release that a fingerprint names, whole or by its first digits, with or without `sha256:`.

    Raises:
        ReleaseUnknown: None was declared here, or several begin so.
    """
    digits = fingerprint.strip().lower().removeprefix("sha256:")
    found = [one for one in outline.agents.values() if one.fingerprint.removeprefix("sha256:").startswith(digits)]
    if len(digits) >= _FEWEST and len(found) == 1:
        return found[0]
    several = len(digits) < _FEWEST or len(found) > 1
    what = f"'{fingerprint}' names no one release" if several else f"No release '{fingerprint}' was declared"
    raise ReleaseUnknown(
        f"{what} in '{outline.slice}'; write at least {_FEWEST} of its first digits. "
        f"See `goldenthread release list {outline.slice}`."
    )


def require_asked(outline: Outline, agent: Release, name: str) -> tuple[Contract, str]:
    """
    The contract in force, and the role in which it asks somebody to sign releases.

    Raises:
        ReleaseUnasked: It asks nobody, or not them.
    """
    contract = outline.contract
    asked = release_signers(contract) if contract is not None else {}
    if contract is None or not asked:
        raise ReleaseUnasked(
            f"The contract in force of '{outline.slice}' asks nobody to sign {agent.fingerprint[:19]}... or any "
            "other release. Write `releases: signed by expert` under `autonomy` in its next version."
        )
    if name not in asked:
        named = ", ".join(f"{who} as {role}" for who, role in asked.items())
        raise ReleaseUnasked(
            f"The contract in force of '{outline.slice}' does not ask '{name}' to sign releases; it asks {named}. "
            "Name one of these."
        )
    return contract, asked[name]


def _named(outline: Outline, agent: Release) -> str:
    return f"the release {agent.fingerprint[:19]}... of '{agent.agent}' in '{outline.slice}'"


def _about(agent: Release, contract: Contract) -> dict[str, Json]:
    return {"fingerprint": agent.fingerprint, "agent": agent.agent, "version": contract.version}
