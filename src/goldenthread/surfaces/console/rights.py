"""Who may do what in the console: rights of the roles that a principal holds, and the visitor who has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from goldenthread.promise.errors import RightMissing
from goldenthread.record.principals import EVERYWHERE, Principal, Principals


class Right(StrEnum):
    """What a page or a deed takes. The guard, the inbox and signing ask again by themselves, and decide."""

    SEE = "see"  # a slice's pages without what its cases hold
    CONTENT = "content"  # cases, runs, threads, inbox items
    ANSWER = "answer"  # the inbox
    AUTHOR = "author"  # check, plan and commit contract versions
    SIGN = "sign"  # contracts and releases
    STOP = "stop"  # the kill switch
    RESPOND = "respond"  # incidents
    AUDIT = "audit"  # the ledger, exports, verification
    RULES = "rules"  # the organisation's policies
    PEOPLE = "people"  # who holds which role
    GRANT = "grant"  # roles, accounts, tokens
    OUTCOMES = "outcomes"  # values that data owners state


_READING = (Right.SEE, Right.RULES)

ROLE_RIGHTS: Mapping[str, frozenset[Right]] = {
    "administrator": frozenset({*_READING, Right.STOP, Right.RESPOND, Right.AUDIT, Right.PEOPLE, Right.GRANT}),
    "owner": frozenset(set(Right) - {Right.GRANT}),
    "expert": frozenset(
        {*_READING, Right.CONTENT, Right.ANSWER, Right.AUTHOR, Right.SIGN, Right.RESPOND, Right.PEOPLE}
    ),
    "approver": frozenset({*_READING, Right.CONTENT, Right.ANSWER, Right.STOP, Right.RESPOND, Right.PEOPLE}),
    "data-owner": frozenset({*_READING, Right.OUTCOMES, Right.SIGN, Right.RESPOND}),
    "auditor": frozenset({*_READING, Right.CONTENT, Right.AUDIT, Right.RESPOND, Right.PEOPLE}),
    "engineer": frozenset({*_READING, Right.CONTENT, Right.AUTHOR, Right.RESPOND}),
    "leader": frozenset({*_READING, Right.PEOPLE}),
    "viewer": frozenset(_READING),
}
"""What each role of a person may do in the slices that it covers; other roles have no pages."""

LOOKING = frozenset({Right.SEE, Right.CONTENT, Right.AUDIT, Right.RULES, Right.PEOPLE, Right.OUTCOMES, Right.AUTHOR})
"""What whoever sits at the machine that holds the home may look at: they could read its files as well."""


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """
    Who asks for a page. `name` is None for whoever sits at this machine and acts as nobody; `local` says that they
    came in with the terminal's link, and choose whom to act as.
    """

    principal: Principal | None
    local: bool = False

    @property
    def name(self) -> str | None:
        """The principal's name."""
        return self.principal.name if self.principal is not None else None

    @property
    def roles(self) -> tuple[str, ...]:
        """What they hold, as `owner@refunds`, in order."""
        return tuple(str(role) for role in sorted(self.principal.roles)) if self.principal is not None else ()

    def may(self, right: Right, slice_name: str | None = None) -> bool:
        """Whether they have a right in a slice; without one, whether they have it anywhere."""
        if self.principal is None:
            return self.local and right in LOOKING
        if self.principal.revoked:
            return False
        return any(
            right in ROLE_RIGHTS.get(role.name, frozenset())
            and (slice_name is None or role.slice in (EVERYWHERE, slice_name))
            for role in self.principal.roles
        )

    def everywhere(self, right: Right) -> bool:
        """Whether they have a right in every slice, those to come included."""
        if self.principal is None:
            return self.local and right in LOOKING
        return not self.principal.revoked and any(
            right in ROLE_RIGHTS.get(role.name, frozenset()) and role.slice == EVERYWHERE
            for role in self.principal.roles
        )

    def slices(self, right: Right, known: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the known slices in which they have a right, in their order."""
        return tuple(name for name in known if self.may(right, name))

    def require(self, right: Right, slice_name: str | None = None) -> None:
        """
        Raises:
            RightMissing: They don't have it there.
        """
        if not self.may(right, slice_name):
            raise RightMissing(_why_not(self, right, slice_name))


def visitor_of(principals: Principals, name: str | None, *, local: bool) -> Visitor | None:
    """The visitor of a session: None where its principal is gone or revoked, and so opens nothing any more."""
    if name is None:
        return Visitor(principal=None, local=local) if local else None
    principal = principals.find(name)
    if principal is None or principal.revoked:
        return None
    return Visitor(principal=principal, local=local)


def roles_with(right: Right) -> tuple[str, ...]:
    """The roles that carry a right, in the order of the table."""
    return tuple(role for role, rights in ROLE_RIGHTS.items() if right in rights)


_WORDS: Mapping[Right, str] = {
    Right.SEE: "look at this",
    Right.CONTENT: "look at what cases hold",
    Right.ANSWER: "answer what waits for people",
    Right.AUTHOR: "write contracts",
    Right.SIGN: "sign",
    Right.STOP: "stop agents",
    Right.RESPOND: "respond to incidents",
    Right.AUDIT: "audit the record",
    Right.RULES: "look at the organisation's rules",
    Right.PEOPLE: "look at people and roles",
    Right.GRANT: "administer people",
    Right.OUTCOMES: "state outcomes",
}


def _why_not(visitor: Visitor, right: Right, slice_name: str | None) -> str:
    where = f" in '{slice_name}'" if slice_name is not None else ""
    takes = " or ".join(roles_with(right))
    if visitor.name is None:
        return (
            f"You act as nobody, and only somebody may {_WORDS[right]}{where}: it takes the role {takes}. "
            "Choose at the top of the page whom you act as."
        )
    held = ", ".join(visitor.roles) or "no role"
    return (
        f"'{visitor.name}' may not {_WORDS[right]}{where}: it takes the role {takes}, and they hold {held}. "
        "Ask an administrator."
    )
