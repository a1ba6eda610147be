"""Coming in: by password, by passkey, by an identity provider, or for the first time by an invitation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg

from goldenthread.promise.errors import SignInRefused
from goldenthread.record.accounts.attempts import Counted, counts_of, forget_old, give_back, take
from goldenthread.record.accounts.events import note_event
from goldenthread.record.accounts.making import add_identity, begin_account, read_invitation, use_invitation
from goldenthread.record.accounts.model import Opened, Where
from goldenthread.record.accounts.passkeys import Made, Site, keep_passkey, verify_shown
from goldenthread.record.accounts.passwords import check_password, hash_password, is_outdated, verify_password
from goldenthread.record.accounts.pending import finish
from goldenthread.record.accounts.sessions import drop_sessions, open_session
from goldenthread.record.accounts.standing import known_name, problem_of, require_person, since_of
from goldenthread.record.ledger import ORGANISATION, Ledger
from goldenthread.record.principals import Principals, load_principals

PASSWORD, PASSKEY, PROVIDER, INVITATION = "password", "passkey", "identity provider", "invitation"


@dataclass(frozen=True, kw_only=True)
class Vouched:
    """What an identity provider said of somebody, verified: `email` only where it says that it is theirs."""

    issuer: str
    subject: str
    email: str | None


def sign_in_by_password(ledger: Ledger, name: str, password: str, where: Where) -> Opened:
    """
    Open a session for whoever knows the password; an unknown name takes as long and gets the same words.

    Raises:
        SignInRefused: Name or password is wrong, or the account opens nothing.
        SignInThrottled: Too many attempts failed before.
    """
    principals = load_principals(ledger)
    known = known_name(principals, name)
    counts = counts_of(known or name.strip().casefold()[:400], where.address)
    _count(ledger, counts)
    kept, since = _kept_password(ledger, known)
    good = verify_password(kept, password)
    if not good or since is None or problem_of(principals, known, since) is not None:
        raise _refused(ledger, known, PASSWORD, where)
    fresh = hash_password(password) if kept is not None and is_outdated(kept) else None
    with ledger.store.transaction() as connection:
        if fresh is not None:
            connection.execute("update account set password = %s where name = %s", (fresh, known))
        return _opened(connection, ledger.clock(), known, PASSWORD, where, counts)


def sign_in_by_passkey(ledger: Ledger, site: Site, secret: str, answer: str, where: Where) -> Opened:
    """
    Open a session for whoever's passkey answered.

    Args:
        site: For which address.
        secret: What `begin_showing` gave this browser.
        answer: What `navigator.credentials.get` gave, JSON.

    Raises:
        SignInRefused: It proves nobody, or the account opens nothing.
        SignInThrottled: As by password; counted by address alone.
    """
    principals, counts = load_principals(ledger), counts_of("", where.address)
    _count(ledger, counts)
    begun = finish(ledger, "passkey-showing", secret)
    with ledger.store.transaction() as connection:
        now = ledger.clock()
        name = verify_shown(connection, now, begun, site, answer) if begun is not None else None
        since = since_of(connection, name or "")
        if name is not None and since is not None and problem_of(principals, name, since) is None:
            return _opened(connection, now, name, PASSKEY, where, counts)
    raise _refused(ledger, name or "", PASSKEY, where)


def sign_in_by_provider(ledger: Ledger, vouched: Vouched, where: Where) -> Opened:
    """
    Open a session for whoever an identity provider vouches for: an identity that is bound, or a verified e-mail
    address that is a principal's name and that nobody at that provider was bound to before; then it is bound.

    Raises:
        SignInRefused: They are nobody on record, or the account opens nothing.
    """
    principals, now = load_principals(ledger), ledger.clock()
    with ledger.store.transaction() as connection:
        name = _bound(connection, vouched) or _by_email(connection, principals, vouched, now)
        since = since_of(connection, name or "")
        if name is not None and since is not None and problem_of(principals, name, since) is None:
            return _opened(connection, now, name, PROVIDER, where, ())
    raise _refused(ledger, name or "", PROVIDER, where)


def accept_with_password(ledger: Ledger, secret: str, password: str, where: Where) -> Opened:
    """
    Accept an invitation with a password.

    Raises:
        InvitationInvalid: It opens nothing.
        PasswordWeak: Nothing was changed; the invitation can still be used.
    """
    name = read_invitation(ledger, secret).name
    check_password(password, name)
    return _accept(ledger, secret, hash_password(password), None, "", where)


def accept_with_passkey(ledger: Ledger, secret: str, made: Made, label: str, where: Where) -> Opened:
    """
    Accept an invitation with a passkey that was just made.

    Raises:
        InvitationInvalid, PasskeyRefused: Why not.
    """
    return _accept(ledger, secret, None, made, label, where)


def change_password(ledger: Ledger, name: str, old: str, new: str, where: Where) -> Opened:
    """
    Choose another password; every session of theirs ends, and a new one is opened.

    Args:
        old: The present one; not looked at where they have none.

    Raises:
        SignInRefused: The present password is another.
        SignInThrottled: Too many attempts failed before.
        PasswordWeak: The new one is too easily guessed.
    """
    counts = counts_of(name, where.address)
    _count(ledger, counts)
    kept, _ = _kept_password(ledger, name)
    if kept is not None and not verify_password(kept, old):
        raise _refused(ledger, name, PASSWORD, where)
    with ledger.store.transaction() as connection:
        give_back(connection, counts)
    check_password(new, name)
    fresh = hash_password(new)
    with ledger.store.transaction() as connection:
        now = ledger.clock()
        _set_password(connection, now, name, fresh, where)
        drop_sessions(connection, now, name, where=where)
        return open_session(connection, name, PASSWORD, where, now)


def count_attempt(ledger: Ledger, name: str, where: Where) -> None:
    """
    Count an attempt of somebody who is in to open something else with a secret, before it is looked at.

    Raises:
        SignInThrottled: Too many attempts failed before.
    """
    _count(ledger, counts_of(name, where.address))


def forgive_attempts(ledger: Ledger, name: str, where: Where) -> None:
    """The attempt was good."""
    with ledger.store.transaction() as connection:
        give_back(connection, counts_of(name, where.address))


def _accept(ledger: Ledger, secret: str, password: str | None, made: Made | None, label: str, where: Where) -> Opened:
    principals = load_principals(ledger)
    with ledger.store.transaction() as connection:
        now = ledger.clock()
        handle = made.handle if made is not None else None
        name = use_invitation(connection, now, secret, ledger.head(ORGANISATION).seq, handle)
        require_person(principals, name)
        if password is not None:
            _set_password(connection, now, name, password, where)
        if made is not None:
            keep_passkey(connection, now, name, made, label, where)
        return _opened(connection, now, name, INVITATION, where, ())


def _count(ledger: Ledger, counts: tuple[Counted, ...]) -> None:
    with ledger.store.transaction() as connection:
        now = ledger.clock()
        forget_old(connection, now)
        take(connection, counts, now)


def _opened(
    connection: psycopg.Connection, now: datetime, name: str, how: str, where: Where, counts: tuple[Counted, ...]
) -> Opened:
    give_back(connection, counts)
    note_event(connection, now, name, "sign-in", how=how, where=where)
    return open_session(connection, name, how, where, now)


def _refused(ledger: Ledger, name: str, how: str, where: Where) -> SignInRefused:
    with ledger.store.transaction() as connection:
        note_event(connection, ledger.clock(), name, "sign-in", how=how, result="refused", where=where)
    return SignInRefused(
        f"This {how} opens no account here. Try again; an administrator can invite you, or let you begin afresh."
    )


def _kept_password(ledger: Ledger, name: str) -> tuple[str | None, int | None]:
    with ledger.store.session() as connection:
        row = connection.execute(
            "select password, since from account where name = %s and not removed", (name,)
        ).fetchone()
    return (row[0], row[1]) if row else (None, None)


def _set_password(connection: psycopg.Connection, now: datetime, name: str, hash: str, where: Where) -> None:
    connection.execute("update account set password = %s, password_at = %s where name = %s", (hash, now, name))
    note_event(connection, now, name, "password chosen", where=where)


def _bound(connection: psycopg.Connection, vouched: Vouched) -> str | None:
    row = connection.execute(
        "select name from account_identity where issuer = %s and subject = %s", (vouched.issuer, vouched.subject)
    ).fetchone()
    return row[0] if row else None


def _by_email(connection: psycopg.Connection, principals: Principals, vouched: Vouched, now: datetime) -> str | None:
    """
    The principal whose name is that address. Not where an administrator removed the account, and not where another
    subject of the provider has it: addresses are handed on to other people.
    """
    name = known_name(principals, vouched.email) if vouched.email else ""
    if not name or problem_of(principals, name, principals.until) is not None:
        return None
    row = connection.execute(
        "select removed, exists (select 1 from account_identity i where i.name = a.name and i.issuer = %s)"
        " from account a where a.name = %s for update",
        (vouched.issuer, name),
    ).fetchone()
    if row is not None and (row[0] or row[1]):
        return None
    if row is None:
        begin_account(connection, now, name, principals.until)
    add_identity(connection, now, name, vouched.issuer, vouched.subject)
    note_event(connection, now, name, "identity bound", how=vouched.issuer)
    return name
