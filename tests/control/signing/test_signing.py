"""Signing, stopping and erasing, below the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from goldenthread.control.signing import erase_case, sign_version
from goldenthread.promise.contract import parse_contract
from goldenthread.promise.errors import CaseErased, ContractConflict, ContractRefused, NotPermitted
from goldenthread.record.ledger import Ledger
from goldenthread.record.principals import load_principals, open_envelope, revoke
from goldenthread.record.store import Home
from worlds import EXPERT, OWNER, World, contract_text, declare_tools, make_world

REVIEWER = "reviewer@example.com"


@pytest.fixture
def world(home: Home) -> Iterator[World]:
    """The home with its people, opened."""
    world = make_world(home.path)
    with world.opened():
        yield world


def test_the_first_signature_commits_and_the_last_puts_in_force(world: World) -> None:
    """There is no moment at which a contract is in force that somebody has not signed."""
    contract = parse_contract(contract_text("payments"))
    signers = list(contract.signers)
    signed = [sign_version(world.desk("payments"), world.keyring, contract, by=name) for name in signers]
    assert [one.committed for one in signed] == [True, False, False, False]
    assert [one.in_force for one in signed] == [False, False, False, True]
    assert [len(one.missing) for one in signed] == [3, 2, 1, 0]
    kinds = [record.kind for record in world.ledger.read("payments")]
    assert kinds == ["contract:version:commit"] + ["contract:version:sign"] * 4


def test_a_signature_names_where_the_organisation_stood(world: World) -> None:
    """Rights change; a signature is judged by those of its time."""
    contract = parse_contract(contract_text("payments"))
    signed = sign_version(world.desk("payments"), world.keyring, contract, by=OWNER)
    assert signed.record is not None
    assert signed.record.data["organisation"] == world.ledger.head("organisation").seq
    assert set(signed.record.data) == {"version", "digest", "role", "organisation", "envelope"}


def test_signing_again_records_nothing(world: World) -> None:
    """A command that is repeated does no harm."""
    contract = parse_contract(contract_text("payments"))
    sign_version(world.desk("payments"), world.keyring, contract, by=OWNER)
    head = world.ledger.head("payments")
    again = sign_version(world.desk("payments"), world.keyring, contract, by=OWNER)
    assert (again.again, again.record, world.ledger.head("payments")) == (True, None, head)


def test_a_refused_signature_commits_nothing(world: World) -> None:
    """A version must not be taken by somebody who may not sign it."""
    revoke(world.ledger, world.keyring, by=OWNER, name=EXPERT, reason="left")
    contract = parse_contract(contract_text("payments"))
    with pytest.raises(NotPermitted):
        sign_version(world.desk("payments"), world.keyring, contract, by=EXPERT)
    assert world.ledger.head("payments").seq == 0


def test_nobody_signs_in_two_roles(world: World) -> None:
    """Two roles in one hand are one pair of eyes."""
    text = contract_text("payments").replace("owned by finance-ops", f"owned by {OWNER}")
    with pytest.raises(ContractRefused, match="would sign in two roles"):
        world.sign(text)
    assert world.ledger.head("payments").seq == 0


def test_an_older_version_cannot_return(world: World) -> None:
    """A version that was left behind must not be signed in again with another text."""
    world.sign(contract_text("payments"))
    world.sign(contract_text("payments", version=2))
    other = parse_contract(contract_text("payments").replace("two days", "three days"))
    with pytest.raises(ContractConflict, match="Version 1 of 'payments' was committed with another text"):
        sign_version(world.desk("payments"), world.keyring, other, by=OWNER)


def test_a_stop_is_signed_for_its_place(world: World) -> None:
    """A stop that is copied further down the chain, or from another ledger, proves nothing of who set it."""
    world.sign(contract_text("payments"))
    record = world.stop("payments", by=REVIEWER)
    principals = load_principals(world.ledger)
    key = principals.get(REVIEWER).public_key
    said = open_envelope(record.data["envelope"], key, "application/vnd.goldenthread.stop+json")
    assert said == {
        "record": "stop:set",
        "organisation": principals.organisation,
        "chain": "payments",
        "seq": record.seq,
        "tool": None,
        "product": None,
        "reason": "an odd payment",
    }
    assert world.desk("payments").standing().suspended
    world.lift(record)
    assert not world.desk("payments").standing().suspended


def paid(world: World, case: str) -> str:
    """The agent works a case that waits for a person; the pseudonym of the case."""
    with world.connect() as thread:
        pay = declare_tools(thread)["pay"]
        with thread.run("payments", case=case, given={"text": "please"}):
            pay("order", 1)
    return world.ledger.vault.ref("payments", case)


def test_an_erasure_closes_what_waits_on_the_case(world: World) -> None:
    """A question about content that is gone could be answered by nobody."""
    world.sign(contract_text("payments", level="approval"))
    case_ref = paid(world, "case-1")
    record = erase_case(world.desk("payments"), "case-1", by=OWNER)
    assert record is not None
    assert record.data == {"case": case_ref}
    assert world.inbox("payments").items() == []
    ended = [one.data["status"] for one in world.ledger.read("payments", kinds=["run:end"])]
    assert ended == ["erased"]
    assert world.verify_ok()
    with pytest.raises(CaseErased):
        paid(world, "case-1")


def crash_before_the_key_goes(ledger: Ledger, *given: object) -> None:
    """The process dies before anything is destroyed."""
    raise KeyboardInterrupt


def crash_before_the_record_stands(ledger: Ledger, chain: str, case_ref: str, by: str) -> None:
    """The process dies when the key is gone and nothing says so yet."""
    ledger.vault.erase(case_ref)
    raise KeyboardInterrupt


@pytest.mark.parametrize("crash", [crash_before_the_key_goes, crash_before_the_record_stands])
def test_an_erasure_can_be_repeated_after_a_crash(
    world: World, monkeypatch: pytest.MonkeyPatch, crash: Callable[..., None]
) -> None:
    """Whoever asked for erasure gets it, and gets it on record, whatever breaks in between."""
    world.sign(contract_text("payments", level="approval"))
    paid(world, "case-1")
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "erase", crash)
        with pytest.raises(KeyboardInterrupt):
            erase_case(world.desk("payments"), "case-1", by=OWNER)
    assert erase_case(world.desk("payments"), "case-1", by=OWNER) is not None
    assert erase_case(world.desk("payments"), "case-1", by=OWNER) is None
    kinds = [one.kind for one in world.ledger.read("payments", kinds=["run:end", "case:erase"])]
    assert kinds == ["run:end", "case:erase"]
