"""What people do with subscriptions: make, pause, resume, remove, give a new secret, send again. Each is signed."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from goldenthread.promise.errors import ContractNotFound, ValueProblem
from goldenthread.promise.values import Json
from goldenthread.record.ledger import ORGANISATION, Ledger, Record, Transaction
from goldenthread.record.principals import EVERYWHERE, KeyRing, Principals, load_principals
from goldenthread.work.events.addresses import parse_address
from goldenthread.work.events.cursors import begin, forget, rewind, unpark, wake
from goldenthread.work.events.custody import Custody, Kept, Secret, url_digest
from goldenthread.work.events.event_type import PREFIX
from goldenthread.work.events.kinds import NAMES
from goldenthread.work.events.signatures import new_secret
from goldenthread.work.events.subscriptions import (
    ADD,
    PAUSE,
    REMOVE,
    REPLAY,
    RESUME,
    ROTATE,
    SUBSCRIPTION_TYPE,
    Subscription,
    load_subscriptions,
    require_subscriber,
    statement,
)

OVERLAP = timedelta(hours=24)
"""How long messages are signed with the old secret too, after a new one was made."""


@dataclass(frozen=True, kw_only=True)
class Subscribed:
    """A new subscription and its secret, which is shown now and never again."""

    subscription: Subscription
    secret: str

    def __repr__(self) -> str:
        return f"Subscribed({self.subscription.id})"


def chosen_types(patterns: Sequence[str]) -> tuple[str, ...]:
    """
    The names of types that patterns mean, all where there are none: `approval.asked`, `approval.*`; with or without
    the prefix `goldenthread.`.

    Raises:
        ValueProblem: A pattern that means none.
    """
    found: dict[str, None] = {}
    for pattern in patterns or ("*",):
        plain = pattern.strip().removeprefix(PREFIX)
        meant = [name for name in NAMES if fnmatchcase(name, plain)]
        if not meant:
            raise ValueProblem(f"'{pattern}' is no type of event. See `goldenthread events types`.")
        found.update(dict.fromkeys(meant))
    return tuple(sorted(found))


def subscribe(
    ledger: Ledger,
    ring: KeyRing,
    custody: Custody,
    url: str,
    *,
    by: str,
    types: Sequence[str] = (),
    slices: Sequence[str] = (EVERYWHERE,),
    insecure: bool = False,
) -> Subscribed:
    """
    Send events to an address, from now on.

    Args:
        url: https; http only on this machine, or where `insecure` says that the way is safe.
        by: An owner of each slice, or an administrator, who signs.
        types: Names or patterns, see `chosen_types`.
        slices: Whose events; '*' for all there are and will be. Those of the organisation come with any.

    Raises:
        ReceiverRefused: The address is none that events may be sent to.
        ValueProblem: No such type.
        ContractNotFound: No such slice.
        NotPermitted, PrincipalUnknown, NotInitialised, KeyMissing, KeyLocked: `by` may not, or can't sign here.
    """
    address = parse_address(url, insecure=insecure)
    names = chosen_types(types)
    reach = tuple(sorted(set(slices))) or (EVERYWHERE,)
    known = set(ledger.chains()) - {ORGANISATION}
    missing = next((name for name in reach if name != EVERYWHERE and name not in known), None)
    if missing is not None:
        raise ContractNotFound(
            f"No slice '{missing}' in this home; it has {', '.join(sorted(known)) or 'none'}. "
            "Run `goldenthread contract list`."
        )
    id, secret = secrets.token_hex(6), new_secret()
    about: dict[str, Json] = {
        "subscription": id,
        "host": address.shown,
        "digest": url_digest(id, url),
        "types": list(names),
        "slices": list(reach),
    }
    custody.keep(id, Kept(url=url, insecure=insecure, secrets=(Secret(text=secret),)))
    try:
        with _signing(ledger, ring, by, reach) as (tx, sign):
            sign(ADD, about)
            begin(tx.connection, id)
    except BaseException:
        custody.forget(id)
        raise
    return Subscribed(subscription=load_subscriptions(ledger).find(id), secret=secret)


def pause(ledger: Ledger, ring: KeyRing, id: str, *, by: str) -> Subscription:
    """
    Send nothing more until somebody resumes it; nothing is lost.

    Raises:
        SubscriptionUnknown: No such subscription.
        ValueProblem: It is paused already.
        NotPermitted, PrincipalUnknown, KeyMissing, KeyLocked: As `subscribe`.
    """
    found = load_subscriptions(ledger).find(id)
    if found.paused is not None:
        raise ValueProblem(f"Subscription {found.id} was paused by {found.paused} already. Resume it, or leave it so.")
    with _signing(ledger, ring, by, found.slices) as (_, sign):
        sign(PAUSE, {"subscription": found.id})
    return replace(found, paused=by)


def resume(ledger: Ledger, ring: KeyRing, id: str, *, by: str) -> Subscription:
    """
    Go on where it stood; also after the receiver said that it is gone, or when who vouched for it may not any more.
    From now on `by` vouches for it. Errors as `pause`, but for the last.
    """
    found = load_subscriptions(ledger).find(id)
    with _signing(ledger, ring, by, found.slices) as (tx, sign):
        sign(RESUME, {"subscription": found.id})
        wake(tx.connection, found.id, ledger.clock())
    return replace(found, paused=None, by=by)


def remove(ledger: Ledger, ring: KeyRing, custody: Custody, id: str, *, by: str) -> Subscription:
    """End it, with its secret and all that waited. Errors as `pause`, but for the last."""
    found = load_subscriptions(ledger).find(id)
    with _signing(ledger, ring, by, found.slices) as (tx, sign):
        sign(REMOVE, {"subscription": found.id})
        forget(tx.connection, found.id)
    custody.forget(found.id)
    return found


def rotate(
    ledger: Ledger, ring: KeyRing, custody: Custody, id: str, *, by: str, overlap: timedelta = OVERLAP
) -> Subscribed:
    """
    A new secret. For `overlap` each message is signed with both, so that the receiver can change in its own time.

    Raises:
        SubscriptionSecretMissing: This home doesn't have the subscription's secret.
        SubscriptionUnknown, NotPermitted, PrincipalUnknown, KeyMissing, KeyLocked: As `pause`.
    """
    found = load_subscriptions(ledger).find(id)
    kept, fresh, now = custody.load(found.id), new_secret(), ledger.clock()
    old = [one for one in kept.secrets if one.until is None or now < one.until]
    ending = tuple(replace(one, until=min(now + overlap, one.until or now + overlap)) for one in old)
    with _signing(ledger, ring, by, found.slices) as (_, sign):
        sign(ROTATE, {"subscription": found.id, "overlap_s": int(overlap.total_seconds())})
        custody.keep(found.id, replace(kept, secrets=(Secret(text=fresh), *ending)))
    return Subscribed(subscription=found, secret=fresh)


def replay(
    ledger: Ledger, ring: KeyRing, id: str, *, by: str, start: datetime | int, slices: Sequence[str] = ()
) -> dict[str, int]:
    """
    Send again what happened since a moment, or since a place of a slice's chain; ids stay what they were.

    Args:
        start: A moment, or the `seq` of the first record to send again in the one slice that is named.
        slices: Only there; all that it reaches if none is named.

    Returns:
        From which record on each chain is sent again.

    Raises:
        ValueProblem: A place without exactly one slice.
        ContractNotFound: A slice that it doesn't reach.
        SubscriptionUnknown, NotPermitted, PrincipalUnknown, KeyMissing, KeyLocked: As `pause`.
    """
    found = load_subscriptions(ledger).find(id)
    chains = [chain for chain in ledger.chains() if found.reaches(chain) and (not slices or chain in slices)]
    missing = [name for name in slices if name not in chains]
    if missing:
        raise ContractNotFound(
            f"Subscription {found.id} gets nothing of '{missing[0]}'. See `goldenthread events list`."
        )
    if isinstance(start, int) and len(slices) != 1:
        raise ValueProblem(
            f"The place {start} is one of each chain. Name the slice with --slice, or give a moment as --from."
        )
    first = {chain: start if isinstance(start, int) else _first_since(ledger, chain, start) for chain in chains}
    words = start if isinstance(start, int) else start.isoformat()
    with _signing(ledger, ring, by, found.slices) as (tx, sign):
        sign(REPLAY, {"subscription": found.id, "from": words, "slices": list(slices)})
        rewind(tx.connection, found.id, first)
    return first


def retry(ledger: Ledger, id: str) -> int:
    """Try again, from the start, everything that was given up; how many that are. SubscriptionUnknown as `pause`."""
    found = load_subscriptions(ledger).find(id)
    with ledger.store.transaction() as connection:
        return unpark(connection, found.id, ledger.clock())


Sign = Callable[[str, Mapping[str, Json]], Record]


@contextmanager
def _signing(ledger: Ledger, ring: KeyRing, by: str, slices: Sequence[str]) -> Iterator[tuple[Transaction, Sign]]:
    """A transaction on the organisation's chain, and what appends to it a word that `by` signs and may say."""
    with ledger.transaction(ORGANISATION) as tx:
        principals: Principals = load_principals(ledger)
        require_subscriber(principals, by, slices)

        def sign(kind: str, about: Mapping[str, Json]) -> Record:
            said = statement(principals, kind, tx.head(ORGANISATION) + 1, about)
            envelope = ring.sign(by, SUBSCRIPTION_TYPE, said)
            principals.require_signed(by, envelope, SUBSCRIPTION_TYPE, said)
            return tx.append(ORGANISATION, kind, by, {**about, "envelope": envelope})

        yield tx, sign


def _first_since(ledger: Ledger, chain: str, start: datetime) -> int:
    """The first record of a chain that is not older than a moment; the one after the last if there is none."""
    with ledger.store.session() as connection:
        row = connection.execute(
            "select coalesce((select min(seq) from ledger_record where chain = %s and at >= %s),"
            " (select seq + 1 from ledger_head where chain = %s), 1)",
            (chain, start, chain),
        ).fetchone()
    return int(row[0]) if row else 1
