"""Principals, their roles, and which kind of principal may hold which role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from goldenthread.promise.errors import ValueProblem

EVERYWHERE = "*"

SIGNING_ROLES = ("owner", "expert", "data-owner")
"""Roles under which a contract is signed."""

ROLES_OF_KIND: Mapping[str, tuple[str, ...]] = {
    "person": (
        "administrator",
        "owner",
        "expert",
        "data-owner",
        "approver",
        "auditor",
        "sealer",
        "engineer",
        "leader",
        "viewer",
    ),
    "data-owner": ("data-owner", "auditor"),
    "service": ("sealer", "auditor", "tool", "task", "telemetry"),
    "agent": ("agent",),
}
"""
What each kind of principal may be granted: agents and services sign no contract and approve nothing.

An engineer writes contracts that others sign, and looks into cases; a leader and a viewer only look.
"""

ROLES = tuple(dict.fromkeys(role for roles in ROLES_OF_KIND.values() for role in roles))


class ChainRecord(Protocol):
    """What a fold needs of a ledger record."""

    @property
    def seq(self) -> int:
        """Position in the chain, from 1."""
        ...

    @property
    def at(self) -> Any:
        """When it was written: a datetime, or its ISO 8601 form."""
        ...

    @property
    def kind(self) -> str:
        """What happened: `principal:grant`."""
        ...

    @property
    def by(self) -> str:
        """Who says so."""
        ...

    @property
    def data(self) -> Any:
        """The record's content, a JSON object."""
        ...

    @property
    def prev(self) -> str:
        """Hash of the record before it, '' for the first."""
        ...

    @property
    def hash(self) -> str:
        """Hash of this record."""
        ...


@dataclass(frozen=True, kw_only=True, order=True)
class Role:
    """A role in one slice, or in all of them (`*`)."""

    name: str
    slice: str = EVERYWHERE

    @classmethod
    def parse(cls, text: str) -> Role:
        """
        The role that `owner@open-source-intake` or `sealer` (everywhere) names; a colon serves as well.

        Raises:
            ValueProblem: No such role.
        """
        name, at, scope = text.replace(":", "@", 1).partition("@")
        if name not in ROLES or (at and not scope):
            raise ValueProblem(
                f"'{text}' is no role; roles are {', '.join(ROLES)}. Write e.g. owner@open-source-intake."
            )
        return cls(name=name, slice=scope or EVERYWHERE)

    def covers(self, name: str, slice_name: str) -> bool:
        """Whether this is the role `name` in that slice."""
        return self.name == name and self.slice in (EVERYWHERE, slice_name)

    def record(self) -> dict[str, str]:
        """As a ledger record holds it."""
        return {"role": self.name, "slice": self.slice}

    def __str__(self) -> str:
        return self.name if self.slice == EVERYWHERE else f"{self.name}@{self.slice}"


@dataclass(frozen=True, kw_only=True)
class Principal:
    """
    Somebody or something with a key and roles, as one record of the organisation's chain left it.

    `public_key` is ed25519, 64 hex digits. `responsible` is the person who answers for an agent. `seq` is the
    record that made it so.
    """

    name: str
    kind: str
    roles: frozenset[Role]
    public_key: str
    responsible: str | None = None
    revoked: bool = False
    seq: int = 0

    def has(self, role: str, slice_name: str) -> bool:
        """Whether the principal holds the role in that slice, and still does."""
        return not self.revoked and any(held.covers(role, slice_name) for held in self.roles)

    @property
    def is_administrator(self) -> bool:
        """Whether the principal may grant and revoke."""
        return self.has("administrator", EVERYWHERE)


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A record that changes nothing, and why."""

    seq: int
    kind: str
    by: str
    words: str
