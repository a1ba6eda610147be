"""Signatures under a contract or a release: in-toto statements, judged by the rights of the moment they were given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from goldenthread.promise.errors import NotPermitted, PrincipalError, SignatureInvalid
from goldenthread.record.principals.envelopes import STATEMENT_TYPE, open_envelope, short
from goldenthread.record.principals.keys import KeyRing
from goldenthread.record.principals.model import ChainRecord, Principal
from goldenthread.record.principals.roster import Principals

if TYPE_CHECKING:
    from goldenthread.promise.contract import Contract

STATEMENT = "https://in-toto.io/Statement/v1"
CONTRACT_SIGNATURE = "urn:goldenthread:contract-signature:v1"
RELEASE_SIGNATURE = "urn:goldenthread:release-signature:v1"
RELEASE_SIGN = "release:sign"
"""The kind of record under which somebody's signature on a release stands."""


def contract_signers(contract: Contract) -> tuple[tuple[str, str], ...]:
    """Everybody whom the contract names to sign it, with the role, once each: owner, expert, data owners."""
    named = [(contract.owner, "owner"), *((owner, "data-owner") for owner in contract.data_owners)]
    if contract.expert is not None:
        named.insert(1, (contract.expert, "expert"))
    return tuple(dict.fromkeys(named))


def contract_statement(principals: Principals, contract: Contract, name: str, role: str) -> dict[str, Any]:
    """
    What a signer signs: this text, as this slice and version, in this role, in this organisation.

    Source:
        in-toto Attestation Framework, Statement v1.
    """
    return {
        "_type": STATEMENT,
        "subject": [
            {
                "name": f"{contract.slice}@{contract.version}",
                "digest": {"sha256": contract.digest.removeprefix("sha256:")},
            }
        ],
        "predicateType": CONTRACT_SIGNATURE,
        "predicate": {"role": role, "signer": name, "organisation": principals.organisation},
    }


def sign_contract(principals: Principals, ring: KeyRing, contract: Contract, name: str) -> dict[str, Any]:
    """
    The content of the record `contract:version:sign`: version, digest, role and envelope.

    Raises:
        NotPermitted: The contract does not ask for their signature, or they lack the role.
        SecondRole, DemoKeyRefused, PrincipalUnknown, NotInitialised: As `Principals.require_signer`.
        SignatureInvalid: The key in this home is not the one on record.
        KeyMissing, KeyLocked: It cannot be used here.
    """
    signers = contract_signers(contract)
    role = next((role for signer, role in signers if signer == name), None)
    if role is None:
        asked = ", ".join(f"{signer} as {as_role}" for signer, as_role in signers)
        raise NotPermitted(f"The contract '{contract.slice}' does not ask '{name}' to sign; it asks {asked}.")
    _require_held(ring, principals.require_signer(contract.slice, signers, name, role))
    envelope = ring.sign(name, STATEMENT_TYPE, contract_statement(principals, contract, name, role))
    return {"version": contract.version, "digest": contract.digest, "role": role, "envelope": envelope}


def release_statement(
    principals: Principals, contract: Contract, fingerprint: str, name: str, role: str, seq: int
) -> dict[str, Any]:
    """
    What a signer of a release signs: this fingerprint, in this slice, under this version of its contract, in this role.

    `seq` is the place on the slice's chain that it is signed for: once withdrawn, a copy further on proves nothing.

    Source:
        in-toto Attestation Framework, Statement v1.
    """
    return {
        "_type": STATEMENT,
        "subject": [{"name": contract.slice, "digest": {"sha256": fingerprint.removeprefix("sha256:")}}],
        "predicateType": RELEASE_SIGNATURE,
        "predicate": {
            "role": role,
            "signer": name,
            "organisation": principals.organisation,
            "contract": {"version": contract.version, "digest": contract.digest},
            "seq": seq,
        },
    }


def sign_release_statement(
    principals: Principals, ring: KeyRing, contract: Contract, fingerprint: str, name: str, role: str, seq: int
) -> dict[str, Any]:
    """
    The content of the record `release:sign`: fingerprint, version of the contract, role and envelope.

    Raises:
        NotPermitted, SecondRole, DemoKeyRefused, PrincipalUnknown, NotInitialised: As `Principals.require_signer`.
        SignatureInvalid: The key in this home is not the one on record.
        KeyMissing, KeyLocked: It cannot be used here.
    """
    _require_held(ring, principals.require_signer(contract.slice, contract_signers(contract), name, role))
    said = release_statement(principals, contract, fingerprint, name, role, seq)
    envelope = ring.sign(name, STATEMENT_TYPE, said)
    return {"fingerprint": fingerprint, "version": contract.version, "role": role, "envelope": envelope}


def _require_held(ring: KeyRing, principal: Principal) -> None:
    name = principal.name
    ring.finish_rotation(name, principal.public_key)
    held = ring.public_key(name)
    if held != principal.public_key:
        raise SignatureInvalid(
            f"The key of '{name}' in this home is {short(held)}; on record is {short(principal.public_key)}. "
            "Sign with that one, or have an administrator grant this one."
        )


def contract_signature_problem(principals: Principals, contract: Contract, record: ChainRecord) -> str | None:
    """
    Why a `contract:version:sign` or `release:sign` record does not count, or None when it does.

    Judged by the rights of the moment it was recorded: a later revocation or rotation takes nothing back.

    Args:
        principals: Who may do what.
        contract: The version that was signed; for a release, the one in force then.
        record: The signature.
    """
    check = _check_release if record.kind == RELEASE_SIGN else _check_signature
    try:
        check(principals.as_of(record.at), contract, record)
    except PrincipalError as problem:
        return str(problem)
    except (KeyError, TypeError) as problem:
        return f"{SignatureInvalid.code}: The record is malformed: {type(problem).__name__}: {problem}. Sign again."
    return None


def _check_signature(principals: Principals, contract: Contract, record: ChainRecord) -> None:
    role = record.data["role"]
    principal = principals.require_signer(contract.slice, contract_signers(contract), record.by, role)
    signed = open_envelope(record.data["envelope"], principal.public_key, STATEMENT_TYPE)
    expected = contract_statement(principals, contract, record.by, role)
    said = (record.data["version"], record.data["digest"])
    if signed != expected or said != (contract.version, contract.digest):
        raise SignatureInvalid(
            f"'{record.by}' signed something else than version {contract.version} of '{contract.slice}' as {role}. "
            "Have them sign this text."
        )


def _check_release(principals: Principals, contract: Contract, record: ChainRecord) -> None:
    role, fingerprint = record.data["role"], record.data["fingerprint"]
    principal = principals.require_signer(contract.slice, contract_signers(contract), record.by, role)
    signed = open_envelope(record.data["envelope"], principal.public_key, STATEMENT_TYPE)
    expected = release_statement(principals, contract, fingerprint, record.by, role, record.seq)
    if signed != expected or record.data["version"] != contract.version:
        raise SignatureInvalid(
            f"'{record.by}' signed something else than the release {fingerprint[:19]}... of '{contract.slice}' as "
            f"{role}, or for another place than record {record.seq}. Have them sign this release."
        )
