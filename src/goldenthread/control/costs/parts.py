"""A part of what a case costs: money by currency, and what of it is unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from goldenthread.promise.contract import Quantity
from goldenthread.record.costs import merged


@dataclass(frozen=True, kw_only=True)
class Part:
    """
    Attributes:
        amounts: Millionths, by currency; what is known of it.
        unknown: What is not, in words, with how often.
        count: Of how many calls or reviews it is made.
    """

    amounts: Mapping[str, int] = field(default_factory=dict)
    unknown: Mapping[str, int] = field(default_factory=dict)
    count: int = 0

    @property
    def known(self) -> bool:
        """Whether all of it is."""
        return not self.unknown

    def micros(self, currency: str) -> int | None:
        """All of it in a currency; None where some is unknown or is money of another."""
        if self.unknown or any(micros for other, micros in self.amounts.items() if other != currency):
            return None
        return self.amounts.get(currency, 0)


def together(parts: Iterable[Part]) -> Part:
    """Several parts as one."""
    every = list(parts)
    unknown: Counter[str] = Counter()
    for part in every:
        unknown.update(part.unknown)
    return Part(
        amounts=merged(part.amounts for part in every),
        unknown=dict(unknown),
        count=sum(part.count for part in every),
    )


def in_micros(price: Quantity) -> int:
    """A price of the contract in millionths; it has six places at most."""
    return int(price.amount * Decimal(1_000_000))
