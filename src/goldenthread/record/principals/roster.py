"""Principals at one point of the organisation's chain, and the rules of who may sign and approve."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from goldenthread.promise.errors import (
    GoldenthreadError,
    NotInitialised,
    NotPermitted,
    PrincipalUnknown,
    SecondRole,
    SignatureInvalid,
)
from goldenthread.promise.values import Json
from goldenthread.record.principals.absences import ANSWERING, Leave
from goldenthread.record.principals.demo import DEMO_NAMES, demo_public_key
from goldenthread.record.principals.envelopes import open_envelope
from goldenthread.record.principals.model import EVERYWHERE, Principal, Refused
from goldenthread.record.principals.rules import check_no_demo_key

Signers = Mapping[str, str] | Iterable[tuple[str, str]]
"""Who a contract names to sign it, and as what: (principal, role)."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """When a record of the chain took effect; never before the one that precedes it."""

    at: datetime
    seq: int


@dataclass(frozen=True, kw_only=True)
class History:
    """Every state that each principal had, in the order of the chain, and when each record took effect."""

    versions: Mapping[str, tuple[Principal, ...]]
    moments: tuple[Moment, ...]
    leaves: tuple[Leave, ...] = ()

    @cached_property
    def demo_keys(self) -> frozenset[str]:
        """The demo's keys, of its own names and of everybody's here."""
        return frozenset(demo_public_key(name) for name in (*DEMO_NAMES, *self.versions))


@dataclass(frozen=True, kw_only=True)
class Principals:
    """
    Who may do what, up to record `until` of the organisation's chain.

    `organisation` is the hash of the bootstrap record, which tells one ledger from another; '' before it.
    `problems` are the records that were refused, of the whole chain.
    """

    organisation: str
    demo: bool
    problems: tuple[Refused, ...]
    history: History
    until: int

    @property
    def notice(self) -> str | None:
        """What every page of a demo home must say; None elsewhere."""
        if not self.demo:
            return None
        return "This is the demo's home. Its keys are published, so its signatures prove nothing."

    def at(self, seq: int) -> Principals:
        """The same as of record `seq` of the organisation's chain."""
        return replace(self, until=seq)

    def as_of(self, moment: datetime | str) -> Principals:
        """
        The same as of a moment (ISO 8601 if a string; UTC where it names no zone).

        A record of exactly that moment counts: a revocation stands against a signature of the same instant.
        """
        at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        index = bisect_right(self.history.moments, at, key=lambda taken: taken.at)
        return self.at(self.history.moments[index - 1].seq if index else 0)

    def all(self) -> tuple[Principal, ...]:
        """Everybody on record here, the revoked included, by name."""
        return self._everybody

    @cached_property
    def _everybody(self) -> tuple[Principal, ...]:
        found = (self.find(name) for name in sorted(self.history.versions))
        return tuple(principal for principal in found if principal is not None)

    def find(self, name: str) -> Principal | None:
        """The principal of that name, or None."""
        versions = self.history.versions.get(name, ())
        index = bisect_right(versions, self.until, key=lambda version: version.seq)
        return versions[index - 1] if index else None

    def get(self, name: str) -> Principal:
        """
        The principal of that name, revoked or not.

        Raises:
            NotInitialised: Nothing was granted to anybody yet.
            PrincipalUnknown: Nobody of that name.
        """
        principal = self.find(name)
        if principal is not None:
            return principal
        if not self.organisation:
            raise NotInitialised("This ledger has no first administrator yet. Run `goldenthread init`.")
        raise PrincipalUnknown(
            f"Nobody named '{name}' was granted anything. `goldenthread principal list` shows who was."
        )

    def active(self, name: str) -> Principal:
        """
        The principal of that name, if not revoked.

        Raises:
            NotInitialised, PrincipalUnknown: As `get`.
            NotPermitted: Everything they held was revoked.
        """
        principal = self.get(name)
        if principal.revoked:
            raise NotPermitted(
                f"What '{name}' held was revoked by record {principal.seq} of the organisation. "
                "An administrator can grant it again, with a new key."
            )
        return principal

    def holders(self, role: str, slice_name: str = EVERYWHERE) -> tuple[Principal, ...]:
        """Who holds the role in that slice now, by name."""
        return tuple(principal for principal in self.all() if principal.has(role, slice_name))

    def leaves(self, name: str | None = None) -> tuple[Leave, ...]:
        """Every absence on record here, of one person or of all, those that were called off too, in record order."""
        found = (one.as_of(self.until) for one in self.history.leaves if name in (None, one.name))
        return tuple(one for one in found if one is not None)

    def on_leave(self, name: str, at: datetime) -> Leave | None:
        """The absence that keeps somebody away at an instant (aware), the one that lasts longest; None if none does."""
        away = [one for one in self.leaves(name) if one.covers(at)]
        endless = next((one for one in away if one.until is None), None)
        return endless or max(away, key=lambda one: (one.until, one.seq), default=None)

    def deputies(self, name: str, at: datetime, *, agent: str | None = None) -> tuple[str, ...]:
        """
        Who gets somebody's work at an instant, by name: those they named who still may answer and are there.

        Nobody hands on what was handed to them. A deputy answers by their own rights alone; given `agent`, its
        responsible person is left out.
        """
        named = {one.deputy for one in self.leaves(name) if one.covers(at) and one.deputy is not None}
        there = [one for one in sorted(named) if self._answers(one) and self.on_leave(one, at) is None]
        return tuple(one for one in there if agent is None or not self.is_own_agent(one, agent))

    def is_own_agent(self, name: str | None, agent: str) -> bool:
        """Whether somebody is the one who answers for an agent: nobody approves their own."""
        known = self.find(agent)
        return known is not None and known.responsible is not None and known.responsible == name

    def _answers(self, name: str) -> bool:
        person = self.find(name)
        return person is not None and not person.revoked and any(role.name in ANSWERING for role in person.roles)

    def keys_held(self, role: str) -> Mapping[str, str]:
        """Every public key that anybody with the role ever had, and whose: for signatures of any age."""
        return {
            version.public_key: name
            for name, versions in self.history.versions.items()
            for version in versions
            if version.seq <= self.until and any(held.name == role for held in version.roles)
        }

    def require_role(self, name: str, roles: Sequence[str], slice_name: str) -> Principal:
        """
        The principal, if they hold one of the roles in that slice.

        Raises:
            NotInitialised, PrincipalUnknown, NotPermitted: Why not.
        """
        principal = self.active(name)
        if not any(principal.has(role, slice_name) for role in roles):
            held = ", ".join(str(role) for role in sorted(principal.roles)) or "no role"
            where = "everything" if slice_name == "*" else f"'{slice_name}'"
            raise NotPermitted(
                f"'{name}' is not {_or(roles)} of {where}; they hold {held}. {self._ask_instead(roles, slice_name)}"
            )
        return principal

    def require_agent(self, name: str) -> Principal:
        """
        The agent of that name, for which a person answers.

        Raises:
            PrincipalUnknown: Nobody of that name, so nobody is known to answer for it.
            NotPermitted: No agent, or revoked.
        """
        agent = self.find(name)
        if agent is None:
            raise PrincipalUnknown(
                f"Agent '{name}' is not on record, so nobody answers for it and nobody could approve what it does. "
                "Have an administrator run `goldenthread principal grant`, naming the person responsible."
            )
        if agent.kind != "agent" or agent.revoked:
            what = "was revoked" if agent.revoked else f"is {_article(agent.kind)} on record, not an agent"
            raise NotPermitted(f"'{name}' {what}, so it can do nothing. Have an administrator grant an agent.")
        return agent

    def require_signed(self, name: str, envelope: Mapping[str, Any], payload_type: str, payload: Json) -> None:
        """
        Make sure that an envelope is this principal's signature under exactly this payload.

        Raises:
            SignatureInvalid: Another key than the one on record, or something else was signed.
            NotInitialised, PrincipalUnknown, NotPermitted, DemoKeyRefused: They may sign nothing at all.
        """
        principal = self.active(name)
        self._refuse_demo_key(principal)
        if open_envelope(envelope, principal.public_key, payload_type) != payload:
            raise SignatureInvalid(f"'{name}' signed something else than what is recorded. Have them sign this.")

    def require_signer(self, slice_name: str, signers: Signers, name: str, role: str) -> Principal:
        """
        The principal, if they may sign that slice's contract in that role.

        Args:
            slice_name: The contract's slice.
            signers: Everybody whom the contract names to sign, with the role.
            name: Who wants to sign.
            role: As what: 'owner', 'expert' or 'data-owner'.

        Raises:
            NotPermitted: The contract does not name them so, they lack the role, or are no person or data owner.
            SecondRole: The contract names them in two signing roles.
            DemoKeyRefused: Their key is the demo's, outside the demo's home.
            NotInitialised, PrincipalUnknown: As `get`.
        """
        pairs = tuple(signers.items() if isinstance(signers, Mapping) else signers)
        named = sorted({as_role for signer, as_role in pairs if signer == name})
        if role not in named:
            asked = ", ".join(f"{signer} as {as_role}" for signer, as_role in pairs)
            raise NotPermitted(f"The contract '{slice_name}' does not ask '{name}' to sign as {role}; it asks {asked}.")
        if len(named) > 1:
            raise SecondRole(
                f"'{name}' would sign the contract '{slice_name}' as {' and as '.join(named)}; nobody holds two "
                "signing roles on one contract. Name another person for one of them."
            )
        principal = self.active(name)
        if principal.kind not in ("person", "data-owner"):
            raise NotPermitted(f"'{name}' is {_article(principal.kind)} and signs no contract. A person must.")
        self.require_role(name, (role,), slice_name)
        self._refuse_demo_key(principal)
        return principal

    def require_approver(self, slice_name: str, name: str, agent: str, *, path: Sequence[str] = ()) -> Principal:
        """
        The principal, if they may answer for what that agent wants to do.

        Args:
            slice_name: The slice.
            name: Who wants to answer.
            agent: Whose action it is.
            path: The contract's escalation path; its owner or expert may answer when it names them (by name,
                by the part before '@', or by role).

        Raises:
            NotPermitted: No person, revoked, or without the role; or the agent is revoked or no agent.
            SecondRole: They are the agent, or the person who answers for it.
            PrincipalUnknown: The agent is not on record, so that nobody is known to answer for it.
            DemoKeyRefused, NotInitialised: As `require_signer`.
        """
        principal = self.active(name)
        if name == agent:
            raise SecondRole(f"'{name}' cannot approve its own actions. {self._ask_instead(('approver',), slice_name)}")
        if principal.kind != "person":
            raise NotPermitted(f"'{name}' is {_article(principal.kind)} and answers no approval. A person must.")
        self.require_agent(agent)
        if self.is_own_agent(name, agent):
            others = [one for one in self.holders("approver", slice_name) if one.name != name]
            raise SecondRole(
                f"'{name}' answers for agent '{agent}' and cannot approve what it does: nobody approves their own "
                f"agent. Ask {_names(others) or 'an administrator to grant another approver'}."
            )
        also = tuple(role for role in ("owner", "expert") if _on_path(name, role, path))
        self.require_role(name, ("approver", *also), slice_name)
        self._refuse_demo_key(principal)
        return principal

    def may_approve(self, slice_name: str, name: str, agent: str, *, path: Sequence[str] = ()) -> bool:
        """Whether somebody may answer for what that agent wants to do, as `require_approver` judges."""
        try:
            self.require_approver(slice_name, name, agent, path=path)
        except GoldenthreadError:
            return False
        return True

    def _refuse_demo_key(self, principal: Principal) -> None:
        if not self.demo and principal.public_key.lower() in self.history.demo_keys:
            check_no_demo_key(principal.public_key, principal.name, *self.history.versions)

    def _ask_instead(self, roles: Sequence[str], slice_name: str) -> str:
        holders = {one.name: one for role in roles for one in self.holders(role, slice_name)}
        found = _names(holders.values())
        return f"Ask {found}." if found else "Nobody is; have an administrator grant it."


def _on_path(name: str, role: str, path: Sequence[str]) -> bool:
    return any(step in (name, name.partition("@")[0], role) for step in path)


def _names(principals: Iterable[Principal]) -> str:
    return " or ".join(sorted(principal.name for principal in principals))


def _or(roles: Sequence[str]) -> str:
    return " or ".join(roles)


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
