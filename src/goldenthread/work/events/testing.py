"""A message that is no event of the ledger, to try whether a receiver takes what is sent."""

from __future__ import annotations

import secrets
from datetime import UTC

from goldenthread.record.ledger import ORGANISATION, Ledger
from goldenthread.record.principals import load_principals
from goldenthread.record.store import Home
from goldenthread.work.events.custody import Custody
from goldenthread.work.events.delivery import send
from goldenthread.work.events.event import Event, source_of
from goldenthread.work.events.posting import Answer, Post, post
from goldenthread.work.events.subscriptions import load_subscriptions
from goldenthread.work.events.ticking import kept_for

TEST_TYPE = "goldenthread.test"


def send_test(ledger: Ledger, home: Home, id: str, post: Post = post) -> Answer:
    """
    Send a subscription's receiver one message of the type `goldenthread.test`, signed as all are; also while it is
    paused. Nothing is noted, and it is not tried again.

    Raises:
        SubscriptionUnknown: No such subscription.
        SubscriptionSecretMissing: Its address and secret are not in this home.
    """
    principals = load_principals(ledger)
    found = load_subscriptions(ledger, principals).find(id)
    now = ledger.clock()
    event = Event(
        id=f"test/{secrets.token_hex(8)}",
        source=source_of(ORGANISATION, principals.organisation),
        type=TEST_TYPE,
        time=now.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z",
        subject=None,
        chain=ORGANISATION,
        seq=0,
        data={"subscription": found.id},
    )
    return send(kept_for(found, Custody(home)), event, post, now)
