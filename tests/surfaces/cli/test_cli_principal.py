"""`goldenthread init` and `goldenthread principal`."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from goldenthread.record.store import Home
from surfaces.cli.typed import Terminal, steady

BY = "--by maya@example.com"


@pytest.fixture
def begun(terminal: Terminal) -> Terminal:
    """A home with its first administrator."""
    terminal.done("init --owner maya@example.com")
    return terminal


def test_init_says_what_its_key_is_worth_and_what_comes_next(terminal: Terminal, home: Home) -> None:
    """Whoever begins must know what protects the key that everything rests on."""
    assert terminal.done("init --owner maya@example.com") == (
        f"{home.path} is ready; maya@example.com may grant roles. The key has no passphrase, so whatever runs as this "
        "user can sign with it: cooperative mode, which protects against mistakes.\n"
        "Next: goldenthread principal grant maya@example.com --kind person --role owner --by maya@example.com\n"
    )


def test_init_protects_the_key_with_the_passphrase(
    terminal: Terminal, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that the agent's process can read is no check on the agent."""
    monkeypatch.setenv("GOLDENTHREAD_PASSPHRASE", "correct horse")
    assert terminal.done("init --owner maya@example.com").splitlines()[0] == (
        f"{home.path} is ready; maya@example.com may grant roles. The key is protected by its passphrase."
    )
    monkeypatch.delenv("GOLDENTHREAD_PASSPHRASE")
    assert terminal.refused(f"principal grant lee --kind person --role approver {BY}") == (
        "key-locked: The private key of 'maya@example.com' is encrypted and no passphrase was given. Give it. "
        "A passphrase comes from GOLDENTHREAD_PASSPHRASE or, at a terminal, from a question."
    )
    monkeypatch.setenv("GOLDENTHREAD_PASSPHRASE", "wrong")
    assert terminal.refused(f"principal grant lee --kind person --role approver {BY}") == (
        "key-locked: The passphrase given does not open the private key of 'maya@example.com'. Try again. "
        "A passphrase comes from GOLDENTHREAD_PASSPHRASE or, at a terminal, from a question."
    )


def test_init_happens_once(begun: Terminal) -> None:
    """A second beginning would be a second ledger under the same name."""
    assert begun.refused("init --owner eve@example.com") == (
        "already-initialised: This ledger has begun; its administrator is maya@example.com. "
        "Have them grant you a role, or use another home."
    )


def test_the_demo_home_says_that_its_signatures_prove_nothing(terminal: Terminal) -> None:
    """Keys that everybody can compute must never pass for real ones."""
    notice = "This is the demo's home. Its keys are published, so its signatures prove nothing."
    assert notice in terminal.done("--home demo init --owner maya@example.com --demo").splitlines()
    assert terminal.done("--home demo principal list").splitlines()[-1] == notice


def test_a_grant_says_who_holds_what(begun: Terminal) -> None:
    """What was granted is read back, not assumed."""
    granted = begun.done(f"principal grant lee@example.com --kind person --role approver@payments --role expert {BY}")
    assert steady(granted) == (
        "lee@example.com is now a person with approver@payments, expert. "
        "Key <key>, made in this home without a passphrase.\n"
    )
    again = begun.done(f"principal grant lee@example.com --kind person --role owner@claims {BY}")
    assert steady(again) == (
        "lee@example.com is now a person with approver@payments, expert, owner@claims. Key <key>.\n"
    )


def test_an_agent_needs_somebody_who_answers_for_it(begun: Terminal) -> None:
    """Nobody approves their own agent, so it must be known whose it is."""
    assert steady(begun.done(f"principal grant bot --kind agent --responsible maya@example.com {BY}")) == (
        "bot is now an agent, answered for by maya@example.com. Key <key>, made in this home without a passphrase.\n"
    )
    assert begun.refused(f"principal grant stray --kind agent {BY}") == (
        "principal-unknown: Nobody answers for agent 'stray'. Name a responsible person who is on record."
    )


def test_a_role_must_be_named(begun: Terminal) -> None:
    """A principal without a role can do nothing; that is a slip of the keyboard."""
    ran = begun(f"principal grant lee --kind person {BY}")
    assert ran.code == 2
    assert ran.err.splitlines()[-1] == (
        "Error: Missing option '--role': say what the principal may do, e.g. --role approver@intake."
    )


def test_an_unknown_role_is_refused_with_those_there_are(begun: Terminal) -> None:
    """A typo must not become a right."""
    assert begun.refused(f"principal grant lee --kind person --role boss {BY}") == (
        "value-problem: 'boss' is no role; roles are administrator, owner, expert, data-owner, approver, auditor, "
        "sealer, engineer, leader, viewer, tool, task, telemetry, agent. Write e.g. owner@open-source-intake."
    )


def test_only_an_administrator_grants(begun: Terminal) -> None:
    """Rights begin with one signed record and go on from there."""
    begun.done(f"principal grant lee --kind person --role owner {BY}")
    assert begun.refused("principal grant eve --kind person --role owner --by lee") == (
        "not-permitted: 'lee' is no administrator and may neither grant nor revoke. Ask maya@example.com."
    )


@pytest.mark.parametrize("form", ["pem", "hex"])
def test_a_key_of_their_own_is_taken_from_a_file(begun: Terminal, tmp_path: Path, form: str) -> None:
    """A private key that never was in this home is worth more than one that was made here."""
    key = Ed25519PrivateKey.generate().public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    digits = key.public_bytes_raw().hex()
    (tmp_path / "key").write_text(pem if form == "pem" else f"{digits.upper()}\n")
    granted = begun.done(f"principal grant lee --kind person --role expert --public-key key {BY}")
    assert granted == f"lee is now a person with expert. Key {digits[:16]}....\n"
    assert "lee.pem" not in {file.name for file in (tmp_path / "home" / "keys").iterdir()}


def test_a_key_of_another_kind_is_refused(begun: Terminal, tmp_path: Path) -> None:
    """A key that cannot sign would be found out too late."""
    key = X25519PrivateKey.generate().public_key()
    (tmp_path / "key").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert begun.refused(f"principal grant lee --kind person --role expert --public-key key {BY}") == (
        "value-problem: The file key holds no ed25519 public key. "
        "Write one with `openssl pkey -in private.pem -pubout -out public.pem`."
    )


def test_the_list_shows_everybody(begun: Terminal) -> None:
    """Who may do what must be plain to read."""
    begun.done(f"principal grant bot --kind agent --responsible maya@example.com {BY}")
    begun.done(f"principal grant lee --kind person --role approver@payments {BY}")
    assert steady(begun.done("principal list")) == (
        "name              kind    roles              answered for by   key\n"
        "bot               agent   agent              maya@example.com  <key>\n"
        "lee               person  approver@payments                    <key>\n"
        "maya@example.com  person  administrator                        <key>\n"
    )


def test_the_list_can_be_read_by_a_program(begun: Terminal) -> None:
    """A report on rights is made by programs."""
    (listed,) = json.loads(begun.done("principal list --json"))
    assert len(listed.pop("public_key")) == 64
    assert listed == {
        "name": "maya@example.com",
        "kind": "person",
        "roles": ["administrator"],
        "responsible": None,
        "revoked": False,
        "record": 1,
        "leaves": [],
    }


def test_somebody_goes_on_leave_and_comes_back(begun: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Days are read as people mean them: the last day away is still a day away."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        begun.done(f"principal grant lee --kind person --role approver {BY}")
        begun.done(f"principal grant kim --kind person --role approver {BY}")
        assert begun.done("principal leave lee --from 2020-01-01 --until 2096-12-31 --deputy kim") == (
            "lee is away from 2019-12-31 23:00 UTC until 2096-12-31 23:00 UTC; kim gets what would go to them.\n"
        )
        assert begun.done("principal list").splitlines()[-1] == (
            "lee is away until 2096-12-31 23:00 UTC; kim gets their work."
        )
        listed = json.loads(begun.done("principal list --json"))
        assert next(one["leaves"] for one in listed if one["name"] == "lee") == [
            {
                "name": "lee",
                "from": "2019-12-31T23:00:00+00:00",
                "until": "2096-12-31T23:00:00+00:00",
                "deputy": "kim",
                "by": "lee",
                "record": 4,
            }
        ]
        assert begun.done("principal return lee --as maya@example.com") == "lee is back.\n"
        begun.done("principal leave kim --from 2096-01-01T09:00Z")
        assert begun.done("principal return kim") == "kim is not going away from 2096-01-01 09:00 UTC any more.\n"
        assert begun.refused("principal return kim") == (
            "value-problem: 'kim' is not away, and no absence of theirs is planned. "
            "`goldenthread principal list` shows who is."
        )
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_day_that_is_none_is_refused(begun: Terminal) -> None:
    """A slip must not become an absence."""
    ran = begun("principal leave maya@example.com --until tomorrow")
    assert ran.code == 2
    assert ran.err.splitlines()[-1] == (
        "Error: Invalid value for '--until': 'tomorrow' is no day or instant; write e.g. 2026-12-21 or "
        "2026-12-21T13:00."
    )


def test_revoking_takes_a_role_or_everything(begun: Terminal) -> None:
    """People leave, and their rights with them."""
    begun.done(f"principal grant lee --kind person --role approver --role expert {BY}")
    assert begun.done(f"principal revoke lee --role expert {BY}") == "lee is now a person with approver.\n"
    assert begun.done(f"principal revoke lee --reason 'left the team' {BY}") == "lee holds nothing any more.\n"
    assert begun.refused(f"principal revoke lee {BY}") == (
        "principal-unknown: 'lee' holds nothing that could be revoked. Look at who is on record."
    )


def test_a_rotated_key_takes_the_place_of_the_old_one(begun: Terminal) -> None:
    """A key that may have leaked must be replaced without losing the roles."""
    begun.done(f"principal grant lee --kind person --role approver {BY}")
    before = begun.done("principal list").splitlines()[1]
    begun.done(f"principal grant lee --kind person --role approver --new-key {BY}")
    assert begun.done("principal list").splitlines()[1] != before


def test_the_demo_never_takes_a_home_for_real_work(begun: Terminal, home: Home) -> None:
    """What the demo begins anew, it first throws away."""
    assert begun.refused("init --owner maya@example.com --demo") == (
        f"already-initialised: {home.path} is a home for real work, which the demo never touches. "
        "Set DEMO_HOME to another folder."
    )
