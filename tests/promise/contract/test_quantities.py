"""The number that an argument is, for limits and budgets alike."""

from __future__ import annotations

from decimal import Decimal

import pytest

from goldenthread.promise.contract import argument_number
from goldenthread.promise.values import Json


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (20, "20"),
        (0.1, "0.1"),
        (0, "0"),
        ("20", "20"),
        ("20.50", "20.50"),
        ("20 EUR", "20"),
        ("20 USD", None),
        ("20EUR", None),
        ("-20 EUR", None),
        ("+20", None),
        ("1e3", None),
        ("1,000", None),
        ("٢٠", None),
        ("20\n", None),
        ("1" * 16, None),
        ("", None),
        (-1, None),
        (float("inf"), None),
        (float("nan"), None),
        (True, None),
        (None, None),
        ([20], None),
    ],
)
def test_only_a_plain_amount_is_a_number(value: Json, number: str | None) -> None:
    """What reads as an amount in one place only would pass a limit and slip through a budget, or the other way."""
    found = argument_number(value, "EUR")
    assert found == (Decimal(number) if number is not None else None)
