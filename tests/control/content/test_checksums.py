"""Check digits tell a number from digits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from goldenthread.control.content import checksums

RIGHT: list[tuple[Callable[[str], bool], str]] = [
    (checksums.is_iban, "DE89370400440532013000"),
    (checksums.is_iban, "GB82WEST12345698765432"),
    (checksums.is_iban, "NO9386011117947"),
    (checksums.is_card, "4111111111111111"),
    (checksums.is_card, "378282246310005"),
    (checksums.is_card, "5555555555554444"),
    (checksums.is_german_tax_number, "86095742719"),
    (checksums.is_german_pension_number, "15070649C103"),
    (checksums.is_french_number, "255081416802538"),
    (checksums.is_italian_code, "RSSMRA85T10A562S"),
    (checksums.is_spanish_number, "12345678Z"),
    (checksums.is_spanish_number, "X1234567L"),
    (checksums.is_dutch_number, "111222333"),
    (checksums.is_polish_number, "44051401359"),
    (checksums.is_swiss_number, "7569217076985"),
    (checksums.is_british_health_number, "9434765919"),
    (checksums.is_belgian_number, "85073003328"),
    (checksums.is_swedish_number, "8112189876"),
]


@pytest.mark.parametrize(("check", "number"), RIGHT)
def test_numbers_printed_as_examples_by_their_issuers_hold(check: Callable[[str], bool], number: str) -> None:
    """A check that refuses a real number misses what it is there for."""
    assert check(number)


@pytest.mark.parametrize(("check", "number"), RIGHT)
def test_one_wrong_digit_is_a_near_miss(check: Callable[[str], bool], number: str) -> None:
    """Without its check an order number would be somebody's account."""
    place = max(at for at, char in enumerate(number[:-1]) if char.isdigit())
    others = [f"{number[:place]}{digit}{number[place + 1 :]}" for digit in "0123456789" if digit != number[place]]
    # Luhn, modulo 97 and the others find every single wrong digit; modulo 11 reduced to 10 leaves one at most.
    assert sum(map(check, others)) <= (1 if check is checksums.is_italian_code else 0)


@pytest.mark.parametrize("digits", ["4444444444444444", "9111111111111111", "41111111111111", "1234567812345670"])
def test_what_no_issuer_gives_out_is_no_card(digits: str) -> None:
    """The check digit alone is right once in ten."""
    assert not checksums.is_card(digits)
