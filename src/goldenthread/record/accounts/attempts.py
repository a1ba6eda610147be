"""
Attempts that fail, counted by account and by address; whoever fails often waits ever longer, and nobody for good.

An attempt is counted before it is looked at and given back if it succeeds, so that a hundred at once are a hundred.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from goldenthread.promise.errors import SignInThrottled

FORGOTTEN = timedelta(hours=24)
LONGEST_WAIT = timedelta(minutes=15)
_FIRST_WAIT = timedelta(seconds=15)


@dataclass(frozen=True, kw_only=True)
class Counted:
    """One count: its key in the table, and how many failures cost nothing yet."""

    key: str
    free: int


def counts_of(name: str, address: str) -> tuple[Counted, ...]:
    """What an attempt counts against: the account (5 free), and the address (30 free, since an office shares one)."""
    counts = [Counted(key=f"address:{_network(address)}", free=30)]
    if name:
        counts.append(Counted(key=f"account:{hashlib.sha256(name.encode()).hexdigest()}", free=5))
    return tuple(counts)


def take(connection: psycopg.Connection, counts: tuple[Counted, ...], now: datetime) -> None:
    """
    Count an attempt, before it is looked at.

    Args:
        connection: In a transaction, which must commit also where the attempt then fails.

    Raises:
        SignInThrottled: Too many failed before; nothing was counted.
    """
    keys = sorted(counts, key=lambda one: one.key)
    for one in keys:
        connection.execute(
            "insert into account_attempt (key, failures, last_at, free_at) values (%s, 0, %s, %s)"
            " on conflict (key) do update set failures ="
            " case when account_attempt.last_at < %s then 0 else account_attempt.failures end",
            (one.key, now, now, now - FORGOTTEN),
        )
    rows = connection.execute(
        "select key, failures, free_at from account_attempt where key = any(%s)", ([one.key for one in keys],)
    ).fetchall()
    free_at = max(free for _, _, free in rows)
    if free_at > now:
        raise throttled(free_at - now)
    failures = {key: failed + 1 for key, failed, _ in rows}
    for one in keys:
        connection.execute(
            "update account_attempt set failures = %s, last_at = %s, free_at = %s where key = %s",
            (failures[one.key], now, now + wait_after(failures[one.key], one.free), one.key),
        )


def give_back(connection: psycopg.Connection, counts: tuple[Counted, ...]) -> None:
    """After a success: the account's count begins again; the address gets back this one attempt only."""
    for one in counts:
        if one.key.startswith("account:"):
            connection.execute("delete from account_attempt where key = %s", (one.key,))
        else:
            connection.execute(
                "update account_attempt set failures = greatest(failures - 1, 0), free_at = last_at where key = %s",
                (one.key,),
            )


def wait_after(failures: int, free: int) -> timedelta:
    """How long the next attempt waits: nothing for the first ones, then 15 s, 30 s, 1 min, ... up to 15 min."""
    over = failures - free
    if over < 0:
        return timedelta(0)
    return min(_FIRST_WAIT * (1 << min(over, 10)), LONGEST_WAIT)


def throttled(wait: timedelta) -> SignInThrottled:
    """The error, with how long to wait."""
    seconds = max(1, int(wait.total_seconds() + 0.999))
    return SignInThrottled(
        f"Too many attempts have failed; the next one is looked at in {_words(seconds)}. "
        "Wait, or ask an administrator for a new invitation.",
        wait_s=seconds,
    )


def forget_old(connection: psycopg.Connection, now: datetime) -> None:
    """Drop counts that nobody added to for a day."""
    connection.execute("delete from account_attempt where last_at < %s", (now - FORGOTTEN,))


def _network(address: str) -> str:
    """The address; of IPv6 the network of 64 bits, which one customer has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _words(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{(seconds + 59) // 60} min"
