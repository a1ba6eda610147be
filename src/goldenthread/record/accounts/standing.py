"""Whether an account opens anything: it is nothing without its principal."""

from __future__ import annotations

import psycopg

from goldenthread.promise.errors import AccountUnknown
from goldenthread.record.accounts.model import KINDS_WITH_ACCOUNT
from goldenthread.record.principals import Principal, Principals


def problem_of(principals: Principals, name: str, since: int) -> str | None:
    """
    Why an account opens nothing; None if it does.

    Args:
        principals: As of now.
        name: Whose it is.
        since: The place of the organisation's chain where it was made; a revocation after it ends it for good.
    """
    principal = principals.find(name)
    if principal is None:
        return "nobody of that name is on record"
    if principal.revoked:
        return "what they held was revoked"
    if principal.kind not in KINDS_WITH_ACCOUNT:
        return f"a principal of the kind {principal.kind} has no account"
    if any(one.revoked and one.seq > since for one in principals.history.versions.get(name, ())):
        return "what they held was revoked since it was made; invite them again"
    return None


def require_person(principals: Principals, name: str) -> Principal:
    """
    The principal, if they may have an account.

    Raises:
        AccountUnknown: Nobody of that name, revoked, or neither a person nor a data owner.
    """
    problem = problem_of(principals, name, principals.until)
    if problem is not None:
        raise AccountUnknown(
            f"'{name}' can have no account: {problem}. Accounts are for people and data owners who are on record; "
            "see `goldenthread principal list`."
        )
    principal = principals.find(name)
    assert principal is not None
    return principal


def known_name(principals: Principals, given: str) -> str:
    """The principal whom somebody means by what they typed, in whichever case; '' for nobody."""
    wanted = given.strip().casefold()[:400]
    return next((one.name for one in principals.all() if one.name.casefold() == wanted), "")


def since_of(connection: psycopg.Connection, name: str) -> int | None:
    """Since which place of the organisation's chain there is an account; None for none, or one that was removed."""
    row = connection.execute("select since from account where name = %s and not removed", (name,)).fetchone()
    return row[0] if row else None
