"""Records of what cases cost: the parts, what of them is unknown, and the same as plain numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from goldenthread.control.costs.parts import Part, together
from goldenthread.record.costs import Figure, added_up, merged

PRICED_IN = "USD"
"""Of the installed table: the currency of a slice whose contract names none."""

Way = Literal["measured", "stated", "unknown"]


@dataclass(frozen=True, kw_only=True)
class CaseCost:
    """
    What a case cost, over all of its runs that began in the window; or one run of it.

    Attributes:
        slice, case_ref: Which; the pseudonym on record.
        runs: Ids, in the order in which they began.
        at: When the first of them began.
        models, tools, people: The parts.
        currency: Of the contract, into which money is exchanged where a rate is stated; None where it names none.
        said_micros: What senders say that model calls cost, in millionths of a US dollar; None where none says.
        tables: Versions of the prices that were used, and the exchange rates.
        reviews: How many were measured, stated by the contract, or neither.
        differing: Model calls whose cost by their sender is another than ours.
    """

    slice: str
    case_ref: str
    runs: tuple[str, ...]
    at: datetime
    models: Part
    tools: Part
    people: Part
    currency: str | None
    said_micros: int | None = None
    tables: tuple[str, ...] = ()
    reviews: Mapping[Way, int] = field(default_factory=dict)
    differing: int = 0

    @property
    def unknown(self) -> Mapping[str, int]:
        """What of it nobody can tell, by what it is; empty where the cost is all of it."""
        return together((self.models, self.tools, self.people)).unknown

    @property
    def amounts(self) -> Mapping[str, int]:
        """What is known, in millionths by currency."""
        return merged(part.amounts for part in (self.models, self.tools, self.people))

    @property
    def known(self) -> tuple[int, str] | None:
        """
        What is known of it, in millionths of one currency; a lower bound where `unknown` is not empty, and None where
        nothing is.

        Raises:
            ExchangeUnknown: It is of several currencies.
        """
        return added_up(self.amounts)

    def total(self, currency: str) -> int | None:
        """All of it in a currency, in millionths; None where a part is unknown, or of another currency."""
        parts = [part.micros(currency) for part in (self.models, self.tools, self.people)]
        return None if None in parts else sum(micros for micros in parts if micros is not None)

    @property
    def fact(self) -> CostFact:
        """The same as plain numbers, for a table of facts; in the contract's currency, or as prices are stated."""
        currency = self.currency or PRICED_IN
        parts = [part.micros(currency) for part in (self.models, self.tools, self.people)]
        foreign = sorted(one for one, micros in self.amounts.items() if micros and one != currency)
        return CostFact(
            model_micros=parts[0],
            tool_micros=parts[1],
            people_micros=parts[2],
            total_micros=self.total(currency),
            currency=currency,
            unknown=(*self.unknown, *(f"no exchange rate from {one} to {currency} is stated" for one in foreign)),
        )


@dataclass(frozen=True, kw_only=True)
class CostFact:
    """What a case cost, in millionths of one currency; None where `unknown` says what nobody can tell."""

    model_micros: int | None
    tool_micros: int | None
    people_micros: int | None
    total_micros: int | None
    currency: str
    unknown: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SliceCosts:
    """
    Every case of a slice that had a run in a window, by its pseudonym, the earliest first.

    `stray` is what model calls cost that belong to no run of these, and `figures` are those of model calls, by run, for
    whoever wants to make them again.
    """

    slice: str
    begins: datetime
    ends: datetime
    cases: Mapping[str, CaseCost]
    stray: Part
    currency: str | None
    figures: Mapping[str, Sequence[Figure]] = field(default_factory=dict)
