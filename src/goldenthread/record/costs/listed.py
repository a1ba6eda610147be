"""
The price table of genai-prices: its own file of prices as installed, by the day of the call. Nothing is ever fetched.

What the library would count as free because it holds no price of it has no price here: that is unknown, not zero.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from goldenthread.promise.errors import PricesMissing
from goldenthread.record.costs.providers import GATEWAYS, prefixed, provider_id
from goldenthread.record.costs.said import Counts, Said

CURRENCY = "USD"
"""Of every price in the table."""


@dataclass(frozen=True, kw_only=True)
class Priced:
    """What a call costs by a table: millionths of `currency`, and which model of whom was found there."""

    micros: int
    currency: str
    provider: str
    model: str
    table: str
    guessed: bool = False  # the provider, from the model's name alone


class PriceTable:
    """
    The table that is installed.

    A process may have told the library to fetch newer prices; this reads the installed file all the same, so that the
    version on a figure says what it was made of.

    Raises:
        PricesMissing: The extra is not installed.
    """

    def __init__(self) -> None:
        if find_spec("genai_prices") is None:
            raise PricesMissing(
                "What models cost is looked up in genai-prices, which is not installed. "
                "Run `pip install 'goldenthread[costs]'`, or state prices of your own."
            )
        from genai_prices import __version__, data, data_snapshot

        digest = hashlib.sha256(Path(str(data.__file__)).read_bytes()).hexdigest()
        self.version = f"genai-prices {__version__} sha256:{digest[:12]}"
        self._snapshot: Any = data_snapshot.DataSnapshot(providers=data.providers, from_auto_update=False)
        self._ids = frozenset(provider.id for provider in data.providers)
        self._known: dict[tuple[int, int], TokenRates] = {}
        self._found: dict[tuple[str | None, str | None, str], tuple[Any, Any, bool] | str] = {}

    def price(self, said: Said, counts: Counts) -> Priced | str:
        """What a call costs on its day, to the nearest millionth; or, in words, why the table does not say it."""
        reasons = []
        for model in said.models:
            found = self._find(said.address, said.provider, model)
            if not isinstance(found, str):
                return self._calculated(*found, said, counts)
            reasons.append(found)
        return reasons[0] if reasons else "names no model"

    def _find(self, address: str | None, provider: str | None, model: str) -> tuple[Any, Any, bool] | str:
        key = (address, provider, model)
        if key not in self._found:
            self._found[key] = self._looked_up(address, provider, model)
        return self._found[key]

    def _looked_up(self, address: str | None, provider: str | None, model: str) -> tuple[Any, Any, bool] | str:
        for options, name, guessed in _places(address, provider, model):
            if (
                options.get("id", "openai") not in self._ids
            ):  # the library would take any word that holds one of its own
                continue
            try:
                found = self._snapshot.find_provider_model(name, None, options.get("id"), options.get("url"))
            except LookupError:
                continue
            return found[0], found[1], guessed
        whose = f" of '{provider}'" if provider else ""
        return f"'{model}'{whose} is not in the table"

    def _calculated(self, provider: Any, model: Any, guessed: bool, said: Said, counts: Counts) -> Priced | str:
        tier = {"service_tier": said.tier} if said.tier else None
        prices = model.get_prices(said.at, tier)
        for tokens, part, words in ((counts.input, "input_mtok", "go in"), (counts.output, "output_mtok", "come out")):
            if tokens and getattr(prices, part, None) is None:
                return f"'{model.id}' of '{provider.id}' has no price for tokens that {words} in the table"
        try:
            total = self._rates(provider, model, prices, said, counts, tier).total(counts)
        except (ValueError, ArithmeticError) as problem:
            return f"the table cannot price its tokens: {problem}"
        micros = round(total * 1_000_000)
        return Priced(
            micros=micros,
            currency=CURRENCY,
            provider=provider.id,
            model=model.id,
            table=self.version,
            guessed=guessed,
        )

    def _rates(
        self, provider: Any, model: Any, prices: Any, said: Said, counts: Counts, tier: dict[str, str] | None
    ) -> TokenRates:
        """
        What each kind of token costs in a call with so much input: told by the library, token by token, once for each
        price and tier of length, since it looks its table through at each call.
        """
        key = (id(prices), _length(prices, counts.input))
        if tier is not None or key not in self._known:
            rates = _ask(provider, model, said, max(counts.input, 1), tier)
            if tier is not None:  # the library makes a new object for each
                return rates
            self._known[key] = rates
        return self._known[key]


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenRates:
    """What one token of each kind costs, in units of the currency, exactly; `read` and `write` are added to `input`."""

    input: Decimal
    read: Decimal
    write: Decimal
    output: Decimal
    reasoning: Decimal

    def total(self, counts: Counts) -> Decimal:
        """What a call costs."""
        return (
            counts.input * self.input
            + counts.cache_read * self.read
            + counts.cache_write * self.write
            + (counts.output - counts.reasoning) * self.output
            + counts.reasoning * self.reasoning
        )


@cache
def price_table() -> PriceTable:
    """The installed table, read once a process; errors as `PriceTable`."""
    return PriceTable()


def _places(address: str | None, provider: str | None, model: str) -> Iterator[tuple[dict[str, str], str, bool]]:
    """Where to look, and for what: at whoever has the address, at whoever is named, at whom the model's name names."""
    if address:
        yield {"url": address if "://" in address else f"https://{address}"}, model, False
    named = provider_id(provider) if provider and provider.strip().lower() not in GATEWAYS else None
    before = prefixed(model)
    if named is not None:
        yield {"id": named}, model, False
        if before is not None and before[0] == named:
            yield {"id": named}, before[1], False
        return
    if before is not None:
        yield {"id": before[0]}, before[1], False
        return
    if provider is None and not address:
        yield {}, model, True


def _length(prices: Any, given_in: int) -> int:
    """How many thresholds of length a call is above; beyond each, all of its tokens cost something else."""
    starts = {tier.start for price in vars(prices).values() for tier in getattr(price, "tiers", ())}
    return sum(given_in > start for start in starts)


def _ask(provider: Any, model: Any, said: Said, given_in: int, tier: dict[str, str] | None) -> TokenRates:
    """What the library says of one token of each kind in a call with so much input."""
    from genai_prices import Usage

    def total(**more: int) -> Decimal:
        usage = Usage(input_tokens=given_in, **{"output_tokens": 0, **more})
        found = model.calc_price(usage, provider, genai_request_timestamp=said.at, price_context=tier)
        return Decimal(found.total_price)

    plain = total()
    return TokenRates(
        input=plain / given_in,
        read=total(cache_read_tokens=1) - plain,
        write=total(cache_write_tokens=1) - plain,
        output=total(output_tokens=1) - plain,
        reasoning=total(output_tokens=1, output_reasoning_tokens=1) - plain,
    )
