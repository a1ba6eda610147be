"""What a contract states of costs: what a person's hour costs, what a call of a tool does, and what is not paid for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from goldenthread.promise.contract.one_line import Quantity

EVERYBODY = ""
"""In place of a name: the rate of whoever has none of their own."""


@dataclass(frozen=True, kw_only=True)
class Costs:
    """
    The block `costs`; what it leaves out is unknown, and not free.

    Attributes:
        people: What an hour costs ('EUR/h'), by a person's name or a role; by `EVERYBODY` of all others.
        review: What a review takes where nobody took the item before answering, so that no time was measured.
        longest: At most so much of a measured review counts; None: of the guard's own choosing.
        tools: What a call of an action costs that states no costs of its own ('EUR').
        models: False where the contract says that the agent calls no model that costs anything.
    """

    people: Mapping[str, Quantity] = field(default_factory=dict)
    review: Quantity | None = None
    longest: Quantity | None = None
    tools: Quantity | None = None
    models: bool = True

    @property
    def people_words(self) -> str:
        """`54 EUR/h`, or `approver 54 EUR/h, owner 90 EUR/h`."""
        return ", ".join(f"{name} {rate}" if name else str(rate) for name, rate in self.people.items())
