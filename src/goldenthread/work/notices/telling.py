"""Telling people: one message a rule, at most as often as the rule says, with everything that came since."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from goldenthread.control.guard import Desk
from goldenthread.control.signing import sign_offs
from goldenthread.control.stops import product_key
from goldenthread.promise.errors import GoldenthreadError, NotifyMissing, SubscriptionSecretMissing
from goldenthread.record.ledger import ORGANISATION, Ledger
from goldenthread.record.principals import Principals, load_principals
from goldenthread.record.store import Home
from goldenthread.work.events import Custody, Event, Outlet, cursors, derive, kinds_of, outlet
from goldenthread.work.events.cursors import alone
from goldenthread.work.events.custody import url_digest
from goldenthread.work.events.noting import noting
from goldenthread.work.notices.links import make_link
from goldenthread.work.notices.products import is_of
from goldenthread.work.notices.rules import EVERY, FOLDER, Rule, load_rules, may_answer, may_know, problem_of
from goldenthread.work.notices.services import Send, send
from goldenthread.work.notices.words import asks_to_sign, body, is_waiting, title

if TYPE_CHECKING:
    from psycopg import Connection

_MOST_RECORDS = 500  # a chain and message; what is more comes with the next one
_LONGEST_WAIT_S = 3600


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a tick did: how many events each rule told of; `failed` and `left_out` say why others told nothing."""

    told: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)


def tick(ledger: Ledger, home: Home, send: Send = send) -> Told:
    """
    Send what is due, for every rule; what fails comes again later, with what came in the meantime.

    Raises:
        NotifyMissing: There is something to send, and the extra isn't installed.
    """
    principals = load_principals(ledger)
    told: dict[str, int] = {}
    failed: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for rule in load_rules(ledger, principals).by_id.values():
        try:
            telling = Telling(ledger, home, rule, principals, send)
            number, problem = telling.run()
        except SubscriptionSecretMissing as missing:
            left_out[rule.id] = missing.message
            continue
        except NotifyMissing:
            raise
        except Exception as broken:  # noqa: BLE001 - one rule's trouble is no reason to leave the others untold
            failed[rule.id] = type(broken).__name__
            continue
        if problem is not None:
            failed[rule.id] = problem
        elif number:
            told[rule.id] = number
    return Told(told=told, failed=failed, left_out=left_out)


class Telling:
    """One rule, once."""

    def __init__(self, ledger: Ledger, home: Home, rule: Rule, principals: Principals, send: Send) -> None:
        self._ledger = ledger
        self._rule = rule
        self._principals = principals
        self._send = send
        self._custody = Custody(home, FOLDER)
        self._base = os.environ.get("GOLDENTHREAD_CONSOLE_URL", "").rstrip("/")

    def run(self) -> tuple[int, str | None]:
        """How many events were told, and what went wrong."""
        if problem_of(self._rule, self._principals) is not None:
            return 0, None
        with alone(self._ledger.store, self._rule.outlet) as connection:
            if connection is None:
                return 0, None
            state, now = outlet(connection, self._rule.outlet), self._ledger.clock()
            return self._tell(connection, state, now) if self._is_due(state, now) else (0, None)

    def _is_due(self, state: Outlet, now: datetime) -> bool:
        """Not sooner than the rule wants, nor than makes sense after a failure; a clock that went back counts not."""
        if state.try_at is not None and state.error_at is not None and state.error_at <= now < state.try_at:
            return False
        last = state.delivered_at
        return last is None or last > now or now - last >= EVERY[self._rule.every]

    def _tell(self, connection: Connection, state: Outlet, now: datetime) -> tuple[int, str | None]:
        places = cursors(connection, self._rule.outlet)
        reached, events = self._collect(places)
        events = self._still_true(connection, events)
        problem = self._sent(events, now) if events else None
        with noting(connection, self._rule.outlet) as note:
            if problem is not None:
                wait_s = min(_LONGEST_WAIT_S, 60 * 2 ** min(state.failures, 6))
                note.refused(problem, now, state.failures + 1, now + timedelta(seconds=wait_s), None)
                return 0, problem
            for chain, seq in reached.items():
                note.move(chain, places.get(chain, 0), seq)
            if events:
                note.succeeded(now, wake=False)
        return len(events), None

    def _collect(self, places: Mapping[str, int]) -> tuple[dict[str, int], list[Event]]:
        """How far each chain was read, and what the rule wants of it."""
        reached, events = {}, []
        for chain, head in self._ledger.heads().items():
            place = places.get(chain, 0)
            if head.seq <= place or not self._hears(chain):
                continue
            if chain != ORGANISATION and not is_of(self._ledger, chain, self._rule.products):
                reached[chain] = head.seq  # should it be of one later, what was before is not told
                continue
            kinds = kinds_of(frozenset(self._rule.types), organisation=chain == ORGANISATION)
            records = list(self._ledger.read(chain, after=place, kinds=kinds, limit=_MOST_RECORDS))
            reached[chain] = records[-1].seq if len(records) == _MOST_RECORDS else head.seq
            found = derive(self._ledger, [one for one in records if one.seq <= head.seq], self._principals.organisation)
            events += [one for one in found if self._wants(one)]
        return reached, events

    def _wants(self, event: Event) -> bool:
        """Whether the rule is about such an event; a stop of one product concerns only those of that product."""
        product, products = event.data.get("product"), self._rule.products
        if product is not None and products and product_key(str(product)) not in map(product_key, products):
            return False
        return event.type.partition(".")[2] in self._rule.types

    def _hears(self, chain: str) -> bool:
        return self._rule.reaches(chain) and may_know(self._principals, self._rule.person, chain)

    def _still_true(self, connection: Connection, events: list[Event]) -> list[Event]:
        """Without what waits for others, and without what was answered or signed in the meantime."""
        items = [str(event.data["item"]) for event in events if "item" in event.data]
        rows = connection.execute("select id from inbox where id = any(%s) and state = 'open'", (items,)).fetchall()
        waiting = {id for (id,) in rows}
        kept = []
        for event in events:
            if asks_to_sign(event):
                holds = self._waits_for_them(event)
            elif is_waiting(event):
                answers = may_answer(self._principals, self._rule.person, event.chain)
                holds = answers and event.data["item"] in waiting
            else:
                holds = True
            kept += [event] if holds else []
        return kept

    def _waits_for_them(self, event: Event) -> bool:
        """Whether the version or the release still waits for the signature of the rule's person."""
        of = (event.data.get("version"), event.data.get("fingerprint"))
        return any(
            one.name == self._rule.person
            and one.state != "refused"
            and of[1] == one.fingerprint
            and (one.fingerprint is not None or of[0] == one.version)
            for one in sign_offs(Desk(self._ledger, event.chain))
        )

    def _sent(self, events: list[Event], now: datetime) -> str | None:
        kept = self._custody.load(self._rule.id)
        if url_digest(self._rule.id, kept.url) != self._rule.digest:
            return "the address in this home is not the one that was signed, so nothing is sent there"
        return self._send(kept.url, title(events), body(events, lambda page: self._link(page, now)))

    def _link(self, page: str, now: datetime) -> str | None:
        if not self._base:
            return None
        return f"{self._base}/open/{make_link(self._ledger.vault, page, self._rule.person, now)}"


@dataclass(frozen=True, kw_only=True)
class RuleStanding:
    """A rule and how it fares; `state` is 'active' or says why nothing is told."""

    id: str
    person: str
    service: str
    types: tuple[str, ...]
    slices: tuple[str, ...]
    products: tuple[str, ...]
    every: str
    by: str
    state: str
    sent: int
    sent_at: datetime | None
    error: str | None
    error_at: datetime | None


def rules_standing(ledger: Ledger, home: Home) -> list[RuleStanding]:
    """All that hold, in the order in which they were made; never an address."""
    principals, custody = load_principals(ledger), Custody(home, FOLDER)
    found = []
    for one in load_rules(ledger, principals).by_id.values():
        state = problem_of(one, principals)
        try:
            custody.load(one.id)
        except GoldenthreadError as problem:
            state = state or problem.message
        with ledger.store.session() as connection:
            fares = outlet(connection, one.outlet)
        failing = fares.failures > 0
        found.append(
            RuleStanding(
                id=one.id,
                person=one.person,
                service=one.service,
                types=one.types,
                slices=one.slices,
                products=one.products,
                every=one.every,
                by=one.by,
                state=state or (f"failing: {fares.error}" if failing else "active"),
                sent=fares.delivered,
                sent_at=fares.delivered_at,
                error=fares.error,
                error_at=fares.error_at,
            )
        )
    return found


def send_test(ledger: Ledger, home: Home, id: str, send: Send = send) -> str | None:
    """
    Send a rule's person a message that says it is a test; what went wrong, or None.

    Raises:
        SubscriptionUnknown: No such rule.
        SubscriptionSecretMissing: Its address is not in this home.
        NotifyMissing: The extra isn't installed.
    """
    rule = load_rules(ledger).find(id)
    kept = Custody(home, FOLDER).load(rule.id)
    return send(kept.url, "goldenthread: a test", "This is a test: notices of goldenthread arrive here.")
