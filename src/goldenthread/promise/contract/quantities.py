"""Lengths of time in seconds, what may be compared with what, and the number that an argument is."""

from __future__ import annotations

import re
from decimal import Decimal

from goldenthread.promise.contract.model import Quantity
from goldenthread.promise.values import Json

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


def readable_unit(value_s: float, unit: str) -> str:
    """For so many seconds: the unit of time, or the largest below it in which they are at least a tenth (8 ms)."""
    units = tuple(SECONDS)[: tuple(SECONDS).index(unit) + 1]
    return next((one for one in reversed(units) if abs(value_s) >= 0.1 * float(SECONDS[one])), units[0])


# --- arguments ------------------------------------------------------------------------------------

_PLAIN = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)(?: (\S.*))?")


def argument_number(value: Json | None, unit: str) -> Decimal | None:
    """
    A JSON number, or a plain one as text, with this unit or none: 20, '20', '20.50 EUR' for EUR.

    None for anything else, which no limit admits and no budget adds up: a negative one too, since 'at most 50 EUR'
    means nobody is to be paid the other way round.
    """
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value)
        return Decimal(plain[1]) if plain is not None and plain[2] in (None, unit) else None
    if type(value) is int:
        return Decimal(value) if value >= 0 else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = Decimal(str(value))
    return number if number.is_finite() and number >= 0 else None
