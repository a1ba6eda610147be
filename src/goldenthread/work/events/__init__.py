"""
Events out: what happened, told to other systems as signed CloudEvents over webhooks.

Knows which records are events, who subscribed to what, and how far each receiver has got. Refuses to know what an agent
may do; and never writes anything that a verdict or a level rests on. Invariants: every event is derived from a record,
under an id that never changes; none carries content or a person's name; what arrived is noted after it was sent, so
nothing is lost; events of a case arrive in order; no secret stands on the ledger, in a log or in an error.
"""

from goldenthread.work.events.cursors import Delivery, Outlet, cursors, deliveries, outlet
from goldenthread.work.events.custody import Custody, Kept, Secret, write_private
from goldenthread.work.events.delivery import Pass, Passed, send
from goldenthread.work.events.event import Event, data_schema, derive, page_of, source_of
from goldenthread.work.events.event_type import PREFIX, EventType
from goldenthread.work.events.fields import FIELDS
from goldenthread.work.events.kinds import NAMES, TYPES, kinds_of, type_of
from goldenthread.work.events.posting import Answer, Post, post
from goldenthread.work.events.schema import EVENTS_SCHEMA
from goldenthread.work.events.signatures import headers, new_secret, signature
from goldenthread.work.events.standing import SubscriptionStanding, standing
from goldenthread.work.events.subscribing import (
    Subscribed,
    chosen_types,
    pause,
    remove,
    replay,
    resume,
    retry,
    rotate,
    subscribe,
)
from goldenthread.work.events.subscriptions import (
    SUBSCRIPTION_KINDS,
    Subscription,
    Subscriptions,
    load_subscriptions,
)
from goldenthread.work.events.testing import TEST_TYPE, send_test
from goldenthread.work.events.ticking import Deliverer, Ticked, kept_for, tick

__all__ = [
    "EVENTS_SCHEMA",
    "FIELDS",
    "NAMES",
    "PREFIX",
    "SUBSCRIPTION_KINDS",
    "TEST_TYPE",
    "TYPES",
    "Answer",
    "Custody",
    "Deliverer",
    "Delivery",
    "Event",
    "EventType",
    "Kept",
    "Outlet",
    "Pass",
    "Passed",
    "Post",
    "Secret",
    "Subscribed",
    "Subscription",
    "SubscriptionStanding",
    "Subscriptions",
    "Ticked",
    "chosen_types",
    "cursors",
    "data_schema",
    "deliveries",
    "derive",
    "headers",
    "kept_for",
    "kinds_of",
    "load_subscriptions",
    "new_secret",
    "outlet",
    "page_of",
    "pause",
    "post",
    "remove",
    "replay",
    "resume",
    "retry",
    "rotate",
    "send",
    "send_test",
    "signature",
    "source_of",
    "standing",
    "subscribe",
    "tick",
    "type_of",
    "write_private",
]
