"""What a contract redacts goes out without it, and what an effect is aimed by stays what it is."""

from __future__ import annotations

from typing import Any

import pytest

from goldenthread.control.guard.facts import redacted
from goldenthread.promise.contract import Contract, parse_contract
from goldenthread.promise.values import Json
from worlds import contract_text

IBAN = "DE89370400440532013000"
ACTIONS: dict[str, Any] = {
    "look_up": {"effect": "read"},
    "search_web": {"effect": "read", "egress": True},
    "pay": {"effect": "irreversible", "decides": ["account", "links in note"], "key": "request"},
}


@pytest.fixture(scope="module")
def contract() -> Contract:
    """A contract that takes secrets and personal data out."""
    content = "content: {secrets: redact, personal_data: redact}\n"
    return parse_contract(contract_text("refunds", actions=ACTIONS, parts=content))


def kept(contract: Contract, action: str, **arguments: Json) -> dict[str, Json]:
    """What is left of the arguments."""
    return dict(redacted(contract, action, arguments))


def test_what_goes_out_is_redacted(contract: Contract) -> None:
    """A search sends its words to somebody else."""
    assert kept(contract, "search_web", query=f"who owns {IBAN}") == {"query": "who owns [personal data: iban]"}


def test_a_read_that_sends_nothing_out_stays_whole(contract: Contract) -> None:
    """It would look for `[personal data: iban]`, and find nobody."""
    assert kept(contract, "look_up", account=IBAN) == {"account": IBAN}


def test_a_payment_keeps_its_account_and_its_key(contract: Contract) -> None:
    """Nobody can be paid at `[personal data: iban]`, and two people under one key would be taken for a repetition."""
    arguments = kept(contract, "pay", account=IBAN, request="jane@example.org", note=f"from {IBAN}")
    assert arguments == {"account": IBAN, "request": "jane@example.org", "note": "from [personal data: iban]"}


def test_a_secret_is_taken_out_of_everything_that_has_an_effect(contract: Contract) -> None:
    """No effect is aimed by a password."""
    said = "the password is Tr0ub4dor&3."
    assert kept(contract, "pay", account=said) == {"account": "the password is [secret]."}


def test_an_action_that_the_contract_does_not_name_is_left_alone(contract: Contract) -> None:
    """It is denied in any case, and the record says what was asked for."""
    assert kept(contract, "nothing", account=IBAN) == {"account": IBAN}
