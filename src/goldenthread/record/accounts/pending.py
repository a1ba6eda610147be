"""
What a browser has begun and not finished: a challenge for a passkey, a way to an identity provider and back.

Each is good once, for ten minutes, and for the browser that began it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import timedelta

from goldenthread.record.accounts.sessions import hash_of
from goldenthread.record.ledger import Ledger

LIVES = timedelta(minutes=10)
_MOST = 10_000  # At about a kilobyte; who floods the page pushes out others' beginnings, and fills no disk.


def begin(ledger: Ledger, kind: str, content: Mapping[str, str]) -> str:
    """Keep something until it is finished; returns the secret that the browser gets."""
    secret, now = secrets.token_urlsafe(32), ledger.clock()
    with ledger.store.transaction() as connection:
        connection.execute("delete from account_pending where expires < %s", (now,))
        connection.execute(
            "delete from account_pending where hash in"
            " (select hash from account_pending order by expires desc offset %s)",
            (_MOST - 1,),
        )
        connection.execute(
            "insert into account_pending (hash, kind, content, expires) values (%s, %s, %s, %s)",
            (hash_of(secret), kind, json.dumps(dict(content)), now + LIVES),
        )
    return secret


def finish(ledger: Ledger, kind: str, secret: str) -> Mapping[str, str] | None:
    """What was begun under that secret, once; None if there is nothing, or it is too old."""
    with ledger.store.transaction() as connection:
        row = connection.execute(
            "delete from account_pending where hash = %s and kind = %s returning content, expires",
            (hash_of(secret), kind),
        ).fetchone()
    if row is None or row[1] <= ledger.clock():
        return None
    found: dict[str, str] = json.loads(row[0])
    return found
