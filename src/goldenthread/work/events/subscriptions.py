"""Who gets which events: subscriptions as signed records of the organisation's chain, and their fold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from goldenthread.promise.errors import GoldenthreadError, NotPermitted, PrincipalError, SubscriptionUnknown
from goldenthread.promise.values import Json
from goldenthread.record.ledger import ORGANISATION, Ledger, Record
from goldenthread.record.principals import EVERYWHERE, Principals, load_principals

SUBSCRIPTION_TYPE = "application/vnd.goldenthread.subscription+json"
"""Payload type of what somebody signs about a subscription (DSSE)."""

ADD, PAUSE, RESUME, REMOVE = "subscription:add", "subscription:pause", "subscription:resume", "subscription:remove"
ROTATE, REPLAY = "subscription:rotate", "subscription:replay"
SUBSCRIPTION_KINDS = (ADD, PAUSE, RESUME, REMOVE, ROTATE, REPLAY)

MAY_SUBSCRIBE = ("owner", "administrator")


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscription:
    """
    A subscription on record. `host` is the address without path and query, `digest` tells another address; `types`
    are names without the prefix, `slices` names or '*'. `by` vouches for it: whoever made it, or resumed it last.
    """

    id: str
    host: str
    digest: str
    types: tuple[str, ...]
    slices: tuple[str, ...]
    by: str
    at: datetime
    seq: int
    paused: str | None = None

    def reaches(self, chain: str) -> bool:
        """Whether it gets the events of that chain; those of the organisation's concern everybody."""
        return chain == ORGANISATION or EVERYWHERE in self.slices or chain in self.slices

    def problem(self, principals: Principals) -> str | None:
        """Why it gets nothing now, as far as records say; None if it does."""
        if self.paused is not None:
            return f"paused by {self.paused}"
        try:
            require_subscriber(principals, self.by, self.slices)
        except PrincipalError:
            return f"{self.by}, who vouches for it, may not any more; somebody who may can resume it"
        return None


def require_subscriber(principals: Principals, name: str, slices: Iterable[str]) -> None:
    """
    Raises:
        NotPermitted, PrincipalUnknown, NotInitialised: They are neither owner of each slice, nor administrator, or no
            person.
    """
    for slice_name in slices:
        if principals.require_role(name, MAY_SUBSCRIBE, slice_name).kind != "person":
            raise NotPermitted(f"'{name}' is no person, and only a person lets events out. Have an owner do it.")


def statement(principals: Principals, kind: str, seq: int, about: Mapping[str, Json]) -> dict[str, Json]:
    """What is signed: this, in this ledger, at this place of its chain, so that a copy further on proves nothing."""
    return {"record": kind, "organisation": principals.organisation, "seq": seq, **about}


class Subscriptions:
    """Every subscription that holds, by id; what is not a signed word of somebody who might say it changes nothing."""

    def __init__(self, principals: Principals, records: Iterable[Record] = ()) -> None:
        self._principals = principals
        self.by_id: dict[str, Subscription] = {}
        for record in records:
            self.apply(record)

    def apply(self, record: Record) -> None:
        """Fold one record."""
        try:
            self._take(record)
        except (GoldenthreadError, KeyError, TypeError, AttributeError, ValueError):
            return

    def find(self, id: str) -> Subscription:
        """
        The one whose id begins so.

        Raises:
            SubscriptionUnknown: None, or several.
        """
        found = [one for key, one in self.by_id.items() if id and key.startswith(id)]
        if len(found) != 1:
            many = f"Several subscriptions begin with '{id}'" if found else f"There is no subscription '{id}'"
            raise SubscriptionUnknown(f"{many}. See `goldenthread events list`.")
        return found[0]

    def _take(self, record: Record) -> None:
        data = record.data
        known = self.by_id.get(data["subscription"])
        said = {key: value for key, value in data.items() if key != "envelope"}
        slices = data["slices"] if record.kind == ADD else known.slices if known else ()
        then = self._principals.at(record.seq - 1)
        require_subscriber(then, record.by, slices)
        signed = statement(then, record.kind, record.seq, said)
        then.require_signed(record.by, data["envelope"], SUBSCRIPTION_TYPE, signed)
        if record.kind == ADD and known is None:
            self.by_id[data["subscription"]] = _made(record)
        elif known is not None:
            self._change(record, known)

    def _change(self, record: Record, known: Subscription) -> None:
        if record.kind == PAUSE:
            self.by_id[known.id] = replace(known, paused=record.by)
        elif record.kind == RESUME:
            self.by_id[known.id] = replace(known, paused=None, by=record.by)
        elif record.kind == REMOVE:
            del self.by_id[known.id]


def load_subscriptions(ledger: Ledger, principals: Principals | None = None) -> Subscriptions:
    """Every subscription as the ledger says now."""
    known = principals if principals is not None else load_principals(ledger)
    return Subscriptions(known, ledger.read(ORGANISATION, kinds=SUBSCRIPTION_KINDS))


def _made(record: Record) -> Subscription:
    data: Mapping[str, Any] = record.data
    return Subscription(
        id=str(data["subscription"]),
        host=str(data["host"]),
        digest=str(data["digest"]),
        types=tuple(map(str, data["types"])),
        slices=tuple(map(str, data["slices"])),
        by=record.by,
        at=record.at,
        seq=record.seq,
    )
