"""Private keys in the home's `keys` folder, and signing with them."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from goldenthread.promise.errors import KeyExists, KeyLocked, KeyMissing
from goldenthread.promise.values import Json
from goldenthread.record.principals.demo import demo_private_key
from goldenthread.record.principals.envelopes import open_envelope, public_key_of, seal
from goldenthread.record.principals.names import key_file_name
from goldenthread.record.store import write_whole

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_ENCRYPTED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"

Passphrase = str | Callable[[str], str | None] | None
"""One passphrase for all keys, or a question asked per principal (None: the key has none)."""


class KeyFolder(Protocol):
    """What a key ring needs of a home."""

    @property
    def keys(self) -> Path:
        """The folder of private keys."""
        ...


class Custody(StrEnum):
    """Who could use a private key: what a signature by it is worth against this very process."""

    PASSPHRASE = "passphrase"  # noqa: S105 - a word, no secret: encrypted; reading the file is not enough
    OTHER_USER = "other-user"  # this operating-system user cannot read the file
    COOPERATIVE = "cooperative"  # this process can read it: the signature protects against mistakes only


class KeyRing:
    """
    Ed25519 keys of principals, one PKCS#8 PEM file each, mode 0600.

    Args:
        home: Whatever has a `keys` folder.
        passphrase: Encrypts keys that are made here and opens encrypted ones.
    """

    def __init__(self, home: KeyFolder, passphrase: Passphrase = None) -> None:
        self._folder = home.keys
        self._passphrase = passphrase

    def has(self, principal: str) -> bool:
        """Whether this home has a private key of that name that this process can see."""
        try:
            return self._file(principal).is_file()
        except PermissionError:
            return False

    def generate(self, principal: str, *, demo: bool = False) -> str:
        """
        Make a key and store it; a demo key is derived from the name, and known to everybody.

        Returns:
            The public key, 64 hex digits.

        Raises:
            KeyExists: There is a key of that name already.
        """
        return self._create(self._file(principal), principal, demo=demo)

    def prepare_rotation(self, principal: str) -> str:
        """Make the key that will follow the present one, beside it; `finish_rotation` puts it in its place."""
        file = self._next_file(principal)
        file.unlink(missing_ok=True)  # left by a rotation that never reached the ledger
        return self._create(file, principal, demo=False)

    def finish_rotation(self, principal: str, public_key: str) -> None:
        """Put the prepared key in the place of the present one, which is gone for good, if it is this key."""
        file = self._next_file(principal)
        if file.exists() and public_key_of(self._open(principal, file)) == public_key:
            file.replace(self._file(principal))

    def public_key(self, principal: str) -> str:
        """
        The public key of a private key in this home, 64 hex digits.

        Raises:
            KeyMissing, KeyLocked: As `sign`.
        """
        return public_key_of(self._load(principal))

    def sign(self, principal: str, payload_type: str, payload: Json) -> dict[str, Any]:
        """
        A DSSE envelope over the payload's canonical bytes, signed by the principal.

        Raises:
            KeyMissing: This home has no private key of that name.
            KeyLocked: It is encrypted and the passphrase is missing or wrong, or another user's.
            NotCanonical: The payload cannot be written as canonical JSON.
        """
        return seal(self._load(principal), payload_type, payload)

    def signer(self, principal: str) -> Callable[[str, Json], dict[str, Any]]:
        """`sign` for one principal: (payload type, payload) -> envelope."""
        return partial(self.sign, principal)

    @staticmethod
    def verify(envelope: dict[str, Any], public_key: str, payload_type: str | None = None) -> Any:
        """The payload, if the holder of the key signed it (see `open_envelope`)."""
        return open_envelope(envelope, public_key, payload_type)

    def custody(self, principal: str) -> Custody:
        """
        What stands between this process and the private key. Root reads every user's files.

        A passphrase counts although this ring may hold it: who asks for custody decides where it came from.

        Raises:
            KeyMissing: This home has no private key of that name.
        """
        try:
            pem = self._read(principal, self._file(principal))
        except PermissionError:
            return Custody.OTHER_USER
        if pem.startswith(_ENCRYPTED):
            return Custody.PASSPHRASE
        return Custody.COOPERATIVE

    def _create(self, file: Path, principal: str, *, demo: bool) -> str:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        key = demo_private_key(principal) if demo else Ed25519PrivateKey.generate()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            write_whole(file, self._serialise(key, principal, demo=demo), new=True)
        except FileExistsError:
            raise KeyExists(
                f"A private key of '{principal}' is at {file}; keys are never overwritten. "
                "Rotate the key, or move the file away."
            ) from None
        return public_key_of(key)

    def _serialise(self, key: Ed25519PrivateKey, principal: str, *, demo: bool) -> bytes:
        from cryptography.hazmat.primitives.serialization import (
            BestAvailableEncryption,
            Encoding,
            KeySerializationEncryption,
            NoEncryption,
            PrivateFormat,
        )

        passphrase = None if demo else self._ask(principal)
        encryption: KeySerializationEncryption = NoEncryption()
        if passphrase:
            encryption = BestAvailableEncryption(passphrase.encode())
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)

    def _load(self, principal: str) -> Ed25519PrivateKey:
        return self._open(principal, self._file(principal))

    def _open(self, principal: str, file: Path) -> Ed25519PrivateKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            pem = self._read(principal, file)
        except PermissionError as problem:
            raise KeyLocked(
                f"The private key of '{principal}' at {file} belongs to another user. Sign as that user."
            ) from problem
        passphrase = self._ask(principal) if pem.startswith(_ENCRYPTED) else None
        try:
            key = load_pem_private_key(pem, passphrase.encode() if passphrase else None)
        except (ValueError, TypeError) as problem:
            raise _unusable(principal, file, pem, given=bool(passphrase)) from problem
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyMissing(f"The file {file} holds no ed25519 key. Put the principal's own there.")
        return key

    def _read(self, principal: str, file: Path) -> bytes:
        try:
            return file.read_bytes()
        except FileNotFoundError as problem:
            raise KeyMissing(
                f"No private key of '{principal}' in {self._folder}. "
                "Sign where it is kept, or have an administrator grant a new one."
            ) from problem

    def _ask(self, principal: str) -> str | None:
        return self._passphrase(principal) if callable(self._passphrase) else self._passphrase

    def _file(self, principal: str) -> Path:
        return self._folder / key_file_name(principal)

    def _next_file(self, principal: str) -> Path:
        return self._folder / f"{key_file_name(principal)}.next"


def _unusable(principal: str, file: Path, pem: bytes, *, given: bool) -> KeyMissing | KeyLocked:
    if not pem.startswith(_ENCRYPTED):
        return KeyMissing(f"The file {file} holds no private key that can be read. Restore it from a backup.")
    if given:
        return KeyLocked(f"The passphrase given does not open the private key of '{principal}'. Try again.")
    return KeyLocked(f"The private key of '{principal}' is encrypted and no passphrase was given. Give it.")
