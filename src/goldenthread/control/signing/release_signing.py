"""Sign a release: what an agent is made of, as it was declared. The last signature lets it go above draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from goldenthread.control.autonomy import Release, Standing
from goldenthread.control.guard import Declaration, Desk
from goldenthread.control.signing.release_asking import find_release, require_asked
from goldenthread.promise.errors import ErrorBudgetSpent, ManifestMismatch, NotPermitted
from goldenthread.promise.values import Level
from goldenthread.record.ledger import ORGANISATION, Record
from goldenthread.record.principals import RELEASE_SIGN, KeyRing, sign_release_statement


@dataclass(frozen=True, kw_only=True)
class SignedRelease:
    """
    A release after somebody signed it.

    `again`: they had signed before, and nothing was recorded. `missing`: who must still sign, and as what. `level`:
    what it may use now. `record`: where the signature stands, or None if `again`.
    """

    slice: str
    agent: str
    fingerprint: str
    role: str
    again: bool
    missing: Mapping[str, str]
    level: Level
    record: Record | None


def sign_release(desk: Desk, ring: KeyRing, fingerprint: str, *, by: str) -> SignedRelease:
    """
    Sign a release as `by`, with the key in `ring`. What it has earned meanwhile counts at once.

    Args:
        desk: Of the slice.
        ring: Holds the signer's key.
        fingerprint: The release, or its first digits; what is signed is all of it.
        by: Who signs; the contract in force says as what.

    Raises:
        ReleaseUnknown: No such release was declared, or several.
        ReleaseUnasked: The contract in force asks nobody to sign releases, or not them.
        ErrorBudgetSpent: The slice has failed more often than its contract bears.
        ManifestMismatch: What was declared does not have that fingerprint.
        NotPermitted, SecondRole, DemoKeyRefused, PrincipalUnknown, NotInitialised, SignatureInvalid: The signature
            would not count.
        KeyMissing, KeyLocked: The key cannot be used here.
    """
    principals = desk.principals()
    with desk.transaction() as writing:
        standing = writing.standing
        agent = find_release(standing, fingerprint)
        contract, role = require_asked(standing, agent, by)
        _require_budget(desk, standing)
        require_as_declared(agent)
        record = None
        if agent.signatures.get(by) != role:
            place = writing.tx.head(desk.slice) + 1
            signed = sign_release_statement(principals, ring, contract, agent.fingerprint, by, role, place)
            signed["organisation"] = desk.ledger.head(ORGANISATION).seq
            record = writing.append(RELEASE_SIGN, signed, by=by)
            _require_counted(agent, by)
            writing.move(agent.fingerprint)
        return SignedRelease(
            slice=desk.slice,
            agent=agent.agent,
            fingerprint=agent.fingerprint,
            role=role,
            again=record is None,
            missing=standing.unsigned(agent.fingerprint),
            level=standing.level(agent.fingerprint),
            record=record,
        )


def _require_budget(desk: Desk, standing: Standing) -> None:
    """A change while errors are more than the contract bears is one more thing that may have caused the next."""
    contract = standing.contract
    spent = standing.workflow.held(contract, max(desk.ledger.clock(), standing.now)) if contract is not None else None
    if spent is not None:
        raise ErrorBudgetSpent(
            f"The release is not signed in '{desk.slice}'. {spent}. See `goldenthread incident list {desk.slice}`, and "
            "sign when the budget has recovered."
        )


def require_as_declared(agent: Release) -> None:
    """
    Raises:
        ManifestMismatch: Whoever signs would sign something else than what they are shown.
    """
    said = agent.declaration
    declared = Declaration(agent=agent.agent, manifest=said["manifest"], tools=said["tools"], code=said["code"])
    if declared.fingerprint != agent.fingerprint:
        raise ManifestMismatch(
            f"What '{agent.agent}' declared has the fingerprint {declared.fingerprint[:19]}..., and it stands on "
            f"record as {agent.fingerprint[:19]}.... Do not sign it; have the agent declare itself again."
        )


def _require_counted(agent: Release, by: str) -> None:
    """The fold's own judgement of the record just written: what it would not count is rolled back."""
    problem = agent.uncounted.get(by)
    if problem is not None:
        raise NotPermitted(f"The signature of '{by}' would not count, so it was not recorded: {problem}")
