"""Private keys on disk and the envelopes they sign."""

from __future__ import annotations

import base64
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from goldenthread.promise.errors import KeyExists, KeyLocked, KeyMissing, SignatureInvalid, ValueProblem
from goldenthread.record.principals import Custody, KeyRing, open_envelope, seal
from goldenthread.record.principals.envelopes import public_key_of

TYPE = "application/vnd.test+json"


class Folder:
    """A home that has only its keys."""

    def __init__(self, keys: Path) -> None:
        self.keys = keys


def ring_at(path: Path, passphrase: Any = None) -> KeyRing:
    """The keys of one folder."""
    return KeyRing(Folder(path / "keys"), passphrase)


def test_a_key_file_is_readable_by_its_user_alone_and_cannot_leave_the_folder(tmp_path: Path) -> None:
    """A key that others can read signs for others."""
    ring = ring_at(tmp_path)
    ring.generate("maya@example.com")
    file = tmp_path / "keys" / "maya%40example.com.pem"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [one.name for one in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("name", ["../maya", "a/b", ".hidden", "", "a b", "a\nb", "goldenthread", "organisation"])
def test_a_name_that_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    """Names become file names and are shown in one line."""
    with pytest.raises(ValueProblem) as caught:
        ring_at(tmp_path).generate(name)
    assert str(caught.value) == (
        f"value-problem: '{name}' is no principal's name; it begins with a letter or digit, goes on with these or "
        ". @ + - _ :, and is not goldenthread or organisation. Write e.g. maya@example.com."
    )


def test_a_name_too_long_for_a_file_is_refused_and_letters_of_any_script_are_not(tmp_path: Path) -> None:
    """People's names are not ASCII."""
    ring = ring_at(tmp_path)
    ring.generate("søren@example.com")
    with pytest.raises(ValueProblem):
        ring.generate("x" * 201)


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    """A lost key cannot be made again."""
    ring = ring_at(tmp_path)
    public_key = ring.generate("maya")
    with pytest.raises(KeyExists) as caught:
        ring.generate("maya")
    assert str(caught.value) == (
        f"key-exists: A private key of 'maya' is at {tmp_path}/keys/maya.pem; keys are never overwritten. "
        "Rotate the key, or move the file away."
    )
    assert ring.public_key("maya") == public_key


def test_what_a_key_signed_opens_with_its_public_key(tmp_path: Path) -> None:
    """Signing and verifying are two ends of one thing."""
    ring = ring_at(tmp_path)
    public_key = ring.generate("maya")
    envelope = ring.sign("maya", TYPE, {"said": "yes", "amount": 3})
    before = json.dumps(envelope)
    assert ring.verify(envelope, public_key, TYPE) == {"said": "yes", "amount": 3}
    assert json.dumps(envelope) == before
    assert ring.signer("maya")(TYPE, {"said": "yes", "amount": 3}) == envelope


def test_the_signature_is_over_the_pre_authentication_encoding_of_dsse(tmp_path: Path) -> None:
    """Others verify with their own DSSE library; the bytes must be the standard's."""
    key = Ed25519PrivateKey.generate()
    envelope = seal(key, "http://example.com/HelloWorld", "hi")
    key.public_key().verify(
        base64.b64decode(envelope["signatures"][0]["sig"]), b'DSSEv1 29 http://example.com/HelloWorld 4 "hi"'
    )


def test_another_key_or_an_altered_payload_does_not_verify() -> None:
    """The point of a signature."""
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    envelope = seal(key, TYPE, {"amount": 3})
    altered = {**envelope, "payload": base64.b64encode(b'{"amount":4}').decode()}
    for candidate, by in ((envelope, other), (altered, key)):
        public_key = public_key_of(by)
        with pytest.raises(SignatureInvalid) as caught:
            open_envelope(candidate, public_key)
        assert str(caught.value) == (
            f"signature-invalid: The envelope was not signed with the key {public_key[:16]}..., or was altered since. "
            "Have the principal sign again with the key on record."
        )


def test_a_signature_for_one_purpose_does_not_serve_another() -> None:
    """A signed answer must not pass for a signed grant."""
    key = Ed25519PrivateKey.generate()
    with pytest.raises(SignatureInvalid) as caught:
        open_envelope(seal(key, TYPE, {}), public_key_of(key), "application/vnd.other+json")
    assert str(caught.value) == (
        "signature-invalid: The envelope holds 'application/vnd.test+json' where 'application/vnd.other+json' is "
        "expected. A signature counts only for what it was given."
    )


def _two_signatures(envelope: dict[str, Any]) -> dict[str, Any]:
    return {**envelope, "signatures": envelope["signatures"] * 2}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda envelope: {},
        lambda envelope: {**envelope, "payload": "%"},
        lambda envelope: {**envelope, "signatures": []},
        lambda envelope: {**envelope, "signatures": [{"keyid": "x"}]},
        lambda envelope: {**envelope, "signatures": "no"},
        _two_signatures,
    ],
)
def test_a_malformed_envelope_is_no_signature(spoil: Any) -> None:
    """What is read from a ledger may be anything."""
    key = Ed25519PrivateKey.generate()
    with pytest.raises(SignatureInvalid, match=r"What should be a signed envelope is none|was not signed with"):
        open_envelope(spoil(seal(key, TYPE, {})), public_key_of(key))


def test_a_payload_that_two_readers_could_read_differently_is_refused() -> None:
    """Duplicate keys mean one thing to one parser and another to the next."""
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import CryptoSigner, SSlibKey  # type: ignore[attr-defined]

    key = Ed25519PrivateKey.generate()
    public_key = public_key_of(key)
    envelope = Envelope(b'{"a":1,"a":2}', TYPE, {})
    envelope.sign(CryptoSigner(key, SSlibKey(public_key, "ed25519", "ed25519", {"public": public_key})))
    with pytest.raises(SignatureInvalid) as caught:
        open_envelope(envelope.to_dict(), public_key)
    assert str(caught.value) == (
        "signature-invalid: What should be a signed envelope is none: ValueError: a key appears twice in one object. "
        "Expected DSSE: payload, payloadType and one signature."
    )


def test_a_missing_key_says_where_it_was_looked_for(tmp_path: Path) -> None:
    """Somebody must know where to go on."""
    with pytest.raises(KeyMissing) as caught:
        ring_at(tmp_path).sign("maya", TYPE, {})
    assert str(caught.value) == (
        f"key-missing: No private key of 'maya' in {tmp_path}/keys. "
        "Sign where it is kept, or have an administrator grant a new one."
    )


def test_an_encrypted_key_opens_with_its_passphrase_only(tmp_path: Path) -> None:
    """Who copies the folder has not copied the right to sign."""
    public_key = ring_at(tmp_path, "correct horse").generate("maya")
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in (tmp_path / "keys" / "maya.pem").read_bytes()
    assert ring_at(tmp_path, lambda principal: "correct horse").public_key("maya") == public_key
    with pytest.raises(KeyLocked) as missing:
        ring_at(tmp_path).sign("maya", TYPE, {})
    assert str(missing.value) == (
        "key-locked: The private key of 'maya' is encrypted and no passphrase was given. Give it."
    )
    with pytest.raises(KeyLocked) as wrong:
        ring_at(tmp_path, "wrong").sign("maya", TYPE, {})
    assert str(wrong.value) == "key-locked: The passphrase given does not open the private key of 'maya'. Try again."


def test_a_file_that_holds_no_key_says_so(tmp_path: Path) -> None:
    """A truncated file must not look like a wrong passphrase."""
    ring = ring_at(tmp_path)
    ring.generate("maya")
    file = tmp_path / "keys" / "maya.pem"
    file.write_text("nothing")
    with pytest.raises(KeyMissing) as caught:
        ring.sign("maya", TYPE, {})
    assert str(caught.value) == (
        f"key-missing: The file {file} holds no private key that can be read. Restore it from a backup."
    )


def test_custody_says_what_stands_between_this_process_and_the_key(tmp_path: Path) -> None:
    """A checkpoint signed by a key that the agent could read is labelled cooperative."""
    ring_at(tmp_path).generate("open")
    ring_at(tmp_path, "secret").generate("locked")
    ring = ring_at(tmp_path)
    assert ring.custody("open") is Custody.COOPERATIVE
    assert ring.custody("locked") is Custody.PASSPHRASE
    with pytest.raises(KeyMissing):
        ring.custody("nobody")


def test_a_key_that_this_user_cannot_read_is_another_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root reads everything, so the operating system's refusal is stood in for where the tests run as root."""
    ring = ring_at(tmp_path)
    ring.generate("sealer")
    file = tmp_path / "keys" / "sealer.pem"
    if os.geteuid() == 0:
        monkeypatch.setattr(Path, "read_bytes", _refused)
    else:
        file.chmod(0)
    assert ring.custody("sealer") is Custody.OTHER_USER
    with pytest.raises(KeyLocked) as caught:
        ring.sign("sealer", TYPE, {})
    assert str(caught.value) == (
        f"key-locked: The private key of 'sealer' at {file} belongs to another user. Sign as that user."
    )


def _refused(file: Path) -> bytes:
    raise PermissionError(13, "Permission denied", str(file))
