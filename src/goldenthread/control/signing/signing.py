"""Sign a version of a contract: load, decide, commit. The first signature commits the version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from goldenthread.control.autonomy import Standing
from goldenthread.control.guard import Desk, Writing, ask_for_releases
from goldenthread.control.problems import require_mapped
from goldenthread.promise.contract import Contract, refusals
from goldenthread.promise.errors import ContractConflict, ContractRefused, NotPermitted
from goldenthread.record.ledger import ORGANISATION, Record
from goldenthread.record.principals import KeyRing, sign_contract, version_problem

MAY_COMMIT = ("owner", "expert")


@dataclass(frozen=True, kw_only=True)
class SignedVersion:
    """
    A version after somebody signed it.

    `committed`: this signature was the first. `again`: they had signed before, and nothing was recorded.
    `missing`: who must still sign, and as what. `record`: where the signature stands, or None if `again`.
    """

    slice: str
    version: int
    digest: str
    role: str
    committed: bool
    again: bool
    missing: Mapping[str, str]
    in_force: bool
    record: Record | None


def sign_version(desk: Desk, ring: KeyRing, contract: Contract, *, by: str) -> SignedVersion:
    """
    Sign a contract as `by`, with the key in `ring`; commit the version if nobody has signed it yet.

    Args:
        desk: Of the contract's slice.
        ring: Holds the signer's key.
        contract: As read from the file; what is signed is the digest of its text.
        by: Who signs; the contract says as what.

    Raises:
        ContractRefused: A prototype, or one that a rule refuses.
        ContractConflict: This version was committed with another text, or it is not the next one.
        NotOnMap: A problem map is in force, and a new version's slice stands under none of its problems.
        NotPermitted, SecondRole, DemoKeyRefused, PrincipalUnknown, NotInitialised, SignatureInvalid: The
            signature would not count.
        KeyMissing, KeyLocked: The key cannot be used here.
    """
    _require_signable(contract)
    principals = desk.principals()
    with desk.transaction() as writing:
        committed = _is_new(writing.standing, contract)
        signature = sign_contract(principals, ring, contract, by)
        if not committed and by in writing.standing.versions[contract.version].signatures:
            return _result(writing.standing, contract, signature["role"], committed=False, record=None)
        if committed:
            require_mapped(desk.ledger, contract.slice)
            _commit(writing, contract, by)
        signature["organisation"] = desk.ledger.head(ORGANISATION).seq
        record = writing.append("contract:version:sign", signature, by=by)
        _require_counted(writing.standing, contract, by)
        ask_for_releases(writing)
        return _result(writing.standing, contract, signature["role"], committed=committed, record=record)


def commit_version(desk: Desk, contract: Contract, *, by: str) -> Record | None:
    """
    Put a version on record that nobody has signed, such as a prototype: its agent works in shadow and earns nothing.

    Returns:
        The record, or None where this text is on record as this version already.

    Raises:
        ContractRefused: A rule refuses it.
        ContractConflict: This version was committed with another text, or it is not the next one.
        NotOnMap: A problem map is in force, and a new version's slice stands under none of its problems.
        NotPermitted, PrincipalUnknown, NotInitialised: `by` is neither owner nor expert of the slice.
    """
    _require_sound(contract)
    desk.principals().require_role(by, MAY_COMMIT, desk.slice)
    with desk.transaction() as writing:
        if not _is_new(writing.standing, contract):
            return None
        require_mapped(desk.ledger, contract.slice)
        return _commit(writing, contract, by)


def _require_signable(contract: Contract) -> None:
    """
    Raises:
        ContractRefused: A prototype, or one that a rule refuses; every reason on a line of its own.
    """
    if contract.is_prototype:
        raise ContractRefused(
            f"{_name(contract)} is a prototype and cannot be signed; it lacks {', '.join(contract.missing_parts)}. "
            "`goldenthread contract commit` lets its agent work in shadow; write the missing parts to let it earn more."
        )
    _require_sound(contract)


def _require_sound(contract: Contract) -> None:
    found = refusals(contract)
    if found:
        reasons = "\n".join(f"  {refusal}" for refusal in found)
        raise ContractRefused(
            f"{_name(contract)} must not be signed:\n{reasons}\nMend these, then run `goldenthread contract check`."
        )


def _is_new(standing: Standing, contract: Contract) -> bool:
    """
    Whether the version is still to be committed.

    Raises:
        ContractConflict: It is on record with another text, or is not the next one.
    """
    committed = {number: version.digest for number, version in standing.versions.items()}
    problem = version_problem(committed, contract.version, contract.digest, of=f"'{contract.slice}'")
    if problem is not None:
        raise ContractConflict(problem)
    return contract.version not in committed


def _commit(writing: Writing, contract: Contract, by: str) -> Record:
    content = {"version": contract.version, "digest": contract.digest, "text": contract.text}
    return writing.append("contract:version:commit", content, by=by)


def _name(contract: Contract) -> str:
    return f"Version {contract.version} of '{contract.slice}'"


def _require_counted(standing: Standing, contract: Contract, by: str) -> None:
    """The fold's own judgement of the record just written: what it would not count is rolled back."""
    problem = standing.versions[contract.version].refused.get(by)
    if problem is not None:
        raise NotPermitted(f"The signature of '{by}' would not count, so it was not recorded: {problem}")


def _result(
    standing: Standing, contract: Contract, role: str, *, committed: bool, record: Record | None
) -> SignedVersion:
    version = standing.versions[contract.version]
    return SignedVersion(
        slice=contract.slice,
        version=contract.version,
        digest=contract.digest,
        role=role,
        committed=committed,
        again=record is None,
        missing=version.missing,
        in_force=standing.in_force is version,
        record=record,
    )
