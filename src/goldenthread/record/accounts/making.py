"""What an administrator does to accounts: invite, bind, remove. Each is a signed record of the organisation's chain."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from goldenthread.promise.errors import AccountUnknown, InvitationInvalid, ValueProblem
from goldenthread.record.accounts.events import note_event
from goldenthread.record.accounts.model import INVITED_FOR, Invitation
from goldenthread.record.accounts.sessions import drop_sessions, hash_of
from goldenthread.record.accounts.standing import problem_of, require_person, since_of
from goldenthread.record.ledger import ORGANISATION, Ledger, Transaction
from goldenthread.record.principals import EVERYWHERE, PRINCIPAL_TYPE, KeyRing, load_principals

INVITE, BIND, REMOVE = "account:invite", "account:bind", "account:remove"
ACCOUNT_KINDS = (INVITE, BIND, REMOVE)


@dataclass(frozen=True, kw_only=True)
class _Act:
    """Something an administrator says, signed for its place of the chain."""

    kind: str
    by: str
    name: str
    said: dict[str, Any]


def invite(ledger: Ledger, ring: KeyRing, *, by: str, name: str) -> tuple[Invitation, str]:
    """
    Invite somebody to choose how they come in; if they have an account, accepting begins it afresh.

    Args:
        by: The administrator, who signs.
        name: A person or data owner on record.

    Returns:
        The invitation, and its secret, which is kept nowhere. Earlier invitations of theirs end.

    Raises:
        AccountUnknown: `name` can have no account.
        PrincipalUnknown, NotPermitted: `by` is no administrator.
        KeyMissing, KeyLocked: The administrator's key cannot be used here.
    """
    secret = secrets.token_urlsafe(32)
    now = ledger.clock()
    made = Invitation(name=name, by=by, made_at=now, expires=now + INVITED_FOR)
    with ledger.transaction(ORGANISATION) as tx:
        require_person(load_principals(ledger), name)
        said = {"invitation": hash_of(secret), "expires": made.expires.isoformat(timespec="seconds")}
        _append(ledger, tx, ring, _Act(kind=INVITE, by=by, name=name, said=said))
        tx.connection.execute("delete from account_invitation where name = %s", (name,))
        tx.connection.execute(
            "insert into account_invitation (hash, name, by, made_at, expires) values (%s, %s, %s, %s, %s)",
            (hash_of(secret), name, by, now, made.expires),
        )
        note_event(tx.connection, now, name, "invited", result=f"by {by}")
    return made, secret


def read_invitation(ledger: Ledger, secret: str) -> Invitation:
    """
    An invitation that can still be accepted.

    Raises:
        InvitationInvalid: It was used, has expired, or never was; or who it is for is not on record any more.
    """
    with ledger.store.session() as connection:
        row = connection.execute(
            "select name, by, made_at, expires from account_invitation where hash = %s", (hash_of(secret),)
        ).fetchone()
    if row is None or row[3] <= ledger.clock():
        raise _invalid()
    name, by, made_at, expires = row
    try:
        require_person(load_principals(ledger), name)
    except AccountUnknown as problem:
        raise _invalid() from problem
    return Invitation(name=name, by=by, made_at=made_at, expires=expires)


def use_invitation(
    connection: psycopg.Connection, now: datetime, secret: str, seq: int, handle: bytes | None = None
) -> str:
    """
    Accept it, once: the account begins, or begins afresh.

    Args:
        connection: In a transaction that also sets how they come in.
        seq: Where the organisation's chain ends now.
        handle: What a passkey that was just made knows them by.

    Returns:
        Whose it is.

    Raises:
        InvitationInvalid: As `read_invitation`.
    """
    row = connection.execute(
        "delete from account_invitation where hash = %s and expires > %s returning name", (hash_of(secret), now)
    ).fetchone()
    if row is None:
        raise _invalid()
    name = str(row[0])
    begin_account(connection, now, name, seq, handle)
    return name


def begin_account(
    connection: psycopg.Connection, now: datetime, name: str, seq: int, handle: bytes | None = None
) -> None:
    """Make the account, or begin it afresh: no password, passkey, identity or session of before opens it."""
    connection.execute("delete from account_passkey where name = %s", (name,))
    connection.execute("delete from account_identity where name = %s", (name,))
    drop_sessions(connection, now, name)
    connection.execute(
        "insert into account (name, handle, since, made_at) values (%s, %s, %s, %s) on conflict (name) do update"
        " set password = null, password_at = null, handle = excluded.handle, since = excluded.since, removed = false",
        (name, handle or secrets.token_bytes(32), seq, now),
    )


def bind(ledger: Ledger, ring: KeyRing, *, by: str, name: str, issuer: str, subject: str) -> None:
    """
    Say that whoever an identity provider calls `subject` is this principal.

    Raises:
        ValueProblem: No https issuer (loopback may be plain), no subject, or it is bound to somebody else.
        AccountUnknown, PrincipalUnknown, NotPermitted, KeyMissing, KeyLocked: As `invite`.
    """
    if not issuer.startswith(("https://", "http://127.0.0.1", "http://localhost")) or not subject:
        raise ValueProblem(
            f"'{issuer}' with subject '{subject}' names nobody at an identity provider; expected the issuer's https "
            "address and the subject that it gives. Look at what the provider says of them."
        )
    now = ledger.clock()
    with ledger.transaction(ORGANISATION) as tx:
        principals = load_principals(ledger)
        require_person(principals, name)
        seq = _append(ledger, tx, ring, _Act(kind=BIND, by=by, name=name, said={"issuer": issuer, "subject": subject}))
        since = since_of(tx.connection, name)
        if since is None or problem_of(principals, name, since) is not None:
            begin_account(tx.connection, now, name, seq)
        add_identity(tx.connection, now, name, issuer, subject)
        note_event(tx.connection, now, name, "identity bound", how=issuer, result=f"by {by}")


def add_identity(connection: psycopg.Connection, now: datetime, name: str, issuer: str, subject: str) -> None:
    """Bind an identity; one a provider, and one a principal. Raises ValueProblem if it is somebody else's."""
    row = connection.execute(
        "select name from account_identity where issuer = %s and subject = %s", (issuer, subject)
    ).fetchone()
    if row is not None and row[0] != name:
        raise ValueProblem(
            f"'{subject}' of {issuer} is '{row[0]}' already, and nobody is two people. Remove that account first."
        )
    connection.execute("delete from account_identity where name = %s and issuer = %s", (name, issuer))
    connection.execute(
        "insert into account_identity (issuer, subject, name, made_at) values (%s, %s, %s, %s)",
        (issuer, subject, name, now),
    )


def remove(ledger: Ledger, ring: KeyRing, *, by: str, name: str, reason: str = "") -> None:
    """
    End an account: password, passkeys, identities, sessions and invitations are gone. The principal stays.

    Raises:
        AccountUnknown: There is none.
        PrincipalUnknown, NotPermitted, KeyMissing, KeyLocked: As `invite`.
    """
    now = ledger.clock()
    with ledger.transaction(ORGANISATION) as tx:
        _append(ledger, tx, ring, _Act(kind=REMOVE, by=by, name=name, said={"reason": reason}))
        done = tx.connection.execute("update account set removed = true where name = %s and not removed", (name,))
        invited = tx.connection.execute("delete from account_invitation where name = %s", (name,))
        if not done.rowcount and not invited.rowcount:
            raise AccountUnknown(
                f"'{name}' has no account that could be removed. `goldenthread account list` shows who has one."
            )
        if done.rowcount:
            begin_account(tx.connection, now, name, tx.head(ORGANISATION))
            tx.connection.execute("update account set removed = true where name = %s", (name,))
        note_event(tx.connection, now, name, "account removed", result=f"by {by}")


def _append(ledger: Ledger, tx: Transaction, ring: KeyRing, act: _Act) -> int:
    """The act on the chain, signed by an administrator of this moment; returns its place."""
    load_principals(ledger).require_role(act.by, ("administrator",), EVERYWHERE)
    head = ledger.head(ORGANISATION)
    place = {"record": act.kind, "seq": head.seq + 1, "prev": head.hash, "by": act.by}
    statement = {**place, "name": act.name, **act.said}
    envelope = ring.sign(act.by, PRINCIPAL_TYPE, statement)
    return tx.append(ORGANISATION, act.kind, act.by, {**statement, "envelope": envelope}).seq


def _invalid() -> InvitationInvalid:
    return InvitationInvalid(
        "This invitation opens nothing: it was used, has expired, or a newer one took its place. "
        "Ask an administrator for another."
    )
