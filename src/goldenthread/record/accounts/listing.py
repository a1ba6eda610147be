"""Who has an account, by what they come in, and when they last did."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from goldenthread.record.accounts.model import IDLE, Account, Identity, Passkey
from goldenthread.record.accounts.standing import problem_of
from goldenthread.record.ledger import Ledger
from goldenthread.record.principals import Principals


@dataclass(kw_only=True)
class _Found:
    """What the tables hold, by name."""

    accounts: dict[str, tuple[datetime, datetime | None, int]] = field(default_factory=dict)
    passkeys: dict[str, list[Passkey]] = field(default_factory=lambda: defaultdict(list))
    identities: dict[str, list[Identity]] = field(default_factory=lambda: defaultdict(list))
    sessions: dict[str, int] = field(default_factory=dict)
    signed_in: dict[str, datetime] = field(default_factory=dict)
    invited: dict[str, datetime] = field(default_factory=dict)


def load_accounts(ledger: Ledger, principals: Principals, name: str | None = None) -> dict[str, Account]:
    """Everybody's accounts by name, or one; also of those who were invited and have none yet. Six queries."""
    with ledger.store.session() as connection:
        found = _read(connection, ledger.clock(), name)
    return {one: _account(found, principals, one) for one in sorted({*found.accounts, *found.invited})}


def _account(found: _Found, principals: Principals, name: str) -> Account:
    made_at, password_at, since = found.accounts.get(name, (None, None, principals.until))
    return Account(
        name=name,
        made_at=made_at,
        password_at=password_at,
        passkeys=tuple(found.passkeys[name]),
        identities=tuple(found.identities[name]),
        sessions=found.sessions.get(name, 0),
        signed_in_at=found.signed_in.get(name),
        invited_until=found.invited.get(name),
        problem=problem_of(principals, name, since),
    )


def _read(connection: psycopg.Connection, now: datetime, name: str | None) -> _Found:
    found, run = _Found(), connection.execute
    given = {"name": name, "now": now, "idle": now - IDLE}
    for of, made_at, password_at, since in run(_ACCOUNTS, given):
        found.accounts[of] = (made_at, password_at, since)
    for of, id, label, synced, made_at, used_at in run(_PASSKEYS, given):
        found.passkeys[of].append(Passkey(id=id, label=label, synced=synced, made_at=made_at, used_at=used_at))
    for of, issuer, subject, made_at in run(_IDENTITIES, given):
        found.identities[of].append(Identity(issuer=issuer, subject=subject, made_at=made_at))
    found.sessions.update(run(_SESSIONS, given))
    found.signed_in.update(run(_SIGNED_IN, given))
    found.invited.update(run(_INVITED, given))
    return found


_ACCOUNTS = """
select name, made_at, password_at, since from account
where not removed and (%(name)s::text is null or name = %(name)s)
"""
_PASSKEYS = """
select name, encode(id, 'hex'), label, synced, made_at, used_at from account_passkey
where %(name)s::text is null or name = %(name)s order by made_at, id
"""
_IDENTITIES = """
select name, issuer, subject, made_at from account_identity
where %(name)s::text is null or name = %(name)s order by issuer
"""
_SESSIONS = """
select name, count(*) from account_session
where ends_at > %(now)s and seen_at > %(idle)s and (%(name)s::text is null or name = %(name)s) group by name
"""
_SIGNED_IN = """
select name, max(at) from account_event
where what = 'sign-in' and result = 'done' and (%(name)s::text is null or name = %(name)s) group by name
"""
_INVITED = """
select name, expires from account_invitation
where expires > %(now)s and (%(name)s::text is null or name = %(name)s)
"""
