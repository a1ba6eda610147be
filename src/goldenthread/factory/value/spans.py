"""
A number that nobody knows exactly, with where it is from: `110 to 130 cases per week, likely 120 (log, tickets)`.

    span    AMOUNT [to AMOUNT] UNIT [, likely AMOUNT] (SOURCE, WORDS)
    source  log, owner, measured, contract, default
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from goldenthread.promise.contract.currencies import CURRENCIES
from goldenthread.promise.errors import LineInvalid

SOURCES = ("log", "owner", "measured", "contract", "default")

_AMOUNT = r"-?[0-9]{1,12}(?:\.[0-9]{1,6})?"
_SPAN = re.compile(
    rf"(?P<low>{_AMOUNT})(?: to (?P<high>{_AMOUNT}))? (?P<unit>[^,()]+?)(?:, likely (?P<likely>{_AMOUNT}))?"
    r" \((?P<source>[a-z]+), (?P<words>[^()]+)\)"
)


@dataclass(frozen=True, kw_only=True)
class Span:
    """
    A range with its likely value and its source.

    Attributes:
        low: Lowest that it may be.
        likely: In between; halfway where nobody said.
        high: Highest.
        unit: As written: 'cases per week', 'min', 'EUR/h', '%'.
        source: One of SOURCES.
        words: What the source is.
    """

    low: Decimal
    likely: Decimal
    high: Decimal
    unit: str
    source: str
    words: str

    @property
    def is_default(self) -> bool:
        """Whether nobody measured or stated it here."""
        return self.source == "default"

    def at(self, amount: Decimal) -> Span:
        """The same without any doubt."""
        return replace(self, low=amount, likely=amount, high=amount)

    def __str__(self) -> str:
        amounts = f"{self.low:f}" if self.low == self.high else f"{self.low:f} to {self.high:f}"
        halfway = self.likely == (self.low + self.high) / 2
        likely = "" if halfway else f", likely {self.likely:f}"
        return f"{amounts} {self.unit}{likely} ({self.source}, {self.words})"


def parse_span(text: str, *units: str, least: Decimal = Decimal(0), most: Decimal | None = None) -> Span:
    """
    Read a span.

    Args:
        text: One line.
        units: That it may be in; `CUR` in a unit stands for any currency.
        least: Nothing lies below.
        most: Nothing lies above.

    Raises:
        LineInvalid: It cannot be read, with what to write.
    """
    example = f"2 to 4 {units[0].replace('CUR', 'EUR')} (owner, maya's estimate)"
    found = _SPAN.fullmatch(text)
    if found is None:
        raise LineInvalid(f"'{text[:60]}' is no range with its unit and source; write e.g. '{example}'.")
    if not any(_is_unit(found["unit"], unit) for unit in units):
        raise LineInvalid(f"'{found['unit']}' is no unit here; write e.g. '{example}'.", offset=found.start("unit"))
    if found["source"] not in SOURCES:
        raise LineInvalid(
            f"'{found['source']}' is no source; write one of {', '.join(SOURCES)}.", offset=found.start("source")
        )
    low, high = Decimal(found["low"]), Decimal(found["high"] or found["low"])
    likely = Decimal(found["likely"]) if found["likely"] else (low + high) / 2
    if not least <= low <= likely <= high or (most is not None and high > most):
        bounds = f"from {least:f}" if most is None else f"from {least:f} to {most:f}"
        raise LineInvalid(f"'{text[:60]}' is out of order; write lowest, likely and highest {bounds}, '{example}'.")
    return Span(low=low, likely=likely, high=high, unit=found["unit"], source=found["source"], words=found["words"])


def _is_unit(said: str, wanted: str) -> bool:
    if "CUR" not in wanted:
        return said == wanted
    return said[:3] in CURRENCIES and said[3:] == wanted.removeprefix("CUR")
