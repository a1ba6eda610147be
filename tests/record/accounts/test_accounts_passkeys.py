from __future__ import annotations

import json

import pytest

from goldenthread.promise.errors import PasskeyRefused, SignInMissing, SignInRefused
from goldenthread.record.accounts import (
    Opened,
    Site,
    accept_with_passkey,
    add_passkey,
    begin_making,
    begin_showing,
    finish_making,
    load_accounts,
    remove_passkey,
    sign_in_by_passkey,
)
from record.accounts.staff import HERE, SITE, Device, Staff

ELSEWHERE = Site(id="evil.example", origin="https://evil.example")


def _made(staff: Staff, name: str, device: Device) -> None:
    options, secret = begin_making(staff.ledger, SITE, name)
    made = finish_making(staff.ledger, SITE, name, secret, device.make(options))
    add_passkey(staff.ledger, name, made, "Laptop", HERE)


def _shown(staff: Staff, device: Device, *, site: Site = SITE, **how: bool) -> Opened:
    options, secret = begin_showing(staff.ledger, SITE)
    return sign_in_by_passkey(staff.ledger, SITE, secret, device.show(options, site.origin, **how), HERE)


def test_somebody_accepts_with_a_passkey_and_comes_in_with_it(staff: Staff) -> None:
    """No password ever exists; nothing in the table opens anything."""
    name, device = staff.hire(), Device()
    invitation = staff.invited(name)
    options, secret = begin_making(staff.ledger, SITE, name)
    asked = json.loads(options)["authenticatorSelection"]
    assert (asked["residentKey"], asked["userVerification"]) == ("required", "required")
    made = finish_making(staff.ledger, SITE, name, secret, device.make(options))
    assert accept_with_passkey(staff.ledger, invitation, made, " My phone\n", HERE).session.name == name
    opened = _shown(staff, device)
    assert (opened.session.name, opened.session.how) == (name, "passkey")
    account = load_accounts(staff.ledger, staff.principals, name)[name]
    assert (account.ways, [one.label for one in account.passkeys]) == (("passkey",), ["My phone"])
    assert account.passkeys[0].used_at == staff.now


def test_an_answer_is_good_once_for_this_address_and_from_a_person(staff: Staff) -> None:
    """A replayed answer, one that another page asked for, and one without a finger or a number prove nobody."""
    name, device = staff.member(), Device()
    _made(staff, name, device)
    options, secret = begin_showing(staff.ledger, SITE)
    answer = device.show(options)
    assert sign_in_by_passkey(staff.ledger, SITE, secret, answer, HERE).session.name == name
    with pytest.raises(SignInRefused, match="This passkey opens no account here"):
        sign_in_by_passkey(staff.ledger, SITE, secret, answer, HERE)
    with pytest.raises(SignInRefused):
        sign_in_by_passkey(staff.ledger, SITE, begin_showing(staff.ledger, SITE)[1], answer, HERE)
    with pytest.raises(SignInRefused):
        _shown(staff, device, site=ELSEWHERE)
    with pytest.raises(SignInRefused):
        _shown(staff, device, verified=False)
    assert _shown(staff, device).session.name == name


def test_a_copied_device_whose_count_stays_behind_is_refused(staff: Staff) -> None:
    """A count that does not grow means that somebody has a copy of the key."""
    name, device = staff.member(), Device()
    _made(staff, name, device)
    _shown(staff, device)
    _shown(staff, device)
    device.count = 0
    with pytest.raises(SignInRefused):
        _shown(staff, device)


def test_a_strangers_key_and_nonsense_prove_nobody(staff: Staff) -> None:
    """Whatever a browser may send, nothing but a good answer opens anything."""
    device, known = Device(), Device()
    _made(staff, staff.member(), known)
    device.id, device.handle = known.id, known.handle
    with pytest.raises(SignInRefused):
        _shown(staff, device)
    for nonsense in ("", "[]", "{}", '{"rawId": 3}', '{"rawId": "AAAA", "response": {}}', "\x00", "1" * 5000):
        with pytest.raises(SignInRefused):
            sign_in_by_passkey(staff.ledger, SITE, begin_showing(staff.ledger, SITE)[1], nonsense, HERE)
        staff.later(minutes=16)


def test_a_passkey_is_made_for_whoever_asked_here_and_once(staff: Staff) -> None:
    """Nobody plants a key of theirs in somebody else's account."""
    name, other, device = staff.member(), staff.member(), Device()
    options, secret = begin_making(staff.ledger, SITE, name)
    answer = device.make(options)
    with pytest.raises(PasskeyRefused, match="No passkey was asked for in the last ten minutes here"):
        finish_making(staff.ledger, SITE, other, secret, answer)
    for wrong in (device.make(options, ELSEWHERE.origin), device.make(options, verified=False), "{}", "nonsense"):
        secret = begin_making(staff.ledger, SITE, name)[1]
        with pytest.raises(PasskeyRefused, match="The passkey was not taken"):
            finish_making(staff.ledger, SITE, name, secret, wrong)
    _made(staff, name, device)
    options, secret = begin_making(staff.ledger, SITE, other)
    again = finish_making(staff.ledger, SITE, other, secret, device.make(options))
    with pytest.raises(PasskeyRefused, match="is kept already"):
        add_passkey(staff.ledger, other, again, "", HERE)


def test_the_only_way_in_cannot_be_removed(staff: Staff) -> None:
    """Nobody locks themselves out by a click."""
    name, device = staff.member(), Device()
    _made(staff, name, device)
    with pytest.raises(PasskeyRefused, match="You have no such passkey"):
        remove_passkey(staff.ledger, name, "00", HERE)
    with staff.ledger.store.session() as connection:
        connection.execute("update account set password = null where name = %s", (name,))
    with pytest.raises(PasskeyRefused, match="This is the only way in that you have"):
        remove_passkey(staff.ledger, name, device.id.hex(), HERE)
    _made(staff, name, Device())
    remove_passkey(staff.ledger, name, device.id.hex(), HERE)
    with pytest.raises(SignInRefused):
        _shown(staff, device)


def test_a_missing_library_for_passkeys_is_named(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one-time link needs no extra; passkeys do."""
    monkeypatch.setitem(__import__("sys").modules, "webauthn", None)
    with pytest.raises(SignInMissing, match="Passkeys need webauthn, which is not installed"):
        begin_showing(staff.ledger, SITE)
