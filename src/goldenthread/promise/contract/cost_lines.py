"""The one-line forms of costs: what a call costs, and what an hour of a person does."""

from __future__ import annotations

import re
from decimal import Decimal

from goldenthread.promise.contract.currencies import CURRENCIES
from goldenthread.promise.contract.cursor import Line, short
from goldenthread.promise.contract.one_line import Quantity
from goldenthread.promise.contract.pieces import take_number

_MICRO = Decimal("0.000001")
_MOST = Decimal(1_000_000)


def take_price(line: Line) -> Quantity:
    """`0.02 EUR`: what a call costs, zero too."""
    return _money(line, "price", "0.02 EUR", "")


def take_hourly(line: Line) -> Quantity:
    """`54 EUR/h`: what an hour of a person's work costs."""
    return _money(line, "hourly rate", "54 EUR/h", "/h")


def _money(line: Line, what: str, example: str, per: str) -> Quantity:
    line.skip()
    start = line.at
    amount = take_number(line, what, example)
    if not 0 <= amount <= _MOST or amount % _MICRO:
        line.at = start
        words = "it lies between 0 and a million and has six places at most"
        raise line.fail(f"'{amount:f}' is no {what}: {words}; write e.g. '{example}'.")
    found = line.peek(re.compile(r"([A-Z]{3})(/[a-z]+)?(?![A-Za-z0-9_/])"))
    if not found or found.group(1) not in CURRENCIES or (found.group(2) or "") != per:
        chunk = line.chunk()
        wrong = f"'{short(chunk)}' is no unit of it" if chunk else "the unit is missing"
        raise line.fail(f"{wrong}; write e.g. '{example}'.")
    line.at = found.end()
    return Quantity(amount=amount, unit=found.group())
