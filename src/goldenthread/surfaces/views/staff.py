"""Who is on record, what each holds where, and how they come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from goldenthread.record.accounts import Account, Session, SignInEvent, load_accounts, read_events, sessions_of
from goldenthread.record.ledger import Ledger
from goldenthread.record.principals import EVERYWHERE, ROLES_OF_KIND, Principal, Principals, Token, load_tokens

FRESH = timedelta(minutes=15)
"""How old a session may be in which its holder changes how they come in: nobody does it for them while they are out."""


@dataclass(frozen=True, kw_only=True)
class RoleLine:
    """A role that somebody holds; `slice` None: everywhere."""

    role: str
    slice: str | None
    words: str


@dataclass(frozen=True, kw_only=True)
class StaffLine:
    """
    Somebody or something on record.

    `away_until` is None where they are there; an absence without an end is `away` with no date. `account` is None for
    whoever has none, and for visitors who do not administer.
    """

    name: str
    kind: str
    roles: Sequence[RoleLine]
    responsible: str | None
    key: str
    revoked: bool
    away: bool
    away_until: datetime | None
    deputies: Sequence[str]
    record: int
    account: Account | None


@dataclass(frozen=True, kw_only=True)
class StaffView:
    """Everybody; `accounts` says whether the visitor may know how they come in."""

    people: Sequence[StaffLine]
    others: Sequence[StaffLine]
    accounts: bool
    refused: int


@dataclass(frozen=True, kw_only=True)
class StaffPage:
    """One principal: `grantable` are roles that their kind may hold."""

    line: StaffLine
    may_have_account: bool
    grantable: Sequence[str]
    sessions: Sequence[Session]
    events: Sequence[SignInEvent]


@dataclass(frozen=True, kw_only=True)
class AccountView:
    """
    How the visitor comes in; `current` is the session that they look from. `fresh`: they signed in a moment ago, and
    may change it.
    """

    name: str
    account: Account | None
    sessions: Sequence[Session]
    current: str
    fresh: bool
    events: Sequence[SignInEvent]


@dataclass(frozen=True, kw_only=True)
class TokenLine:
    """A token on record; `problem` says why it opens nothing, None if it does."""

    id: str
    scope: str
    name: str
    slices: Sequence[str]
    actions: Sequence[str]
    expires: datetime
    by: str
    problem: str | None


@dataclass(frozen=True, kw_only=True)
class TokensView:
    """Every token, those that open something first; `holders` are who may have one, by scope."""

    tokens: Sequence[TokenLine]
    holders: Mapping[str, Sequence[str]]


def staff_view(ledger: Ledger, principals: Principals, *, accounts: bool) -> StaffView:
    """Everybody, people and data owners first."""
    held = load_accounts(ledger, principals) if accounts else {}
    lines = [_line(principals, one, ledger.clock(), held.get(one.name)) for one in principals.all()]
    return StaffView(
        people=tuple(one for one in lines if one.kind in _PEOPLE),
        others=tuple(one for one in lines if one.kind not in _PEOPLE),
        accounts=accounts,
        refused=len(principals.problems),
    )


def person_view(ledger: Ledger, principals: Principals, name: str, *, accounts: bool) -> StaffPage:
    """
    One principal.

    Raises:
        PrincipalUnknown: Nobody of that name.
    """
    principal = principals.get(name)
    account = load_accounts(ledger, principals, name).get(name) if accounts else None
    return StaffPage(
        line=_line(principals, principal, ledger.clock(), account),
        may_have_account=principal.kind in _PEOPLE and not principal.revoked,
        grantable=ROLES_OF_KIND[principal.kind],
        sessions=sessions_of(ledger, name) if accounts else (),
        events=read_events(ledger, name, limit=30) if accounts else (),
    )


def account_view(ledger: Ledger, principals: Principals, name: str, current: str) -> AccountView:
    """The visitor's own account."""
    sessions = sessions_of(ledger, name)
    return AccountView(
        name=name,
        account=load_accounts(ledger, principals, name).get(name),
        sessions=sessions,
        current=current,
        fresh=is_fresh(sessions, current, ledger.clock()),
        events=read_events(ledger, name, limit=30),
    )


def is_fresh(sessions: Sequence[Session], current: str, now: datetime) -> bool:
    """Whether the session began a moment ago: only then may its holder change how they come in."""
    return any(one.id == current and now - one.made_at <= FRESH for one in sessions)


def tokens_view(ledger: Ledger) -> TokensView:
    """Every token ever made, never the token itself."""
    tokens, now = load_tokens(ledger), ledger.clock()
    lines = [_token(one, one.problem(tokens.principals, now)) for one in tokens.by_id.values()]
    lines.sort(key=lambda one: (one.problem is not None, one.expires, one.id))
    return TokensView(tokens=tuple(lines), holders=_holders(tokens.principals))


_PEOPLE = ("person", "data-owner")


def _holders(principals: Principals) -> Mapping[str, Sequence[str]]:
    there = [one for one in principals.all() if not one.revoked]
    scopes = {"agent": "agent", "tool": "tool", "task": "task", "telemetry": "telemetry"}
    return {
        scope: tuple(
            one.name for one in there if any(held.name == role for held in one.roles) or (one.kind == scope == "agent")
        )
        for scope, role in scopes.items()
    }


def _line(principals: Principals, one: Principal, now: datetime, account: Account | None) -> StaffLine:
    leave = principals.on_leave(one.name, now)
    return StaffLine(
        name=one.name,
        kind=one.kind,
        roles=tuple(
            RoleLine(role=role.name, slice=None if role.slice == EVERYWHERE else role.slice, words=str(role))
            for role in sorted(one.roles)
        ),
        responsible=one.responsible,
        key=one.public_key,
        revoked=one.revoked,
        away=leave is not None,
        away_until=leave.until if leave is not None else None,
        deputies=principals.deputies(one.name, now),
        record=one.seq,
        account=account,
    )


def _token(one: Token, problem: str | None) -> TokenLine:
    return TokenLine(
        id=one.id,
        scope=one.scope,
        name=one.name,
        slices=one.slices,
        actions=one.actions,
        expires=one.expires,
        by=one.by,
        problem=problem,
    )
