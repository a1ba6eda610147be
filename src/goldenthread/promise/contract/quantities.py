"""Lengths of time in seconds, and what may be compared with what."""

from __future__ import annotations

from decimal import Decimal

from goldenthread.promise.contract.model import Quantity

SECONDS: dict[str, Decimal] = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "min": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
    "weeks": Decimal(604800),
}
"""Length of each unit of time, in seconds."""


# --- quantities -----------------------------------------------------------------------------------


def seconds(quantity: Quantity) -> Decimal:
    """The nominal length of a time in seconds (1 d = 86400), exact; KeyError for a unit that is no time."""
    return quantity.amount * SECONDS[quantity.unit]


def dimension(quantity: Quantity) -> str:
    """What may be compared with it: 'time', or the unit itself."""
    return "time" if quantity.unit in SECONDS else quantity.unit


def magnitude(quantity: Quantity) -> Decimal:
    """A number comparable within one dimension: seconds for times, else the amount."""
    return seconds(quantity) if quantity.unit in SECONDS else quantity.amount
