"""What the stand-alone verifier says of rights, contract signatures, answers, permits and effects."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from audit_worlds import SLICE, TEXT, Paper, World, export_of, run_verifier, work
from goldenthread.record.audit import verifier
from goldenthread.record.ledger import ORGANISATION
from goldenthread.record.principals import PRINCIPAL_TYPE, Role, demo_public_key, fold, load_principals, revoke
from goldenthread.record.principals.absences import leave_statement
from goldenthread.record.principals.statements import Place, grant_statement, revoke_statement

# --- ed25519 ----------------------------------------------------------------------------------------------------------

# RFC 8032, section 7.1, tests 1 to 3: public key, message, signature.
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_the_vectors_of_the_standard_verify(key: str, message: str, signature: str) -> None:
    """The verifier's own arithmetic is the standard's."""
    assert verifier.is_signed(bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature))


@settings(max_examples=40, deadline=None)
@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=80), flip=st.integers(0, 511))
def test_it_verifies_what_the_library_signs_and_nothing_that_differs_by_a_bit(
    seed: bytes, message: bytes, flip: int
) -> None:
    """A home-made verifier is trusted only as far as it agrees with one that everybody uses."""
    private = Ed25519PrivateKey.from_private_bytes(seed)
    key, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert verifier.is_signed(key, message, signature)
    assert not verifier.is_signed(key, message + b"x", signature)
    spoilt = bytearray(signature)
    spoilt[flip // 8] ^= 1 << flip % 8
    assert not verifier.is_signed(key, message, bytes(spoilt))


def test_a_second_signature_made_from_the_first_is_refused() -> None:
    """S and S + L would both satisfy the equation; the standard takes only the smaller."""
    private = Ed25519PrivateKey.generate()
    key, signature = private.public_key().public_bytes_raw(), private.sign(b"yes")
    other = int.from_bytes(signature[32:], "little") + verifier.L
    assert not verifier.is_signed(key, b"yes", signature[:32] + other.to_bytes(32, "little"))
    assert not verifier.is_signed(key, b"yes", signature + b"\0")


@pytest.mark.parametrize("raw", [b"\xff" * 32, b"\x02" + bytes(31), b"\x01" + bytes(30) + b"\x80", b"\x01" * 31])
def test_bytes_that_are_no_point_are_no_key(raw: bytes) -> None:
    """A key off the curve would make the equation mean nothing."""
    with pytest.raises(verifier.Wrong, match="no point of the curve"):
        verifier.decompress(raw)


def test_the_demos_keys_are_the_demos_here_too() -> None:
    """Both sides must refuse the same keys."""
    assert verifier.demo_key("maya@example.com") == demo_public_key("maya@example.com")


# --- rights -----------------------------------------------------------------------------------------------------------


def write_signed(world: World, kind: str, statement: dict[str, Any], by: str = "maya") -> None:
    """A statement that the administrator really signed, whatever the rules say."""
    envelope = world.ring.sign(by, PRINCIPAL_TYPE, statement)
    world.book.append(ORGANISATION, kind, by, {**statement, "envelope": envelope})


def place(world: World) -> Place:
    """Where the next record of the organisation will stand."""
    last = world.book.chains[ORGANISATION][-1]
    return Place(seq=last.seq + 1, prev=last.hash)


def grant_against_the_rules(world: World, **said: Any) -> None:
    """A grant as somebody would write it who leaves our code out."""
    fields: dict[str, Any] = {
        "by": "maya",
        "name": "zoe",
        "kind": "person",
        "roles": [Role(name="approver")],
        "public_key": Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex(),
        "responsible": None,
        **said,
    }
    write_signed(world, "principal:grant", grant_statement(place(world), **fields), fields["by"])


def repeat_a_grant(world: World) -> None:
    """Carol's old grant again after she was revoked."""
    revoke(world.book, world.ring, by="maya", name="carol", roles=[Role(name="approver")], reason="moved")
    old = next(one for one in world.book.chains[ORGANISATION] if one.data["name"] == "carol")
    world.book.append(ORGANISATION, old.kind, old.by, old.data)


def begin_again(world: World) -> None:
    """A second bootstrap."""
    first = world.book.chains[ORGANISATION][0]
    world.book.append(ORGANISATION, first.kind, first.by, first.data)


def alter_a_grant(world: World) -> None:
    """A record that says other than its envelope."""
    last = world.book.chains[ORGANISATION][-1]
    world.book.append(ORGANISATION, last.kind, last.by, {**last.data, "name": "eve"})


def use_a_given_up_key(world: World) -> None:
    """Bob's key from before his rotation."""
    old = world.ring.public_key("bob")
    world.grant("bob", new_key=True)
    grant_against_the_rules(world, name="bob", public_key=old)


def revoke_nobody(world: World) -> None:
    """A revocation of somebody who was never there."""
    statement = revoke_statement(place(world), by="maya", name="ghost", roles=None, reason="")
    write_signed(world, "principal:revoke", statement)


def send_away(world: World, name: str, by: str) -> None:
    """An absence that somebody really signed, whatever the rules say."""
    when = datetime(2026, 12, 1, tzinfo=UTC)
    statement = leave_statement(place(world), by=by, name=name, begins=when, ends=None, deputy=None)
    write_signed(world, "principal:leave", statement, by)


def repeat_an_absence(world: World) -> None:
    """Bob's old absence again, as if he were going once more."""
    send_away(world, "bob", "bob")
    old = world.book.chains[ORGANISATION][-1]
    here = place(world)
    world.book.append(ORGANISATION, old.kind, old.by, {**old.data, "seq": here.seq, "prev": here.prev})


def write_nonsense(world: World) -> None:
    """A grant that is none."""
    world.book.append(ORGANISATION, "principal:grant", "maya", {"envelope": 1})


FORGERIES: list[Callable[[World], None]] = [
    repeat_a_grant,
    begin_again,
    alter_a_grant,
    use_a_given_up_key,
    revoke_nobody,
    lambda world: grant_against_the_rules(world, by="bob"),
    lambda world: grant_against_the_rules(world, kind="agent", roles=[Role(name="owner")], responsible="ann"),
    lambda world: grant_against_the_rules(world, kind="agent", roles=[Role(name="agent")], responsible="ghost"),
    lambda world: grant_against_the_rules(world, kind="robot"),
    lambda world: grant_against_the_rules(world, name="bot", kind="person"),
    lambda world: grant_against_the_rules(world, public_key=world.ring.public_key("ann")),
    lambda world: grant_against_the_rules(world, public_key=demo_public_key("zoe")),
    lambda world: grant_against_the_rules(world, public_key="no key"),
    lambda world: send_away(world, "ann", "carol"),
    lambda world: send_away(world, "bot", "maya"),
    repeat_an_absence,
    write_nonsense,
]


def test_an_absence_that_its_speaker_signed_is_no_finding(begun: World, tmp_path: Path) -> None:
    """An auditor must not trip over somebody's holidays."""
    send_away(begun, "ann", "ann")
    send_away(begun, "carol", "maya")
    assert load_principals(begun.book).problems == ()
    assert run_verifier(export_of(begun, tmp_path / "export")).code == 0


@pytest.mark.parametrize("forge", FORGERIES)
def test_a_right_that_does_not_count_for_us_does_not_count_for_the_auditor(
    begun: World, tmp_path: Path, forge: Callable[[World], None]
) -> None:
    """Otherwise one of the two would let somebody sign."""
    forge(begun)
    refused = load_principals(begun.book).problems
    assert len(refused) == 1
    verdict = run_verifier(export_of(begun, tmp_path / "export"))
    assert verdict.code == 1
    assert [line.partition(":")[0] for line in verdict.wrong] == [f"organisation {refused[0].seq}"], verdict.wrong


def test_the_demo_says_what_its_signatures_are_worth(tmp_path: Path) -> None:
    """An export of the demo must not pass for one of real work."""
    from audit_worlds import Book, Folder
    from goldenthread.record.principals import KeyRing, bootstrap

    world = World(Book(), KeyRing(Folder(tmp_path / "keys")))
    bootstrap(world.book, world.ring, "maya", demo=True)
    verdict = run_verifier(export_of(world, tmp_path / "export"))
    assert verdict.code == 0
    assert "This is a demo: its keys are published, so its signatures prove nothing." in verdict.lines


# --- the slice --------------------------------------------------------------------------------------------------------


def sign_in_anothers_name(world: World) -> None:
    """Ann's signature as if it were bob's."""
    record = next(one for one in world.book.chains[SLICE] if one.by == "ann")
    world.write("contract:version:sign", "bob", **{**record.data, "role": "owner"})


def sign_twice(world: World) -> None:
    """Bob in a second role, which he really holds."""
    from goldenthread.record.principals import STATEMENT_TYPE, contract_statement

    world.grant("bob", "expert")
    paper: Any = Paper()
    statement = contract_statement(load_principals(world.book), paper, "bob", "expert")
    envelope = world.ring.sign("bob", STATEMENT_TYPE, statement)
    world.write("contract:version:sign", "bob", version=1, digest=paper.digest, role="expert", envelope=envelope)


def sign_after_leaving(world: World) -> None:
    """Bob's signature repeated when his right is gone."""
    record = next(one for one in world.book.chains[SLICE] if one.by == "bob")
    revoke(world.book, world.ring, by="maya", name="bob", reason="left")
    world.write("contract:version:sign", "bob", **record.data)


def replace_the_text(world: World) -> None:
    """Another text under the digest that was signed."""
    world.write("contract:version:commit", version=1, digest=Paper().digest, text=TEXT + "# more\n")


def approve_own_agent(world: World) -> None:
    """Ann answers for the agent."""
    world.answer("ann", permit=world.permit("p3"))


def approve_unsigned(world: World) -> None:
    """An approval in carol's name with another's signature."""
    record = world.answer("ann")
    world.book.chains[SLICE].pop()
    world.write("approval:answer", "carol", **record.data)


def approve_other_arguments(world: World) -> None:
    """What was recorded is not what was signed."""
    record = world.answer("carol", permit=world.permit("p3"))
    world.book.chains[SLICE].pop()
    world.write("approval:answer", "carol", **{**record.data, "permit": world.permit("p4")})


def approve_without_the_right(world: World) -> None:
    """Finance approves nothing."""
    world.answer("finance")


def claim_in_anothers_name(world: World) -> None:
    """Carol's claim as if it were bob's."""
    said: dict[str, Any] = {
        "record": "approval:claim",
        "slice": SLICE,
        "item": "i1",
        "until": "2026-11-21T10:00:00+00:00",
    }
    envelope = world.ring.sign("carol", "application/vnd.goldenthread.inbox+json", said)
    world.write("approval:claim", "bob", **said, run="r1", case="c1", envelope=envelope)


def reply_for_another_run(world: World) -> None:
    """An unsigned word of somebody whose run it is not."""
    world.write("approval:reply", "carol", item="i1", message=1, content="sha256:0", run="r1", case="c1")


def issue_a_permit_on_reject(world: World) -> None:
    """A no that gives leave."""
    world.answer("carol", "reject", permit=world.permit("p3"))


def change_a_permit(world: World) -> None:
    """Terms that do not have the permit's digest."""
    permit = {**world.permit("p3"), "action": "other"}
    world.write("action:decide", "bot", decision="a3", run="r1", verdict="allow", permit=permit)


def permit_what_was_asked(world: World) -> None:
    """A permit where a person had to be asked."""
    world.write("action:decide", "bot", decision="a3", run="r1", verdict="ask", permit=world.permit("p3"))


def use_a_permit_twice(world: World) -> None:
    """Once more."""
    world.write("permit:consume", "bot", permit="p1", decision="a1", run="r1")


def act_without_a_permit(world: World) -> None:
    """An effect that nothing allowed."""
    world.write("action:effect", "bot", decision="a9", permit="p9", outcome="done", result=None)


DEEDS: list[tuple[Callable[[World], None], str]] = [
    (sign_in_anothers_name, "contract:version:sign does not hold: it is not signed with the key "),
    (sign_twice, "contract:version:sign does not hold: 'bob' holds two signing roles on version 1."),
    (sign_after_leaving, "contract:version:sign does not hold: 'bob' was not owner of 'refunds' then."),
    (
        replace_the_text,
        "contract:version:commit does not hold: the contract's text does not have the digest that is recorded with it.",
    ),
    (approve_own_agent, "approval:answer does not hold: 'ann' answers for the agent, or is no person."),
    (claim_in_anothers_name, "approval:claim does not hold: it is not signed with the key "),
    (reply_for_another_run, "approval:reply does not hold: KeyError: 'envelope'."),
    (approve_unsigned, "approval:answer does not hold: it is not signed with the key "),
    (approve_other_arguments, "approval:answer does not hold: it does not say what 'carol' signed."),
    (
        approve_without_the_right,
        "approval:answer does not hold: 'finance' was not approver or expert or owner of 'refunds' then.",
    ),
    (
        issue_a_permit_on_reject,
        "approval:answer does not hold: nothing allows the permit, or its terms do not have its digest.",
    ),
    (
        change_a_permit,
        "action:decide does not hold: nothing allows the permit, or its terms do not have its digest.",
    ),
    (
        permit_what_was_asked,
        "action:decide does not hold: nothing allows the permit, or its terms do not have its digest.",
    ),
    (use_a_permit_twice, "permit:consume does not hold: permit p1 was used before, or never issued."),
    (act_without_a_permit, "action:effect does not hold: no permit p9 was used for it."),
]


@pytest.mark.parametrize(("deed", "expected"), DEEDS)
def test_a_record_that_should_not_be_there_is_named(
    begun: World, tmp_path: Path, deed: Callable[[World], None], expected: str
) -> None:
    """The chain can be whole and still say that something wrong was done."""
    work(begun)
    deed(begun)
    verdict = run_verifier(export_of(begun, tmp_path / "export"))
    last = begun.book.chains[SLICE][-1].seq
    assert verdict.code == 1
    assert len(verdict.wrong) == 1
    assert verdict.wrong[0].startswith(f"refunds {last}: {expected}")


def test_signatures_are_judged_by_the_rights_of_their_time(begun: World, tmp_path: Path) -> None:
    """Who left, rotated or lost a role since does not unmake what they signed."""
    work(begun)
    for name in ("bob", "carol"):
        begun.grant(name, new_key=True)
        revoke(begun.book, begun.ring, by="maya", name=name, reason="left")
    assert run_verifier(export_of(begun, tmp_path / "export")).code == 0


def test_a_checkpoint_that_no_sealer_signed_does_not_count(whole: World, tmp_path: Path) -> None:
    """Anybody can write a file."""
    held = tmp_path / "held.json"
    held.write_text(json.dumps(whole.ring.sign("bob", verifier.CHECKPOINT, {"v": 1})))
    folder = export_of(whole, tmp_path / "export")
    verdict = run_verifier(folder, "--checkpoint", held)
    key = whole.ring.public_key("bob")[:16]
    assert verdict.wrong == [f"export: held.json does not count: the key {key}... is no sealer's."]
    unknown = run_verifier(folder, "--key", "ab" * 32)
    assert unknown.code == 1
    assert len(unknown.wrong) == 2


def test_two_checkpoints_that_contradict_each_other_are_named(whole: World, tmp_path: Path) -> None:
    """A ledger that was forked shows different people different pasts."""
    from goldenthread.record.ledger import CHECKPOINT_TYPE

    first = json.loads(base64.b64decode(whole.checkpoints[0]["payload"]))
    fork = whole.ring.sign("seal-service", CHECKPOINT_TYPE, {**first, "at": "2026-11-02T09:00:00.000000Z"})
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    for file, envelope in zip(files, [whole.checkpoints[0], fork], strict=True):
        file.write_text(json.dumps(envelope))
    folder = export_of(whole, tmp_path / "export")
    verdict = run_verifier(folder, "--checkpoint", files[0], "--checkpoint", files[1])
    assert verdict.wrong == ["export: checkpoint 1 does not follow this checkpoint 1."]


def test_the_fold_here_and_there_agree_on_everybody(whole: World) -> None:
    """Keys, roles and who answers for whom, at the end of the chain."""
    records = [{**verifier.parsed(row.body)} for row in whole.rows() if row.chain == ORGANISATION]
    rights = verifier.Rights(records)
    ours = fold(whole.book.chains[ORGANISATION])
    assert rights.organisation == ours.organisation
    assert set(rights.now) == {one.name for one in ours.all()}
    for one in ours.all():
        state = rights.now[one.name]
        assert state["key"] == one.public_key
        assert state["roles"] == {(role.name, role.slice) for role in one.roles}
        assert (state["revoked"], state["responsible"]) == (one.revoked, one.responsible)
    assert rights.sealers == set(ours.keys_held("sealer"))


def test_a_copy_that_does_not_say_what_the_records_say_is_named(whole: World, tmp_path: Path) -> None:
    """Who reads only the copies must not be told another story; the manifest can be made to fit."""
    from hashlib import sha256

    folder = export_of(whole, tmp_path / "export")
    (folder / "keys.json").write_text("{}")
    (folder / "signatures.jsonl").write_text("")
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in ("keys.json", "signatures.jsonl"):
        manifest["files"][name] = sha256((folder / name).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert run_verifier(folder).wrong == [
        "export: signatures.jsonl does not say what the records say.",
        "export: keys.json does not say what the records say.",
    ]
