"""What one model call costs: by the operator's own prices, else by the table; what neither knows stays unknown."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from goldenthread.promise.errors import PricesMissing
from goldenthread.record.costs.exchange import Rates
from goldenthread.record.costs.listed import CURRENCY, Priced, PriceTable, price_table
from goldenthread.record.costs.own import OwnPrices
from goldenthread.record.costs.said import Counts, Said, counted

DIFFERS_BY = Decimal("0.05")
"""Share of our own figure by which a sender's may differ before that is shown."""

_LEAST_MICROS = 100  # of a tenth of a thousandth nobody needs to hear: senders round


@dataclass(frozen=True, kw_only=True)
class Figure:
    """
    What one call costs. `micros` None: unknown, and `unknown` says why; it is never zero for want of a price.

    Attributes:
        micros: Millionths of `currency`.
        table: The version of the prices, so that the figure can be made again.
        provider, model: As found there.
        counts: The tokens that were priced.
        said_micros: What the sender says that it cost, in millionths of a US dollar.
        rate: The exchange rate that was used, as stated; '' where none was.
        guessed: The provider was told from the model's name alone.
        differs: What the sender says and what we computed are further apart than `DIFFERS_BY`.
    """

    micros: int | None
    currency: str = CURRENCY
    table: str = ""
    provider: str = ""
    model: str = ""
    counts: Counts | None = None
    said_micros: int | None = None
    rate: str = ""
    guessed: bool = False
    differs: bool = False
    unknown: str = ""


@dataclass(frozen=True, kw_only=True)
class Prices:
    """
    Everything by which a call is priced.

    Attributes:
        own: What the operator stated, if anything.
        table: The installed table; None where it is not installed.
        rates: Exchange rates, as stated.
    """

    own: OwnPrices | None = None
    table: PriceTable | None = None
    rates: Rates = field(default_factory=Rates)

    def figure(self, said: Said, currency: str | None = None) -> Figure:
        """What a call costs; in `currency`, if a rate to it is stated for that day, else as the price is stated."""
        counts = counted(said)
        if isinstance(counts, str):
            return Figure(micros=None, said_micros=said.cost_micros, model=_named(said), unknown=counts)
        priced = self._priced(said, counts)
        if isinstance(priced, str):
            return Figure(micros=None, said_micros=said.cost_micros, model=_named(said), counts=counts, unknown=priced)
        return self._converted(priced, said, counts, currency)

    def _priced(self, said: Said, counts: Counts) -> Priced | str:
        own = self.own.price(said, counts) if self.own is not None else None
        if own is not None:
            return own
        if self.table is None:
            return f"'{_named(said)}' has no price of our own, and no price table is installed"
        return self.table.price(said, counts)

    def _converted(self, priced: Priced, said: Said, counts: Counts, currency: str | None) -> Figure:
        micros, kept, rate = priced.micros, priced.currency, ""
        exchanged = self.rates.exchange(micros, kept, currency, said.at.date()) if currency else None
        if exchanged is not None:
            micros, kept, rate = exchanged.micros, exchanged.currency, exchanged.rate
        return Figure(
            micros=micros,
            currency=kept,
            table=priced.table,
            provider=priced.provider,
            model=priced.model,
            counts=counts,
            said_micros=said.cost_micros,
            rate=rate,
            guessed=priced.guessed,
            differs=self._differs(priced, said),
        )

    def _differs(self, priced: Priced, said: Said) -> bool:
        """Compared in US dollars, which senders mean; where that cannot be told, nothing is said to differ."""
        ours = self.rates.exchange(priced.micros, priced.currency, CURRENCY, said.at.date())
        if said.cost_micros is None or ours is None:
            return False
        apart = abs(said.cost_micros - ours.micros)
        return apart > _LEAST_MICROS and apart > DIFFERS_BY * max(ours.micros, said.cost_micros)


def installed_table() -> PriceTable | None:
    """The table, or None where the extra is not installed: figures are then unknown, unless a price is our own."""
    try:
        return price_table()
    except PricesMissing:
        return None


def _named(said: Said) -> str:
    return said.models[0] if said.models else "?"
