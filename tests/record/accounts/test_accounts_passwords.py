from __future__ import annotations

import pytest

from goldenthread.promise.errors import PasswordWeak, SignInMissing, SignInRefused, SignInThrottled
from goldenthread.record.accounts import (
    Where,
    accept_with_password,
    change_password,
    check_password,
    find_session,
    load_accounts,
    passwords,
    read_events,
    sessions_of,
    sign_in_by_password,
)
from goldenthread.record.accounts.passwords import hash_password, verify_password
from goldenthread.record.principals import Role, grant, revoke
from record.accounts.staff import GOOD, HERE, OTHER, REAL, Staff
from worlds import OWNER


@pytest.mark.parametrize(
    "password",
    [
        "password123456", "Passw0rd!2024", "qwertyuiopasdf", "123456789012", "aaaaaaaaaaaaaaaa", "iloveyou1234",
        "maya.example2024", "goldenthread2026", "abcabcabcabcabc", "Summer2024!!",
    ],
)  # fmt: skip
def test_passwords_that_guessers_try_early_are_refused(password: str) -> None:
    """A list of common passwords, names and rows of keys is what everybody begins with."""
    with pytest.raises(PasswordWeak, match="is easily guessed: it is common, or made of names"):
        check_password(password, "maya@example.com")


@pytest.mark.parametrize("password", ["short words", "", "x" * 257, "seven lamps" + "\n" + "over a harbour"])
def test_passwords_of_a_wrong_length_or_that_nobody_can_type_are_refused(password: str) -> None:
    """Short ones are guessed, endless ones cost time, and one with a line's end cannot be typed again."""
    with pytest.raises(PasswordWeak):
        check_password(password, "maya@example.com")


@pytest.mark.parametrize(
    "password", [GOOD, "wörter ohne zusammenhang 7", "ж" * 3 + " лампы над тихой гаванью", "a b c d e f x z 1 9 q"]
)
def test_no_kinds_of_characters_are_demanded(password: str) -> None:
    """Words, spaces and any letters make good passwords; rules of composition make bad ones."""
    check_password(password, "maya@example.com")


def test_a_password_is_kept_as_argon2id_with_the_parameters_of_owasp(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is stolen with the table must cost 19 MiB and two passes a guess, each with a salt of its own."""
    monkeypatch.setattr(passwords, "_hasher", REAL)
    passwords._nobodys.cache_clear()
    kept = hash_password(GOOD)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert kept != hash_password(GOOD)
    assert verify_password(kept, GOOD)
    assert not verify_password(kept, GOOD.upper())
    assert not verify_password(None, "nobody's")
    passwords._nobodys.cache_clear()


def test_a_password_that_was_hashed_more_cheaply_is_hashed_anew(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parameters grow with machines, and people keep their passwords."""
    name = staff.member()
    monkeypatch.setattr(passwords, "_hasher", REAL)
    sign_in_by_password(staff.ledger, name, GOOD, HERE)
    with staff.ledger.store.session() as connection:
        row = connection.execute("select password from account where name = %s", (name,)).fetchone()
    assert row is not None
    assert row[0].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever lacks the extra must be told which."""
    monkeypatch.setitem(__import__("sys").modules, "zxcvbn", None)
    with pytest.raises(SignInMissing, match="Signing in with a password needs zxcvbn, which is not installed"):
        check_password(GOOD, "maya@example.com")


def test_somebody_is_invited_chooses_a_password_and_comes_in_with_it(staff: Staff) -> None:
    """The whole way, as everybody goes it on the first day."""
    name = staff.hire()
    first = accept_with_password(staff.ledger, staff.invited(name), GOOD, HERE)
    opened = sign_in_by_password(staff.ledger, f" {name.upper()} ", GOOD, HERE)
    found = find_session(staff.ledger, staff.principals, opened.secret)
    assert found is not None
    assert (found.name, found.how, found.address) == (name, "password", HERE.address)
    assert first.secret != opened.secret
    account = load_accounts(staff.ledger, staff.principals)[name]
    assert (account.ways, account.sessions, account.problem) == (("password",), 2, None)
    assert account.signed_in_at == staff.now


def test_a_refusal_never_says_whether_there_is_such_an_account(staff: Staff) -> None:
    """Words that differ would tell a guesser whom to guess."""
    name = staff.member()
    said = set()
    for who in (name, "nobody@example.com", OWNER, "agent"):
        with pytest.raises(SignInRefused, match="This password opens no account here") as refused:
            sign_in_by_password(staff.ledger, who, "a wrong one altogether", HERE)
        said.add(refused.value.message)
    assert len(said) == 1


def test_a_name_that_nobody_has_is_not_kept_since_it_may_be_a_password(staff: Staff) -> None:
    """People type their password into the field of the name."""
    with pytest.raises(SignInRefused):
        sign_in_by_password(staff.ledger, "my secret password", "x", HERE)
    event = read_events(staff.ledger, limit=1)[0]
    assert (event.name, event.what, event.result) == ("", "sign-in", "refused")
    with staff.ledger.store.session() as connection:
        rows = connection.execute("select t::text from account_event t union select t::text from account_attempt t")
        assert "my secret" not in str(rows.fetchall())


def test_after_five_failures_each_further_one_waits_twice_as_long(staff: Staff) -> None:
    """A guesser gets four tries an hour, and the owner waits a quarter of an hour at most."""
    name, waits = staff.member(), []
    for number in range(14):
        address = Where(address=f"198.51.100.{number}")
        with pytest.raises(SignInRefused):
            sign_in_by_password(staff.ledger, name, "a wrong one altogether", address)
        try:
            sign_in_by_password(staff.ledger, name, GOOD + "?", address)
        except SignInThrottled as refused:
            waits.append(refused.wait_s)
            staff.later(seconds=refused.wait_s)
        except SignInRefused:
            pass
    assert waits[:5] == [15, 30, 60, 120, 240]
    assert max(waits) == 900
    with pytest.raises(SignInRefused):
        sign_in_by_password(staff.ledger, name, "a wrong one altogether", HERE)
    with pytest.raises(SignInThrottled, match="Too many attempts have failed; the next one is looked at in"):
        sign_in_by_password(staff.ledger, name, GOOD, HERE)
    staff.later(minutes=15)
    assert sign_in_by_password(staff.ledger, name, GOOD, HERE).session.name == name
    for _ in range(4):
        with pytest.raises(SignInRefused):
            sign_in_by_password(staff.ledger, name, "a wrong one altogether", HERE)


def test_attempts_wait_for_names_that_nobody_has_as_for_others(staff: Staff) -> None:
    """If only real accounts were throttled, throttling would tell which are real."""
    for _ in range(5):
        with pytest.raises(SignInRefused):
            sign_in_by_password(staff.ledger, "ghost@example.com", "x", Where(address="203.0.113.1"))
    with pytest.raises(SignInThrottled):
        sign_in_by_password(staff.ledger, "Ghost@example.com", "x", Where(address="203.0.113.2"))


def test_one_address_cannot_try_everybody(staff: Staff) -> None:
    """One password against every name is a guesser's second idea; a network of IPv6 counts as one address."""
    for number in range(30):
        with pytest.raises(SignInRefused):
            sign_in_by_password(staff.ledger, f"name{number}@example.com", "x", Where(address=f"2001:db8::{number:x}"))
    with pytest.raises(SignInThrottled):
        sign_in_by_password(staff.ledger, "name30@example.com", "x", Where(address="2001:db8::ffff"))


def test_a_new_password_ends_every_session_and_the_old_password(staff: Staff) -> None:
    """Whoever changes it may do so because somebody else is in."""
    name = staff.member()
    old = sign_in_by_password(staff.ledger, name, GOOD, HERE)
    with pytest.raises(SignInRefused):
        change_password(staff.ledger, name, "not the present one", OTHER, HERE)
    with pytest.raises(PasswordWeak):
        change_password(staff.ledger, name, GOOD, "password1234", HERE)
    fresh = change_password(staff.ledger, name, GOOD, OTHER, HERE)
    assert find_session(staff.ledger, staff.principals, old.secret) is None
    assert [one.id for one in sessions_of(staff.ledger, name)] == [fresh.session.id]
    with pytest.raises(SignInRefused):
        sign_in_by_password(staff.ledger, name, GOOD, HERE)


def test_a_revoked_principal_has_no_account_and_gets_none_back(staff: Staff) -> None:
    """The account is nothing without its principal, and one who comes again is invited again."""
    name = staff.member()
    opened = sign_in_by_password(staff.ledger, name, GOOD, HERE)
    revoke(staff.ledger, staff.ring, by=OWNER, name=name, reason="left")
    assert find_session(staff.ledger, staff.principals, opened.secret) is None
    with pytest.raises(SignInRefused):
        sign_in_by_password(staff.ledger, name, GOOD, HERE)
    staff.ring.prepare_rotation(name)
    (staff.world.home / "keys").joinpath(f"{name.replace('@', '%40')}.pem").unlink()
    grant(staff.ledger, staff.ring, by=OWNER, name=name, roles=[Role(name="approver")])
    assert find_session(staff.ledger, staff.principals, opened.secret) is None
    with pytest.raises(SignInRefused):
        sign_in_by_password(staff.ledger, name, GOOD, HERE)
    accept_with_password(staff.ledger, staff.invited(name), OTHER, HERE)
    assert sign_in_by_password(staff.ledger, name, OTHER, HERE).session.name == name
