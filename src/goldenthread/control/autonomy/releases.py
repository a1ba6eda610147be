"""
Signatures under a release, folded: who signed a fingerprint, who took it back, and who is missing.

A fingerprint that the contract in force wants signed goes no higher than draft until everybody has. A signature is
the signer's until they refuse: then the release is held again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from goldenthread.promise.contract import Contract, release_signers
from goldenthread.promise.values import Level, TrustMode
from goldenthread.record.ledger import Record

ASK, SIGN, REFUSE, REMIND = "release:ask", "release:sign", "release:refuse", "release:remind"

HIGHEST_UNSIGNED = Level.DRAFT
"""The highest level at which every effect has a person who does it."""


@dataclass(kw_only=True)
class Release:
    """What a fingerprint is and may do. `mode` is that in which it was declared last: where its keys and tools are."""

    fingerprint: str
    agent: str
    declaration: Mapping[str, Any]
    seq: int
    mode: TrustMode = TrustMode.COOPERATIVE
    level: Level = Level.SHADOW
    since: int = 0  # evidence of cases started up to this record no longer counts
    changes: list[Record] = field(default_factory=list)
    signatures: dict[str, str] = field(default_factory=dict)  # who signed this release, and as what
    uncounted: dict[str, str] = field(default_factory=dict)  # whose signature does not count, and why
    signed_seq: int = 0  # the last signature that counted


def missing_signatures(contract: Contract | None, agent: Release | None) -> dict[str, str]:
    """Who must still sign the release, and as what, under the contract in force; nobody without one."""
    asked = release_signers(contract) if contract is not None else {}
    signed = agent.signatures if agent is not None else {}
    return {name: role for name, role in asked.items() if signed.get(name) != role}


def unsigned_words(missing: Mapping[str, str]) -> str:
    """Why a release is held."""
    names = " and ".join(f"{name} as {role.replace('-', ' ')}" for name, role in missing.items())
    return f"This release waits for the signature of {names}, and goes no higher than {HIGHEST_UNSIGNED} until then"


def take_signature(agent: Release, contract: Contract | None, record: Record, problem: str | None) -> None:
    """Somebody signed; what does not count changes nothing."""
    asked = release_signers(contract) if contract is not None else {}
    if problem is None and asked.get(record.by) != record.data["role"]:
        problem = f"not-permitted: The contract in force does not ask '{record.by}' to sign releases so."
    if problem is not None:
        agent.uncounted[record.by] = problem
        return
    agent.uncounted.pop(record.by, None)
    agent.signatures[record.by] = record.data["role"]
    agent.signed_seq = record.seq


def take_refusal(agent: Release, record: Record) -> None:
    """Somebody refused: what they had signed is withdrawn. Whoever wrote this, it only ever holds a release."""
    agent.signatures.pop(record.by, None)
