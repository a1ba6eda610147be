"""A committed version as whoever signs it sees it: every word of it, what it changes, and whose signature it lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from goldenthread.control.guard import Desk
from goldenthread.control.signing import SignOff, sign_offs
from goldenthread.promise.contract import Change, difference, loosened_gates
from goldenthread.promise.errors import GoldenthreadError
from goldenthread.promise.values import Json, Level
from goldenthread.record.principals import Principals, contract_signers, contract_statement
from goldenthread.surfaces.views.authoring import state_words
from goldenthread.surfaces.views.contracts import ContractView, contract_view


@dataclass(frozen=True, kw_only=True)
class Awaited:
    """A signature that is still to be given: whose, as what, since when, until when; `reason` where they refused."""

    name: str
    role: str
    state: str
    asked_at: datetime | None
    asked_by: str | None
    due: datetime | None
    away: bool
    reason: str | None


@dataclass(frozen=True, kw_only=True)
class VersionToSign:
    """
    A version, and what its visitor can do about it.

    Attributes:
        state: In words.
        before: The version before, or None for the first.
        changes: What this one changes beside it.
        afresh: Gates whose evidence starts anew.
        awaited: Whose signatures it lacks.
        role: As what the visitor signs it; None where it waits for no signature of theirs.
        statement: What they would sign, word for word; None where they don't sign.
        why_not: Why a signature of theirs would not count, or None.
    """

    contract: ContractView
    state: str
    before: int | None
    changes: tuple[Change, ...]
    afresh: tuple[Level, ...]
    awaited: tuple[Awaited, ...]
    role: str | None
    statement: Mapping[str, Json] | None
    why_not: str | None


def version_to_sign(desk: Desk, principals: Principals, version: int, name: str | None) -> VersionToSign:
    """
    A version as `name` sees it.

    Raises:
        ContractNotFound: No such version.
    """
    shown = contract_view(desk, version)
    standing = desk.standing()
    found = standing.versions[version]
    before = standing.versions.get(version - 1)
    role = found.missing.get(name) if name is not None and not found.contract.is_prototype else None
    statement, why_not = None, None
    if role is not None and name is not None:
        try:
            principals.require_signer(desk.slice, contract_signers(found.contract), name, role)
            statement = contract_statement(principals, found.contract, name, role)
        except GoldenthreadError as problem:
            why_not = problem.message
    afresh = loosened_gates(before.contract, found.contract) if before is not None else ()
    awaited = _awaited(desk, version, found.missing if not found.contract.is_prototype else {})
    refusing = [one.name for one in awaited if one.state == "refused"]
    return VersionToSign(
        contract=shown,
        state=_refused_words(refusing) if refusing else state_words(standing, version),
        before=before.contract.version if before is not None else None,
        changes=difference(before.contract, found.contract) if before is not None else (),
        afresh=tuple(sorted(afresh, key=lambda level: level.rank)),
        awaited=awaited,
        role=role,
        statement=statement,
        why_not=why_not,
    )


def _refused_words(names: Sequence[str]) -> str:
    return f"not in force: {' and '.join(names)} {'refuses' if len(names) == 1 else 'refuse'} to sign it"


def _awaited(desk: Desk, version: int, missing: Mapping[str, str]) -> tuple[Awaited, ...]:
    asked = {one.name: one for one in sign_offs(desk) if one.version == version and one.fingerprint is None}
    return tuple(_one(name, role, asked.get(name)) for name, role in missing.items())


def _one(name: str, role: str, asked: SignOff | None) -> Awaited:
    if asked is None:  # A newer version is in force: nobody is asked any more.
        return Awaited(
            name=name, role=role, state="replaced", asked_at=None, asked_by=None, due=None, away=False, reason=None
        )
    return Awaited(
        name=name,
        role=role,
        state=asked.state,
        asked_at=asked.asked_at,
        asked_by=asked.asked_by,
        due=asked.due,
        away=asked.away,
        reason=asked.reason,
    )
