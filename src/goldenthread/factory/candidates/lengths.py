"""A measured number as people write one, and a measured length of time as a contract does: plain, with a unit."""

from __future__ import annotations

import math
from decimal import Decimal

_UNITS = (("d", Decimal(86400)), ("h", Decimal(3600)), ("min", Decimal(60)), ("s", Decimal(1)))


def number_words(number: Decimal | float, digits: int = 3) -> str:
    """`20.7`, `1,230`, `0.05`: so many digits, and never a power of ten."""
    return f"{Decimal(f'{float(number):.{digits}g}'):,f}"


def length_words(seconds: Decimal, *, up: bool = False) -> str:
    """
    `3 d`, `20 h`, `1.5 d`: the largest unit of which there are at least two, with at most one decimal.

    Args:
        seconds: Above 0.
        up: Round up, for a bound that today keeps.
    """
    unit, size = next(((unit, size) for unit, size in _UNITS if seconds >= 2 * size), _UNITS[-1])
    tenths = seconds / size * 10
    whole = math.ceil(tenths) if up else max(1, round(tenths))
    return f"{whole // 10} {unit}" if whole % 10 == 0 else f"{whole // 10}.{whole % 10} {unit}"


def exact_length(seconds: Decimal) -> str:
    """`36 h`, `90.5 s`: the largest unit of which it is a whole number; seconds, to a thousandth, if none."""
    whole = next((f"{seconds / size:.0f} {unit}" for unit, size in _UNITS if seconds and seconds % size == 0), None)
    return whole or f"{seconds.quantize(Decimal('0.001')).normalize():f} s"
