"""
The one-line forms of a problem.

    rating   N of 5, REASON                          4 of 5, every request has two timestamps
    worth    AMOUNT [to AMOUNT] CURRENCY/year        40000 to 90000 EUR/year
"""

from __future__ import annotations

import re
from decimal import Decimal

from goldenthread.control.problems.model import Rating, Worth
from goldenthread.promise.contract.currencies import CURRENCIES
from goldenthread.promise.errors import LineInvalid

_RATING = re.compile(r"([1-5]) of 5, *(\S.*)")
_AMOUNT = r"[0-9]{1,15}(?:\.[0-9]{1,6})?"
_WORTH = re.compile(rf"({_AMOUNT})(?: to ({_AMOUNT}))? ([A-Za-z]{{3}})/year")


def parse_rating(text: str) -> Rating:
    """A rating with its reason; raises LineInvalid, which says what to write."""
    found = _RATING.fullmatch(text)
    if found is None:
        raise LineInvalid(f"'{text[:40]}' is no rating with a reason; write e.g. '4 of 5, decisions can be undone'.")
    return Rating(score=int(found[1]), because=found[2])


def parse_worth(text: str) -> Worth:
    """What a problem is worth in a year; raises LineInvalid, which says what to write."""
    found = _WORTH.fullmatch(text)
    if found is None:
        raise LineInvalid(f"'{text[:40]}' is no worth in a year; write e.g. '40000 to 90000 EUR/year'.")
    low, high, currency = Decimal(found[1]), Decimal(found[2] or found[1]), found[3]
    if currency not in CURRENCIES:
        raise LineInvalid(f"'{currency}' is no currency; write e.g. 'EUR'.", offset=found.start(3))
    if high < low:
        raise LineInvalid(f"{high:f} lies below {low:f}; write the lower one first.", offset=found.start(2))
    return Worth(low=low, high=high, currency=currency)
