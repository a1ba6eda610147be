"""Exchange rates as people state them, from a day on. Nothing is fetched, and nothing is assumed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from goldenthread.promise.contract.currencies import CURRENCIES
from goldenthread.promise.errors import ExchangeUnknown, PricesInvalid

_RATE = re.compile(r"1 ([A-Z]{3}) = ([0-9]{1,9}(?:\.[0-9]{1,9})?) ([A-Z]{3})")


@dataclass(frozen=True, kw_only=True)
class Rate:
    """`1 USD = 0.92 EUR` from a day on; `source` says who stated it, and where that is on record."""

    base: str
    quote: str
    rate: Decimal
    begins: date
    source: str = ""

    def __str__(self) -> str:
        source = f" ({self.source})" if self.source else ""
        return f"1 {self.base} = {self.rate:f} {self.quote} from {self.begins}{source}"


@dataclass(frozen=True, kw_only=True)
class Exchanged:
    """Money in another currency, and the rate that did it; '' where it was in that currency already."""

    micros: int
    currency: str
    rate: str


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Every rate that was stated, in the order in which that happened."""

    rates: tuple[Rate, ...] = ()

    def exchange(self, micros: int, currency: str, into: str, day: date) -> Exchanged | None:
        """
        Money of that day in another currency, to the nearest millionth; None where no rate is stated for the day.

        A rate serves both ways. Of several, the one with the latest day counts, and of one day what was said last.
        """
        if currency == into:
            return Exchanged(micros=micros, currency=into, rate="")
        known = [one for one in self.rates if {one.base, one.quote} == {currency, into} and one.begins <= day]
        if not known:
            return None
        best = max(enumerate(known), key=lambda numbered: (numbered[1].begins, numbered[0]))[1]
        exact = micros * best.rate if best.base == currency else micros / best.rate
        return Exchanged(micros=round(exact), currency=into, rate=str(best))


def parse_rate(text: str, begins: date) -> Rate:
    """
    `1 USD = 0.92 EUR`.

    Raises:
        PricesInvalid: It is no rate.
    """
    found = _RATE.fullmatch(" ".join(text.split()))
    if found is None:
        raise PricesInvalid(f"'{text}' is no exchange rate. Write e.g. '1 USD = 0.92 EUR'.")
    base, rate, quote = found[1], Decimal(found[2]), found[3]
    foreign = next((one for one in (base, quote) if one not in CURRENCIES), None)
    if foreign is not None or base == quote or rate == 0:
        what = f"'{foreign}' is no ISO 4217 code" if foreign else "it says nothing"
        raise PricesInvalid(f"'{text}' is no exchange rate: {what}. Write e.g. '1 USD = 0.92 EUR'.")
    return Rate(base=base, quote=quote, rate=rate, begins=begins)


def added_up(amounts: Mapping[str, int]) -> tuple[int, str] | None:
    """
    The one amount of money there is, with its currency; None where there is none.

    Raises:
        ExchangeUnknown: They are of several currencies.
    """
    there = {currency: micros for currency, micros in amounts.items() if micros}
    if len(there) > 1:
        raise ExchangeUnknown(
            f"{' and '.join(f'{as_money(micros)} {currency}' for currency, micros in sorted(there.items()))} cannot be "
            "added up: no exchange rate is stated for those days. State one, e.g. "
            "`goldenthread prices exchange '1 USD = 0.92 EUR' --from 2026-11-01 --as NAME`."
        )
    return next(((micros, currency) for currency, micros in (there or dict(amounts)).items()), None)


def as_money(micros: int) -> str:
    """Millionths as a number with as many places as it has, two at least: 0.40, 0.000012."""
    whole, rest = divmod(abs(micros), 1_000_000)
    places = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if micros < 0 else ''}{whole}.{places}"


def merged(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Amounts by currency, added up within each."""
    found: dict[str, int] = {}
    for part in parts:
        for currency, micros in part.items():
            found[currency] = found.get(currency, 0) + micros
    return found
