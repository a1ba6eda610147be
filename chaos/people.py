"""
People who answer what waits: yes, yes with another amount, no, on to the next; some answers are given twice.

Whoever says whether an effect in doubt happened looks at the account first, and not before everything that was on its
way must have landed: a process that stands still can hold an order back for that long.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable

from chaos.book import Client
from chaos.desk import BANK, INTAKE, REVIEW
from chaos.leash import hold
from chaos.place import NAME, Place
from chaos.teller import REMOTE
from goldenthread.control.approvals import Inbox, Item
from goldenthread.control.guard import Desk
from goldenthread.promise.errors import AnswerInvalid, GoldenthreadError, InboxItemClosed, StoreError
from goldenthread.record.ledger import Ledger
from goldenthread.record.metrics import Proposal
from goldenthread.record.principals import KeyRing
from goldenthread.record.store import Home
from goldenthread.surfaces.opening import open_ledger

REVIEWERS = ("reviewer@example.com", "second@example.com")
SLICES = (INTAKE, REVIEW, BANK, REMOTE)
LANDED_S = 20.0
"""Seconds until whatever was under way has happened, or never will."""
_LEFT = 12
"""One item in so many is left, to be answered when all is over."""
_TWICE = 0.15
_DONE_BEFORE = ("was done for this case before", "already had this effect")
"""What the guard says of a repeat; nobody here wants one."""


class People:
    """
    Everybody who may answer.

    Args:
        ledger: Of the home.
        place: The scene.
        draw: What they decide.
        leave: Whether they leave some items.
    """

    def __init__(self, ledger: Ledger, place: Place, draw: random.Random, *, leave: bool) -> None:
        ring = KeyRing(Home(place.home))
        self.inboxes = {name: Inbox(Desk(ledger, name), ring.sign) for name in SLICES}
        self.answered: Counter[str] = Counter()
        self.findings: list[str] = []
        self._book = Client(place.url("book"))
        self._draw = draw
        self._leave = leave
        self._seen: dict[str, float] = {}
        self._handed: set[str] = set()

    def round(self) -> int:
        """Answer what is open and not left; how many items are open before that."""
        count = 0
        for inbox in self.inboxes.values():
            for item in inbox.items():
                count += 1
                if not (self._leave and int(item.id, 16) % _LEFT == 0):
                    self._answer(inbox, item)
        return count

    def open_items(self) -> list[str]:
        """What nobody answered."""
        return [item.id for inbox in self.inboxes.values() for item in inbox.items()]

    def _answer(self, inbox: Inbox, item: Item) -> None:
        who = self._draw.choice(REVIEWERS)
        act = self._chosen(inbox, item, who)
        if act is None:
            return
        try:
            act()
        except InboxItemClosed:
            return  # somebody else, or the run went on without it
        except StoreError:
            raise
        except GoldenthreadError as error:
            if item.kind == "approval" and isinstance(error, AnswerInvalid):
                return  # an amount that it can't be; another one is drawn at the next look
            self.findings.append(f"item {item.id} ({item.kind}) could not be answered: {error}")
            return
        self.answered[item.kind] += 1
        if self._draw.random() < _TWICE and item.id not in self._handed:
            self._again(act, item)

    def _again(self, act: Callable[[], object], item: Item) -> None:
        """The same answer, delivered twice."""
        self.answered["twice"] += 1
        try:
            act()
        except InboxItemClosed:
            return
        except GoldenthreadError as error:
            if isinstance(error, StoreError):
                raise
        self.findings.append(f"item {item.id} ({item.kind}) took the same answer twice")

    def _chosen(self, inbox: Inbox, item: Item, who: str) -> Callable[[], object] | None:
        if item.kind == "in-doubt effect":
            return self._look(inbox, item, who)
        if item.kind != "approval" or item.arguments is None:
            decision = Proposal(action=self._any_action(inbox), arguments={})
            return lambda: inbox.answer(item.id, decision, by=who)
        chance = self._draw.random()
        if chance < 0.12 or any(words in item.reason for words in _DONE_BEFORE):
            return lambda: inbox.reject(item.id, "not this one", by=who)
        if chance < 0.35 and "amount" in item.arguments:
            amount = self._draw.randrange(1, 200)
            return lambda: inbox.edit(item.id, {"amount": amount}, by=who)
        if chance < 0.42 and item.id not in self._handed:
            self._handed.add(item.id)
            return lambda: inbox.escalate(item.id, by=who)
        return lambda: inbox.approve(item.id, by=who)

    def _look(self, inbox: Inbox, item: Item, who: str) -> Callable[[], object] | None:
        """What the account says, once everything has landed."""
        since = self._seen.setdefault(item.id, time.monotonic())
        if time.monotonic() - since < LANDED_S or item.arguments is None:
            return None
        happened = self._book.happened(subject=str(item.arguments["subject"]))
        return lambda: inbox.settle(item.id, happened=happened, by=who)

    def _any_action(self, inbox: Inbox) -> str:
        return "refuse_package" if inbox.desk.slice in (INTAKE, REVIEW) else "send_money"


def main() -> None:
    """Answer until killed; what should not have been possible is kept for the judge."""
    hold()
    place = Place.here()
    ledger = open_ledger(place.home)
    people = People(ledger, place, random.Random(time.time_ns()), leave=True)
    print(f"{os.environ[NAME]} answers", flush=True)
    while True:
        try:
            people.round()
        except (StoreError, OSError) as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        with (place.folder / "answers.jsonl").open("a") as file:
            file.writelines(f"{kind} {count}\n" for kind, count in people.answered.items())
            file.writelines(f"! {finding}\n" for finding in people.findings)
        people.answered.clear()
        people.findings.clear()
        time.sleep(0.3)


if __name__ == "__main__":
    main()
