"""A stop, and what one person's word to lift it is worth."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from goldenthread.record.ledger import ORGANISATION, Record

STOP_TYPE = "application/vnd.goldenthread.stop+json"
"""Payload type of a signed stop, and of a signed word to lift one (DSSE)."""

SET, LIFT = "stop:set", "stop:lift"
SUSPEND, FALL = "slice:suspend", "level:change"
"""Earlier stops of a slice, and a tripwire that stops it."""

STOP_KINDS = (SET, LIFT)
"""The kinds that move what is stopped on the organisation's chain."""

ASK_LIFE = timedelta(days=1)
"""How long one person's word to lift a stop waits for the second one's."""


def product_key(name: str) -> str:
    """The name of a product for comparing: a stop must not miss it for a capital letter."""
    return name.strip().lower()


@dataclass(frozen=True, kw_only=True, slots=True)
class Stop:
    """
    One stop. `chain` says how far it reaches: a slice, or with 'organisation' everything, or the slices of one
    `product`; `tool` None stops all actions there, else the action of that name.
    """

    chain: str
    seq: int
    at: datetime
    by: str
    reason: str
    tool: str | None = None
    product: str | None = None

    @property
    def id(self) -> str:
        """Where it stands on record, which is its name: `payments#41`."""
        return f"{self.chain}#{self.seq}"

    @property
    def subject(self) -> str:
        """What stands still, as the beginning of a sentence."""
        where = "everywhere" if self.chain == ORGANISATION else f"in '{self.chain}'"
        if self.product is not None:
            where = f"in the product '{self.product}'"
        if self.tool is not None:
            return f"The tool '{self.tool}' is stopped {where}"
        if self.product is not None:
            return f"The product '{self.product}' is stopped"
        return "Everything is stopped" if self.chain == ORGANISATION else f"The slice '{self.chain}' is stopped"

    @property
    def words(self) -> str:
        """What stands still, by whose word, and why."""
        return f"{self.subject}, by {self.by}: {self.reason.rstrip('.')} (stop {self.id})"

    def reaches(self, products: Collection[str]) -> bool:
        """Whether it reaches a slice of these products (see `product_key`), if it reaches further than one slice."""
        return self.product is None or product_key(self.product) in products

    def covers(self, action: str) -> bool:
        """Whether it stops an action of a slice that it reaches."""
        return self.tool is None or self.tool == action


@dataclass(frozen=True, kw_only=True, slots=True)
class Voice:
    """What one person's word to lift is worth: nothing (`problem` says why), or a voice; `leads`: the one it takes."""

    problem: str | None
    leads: bool = False


VoiceOf = Callable[[Stop, Record, Record], Voice]
"""`(stop, lift, when)`: what the record `lift` is worth by the rights that hold as of the record `when`."""


def nobody(_stop: Stop, _lift: Record, _when: Record) -> Voice:
    """For whoever cannot judge: no word lifts anything."""
    return Voice(problem="nobody here can judge who may lift a stop")
