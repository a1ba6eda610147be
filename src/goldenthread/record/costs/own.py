"""Prices that the operator states: self-hosted models, negotiated rates. Where the file names a price, that wins."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from goldenthread.promise.contract.currencies import CURRENCIES
from goldenthread.promise.errors import PricesInvalid
from goldenthread.record.costs.listed import Priced
from goldenthread.record.costs.providers import provider_id
from goldenthread.record.costs.said import Counts, Said

LARGEST_PRICES = 262_144
"""Bytes of a file of prices."""

_KEYS = ("model", "provider", "from", "currency", "input", "cache_read", "cache_write", "output", "reasoning")
_MONEY = ("input", "cache_read", "cache_write", "output", "reasoning")
_MOST = Decimal(1_000_000)


@dataclass(frozen=True, kw_only=True)
class OwnPrice:
    """
    What tokens of some models cost from a day on, per million, in `currency`.

    `model` and `provider` are patterns with `*` and `?`, in small letters; `begins` is a day in UTC. What reading and
    writing a cache costs is as `input` where it is not stated, and reasoning as `output`.
    """

    model: str
    provider: str | None
    begins: date
    currency: str
    input: Decimal
    cache_read: Decimal
    cache_write: Decimal
    output: Decimal
    reasoning: Decimal

    def holds(self, provider: str | None, model: str, day: date) -> bool:
        """Whether it is the price of this model of this provider on that day, if no later one is."""
        whose = self.provider is None or fnmatch.fnmatchcase(provider or "", self.provider)
        return whose and self.begins <= day and fnmatch.fnmatchcase(model, self.model)

    def micros(self, counts: Counts) -> int:
        """What a call costs, in millionths of the currency: so much is a token, since prices are per million."""
        plain = counts.input - counts.cache_read - counts.cache_write
        exact = (
            plain * self.input
            + counts.cache_read * self.cache_read
            + counts.cache_write * self.cache_write
            + (counts.output - counts.reasoning) * self.output
            + counts.reasoning * self.reasoning
        )
        return round(exact)


@dataclass(frozen=True, kw_only=True)
class OwnPrices:
    """The file as it was stated; `version` says which statement it was."""

    version: str
    prices: tuple[OwnPrice, ...]
    text: str

    def price(self, said: Said, counts: Counts) -> Priced | None:
        """By the latest price that holds on the day of the call, the file's first of one day; None where none does."""
        day = said.at.astimezone(UTC).date()
        provider = provider_id(said.provider) if said.provider else None
        for model in said.models:
            holding = [one for one in self.prices if one.holds(provider, model, day)]
            if holding:
                best = max(holding, key=lambda one: one.begins)
                return Priced(
                    micros=best.micros(counts),
                    currency=best.currency,
                    provider=provider or "",
                    model=model,
                    table=self.version,
                )
        return None


def read_prices(text: str, version: str = "own prices") -> OwnPrices:
    """
    Prices from the text of their file, TOML.

    Raises:
        PricesInvalid: The first thing that is wrong with it.
    """
    try:
        found = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as problem:
        raise PricesInvalid(f"The file of prices is no TOML: {problem}. Mend it there.") from problem
    entries = found.get("price")
    if set(found) != {"price"} or not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise PricesInvalid(
            "The file of prices holds something else than a list of prices. Write each as [[price]] with "
            "model, from, currency, input and output."
        )
    prices = tuple(_price(number, entry) for number, entry in enumerate(entries, start=1))
    _require_once(prices)
    return OwnPrices(version=version, prices=prices, text=text)


def _price(number: int, entry: Mapping[str, Any]) -> OwnPrice:
    unknown = [key for key in entry if key not in _KEYS]
    if unknown:
        raise _invalid(number, f"'{unknown[0]}' is no key of a price; there are {', '.join(_KEYS)}")
    for key in ("model", "from", "currency", "input", "output"):
        if key not in entry:
            raise _invalid(number, f"'{key}' is missing")
    money = {key: _money(number, key, entry[key]) for key in _MONEY if key in entry}
    provider = _text(number, "provider", entry["provider"]) if "provider" in entry else None
    return OwnPrice(
        model=_text(number, "model", entry["model"]),
        provider=provider_id(provider) if provider is not None else None,
        begins=_day(number, entry["from"]),
        currency=_currency(number, entry["currency"]),
        input=money["input"],
        cache_read=money.get("cache_read", money["input"]),
        cache_write=money.get("cache_write", money["input"]),
        output=money["output"],
        reasoning=money.get("reasoning", money["output"]),
    )


def _text(number: int, key: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _invalid(number, f"'{key}' is {value!r}, and no name")
    return value.strip().lower()


def _day(number: int, value: object) -> date:
    if isinstance(value, datetime) or not isinstance(value, date):
        raise _invalid(number, f"'from' is {value!r}, and no day; write it without quotes, from = 2026-11-01")
    return value


def _currency(number: int, value: object) -> str:
    if not isinstance(value, str) or value not in CURRENCIES:
        raise _invalid(number, f"'currency' is {value!r}, and no ISO 4217 code; write e.g. 'EUR'")
    return value


def _money(number: int, key: str, value: object) -> Decimal:
    try:
        amount = Decimal(str(value)) if not isinstance(value, bool) else None
    except ArithmeticError:
        amount = None
    if amount is None or not amount.is_finite() or not 0 <= amount <= _MOST:
        raise _invalid(number, f"'{key}' is {value!r}, and no price of a million tokens; write e.g. 0.60")
    return amount


def _require_once(prices: tuple[OwnPrice, ...]) -> None:
    seen: set[tuple[str, str | None, date]] = set()
    for number, price in enumerate(prices, start=1):
        key = (price.model, price.provider, price.begins)
        if key in seen:
            raise _invalid(number, f"'{price.model}' has a price from {price.begins} already")
        seen.add(key)


def _invalid(number: int, words: str) -> PricesInvalid:
    return PricesInvalid(f"Price {number} of the file cannot be taken: {words}. Mend it; nothing was stated.")
