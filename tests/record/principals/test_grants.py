"""Beginning, granting, revoking, and what the chain says of each moment."""

from __future__ import annotations

from typing import Any

import pytest

from goldenthread.promise.errors import (
    AlreadyInitialised,
    DemoKeyRefused,
    GoldenthreadError,
    NotInitialised,
    NotPermitted,
    PrincipalUnknown,
    SecondRole,
    ValueProblem,
)
from goldenthread.record.ledger import ORGANISATION
from goldenthread.record.principals import (
    KeyRing,
    Role,
    bootstrap,
    demo_public_key,
    fold,
    grant,
    is_demo_key,
    load_principals,
    revoke,
)


def words(caught: pytest.ExceptionInfo[Any]) -> str:
    """What a user would read."""
    return str(caught.value)


def test_a_ledger_begins_with_one_administrator_who_signs_for_themselves(chain: Any, ring: KeyRing) -> None:
    """Every right goes back to this record."""
    bootstrap(chain, ring, "maya")
    principals = load_principals(chain)
    assert principals.get("maya").is_administrator
    assert principals.get("maya").public_key == ring.public_key("maya")
    assert principals.organisation == chain.records[0].hash
    assert not principals.demo
    assert principals.notice is None
    assert principals.problems == ()


def test_a_ledger_begins_only_once(office: Any, ring: KeyRing) -> None:
    """A second beginning would be a second owner of everything."""
    with pytest.raises(AlreadyInitialised) as caught:
        bootstrap(office.chain, ring, "eve")
    assert words(caught) == (
        "already-initialised: This ledger has begun; its administrator is maya. "
        "Have them grant you a role, or use another home."
    )


def test_a_second_bootstrap_record_changes_nothing_and_is_reported(office: Any, ring: KeyRing) -> None:
    """Whoever can write the chain could otherwise make themselves its owner."""
    record = office.chain.records[0]
    office.chain.append(ORGANISATION, record.kind, record.by, record.data)
    principals = load_principals(office.chain)
    assert [(problem.seq, problem.words) for problem in principals.problems] == [
        (2, "not-permitted: A ledger begins once, with its first record. Have an administrator grant this.")
    ]


def test_before_the_beginning_everything_says_so(chain: Any, ring: KeyRing) -> None:
    """No rights is the only safe default."""
    expected = "not-initialised: This ledger has no first administrator yet. Run `goldenthread init`."
    with pytest.raises(NotInitialised) as asking:
        load_principals(chain).require_role("maya", ("owner",), "refunds")
    with pytest.raises(NotInitialised) as granting:
        grant(chain, ring, by="maya", name="bob")
    with pytest.raises(NotInitialised) as revoking:
        revoke(chain, ring, by="maya", name="bob", reason="left")
    assert words(asking) == words(granting) == words(revoking) == expected


def test_grants_add_up_and_keep_the_key(office: Any) -> None:
    """A second role must not take the first, nor change the key."""
    office.grant("bob", "owner@refunds")
    key = load_principals(office.chain).get("bob").public_key
    office.grant("bob", "approver")
    bob = load_principals(office.chain).get("bob")
    assert {str(role) for role in bob.roles} == {"owner@refunds", "approver"}
    assert bob.public_key == key
    assert [one.name for one in load_principals(office.chain).holders("approver", "claims")] == ["bob"]


def test_only_an_administrator_grants_or_revokes(office: Any, ring: KeyRing) -> None:
    """Otherwise everybody is everything."""
    office.grant("bob", "owner@refunds")
    expected = "not-permitted: 'bob' is no administrator and may neither grant nor revoke. Ask maya."
    with pytest.raises(NotPermitted) as granting:
        grant(office.chain, ring, by="bob", name="bob", roles=[Role(name="administrator")])
    with pytest.raises(NotPermitted) as revoking:
        revoke(office.chain, ring, by="bob", name="maya", reason="coup")
    assert words(granting) == words(revoking) == expected


def test_a_revoked_principal_has_nothing_from_then_on(office: Any, ring: KeyRing) -> None:
    """The words name the record, so that somebody can ask why."""
    office.grant("bob", "owner@refunds")
    revoke(office.chain, ring, by="maya", name="bob", reason="left the company")
    with pytest.raises(NotPermitted) as caught:
        load_principals(office.chain).require_role("bob", ("owner",), "refunds")
    assert words(caught) == (
        "not-permitted: What 'bob' held was revoked by record 3 of the organisation. "
        "An administrator can grant it again, with a new key."
    )
    with pytest.raises(PrincipalUnknown) as again:
        revoke(office.chain, ring, by="maya", name="bob", reason="left")
    assert words(again) == ("principal-unknown: 'bob' holds nothing that could be revoked. Look at who is on record.")


def test_one_role_can_be_revoked_alone(office: Any, ring: KeyRing) -> None:
    """People change position without leaving."""
    office.grant("bob", "owner@refunds", "approver")
    revoke(office.chain, ring, by="maya", name="bob", roles=[Role.parse("owner@refunds")], reason="moved")
    assert {str(role) for role in load_principals(office.chain).get("bob").roles} == {"approver"}
    with pytest.raises(NotPermitted) as caught:
        revoke(office.chain, ring, by="maya", name="bob", roles=[Role.parse("owner@refunds")], reason="moved")
    assert words(caught) == (
        "not-permitted: 'bob' does not hold the role owner@refunds; they hold approver. Revoke one of these."
    )


def test_the_last_administrator_stays(office: Any, ring: KeyRing) -> None:
    """A ledger in which nobody can grant is stuck for good."""
    with pytest.raises(NotPermitted) as caught:
        revoke(office.chain, ring, by="maya", name="maya", reason="retired")
    assert words(caught) == (
        "not-permitted: 'maya' is the last administrator; without one nobody could grant anything again. "
        "Grant another administrator first."
    )
    office.grant("bob", "administrator")
    revoke(office.chain, ring, by="bob", name="maya", reason="retired")
    assert not load_principals(office.chain).get("maya").is_administrator


def test_the_past_is_judged_by_the_rights_of_its_time(office: Any, ring: KeyRing) -> None:
    """A signature given yesterday does not fall with today's revocation."""
    office.grant("bob", "owner@refunds")
    revoke(office.chain, ring, by="maya", name="bob", reason="left")
    principals = load_principals(office.chain)
    granted, revoked = office.chain.records[1:]
    assert principals.at(1).find("bob") is None
    assert principals.at(2).get("bob").has("owner", "refunds")
    assert principals.at(3).get("bob").revoked
    assert principals.as_of(granted.at).get("bob").has("owner", "refunds")
    assert principals.as_of(granted.at.isoformat()).get("bob").has("owner", "refunds")
    assert principals.as_of(revoked.at).get("bob").revoked
    assert principals.as_of("2020-01-01T00:00:00").all() == ()
    assert principals.at(2).holders("owner", "refunds")[0].name == "bob"
    assert principals.at(3).holders("owner", "refunds") == ()


def test_a_new_key_supersedes_and_the_old_one_never_comes_back(office: Any, ring: KeyRing) -> None:
    """Rotation is of use only if the old key is worth nothing from then on."""
    office.grant("bob", "owner@refunds", "sealer")
    old = ring.public_key("bob")
    office.grant("bob", new_key=True)
    new = ring.public_key("bob")
    principals = load_principals(office.chain)
    assert old != new == principals.get("bob").public_key
    assert principals.at(2).get("bob").public_key == old
    assert principals.get("bob").has("owner", "refunds")
    assert principals.keys_held("sealer") == {old: "bob", new: "bob"}
    with pytest.raises(NotPermitted) as caught:
        office.grant("bob", public_key=old)
    assert words(caught) == (
        f"not-permitted: The key {old[:16]}... of 'bob' was revoked or superseded and does not come back. "
        "Generate a new one."
    )


def test_who_was_revoked_comes_back_with_a_new_key_only(office: Any, ring: KeyRing) -> None:
    """The key may be why they were revoked."""
    office.grant("bob", "approver")
    revoke(office.chain, ring, by="maya", name="bob", reason="laptop stolen")
    with pytest.raises(NotPermitted, match="does not come back"):
        office.grant("bob", "auditor")
    office.grant("bob", "auditor", new_key=True)
    assert {str(role) for role in load_principals(office.chain).get("bob").roles} == {"auditor"}


def test_a_rotation_cut_short_after_its_grant_is_finished_by_the_next_one(office: Any, ring: KeyRing) -> None:
    """A crash between the record and the file must not lock anybody out."""
    office.grant("bob", "administrator")
    prepared = ring.prepare_rotation("bob")
    office.grant("bob", public_key=prepared)
    assert ring.public_key("bob") != prepared
    grant(office.chain, ring, by="bob", name="ann", roles=[Role.parse("auditor")])
    assert ring.public_key("bob") == prepared


def test_one_key_is_one_name(office: Any, ring: KeyRing) -> None:
    """Two names with one key would be one person with two signing roles."""
    office.grant("bob", "owner@refunds")
    key = ring.public_key("bob")
    with pytest.raises(SecondRole) as caught:
        office.grant("robert", "expert@refunds", public_key=key)
    assert words(caught) == (
        f"second-role: The key {key[:16]}... is 'bob' on record and cannot be 'robert' as well: "
        "with one key two names are one person. Generate another key."
    )


def test_a_name_that_looks_like_another_is_refused(office: Any) -> None:
    """Approvers read names, not bytes."""
    office.grant("bob", "owner@refunds")
    with pytest.raises(NotPermitted) as caught:
        office.grant("Bob", "expert@refunds")
    assert words(caught) == (
        "not-permitted: 'Bob' looks like 'bob', who is on record. Use that name, or a clearly different one."
    )


REFUSED_GRANTS = [
    (
        {"name": "bot", "kind": "robot"},
        (
            "value-problem: 'robot' is no kind of principal; kinds are person, data-owner, service, agent. "
            "Name one of these."
        ),
    ),
    (
        {"name": "maya", "kind": "service"},
        "not-permitted: 'maya' is a person on record and cannot become a service. Grant another name.",
    ),
    (
        {"name": "bot", "kind": "agent", "roles": [Role(name="owner")], "responsible": "maya"},
        "not-permitted: An agent cannot hold the role 'owner', only agent. Grant it to a person.",
    ),
    (
        {"name": "backup", "kind": "service", "roles": [Role(name="approver")]},
        (
            "not-permitted: A service cannot hold the role 'approver', only sealer, auditor, tool, task, telemetry. "
            "Grant it to a person."
        ),
    ),
    (
        {"name": "bob", "roles": [Role(name="administrator", slice="refunds")]},
        (
            "not-permitted: The role administrator covers everything and cannot be limited to 'refunds'. "
            "Grant it without a slice."
        ),
    ),
    (
        {"name": "bot", "kind": "agent"},
        "principal-unknown: Nobody answers for agent 'bot'. Name a responsible person who is on record.",
    ),
    (
        {"name": "bot", "kind": "agent", "responsible": "ghost"},
        (
            "principal-unknown: 'ghost', who shall answer for agent 'bot', is no person on record. "
            "Grant them a role first."
        ),
    ),
    (
        {"name": "bob", "responsible": "maya"},
        "value-problem: 'bob' is a person; only for an agent somebody else answers. Leave out 'maya'.",
    ),
    (
        {"name": "bob", "public_key": "ABC"},
        "value-problem: 'ABC' is no ed25519 public key; expected 64 hex digits, lower case. Generate one.",
    ),
]


@pytest.mark.parametrize(("asked", "expected"), REFUSED_GRANTS)
def test_a_grant_that_breaks_a_rule_is_refused(office: Any, ring: KeyRing, asked: Any, expected: str) -> None:
    """Each rule in its own words, and nothing is written."""
    with pytest.raises(GoldenthreadError) as caught:
        grant(office.chain, ring, by="maya", **asked)
    assert words(caught) == expected
    assert len(office.chain.records) == 1


def test_a_role_that_does_not_exist_is_named() -> None:
    """A misspelt role would be a right that nobody ever checks."""
    with pytest.raises(ValueProblem) as caught:
        Role.parse("ownr@refunds")
    assert words(caught) == (
        "value-problem: 'ownr@refunds' is no role; roles are administrator, owner, expert, data-owner, approver, "
        "auditor, sealer, engineer, leader, viewer, tool, task, telemetry, agent. Write e.g. owner@open-source-intake."
    )
    assert str(Role.parse("sealer")) == "sealer"
    assert Role.parse("owner:refunds") == Role.parse("owner@refunds") == Role(name="owner", slice="refunds")


def test_a_grant_that_the_administrator_did_not_sign_changes_nothing_and_is_reported(office: Any) -> None:
    """Whoever can write the database still cannot grant."""
    office.grant("bob", "approver")
    data = {**office.chain.records[1].data, "name": "eve"}
    office.chain.records.pop()
    office.chain.append(ORGANISATION, "principal:grant", "maya", data)
    principals = load_principals(office.chain)
    assert principals.find("eve") is None
    assert principals.problems[0].words == (
        "signature-invalid: Record 2 does not say what 'maya' signed. Trust neither; have it granted again."
    )


def test_an_old_grant_repeated_after_a_revocation_changes_nothing(office: Any, ring: KeyRing) -> None:
    """A signed grant must not be good forever, wherever somebody copies it to."""
    office.grant("bob", "approver")
    revoke(office.chain, ring, by="maya", name="bob", roles=[Role.parse("approver")], reason="moved")
    old = office.chain.records[1]
    office.chain.append(ORGANISATION, old.kind, old.by, old.data)
    principals = load_principals(office.chain)
    assert not principals.get("bob").has("approver", "refunds")
    assert principals.problems[0].words == (
        "signature-invalid: The statement in record 4 was signed by 'maya' as record 2, a principal:grant; "
        "it stands here as a principal:grant by 'maya'. "
        "A statement counts only where it was signed for; have it granted again."
    )


def test_a_malformed_record_is_reported_and_never_stops_the_fold(office: Any) -> None:
    """One bad row must not take everybody's rights away, nor give any."""
    office.chain.append(ORGANISATION, "principal:grant", "maya", {"envelope": "no"})
    office.chain.append(ORGANISATION, "principal:grant", "eve", {})
    office.grant("bob", "approver")
    principals = load_principals(office.chain)
    assert [problem.seq for problem in principals.problems] == [2, 3]
    assert principals.get("bob").has("approver", "refunds")


def test_other_records_on_the_chain_change_no_right(office: Any) -> None:
    """The organisation may note other things in the same chain."""
    office.chain.append(ORGANISATION, "note:write", "maya", {"text": "moved office"})
    office.grant("bob", "approver")
    assert load_principals(office.chain).get("bob").seq == 3


def test_clocks_that_step_back_do_not_reorder_rights(office: Any, ring: KeyRing) -> None:
    """The chain's order is the truth; an earlier timestamp later in the chain takes effect no earlier."""
    from dataclasses import replace
    from datetime import timedelta

    office.grant("bob", "approver")
    revoke(office.chain, ring, by="maya", name="bob", reason="left")
    granted, revoked = office.chain.records[1:]
    stepped = replace(revoked, at=granted.at - timedelta(seconds=30))
    principals = fold([office.chain.records[0], granted, stepped])
    assert principals.as_of(stepped.at).find("bob") is None
    assert principals.as_of(granted.at).get("bob").revoked


def test_a_demo_key_is_recognised_and_refused_outside_the_demo(office: Any) -> None:
    """Everybody can compute it, so everybody could sign with it."""
    for name, key in (("bob", demo_public_key("bob")), ("ann", demo_public_key("maya@example.com"))):
        assert is_demo_key(key, "bob")
        with pytest.raises(DemoKeyRefused) as caught:
            office.grant(name, "approver", public_key=key)
        assert words(caught) == (
            f"demo-key-refused: The key {key[:16]}... of '{name}' is a demo key, which everybody can compute, "
            "and this is not the demo's home. Generate a key of their own."
        )
    assert not is_demo_key(office.ring.public_key("maya"), "maya")


def test_real_work_does_not_begin_with_a_demo_key(chain: Any, ring: KeyRing) -> None:
    """The first key is the root of all others."""
    ring.generate("maya", demo=True)
    with pytest.raises(DemoKeyRefused):
        bootstrap(chain, ring, "maya")
    assert chain.records == []


def test_a_demo_grant_forged_into_a_real_ledger_is_reported(office: Any, ring: KeyRing) -> None:
    """The fold refuses it too, whoever wrote the record."""
    from goldenthread.record.principals import PRINCIPAL_TYPE
    from goldenthread.record.principals.statements import Place, grant_statement

    statement = grant_statement(
        Place(seq=2, prev=office.chain.records[0].hash),
        by="maya",
        name="bob",
        kind="person",
        roles=[Role(name="approver")],
        public_key=demo_public_key("bob"),
        responsible=None,
    )
    envelope = ring.sign("maya", PRINCIPAL_TYPE, statement)
    office.chain.append(ORGANISATION, "principal:grant", "maya", {**statement, "envelope": envelope})
    problems = load_principals(office.chain).problems
    assert problems[0].words.startswith("demo-key-refused: The key ")


def test_the_demos_home_uses_published_keys_says_so_and_stays_the_demos(chain: Any, ring: KeyRing) -> None:
    """A demo that turns into real work would carry keys that everybody has."""
    bootstrap(chain, ring, "maya", demo=True)
    grant(chain, ring, by="maya", name="bob", roles=[Role(name="approver")])
    principals = load_principals(chain)
    assert principals.demo
    assert principals.get("bob").public_key == demo_public_key("bob")
    assert principals.notice == ("This is the demo's home. Its keys are published, so its signatures prove nothing.")
    for demo in (True, False):
        with pytest.raises(AlreadyInitialised) as caught:
            bootstrap(chain, ring, "maya", demo=demo)
        assert words(caught) == (
            "already-initialised: This home is the demo's, with keys that everybody can compute, and stays so. "
            "Set GOLDENTHREAD_HOME to a new folder for real work."
        )
