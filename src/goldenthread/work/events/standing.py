"""How every subscription stands, for people to read; without a secret and without an address's path."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from goldenthread.promise.errors import SubscriptionSecretMissing
from goldenthread.record.ledger import Ledger
from goldenthread.record.principals import load_principals
from goldenthread.record.store import Home
from goldenthread.work.events.cursors import cursors, outlet
from goldenthread.work.events.custody import Custody
from goldenthread.work.events.subscriptions import Subscription, load_subscriptions
from goldenthread.work.events.ticking import kept_for


@dataclass(frozen=True, kw_only=True)
class SubscriptionStanding:
    """
    A subscription and how it fares. `state` is 'active' or says why nothing is sent; `behind` counts records of its
    chains that were not gone through yet; `waiting` and `parked` count events that did not arrive.
    """

    id: str
    host: str
    types: tuple[str, ...]
    slices: tuple[str, ...]
    by: str
    at: datetime
    state: str
    delivered: int
    delivered_at: datetime | None
    waiting: int
    parked: int
    behind: int
    failures: int
    error: str | None
    error_at: datetime | None


def standing(ledger: Ledger, home: Home) -> list[SubscriptionStanding]:
    """All that hold, in the order in which they were made."""
    principals = load_principals(ledger)
    custody = Custody(home)
    found = load_subscriptions(ledger, principals).by_id.values()
    return [_standing(ledger, custody, one, one.problem(principals)) for one in found]


def _standing(ledger: Ledger, custody: Custody, one: Subscription, problem: str | None) -> SubscriptionStanding:
    if problem is None:
        try:
            kept_for(one, custody)
        except SubscriptionSecretMissing as missing:
            problem = missing.message
    heads = {chain: head.seq for chain, head in ledger.heads().items() if one.reaches(chain)}
    with ledger.store.session() as connection:
        fares, places = outlet(connection, one.id), cursors(connection, one.id)
        counts = dict(
            connection.execute(
                "select state, count(*) from event_delivery where subscription = %s group by state", (one.id,)
            ).fetchall()
        )
    return SubscriptionStanding(
        id=one.id,
        host=one.host,
        types=one.types,
        slices=one.slices,
        by=one.by,
        at=one.at,
        state=problem or fares.halted or "active",
        delivered=fares.delivered,
        delivered_at=fares.delivered_at,
        waiting=counts.get("waiting", 0),
        parked=counts.get("parked", 0),
        behind=sum(max(0, seq - places.get(chain, 0)) for chain, seq in heads.items()),
        failures=fares.failures,
        error=fares.error,
        error_at=fares.error_at,
    )
