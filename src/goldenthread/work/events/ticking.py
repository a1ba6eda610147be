"""All subscriptions: those that may be sent something are, side by side, so that none waits for another's receiver."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from goldenthread.promise.errors import GoldenthreadError, SubscriptionSecretMissing
from goldenthread.record.ledger import ORGANISATION, Ledger
from goldenthread.record.principals import Principals, load_principals
from goldenthread.record.store import Home
from goldenthread.work.events.custody import Custody, Kept, url_digest
from goldenthread.work.events.delivery import BUDGET_S, Pass, Passed
from goldenthread.work.events.posting import Post, post
from goldenthread.work.events.subscriptions import Subscription, Subscriptions, load_subscriptions

_SIDE_BY_SIDE = 8


@dataclass(frozen=True, kw_only=True)
class Ticked:
    """What a tick did, by subscription; `left_out` says of others why nothing was sent."""

    passed: Mapping[str, Passed] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def arrived(self) -> int:
        """How many events arrived in all."""
        return sum(one.arrived for one in self.passed.values())


def kept_for(subscription: Subscription, custody: Custody) -> Kept:
    """
    Address and secrets of a subscription, if they are those on record.

    Raises:
        SubscriptionSecretMissing: They are not here, or the address is another than the one that was signed.
    """
    kept = custody.load(subscription.id)
    if url_digest(subscription.id, kept.url) != subscription.digest:
        raise SubscriptionSecretMissing(
            f"The address that this home has for subscription {subscription.id} is not the one that {subscription.by} "
            "signed, so nothing is sent there. Restore the file, or remove the subscription and make another."
        )
    return kept


class Deliverer:
    """
    Delivers in the background of one process.

    A subscription whose receiver is slow is still at it when the next tick comes; the others get their turn. Several
    processes may each have one: a subscription is delivered by one of them at a time.

    Args:
        ledger: What happened.
        home: Where secrets are.
        post: Sends.
        budget_s: How long one pass goes on.
    """

    def __init__(self, ledger: Ledger, home: Home, post: Post = post, budget_s: float = BUDGET_S) -> None:
        self._ledger = ledger
        self._custody = Custody(home)
        self._post = post
        self._budget_s = budget_s
        self._pool = ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="goldenthread-events")
        self._under_way: dict[str, Future[Passed]] = {}
        self._lock = threading.Lock()
        self._known: tuple[int, Principals, Subscriptions] | None = None

    def tick(self) -> Ticked:
        """Begin a pass for every subscription that has none under way; what ended since the last tick is told."""
        principals, subscriptions = self._read()
        left_out: dict[str, str] = {}
        with self._lock:
            ended = {id: one for id, one in self._under_way.items() if one.done()}
            for id in ended:
                del self._under_way[id]
            for one in subscriptions.by_id.values():
                if one.id not in self._under_way:
                    self._begin(one, principals, left_out)
        return Ticked(passed=_results(ended, left_out), left_out=left_out)

    def settle(self) -> Ticked:
        """Wait for the passes under way."""
        with self._lock:
            ending, self._under_way = self._under_way, {}
        wait(ending.values())
        left_out: dict[str, str] = {}
        return Ticked(passed=_results(ending, left_out), left_out=left_out)

    def close(self) -> None:
        """End when the attempts under way have ended."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _read(self) -> tuple[Principals, Subscriptions]:
        """Who may do what, and who subscribed: read again when the organisation's chain has grown."""
        head = self._ledger.head(ORGANISATION).seq
        if self._known is None or self._known[0] != head:
            principals = load_principals(self._ledger)
            self._known = (head, principals, load_subscriptions(self._ledger, principals))
        return self._known[1], self._known[2]

    def _begin(self, one: Subscription, principals: Principals, left_out: dict[str, str]) -> None:
        problem = one.problem(principals)
        if problem is None:
            try:
                kept = kept_for(one, self._custody)
            except SubscriptionSecretMissing as missing:
                problem = missing.message
            else:
                organisation = principals.organisation
                work = Pass(
                    self._ledger, one, kept, organisation=organisation, post=self._post, budget_s=self._budget_s
                )
                self._under_way[one.id] = self._pool.submit(work.run)
        if problem is not None:
            left_out[one.id] = problem


def tick(ledger: Ledger, home: Home, post: Post = post, budget_s: float = BUDGET_S) -> Ticked:
    """One pass for every subscription, and wait for them."""
    deliverer = Deliverer(ledger, home, post, budget_s)
    try:
        begun = deliverer.tick()
        ended = deliverer.settle()
        return Ticked(passed=ended.passed, left_out={**begun.left_out, **ended.left_out})
    finally:
        deliverer.close()


def _results(ended: Mapping[str, Future[Passed]], left_out: dict[str, str]) -> dict[str, Passed]:
    """What passes did; one that broke off, as when the database went away, is told and comes again."""
    found = {}
    for id, one in ended.items():
        problem = one.exception()
        if problem is None:
            found[id] = one.result()
        elif isinstance(problem, GoldenthreadError):
            left_out[id] = problem.message
        else:
            left_out[id] = f"the pass broke off with {type(problem).__name__}; it comes again"
    return found
