"""
Costs of model calls: tokens counted once, priced by the day, in millionths of a stated currency.

Knows the operator's own prices, the installed price table, exchange rates, and model calls in telemetry. Refuses to
know contracts, people and cases' work. Invariants: what has no price is unknown and never zero; every figure names the
prices that made it; nothing is fetched; no currency becomes another without a rate that somebody stated.
"""

from goldenthread.record.costs.calls import ModelCall, model_calls, traced
from goldenthread.record.costs.exchange import Rate, Rates, added_up, as_money, merged, parse_rate
from goldenthread.record.costs.listed import PriceTable, price_table
from goldenthread.record.costs.own import LARGEST_PRICES, OwnPrice, OwnPrices, read_prices
from goldenthread.record.costs.pricing import DIFFERS_BY, Figure, Prices, installed_table
from goldenthread.record.costs.said import Counts, Said, counted
from goldenthread.record.costs.stating import COSTS_KINDS, Stated, load_stated, state_prices, state_rate

__all__ = [
    "COSTS_KINDS",
    "DIFFERS_BY",
    "LARGEST_PRICES",
    "Counts",
    "Figure",
    "ModelCall",
    "OwnPrice",
    "OwnPrices",
    "PriceTable",
    "Prices",
    "Rate",
    "Rates",
    "Said",
    "Stated",
    "added_up",
    "as_money",
    "counted",
    "installed_table",
    "load_stated",
    "merged",
    "model_calls",
    "parse_rate",
    "price_table",
    "read_prices",
    "state_prices",
    "state_rate",
    "traced",
]
