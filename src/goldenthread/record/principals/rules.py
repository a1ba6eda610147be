"""Who may grant what to whom: the same rules before a record is written and when the chain is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from goldenthread.promise.errors import DemoKeyRefused, NotPermitted, PrincipalUnknown, SecondRole, ValueProblem
from goldenthread.record.principals.demo import is_demo_key
from goldenthread.record.principals.envelopes import short
from goldenthread.record.principals.model import EVERYWHERE, ROLES_OF_KIND, Principal, Role
from goldenthread.record.principals.names import check_name, look_alike
from goldenthread.record.principals.statements import PUBLIC_KEY, roles_of


@dataclass(kw_only=True)
class Roster:
    """Everybody as of one point of the chain; `held` has every key ever granted, and whose it was."""

    demo: bool = False
    current: dict[str, Principal] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    retired: set[str] = field(default_factory=set)

    def administrators(self) -> list[str]:
        """Names of those who may grant and revoke."""
        return [name for name, principal in self.current.items() if principal.is_administrator]


def check_administrator(roster: Roster, by: str) -> Principal:
    """
    The principal who grants or revokes.

    Raises:
        NotPermitted: No administrator at this point of the chain.
    """
    granter = roster.current.get(by)
    if granter is None or not granter.is_administrator:
        raise NotPermitted(
            f"'{by}' is no administrator and may neither grant nor revoke. Ask {_one_of(roster.administrators())}."
        )
    return granter


def check_grant(roster: Roster, statement: Mapping[str, Any]) -> None:
    """
    Whether the grant may stand.

    Raises:
        ValueProblem, NotPermitted, SecondRole, DemoKeyRefused, PrincipalUnknown: Why not.
    """
    name, kind = check_name(statement["name"]), statement["kind"]
    before = roster.current.get(name)
    if kind not in ROLES_OF_KIND:
        raise ValueProblem(
            f"'{kind}' is no kind of principal; kinds are {', '.join(ROLES_OF_KIND)}. Name one of these."
        )
    if before is not None and before.kind != kind:
        raise NotPermitted(f"'{name}' is a {before.kind} on record and cannot become a {kind}. Grant another name.")
    _check_look_alike(roster, name)
    for role in roles_of(statement):
        _check_role(role, kind)
    check_key(roster, statement["public_key"], name)
    _check_responsible(roster, name, kind, statement["responsible"])


def check_revoke(roster: Roster, statement: Mapping[str, Any]) -> None:
    """
    Whether the revocation may stand.

    Raises:
        PrincipalUnknown: Nobody of that name, or everything was revoked before.
        NotPermitted: A role they do not hold, or the last administrator.
    """
    name = statement["name"]
    principal = roster.current.get(name)
    if principal is None or principal.revoked:
        raise PrincipalUnknown(f"'{name}' holds nothing that could be revoked. Look at who is on record.")
    leaving = principal.roles if statement["roles"] is None else roles_of(statement)
    for role in sorted(leaving - principal.roles):
        held = ", ".join(str(one) for one in sorted(principal.roles)) or "no role"
        raise NotPermitted(f"'{name}' does not hold the role {role}; they hold {held}. Revoke one of these.")
    if any(role.name == "administrator" for role in leaving) and roster.administrators() == [name]:
        raise NotPermitted(
            f"'{name}' is the last administrator; without one nobody could grant anything again. "
            "Grant another administrator first."
        )


def check_key(roster: Roster, public_key: str, name: str) -> None:
    """
    Whether this key may stand for this name.

    Raises:
        ValueProblem: No ed25519 public key in hex.
        SecondRole: Another principal's, now or once.
        NotPermitted: One that this principal gave up.
        DemoKeyRefused: Everybody can compute it, and this is not the demo's ledger.
    """
    if not PUBLIC_KEY.fullmatch(public_key):
        raise ValueProblem(
            f"'{public_key}' is no ed25519 public key; expected 64 hex digits, lower case. Generate one."
        )
    holder = roster.held.get(public_key, name)
    if holder != name:
        raise SecondRole(
            f"The key {short(public_key)} is '{holder}' on record and cannot be '{name}' as well: "
            "with one key two names are one person. Generate another key."
        )
    if public_key in roster.retired:
        raise NotPermitted(
            f"The key {short(public_key)} of '{name}' was revoked or superseded and does not come back. "
            "Generate a new one."
        )
    if not roster.demo:
        check_no_demo_key(public_key, name, *roster.current)


def check_no_demo_key(public_key: str, name: str, *others: str) -> None:
    """
    Raises:
        DemoKeyRefused: The demo's key of that name, of one of `others` or of a known demo name.
    """
    if is_demo_key(public_key, name, *others):
        raise DemoKeyRefused(
            f"The key {short(public_key)} of '{name}' is a demo key, which everybody can compute, "
            "and this is not the demo's home. Generate a key of their own."
        )


def _check_look_alike(roster: Roster, name: str) -> None:
    for other in roster.current:
        if other != name and look_alike(other) == look_alike(name):
            raise NotPermitted(
                f"'{name}' looks like '{other}', who is on record. Use that name, or a clearly different one."
            )


def _check_role(role: Role, kind: str) -> None:
    allowed = ROLES_OF_KIND[kind]
    if role.name not in allowed:
        raise NotPermitted(
            f"{_with_article(kind)} cannot hold the role '{role.name}', only {', '.join(allowed)}. "
            "Grant it to a person."
        )
    if role.name == "administrator" and role.slice != EVERYWHERE:
        raise NotPermitted(
            f"The role administrator covers everything and cannot be limited to '{role.slice}'. "
            "Grant it without a slice."
        )


def _check_responsible(roster: Roster, name: str, kind: str, responsible: str | None) -> None:
    if kind != "agent":
        if responsible is not None:
            raise ValueProblem(
                f"'{name}' is a {kind}; only for an agent somebody else answers. Leave out '{responsible}'."
            )
        return
    person = roster.current.get(responsible) if responsible is not None else None
    if person is None or person.kind != "person" or person.revoked:
        raise PrincipalUnknown(
            f"'{responsible}', who shall answer for agent '{name}', is no person on record. Grant them a role first."
            if responsible is not None
            else f"Nobody answers for agent '{name}'. Name a responsible person who is on record."
        )


def _with_article(kind: str) -> str:
    return f"An {kind}" if kind[0] in "aeiou" else f"A {kind}"


def _one_of(names: list[str]) -> str:
    return " or ".join(names) if names else "whoever begins this ledger"
