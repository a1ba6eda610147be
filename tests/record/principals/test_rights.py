"""Who may sign a contract, and who may approve an agent's action."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from goldenthread.promise.errors import (
    DemoKeyRefused,
    NotPermitted,
    PrincipalError,
    PrincipalUnknown,
    SecondRole,
    SignatureInvalid,
)
from goldenthread.record.ledger import Head
from goldenthread.record.ledger.records import seal
from goldenthread.record.principals import (
    KeyRing,
    contract_signature_problem,
    contract_signers,
    demo_public_key,
    load_principals,
    revoke,
    sign_contract,
)

SIGNERS = {"bob": "owner", "ann": "expert", "finance": "data-owner"}


@dataclass(frozen=True)
class Paper:
    """As much of a contract as a signature is about."""

    slice: str = "refunds"
    version: int = 1
    owner: str = "bob"
    expert: str | None = "ann"
    data_owners: tuple[str, ...] = ("finance",)
    digest: str = "sha256:" + "ab" * 32


@pytest.fixture
def staffed(office: Any) -> Any:
    """An office with everybody that a contract needs."""
    office.grant("bob", "owner@refunds")
    office.grant("ann", "expert", "approver@refunds")
    office.grant("finance", "data-owner", kind="data-owner")
    office.grant("carol", "approver")
    office.grant("bot", "agent@refunds", kind="agent", responsible="ann")
    return office


def refusal(call: Any, kind: type[PrincipalError]) -> str:
    """What a user reads when this is refused."""
    with pytest.raises(kind) as caught:
        call()
    return str(caught.value)


def test_who_the_contract_names_and_who_holds_the_role_may_sign(staffed: Any) -> None:
    """Both are needed: the page names them, the organisation trusts them."""
    principals = load_principals(staffed.chain)
    assert principals.require_signer("refunds", SIGNERS, "bob", "owner").name == "bob"
    assert principals.require_signer("refunds", SIGNERS, "ann", "expert").name == "ann"
    assert principals.require_signer("refunds", SIGNERS.items(), "finance", "data-owner").kind == "data-owner"


def test_who_the_contract_does_not_name_cannot_sign(staffed: Any) -> None:
    """A role in the organisation is no seat at this contract."""
    principals = load_principals(staffed.chain)
    assert refusal(lambda: principals.require_signer("refunds", SIGNERS, "carol", "owner"), NotPermitted) == (
        "not-permitted: The contract 'refunds' does not ask 'carol' to sign as owner; "
        "it asks bob as owner, ann as expert, finance as data-owner."
    )


def test_a_role_in_another_slice_does_not_count(staffed: Any) -> None:
    """Roles have a scope so that trust does not spread."""
    principals = load_principals(staffed.chain)
    assert refusal(lambda: principals.require_signer("claims", SIGNERS, "bob", "owner"), NotPermitted) == (
        "not-permitted: 'bob' is not owner of 'claims'; they hold owner@refunds. "
        "Nobody is; have an administrator grant it."
    )


def test_nobody_signs_one_contract_twice(staffed: Any) -> None:
    """Two signatures of one person are one opinion."""
    signers = [("bob", "owner"), ("bob", "data-owner")]
    principals = load_principals(staffed.chain)
    assert refusal(lambda: principals.require_signer("refunds", signers, "bob", "owner"), SecondRole) == (
        "second-role: 'bob' would sign the contract 'refunds' as data-owner and as owner; nobody holds two signing "
        "roles on one contract. Name another person for one of them."
    )


def test_an_agent_signs_nothing(staffed: Any) -> None:
    """A contract is between people."""
    principals = load_principals(staffed.chain)
    assert refusal(lambda: principals.require_signer("refunds", {"bot": "owner"}, "bot", "owner"), NotPermitted) == (
        "not-permitted: 'bot' is an agent and signs no contract. A person must."
    )


def test_an_unknown_signer_is_unknown(staffed: Any) -> None:
    """A name on the page is not yet a person."""
    principals = load_principals(staffed.chain)
    words = refusal(lambda: principals.require_signer("refunds", {"zoe": "owner"}, "zoe", "owner"), PrincipalUnknown)
    assert words == (
        "principal-unknown: Nobody named 'zoe' was granted anything. `goldenthread principal list` shows who was."
    )


def test_an_approver_of_the_slice_or_of_all_slices_may_approve(staffed: Any) -> None:
    """The ordinary case."""
    assert load_principals(staffed.chain).require_approver("refunds", "carol", "bot").name == "carol"


def test_nobody_approves_their_own_agent(staffed: Any) -> None:
    """The one who gains from a yes must not give it."""
    principals = load_principals(staffed.chain)
    assert refusal(lambda: principals.require_approver("refunds", "ann", "bot"), SecondRole) == (
        "second-role: 'ann' answers for agent 'bot' and cannot approve what it does: nobody approves their own agent. "
        "Ask carol."
    )
    assert refusal(lambda: principals.require_approver("refunds", "bot", "bot"), SecondRole) == (
        "second-role: 'bot' cannot approve its own actions. Ask ann or carol."
    )


def test_only_a_person_approves(staffed: Any) -> None:
    """An approval is a person's judgement."""
    principals = load_principals(staffed.chain)
    assert refusal(lambda: principals.require_approver("refunds", "finance", "bot"), NotPermitted) == (
        "not-permitted: 'finance' is a data-owner and answers no approval. A person must."
    )


def test_who_is_no_approver_is_told_who_is(staffed: Any) -> None:
    """The next step is to ask them."""
    principals = load_principals(staffed.chain)
    assert refusal(lambda: principals.require_approver("refunds", "bob", "bot"), NotPermitted) == (
        "not-permitted: 'bob' is not approver of 'refunds'; they hold owner@refunds. Ask ann or carol."
    )


@pytest.mark.parametrize("path", [["bob"], ["owner"], ["reviewer", "bob"]])
def test_the_owner_approves_when_the_escalation_path_names_them(staffed: Any, path: list[str]) -> None:
    """The contract says where an unanswered question goes."""
    assert load_principals(staffed.chain).require_approver("refunds", "bob", "bot", path=path).name == "bob"


def test_nothing_of_an_agent_that_is_not_on_record_can_be_approved(staffed: Any) -> None:
    """Nobody is known to answer for it, so the rule could not be kept."""
    principals = load_principals(staffed.chain)
    assert refusal(lambda: principals.require_approver("refunds", "carol", "ghost"), PrincipalUnknown) == (
        "principal-unknown: Agent 'ghost' is not on record, so nobody answers for it and nobody could approve what it "
        "does. Have an administrator run `goldenthread principal grant`, naming the person responsible."
    )
    assert refusal(lambda: principals.require_agent("ann"), NotPermitted) == (
        "not-permitted: 'ann' is a person on record, not an agent, so it can do nothing. "
        "Have an administrator grant an agent."
    )
    revoke(staffed.chain, staffed.ring, by="maya", name="bot", reason="retired")
    assert refusal(lambda: load_principals(staffed.chain).require_agent("bot"), NotPermitted) == (
        "not-permitted: 'bot' was revoked, so it can do nothing. Have an administrator grant an agent."
    )


def test_a_demo_key_signs_and_approves_nothing_outside_the_demo(staffed: Any) -> None:
    """Even if one came onto the record by a way nobody thought of."""
    principals = load_principals(staffed.chain)
    versions = dict(principals.history.versions)
    versions["bob"] = (replace(principals.get("bob"), public_key=demo_public_key("bob")),)
    spoilt = replace(principals, history=replace(principals.history, versions=versions))
    assert refusal(lambda: spoilt.require_signer("refunds", SIGNERS, "bob", "owner"), DemoKeyRefused).startswith(
        "demo-key-refused: The key "
    )
    assert refusal(lambda: spoilt.require_approver("refunds", "bob", "bot", path=["bob"]), DemoKeyRefused)


def test_a_signed_answer_is_held_against_the_key_on_record(staffed: Any) -> None:
    """An answer in somebody's name is theirs only by their key."""
    principals = load_principals(staffed.chain)
    envelope = staffed.ring.sign("carol", "application/x", {"answer": "approve"})
    principals.require_signed("carol", envelope, "application/x", {"answer": "approve"})
    said = refusal(
        lambda: principals.require_signed("carol", envelope, "application/x", {"answer": "edit"}), SignatureInvalid
    )
    assert said == ("signature-invalid: 'carol' signed something else than what is recorded. Have them sign this.")
    with pytest.raises(SignatureInvalid):
        principals.require_signed("ann", envelope, "application/x", {"answer": "approve"})


# --- signatures under a contract ----------------------------------------------------------------


def signed_record(staffed: Any, name: str, paper: Any, minutes: int = 60, **more: Any) -> Any:
    """A signature as it stands on the slice's chain."""
    principals = load_principals(staffed.chain)
    data = {**sign_contract(principals, staffed.ring, paper, name), **more}
    at = staffed.chain.records[0].at + timedelta(minutes=minutes)
    return seal("refunds", Head(seq=0, hash=""), at=at, kind="contract:version:sign", by=name, data=data)


def test_a_contract_signature_is_an_in_toto_statement_that_counts(staffed: Any) -> None:
    """Other tools can read who signed what."""
    paper: Any = Paper()
    record = signed_record(staffed, "bob", paper)
    principals = load_principals(staffed.chain)
    assert contract_signature_problem(principals, paper, record) is None
    assert KeyRing.verify(record.data["envelope"], principals.get("bob").public_key) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "refunds@1", "digest": {"sha256": "ab" * 32}}],
        "predicateType": "urn:goldenthread:contract-signature:v1",
        "predicate": {"role": "owner", "signer": "bob", "organisation": principals.organisation},
    }


def test_the_contract_names_its_signers_once_each() -> None:
    """Owner, expert and every data owner."""
    paper: Any = Paper(data_owners=("finance", "bob"))
    assert contract_signers(paper) == (
        ("bob", "owner"),
        ("ann", "expert"),
        ("finance", "data-owner"),
        ("bob", "data-owner"),
    )


def test_a_signature_does_not_count_for_another_text(staffed: Any) -> None:
    """What people saw is what they signed."""
    record = signed_record(staffed, "bob", Paper())
    other: Any = Paper(digest="sha256:" + "cd" * 32)
    assert contract_signature_problem(load_principals(staffed.chain), other, record) == (
        "signature-invalid: 'bob' signed something else than version 1 of 'refunds' as owner. Have them sign this text."
    )


def test_a_signature_in_anothers_name_does_not_count(staffed: Any) -> None:
    """The record says who; the key proves it."""
    paper: Any = Paper()
    record = replace(signed_record(staffed, "ann", paper), by="bob")
    words = contract_signature_problem(load_principals(staffed.chain), paper, record)
    assert words is not None
    assert words.startswith("not-permitted: The contract 'refunds' does not ask 'bob' to sign as expert")


def test_a_signature_outlives_revocation_and_rotation_but_does_not_follow_them(staffed: Any) -> None:
    """Judged by the rights and the key of its time."""
    paper: Any = Paper()
    early = signed_record(staffed, "bob", paper, minutes=5)
    staffed.grant("bob", new_key=True)
    assert contract_signature_problem(load_principals(staffed.chain), paper, early) is None
    late_with_old_key = replace(early, at=early.at + timedelta(hours=1))
    words = contract_signature_problem(load_principals(staffed.chain), paper, late_with_old_key)
    assert words is not None
    assert words.startswith("signature-invalid: The envelope was not signed with the key")
    with_new_key = signed_record(staffed, "bob", paper, minutes=10)
    revoke(staffed.chain, staffed.ring, by="maya", name="bob", reason="left")
    assert contract_signature_problem(load_principals(staffed.chain), paper, early) is None
    words = contract_signature_problem(load_principals(staffed.chain), paper, with_new_key)
    assert words is not None
    assert words.startswith("not-permitted: What 'bob' held was revoked by record 8")


def test_a_signature_from_another_organisation_does_not_count(staffed: Any) -> None:
    """A demo's or a branch's signature cannot be carried over."""
    paper: Any = Paper()
    record = signed_record(staffed, "bob", paper)
    elsewhere = replace(load_principals(staffed.chain), organisation="00")
    words = contract_signature_problem(elsewhere, paper, record)
    assert words is not None
    assert words.startswith("signature-invalid: 'bob' signed something else")


def test_a_broken_signature_record_is_a_problem_not_a_crash(staffed: Any) -> None:
    """The ledger may hold anything."""
    paper: Any = Paper()
    record = signed_record(staffed, "bob", paper, envelope={})
    words = contract_signature_problem(load_principals(staffed.chain), paper, record)
    assert words is not None
    assert words.startswith("signature-invalid: What should be a signed envelope is none")
    bare = replace(record, data={})
    words = contract_signature_problem(load_principals(staffed.chain), paper, bare)
    assert words == "signature-invalid: The record is malformed: KeyError: 'role'. Sign again."


def test_who_is_not_asked_to_sign_is_told_who_is(staffed: Any) -> None:
    """Signing the wrong paper helps nobody."""
    paper: Any = Paper()
    principals = load_principals(staffed.chain)
    assert refusal(lambda: sign_contract(principals, staffed.ring, paper, "carol"), NotPermitted) == (
        "not-permitted: The contract 'refunds' does not ask 'carol' to sign; "
        "it asks bob as owner, ann as expert, finance as data-owner."
    )


def test_a_key_in_the_home_that_is_not_on_record_signs_nothing(staffed: Any, tmp_path: Any) -> None:
    """Better refused at once than found out at the next look."""
    paper: Any = Paper()

    @dataclass
    class Folder:
        keys: Any

    other = KeyRing(Folder(tmp_path / "elsewhere"))
    held = other.generate("bob")
    principals = load_principals(staffed.chain)
    on_record = principals.get("bob").public_key
    assert refusal(lambda: sign_contract(principals, other, paper, "bob"), SignatureInvalid) == (
        f"signature-invalid: The key of 'bob' in this home is {held[:16]}...; on record is {on_record[:16]}.... "
        "Sign with that one, or have an administrator grant this one."
    )
