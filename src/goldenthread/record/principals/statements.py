"""What an administrator signs: a bootstrap, a grant or a revocation; and anybody an absence; bound to its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from goldenthread.promise.errors import SignatureInvalid
from goldenthread.record.principals.envelopes import open_envelope
from goldenthread.record.principals.model import ChainRecord, Role

PRINCIPAL_TYPE = "application/vnd.goldenthread.principal+json"
"""Payload type of a signed bootstrap, grant, revocation, absence or return."""

BOOTSTRAP, GRANT, REVOKE = "principal:bootstrap", "principal:grant", "principal:revoke"
LEAVE, RETURN = "principal:leave", "principal:return"
KINDS = (BOOTSTRAP, GRANT, REVOKE, LEAVE, RETURN)

PUBLIC_KEY = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Place:
    """
    Where in the organisation's chain a statement stands.

    It is signed with the statement, so that an old grant copied to the end of the chain proves nothing.
    """

    seq: int
    prev: str


def grant_statement(
    place: Place,
    *,
    by: str,
    name: str,
    kind: str,
    roles: Iterable[Role],
    public_key: str,
    responsible: str | None,
) -> dict[str, Any]:
    """The grant: these roles are added to what the principal holds; another key supersedes the one before."""
    return {
        "record": GRANT,
        "seq": place.seq,
        "prev": place.prev,
        "by": by,
        "name": name,
        "kind": kind,
        "roles": [role.record() for role in sorted(roles)],
        "public_key": public_key,
        "responsible": responsible,
    }


def bootstrap_statement(name: str, public_key: str, *, demo: bool) -> dict[str, Any]:
    """The beginning: the first administrator grants themselves that role, with the key that signs this."""
    first = grant_statement(
        Place(seq=1, prev=""),
        by=name,
        name=name,
        kind="person",
        roles=[Role(name="administrator")],
        public_key=public_key,
        responsible=None,
    )
    return {**first, "record": BOOTSTRAP, "demo": demo}


def revoke_statement(place: Place, *, by: str, name: str, roles: Iterable[Role] | None, reason: str) -> dict[str, Any]:
    """The revocation of some roles, or (`roles` None) of everything, the key included."""
    return {
        "record": REVOKE,
        "seq": place.seq,
        "prev": place.prev,
        "by": by,
        "name": name,
        "roles": None if roles is None else [role.record() for role in sorted(roles)],
        "reason": reason,
    }


def signed_statement(record: ChainRecord, public_key: str) -> Mapping[str, Any]:
    """
    The statement of a record, if this key signed it for exactly this place.

    Raises:
        SignatureInvalid: It did not, or the record says something else than what was signed.
    """
    said = {key: value for key, value in record.data.items() if key != "envelope"}
    signed = open_envelope(record.data.get("envelope", {}), public_key, PRINCIPAL_TYPE)
    if signed != said:
        raise SignatureInvalid(
            f"Record {record.seq} does not say what '{record.by}' signed. Trust neither; have it granted again."
        )
    place = (record.kind, record.seq, record.prev, record.by)
    if (signed.get("record"), signed.get("seq"), signed.get("prev"), signed.get("by")) != place:
        raise SignatureInvalid(
            f"The statement in record {record.seq} was signed by '{signed.get('by')}' as record {signed.get('seq')}, "
            f"a {signed.get('record')}; it stands here as a {record.kind} by '{record.by}'. "
            "A statement counts only where it was signed for; have it granted again."
        )
    checked: Mapping[str, Any] = signed
    return checked


def roles_of(statement: Mapping[str, Any]) -> frozenset[Role]:
    """The roles that a statement names."""
    return frozenset(Role(name=role["role"], slice=role["slice"]) for role in statement["roles"])
