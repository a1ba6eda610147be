"""Prices and exchange rates on record: who stated them, signed for exactly this place of the organisation's chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from goldenthread.promise.errors import GoldenthreadError, PricesInvalid
from goldenthread.promise.values import Json, digest_bytes
from goldenthread.record.costs.exchange import Rate, Rates
from goldenthread.record.costs.own import OwnPrices, read_prices
from goldenthread.record.costs.pricing import Prices, installed_table
from goldenthread.record.ledger import ORGANISATION, Ledger, Record
from goldenthread.record.principals import EVERYWHERE, KeyRing, Principals, load_principals

PRICES, RATE = "costs:prices", "costs:rate"
COSTS_KINDS = (PRICES, RATE)

COSTS_TYPE = "application/vnd.goldenthread.costs+json"
"""Payload type of what a person signs of prices and exchange rates (DSSE)."""

MAY_STATE_COSTS = ("owner", "administrator", "data-owner")
"""Roles, of everything, that may state what money is worth: whoever answers for it."""


@dataclass(frozen=True, kw_only=True)
class Stated:
    """What is on record: the prices in force, and every rate."""

    own: OwnPrices | None
    rates: Rates

    def prices(self, *, table: bool = True) -> Prices:
        """Everything by which calls are priced, with the table that is installed, if one is and is wanted."""
        return Prices(own=self.own, table=installed_table() if table else None, rates=self.rates)


def state_prices(ledger: Ledger, ring: KeyRing, text: str, *, by: str) -> Record:
    """
    State prices of our own, in place of those stated before.

    Args:
        ledger: Where to.
        ring: Holds the key of `by`.
        text: Of the file, see `read_prices`.
        by: An owner, data owner or administrator of everything.

    Raises:
        PricesInvalid: The file.
        NotPermitted, PrincipalUnknown, NotInitialised, KeyMissing, KeyLocked, SignatureInvalid: `by` may not.
    """
    read_prices(text)
    return _state(ledger, ring, PRICES, {"text": text, "digest": digest_bytes(text.encode())}, by)


def state_rate(ledger: Ledger, ring: KeyRing, rate: Rate, *, by: str) -> Record:
    """State an exchange rate, from its day on; otherwise as `state_prices`."""
    content: dict[str, Json] = {
        "base": rate.base,
        "quote": rate.quote,
        "rate": f"{rate.rate:f}",
        "from": rate.begins.isoformat(),
    }
    return _state(ledger, ring, RATE, content, by)


def load_stated(ledger: Ledger) -> Stated:
    """
    Prices and rates as the record has them now.

    Raises:
        PricesInvalid: A statement was not signed by somebody who might, or cannot be read: nothing is priced by it,
            nor by an older one in its place.
    """
    records = list(ledger.read(ORGANISATION, kinds=COSTS_KINDS))
    if not records:
        return Stated(own=None, rates=Rates())
    principals = load_principals(ledger)
    own, rates = None, []
    for record in records:
        _require_said(record, principals)
        if record.kind == RATE:
            rates.append(_rate(record))
        else:
            own = read_prices(
                record.data["text"], f"own prices {ORGANISATION}#{record.seq} {record.data['digest'][:19]}"
            )
    return Stated(own=own, rates=Rates(rates=tuple(rates)))


def _state(ledger: Ledger, ring: KeyRing, kind: str, content: Mapping[str, Json], by: str) -> Record:
    principals = load_principals(ledger)
    principals.require_role(by, MAY_STATE_COSTS, EVERYWHERE)
    with ledger.transaction(ORGANISATION) as tx:
        said = _statement(principals, tx.head(ORGANISATION) + 1, kind, content)
        envelope: Mapping[str, Any] = ring.sign(by, COSTS_TYPE, said)
        principals.require_signed(by, envelope, COSTS_TYPE, said)
        return tx.append(ORGANISATION, kind, by, {**content, "envelope": dict(envelope)})


def _statement(principals: Principals, seq: int, kind: str, content: Mapping[str, Any]) -> dict[str, Json]:
    return {"record": kind, "organisation": principals.organisation, "seq": seq, **content}


def _require_said(record: Record, principals: Principals) -> None:
    try:
        then = principals.as_of(record.at)
        then.require_role(record.by, MAY_STATE_COSTS, EVERYWHERE)
        content = {name: value for name, value in record.data.items() if name != "envelope"}
        said = _statement(then, record.seq, record.kind, content)
        then.require_signed(record.by, record.data["envelope"], COSTS_TYPE, said)
    except (GoldenthreadError, KeyError, TypeError, ValueError, AttributeError) as problem:
        raise PricesInvalid(
            f"Record {ORGANISATION}#{record.seq} states prices or a rate, and does not count: {problem}. "
            "Verify the ledger, and state them again."
        ) from problem


def _rate(record: Record) -> Rate:
    data: Mapping[str, Any] = record.data
    return Rate(
        base=data["base"],
        quote=data["quote"],
        rate=Decimal(data["rate"]),
        begins=date.fromisoformat(data["from"]),
        source=f"{record.by}, {ORGANISATION}#{record.seq}",
    )
