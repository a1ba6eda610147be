"""What a model call may cost at most, or did, where its agent says tokens and no money; unknown is never free."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from goldenthread.control.guard.desk import Desk
from goldenthread.promise.errors import PricesInvalid

if TYPE_CHECKING:
    from datetime import datetime

    from goldenthread.record.costs import Figure, Prices

_MICROS = Decimal(1_000_000)


@dataclass(frozen=True, kw_only=True)
class CallPrice:
    """
    Money by currency, as far as it could be told; `by` are the versions of the prices and rates, and `unknown` says in
    words what could not be told.
    """

    amounts: Mapping[str, Decimal] = field(default_factory=dict)
    by: tuple[str, ...] = ()
    unknown: str = ""


def price_at_most(desk: Desk, currencies: Collection[str], *, tokens: int, model: str, provider: str) -> CallPrice:
    """
    The most that so many tokens may cost, in and out together: as if all of them were of the dearest kind, and as many
    had gone in as make the model's dearest tier.
    """
    return _in_each(desk, currencies, model, provider, kinds=((tokens, 0, tokens, 0), (tokens, tokens, 0, tokens)))


def price_of(
    desk: Desk, currencies: Collection[str], *, given_in: int, given_out: int, cached: int, model: str, provider: str
) -> CallPrice:
    """What a call cost that says what went in and what came out."""
    return _in_each(desk, currencies, model, provider, kinds=((given_in, given_out, 0, 0),), cached=cached)


_Kind = tuple[int, int, int, int]
"""Tokens in, out, written to a cache of those in; and how many of those in are not counted here."""


def _in_each(
    desk: Desk, currencies: Collection[str], model: str, provider: str, kinds: tuple[_Kind, ...], cached: int = 0
) -> CallPrice:
    from goldenthread.record.costs import load_stated

    try:
        prices = load_stated(desk.ledger).prices()
    except PricesInvalid as problem:
        return CallPrice(unknown=problem.message)
    at = desk.ledger.clock()
    amounts: dict[str, Decimal] = {}
    by: set[str] = set()
    for currency in currencies:
        micros = []
        for kind in kinds:
            found = _figure(prices, at, model, provider, kind, cached, currency)
            if found.micros is None or found.currency != currency:
                rate = f"no exchange rate from {found.currency} to {currency} is stated"
                return CallPrice(unknown=found.unknown or rate)
            without = _figure(prices, at, model, provider, (kind[3], 0, 0, 0), 0, currency).micros if kind[3] else 0
            micros.append(found.micros - (without or 0))
            by |= {found.table, found.rate} - {""}
        amounts[currency] = Decimal(max(micros)) / _MICROS
    return CallPrice(amounts=amounts, by=tuple(sorted(by)))


def _figure(prices: Prices, at: datetime, model: str, provider: str, kind: _Kind, cached: int, currency: str) -> Figure:
    from goldenthread.record.costs import Said

    given_in, given_out, written, _ = kind
    said = Said(
        at=at,
        provider=provider or None,
        request_model=model,
        input_tokens=given_in,
        output_tokens=given_out,
        cache_read_tokens=cached,
        cache_write_tokens=written,
    )
    return prices.figure(said, currency)
