"""
The pieces of the one-line forms as regular expressions, in what ECMA-262 and Python's `re` have in common.

Where the parser takes a piece that ends with a word, the piece here ends with a look ahead; white space is any.
"""

from __future__ import annotations

import re

from goldenthread.promise.contract.currencies import CURRENCIES
from goldenthread.promise.contract.pieces import (
    ARGUMENT_NAME,
    JOINING,
    METRIC_NAME,
    PRINCIPAL_NAME,
    RESERVED,
    STATISTIC,
)
from goldenthread.promise.contract.quantities import SECONDS
from goldenthread.promise.contract.zones import ZONES

S = r"\s*"
"""Room between two pieces."""
WORD_ENDS = r"(?=[\s,]|$)"


def words(text: str) -> str:
    """Exactly these words, however many spaces between them."""
    return r"\s+".join(map(re.escape, text.split())) + "(?![A-Za-z0-9_])"


def one_of(*patterns: str) -> str:
    """Any of these."""
    return f"(?:{'|'.join(patterns)})"


def maybe(*patterns: str) -> str:
    """These one after the other, or nothing."""
    return f"(?:{S.join(patterns)})?"


def joined(*patterns: str) -> str:
    """These one after the other, with room between them."""
    return S.join(patterns)


def line(*patterns: str) -> str:
    """A whole line of these, with room around and between them."""
    return f"^{S}{joined(*patterns)}{S}$"


# --- numbers and units ----------------------------------------------------------------------------

_LENGTH = r"(?!-?[0-9.]{19})(?!-[0-9.]{18})"  # 18 signs at most, the minus among them
_ZERO = r"-?0(?:\.0+)?(?![0-9.])"
PLAIN = rf"{_LENGTH}(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"
ANY_NUMBER = rf"{_LENGTH}-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"
POSITIVE = f"(?!{_ZERO}){PLAIN}"
COUNT = rf"{_LENGTH}[1-9][0-9]*(?:\.0+)?"
_NOT_NEGATIVE = one_of(_ZERO, PLAIN)

_TIME_UNIT = rf"(?:{'|'.join(unit for unit in SECONDS if unit != 'weeks')}|weeks?)(?![A-Za-z0-9_/])"
CODE = one_of(*sorted(CURRENCIES))
_MONEY_UNIT = rf"{CODE}(?:/(?:case|day|week)\b)?(?![A-Za-z0-9_/])"
_RATE_UNIT = r"(?:cases?\s+per\s+(?:day|week)\b|cases?/(?:day|week)\b)"
_CASE_UNIT = r"cases?\b(?!/)"

QUANTITY = one_of(
    joined(_NOT_NEGATIVE, one_of(_TIME_UNIT, _RATE_UNIT, _CASE_UNIT)),
    joined(ANY_NUMBER, one_of("%", _MONEY_UNIT)),
    rf"{ANY_NUMBER}(?![0-9.])",
)
TIME = joined(POSITIVE, _TIME_UNIT)
VOLUME = joined(POSITIVE, _RATE_UNIT)
CASES = joined(COUNT, _CASE_UNIT)
PERCENT = joined(_LENGTH + one_of(_ZERO, r"100(?:\.0+)?", r"[1-9]?[0-9](?:\.[0-9]+)?"), "%")
CONFIDENCE = joined(_LENGTH + r"[5-9][0-9](?:\.[0-9]+)?", "%")
_PRICE = _LENGTH + one_of(_ZERO, r"(?:0|[1-9][0-9]{0,5})(?:\.[0-9]{1,6}0*)?", r"1000000(?:\.0+)?")
PRICE = joined(_PRICE, f"{CODE}(?![A-Za-z0-9_/])")
HOURLY = joined(_PRICE, f"{CODE}/h(?![A-Za-z0-9_/])")
AMOUNT = joined(POSITIVE, f"(?:{CODE}(?![A-Za-z0-9_]))?")
MONEY = joined(POSITIVE, f"{CODE}(?![A-Za-z0-9_])")

# --- names ----------------------------------------------------------------------------------------

METRIC = rf"(?!(?:{RESERVED.pattern}){WORD_ENDS}){METRIC_NAME.pattern}{WORD_ENDS}"
STATISTIC_OR_NONE = rf"(?:(?:{STATISTIC.pattern})(?![A-Za-z0-9.]))?"
ARGUMENT = f"{ARGUMENT_NAME.pattern}(?![A-Za-z0-9_])"
KNOWN = rf"(?!(?:{'|'.join(sorted(JOINING))})(?![A-Za-z0-9_])){ARGUMENT}"
NAME = f"{PRINCIPAL_NAME.pattern}{WORD_ENDS}"
ZONE = one_of(*map(re.escape, sorted(ZONES))) + WORD_ENDS
