"""
Keys of case content, one a case, in files outside the database.

To destroy a case's key erases the case: what a restored database brings back stays sealed. Only the tombstone and
digests that can't be guessed are left.
"""

from __future__ import annotations

import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from goldenthread.promise.errors import CaseErased, ContentMissing
from goldenthread.promise.values import Json, canonical
from goldenthread.record.store import Home, sync_folder

_KEY_BYTES = 32
_NONCE_BYTES = 12
_REF_DIGITS = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Sealed:
    """Case content as the database holds it: nonce, then AES-256-GCM over the canonical JSON; the digest is bound."""

    digest: str
    case_ref: str
    sealed: bytes


class Vault:
    """
    The keys of one home's cases.

    Args:
        home: Prepared; keys lie in its `vault/`, readable by this OS user alone. Back them up apart from the
            database and for a shorter time: whoever has both reads the content.
    """

    def __init__(self, home: Home) -> None:
        self._folder = home.vault
        self._cases = home.vault / "cases"
        self._cases.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._prefix = f"{self._cases}{os.sep}"
        self._lookup_key = _read_or_create(home.vault / "lookup.key")

    def ref(self, slice: str, case: str) -> str:
        """The case's pseudonym on the ledger: 32 hex digits, the same for the same slice and case in this home."""
        return hmac.digest(self._lookup_key, canonical([slice, case]), "sha256").hex()[:_REF_DIGITS]

    def digest(self, case_ref: str, value: Json) -> str:
        """
        `hmac-sha256:<64 hex digits>` over the canonical value, under the case's key: equal for equal values of one
        case, and after erasure nobody can guess the value by trying.

        Raises:
            CaseErased: The case was erased.
            NotCanonical: JSON can't carry the value exactly.
        """
        return _digest(_derive(self._key(case_ref), b"digest"), canonical(value))

    def seal(self, case_ref: str, value: Json) -> Sealed:
        """
        Encrypt a value under the case's key, which is made on first use and on disk when this returns.

        Raises:
            CaseErased: The case was erased.
            NotCanonical: JSON can't carry the value exactly.
        """
        return self.seal_beside(case_ref, value)[0]

    def seal_beside(self, case_ref: str, value: Json, *others: Json) -> tuple[Sealed, list[str]]:
        """
        As `seal`, and the digests of other values of the case: its key is fetched once.

        Raises:
            CaseErased: The case was erased.
            NotCanonical: JSON can't carry one of the values exactly.
        """
        key = self._key(case_ref)
        content = canonical(value)
        for_digests = _derive(key, b"digest")
        digest = _digest(for_digests, content)
        nonce = os.urandom(_NONCE_BYTES)
        box = AESGCM(_derive(key, b"seal")).encrypt(nonce, content, digest.encode())
        sealed = Sealed(digest=digest, case_ref=case_ref, sealed=nonce + box)
        return sealed, [_digest(for_digests, canonical(other)) for other in others]

    def refuse_erased(self, case_ref: str) -> None:
        """
        Raises:
            CaseErased: The case was erased.
        """
        if self.is_erased(case_ref):
            raise CaseErased(
                f"The content of case {case_ref} was erased on request and cannot be read or added to. "
                "Its records remain, without content; work on it again only under a new case id."
            )

    def unseal(self, stored: Sealed) -> bytes:
        """
        The canonical JSON that was sealed.

        Raises:
            CaseErased: The case was erased.
            ContentMissing: The case has no key here, or these are not the bytes that were stored.
        """
        key = self._existing_key(stored.case_ref)
        nonce, box = stored.sealed[:_NONCE_BYTES], stored.sealed[_NONCE_BYTES:]
        try:
            return AESGCM(_derive(key, b"seal")).decrypt(nonce, box, stored.digest.encode())
        except (InvalidTag, ValueError):
            raise ContentMissing(
                f"The content {stored.digest} of case {stored.case_ref} is not what was stored. "
                "Restore the table ledger_content from a backup."
            ) from None

    def is_erased(self, case_ref: str) -> bool:
        """Whether the case has a tombstone."""
        try:
            os.stat(f"{self._prefix}{case_ref}.erased")  # noqa: PTH116 - each permit passes here, twice
        except FileNotFoundError:
            return False
        return True

    def erase(self, case_ref: str) -> None:
        """Destroy the case's key for good, the tombstone first. Harmless when called again."""
        tombstone, key = self._tombstone(case_ref), self._key_file(case_ref)
        if not tombstone.exists():
            _write_durably(tombstone, b"")
        if key.exists():
            _overwrite(key)
            key.unlink(missing_ok=True)
            sync_folder(self._cases)

    def _key(self, case_ref: str) -> bytes:
        key = _read_if_there(f"{self._prefix}{case_ref}.key")
        if not key:
            self.refuse_erased(case_ref)
            key = _read_or_create(self._key_file(case_ref))
        # The tombstone stands before a key is destroyed, so what was read while there was none was the key.
        if self.is_erased(case_ref):  # perhaps by another process meanwhile
            self.erase(case_ref)
            self.refuse_erased(case_ref)
        return key

    def _existing_key(self, case_ref: str) -> bytes:
        self.refuse_erased(case_ref)
        try:
            return self._key_file(case_ref).read_bytes()
        except FileNotFoundError:
            raise ContentMissing(
                f"The key of case {case_ref} is not in {self._cases}. "
                "Restore the vault that belongs to this database from its own backup."
            ) from None

    def _key_file(self, case_ref: str) -> Path:
        return self._cases / f"{case_ref}.key"

    def _tombstone(self, case_ref: str) -> Path:
        return self._cases / f"{case_ref}.erased"


def _digest(derived: bytes, content: bytes) -> str:
    return "hmac-sha256:" + hmac.digest(derived, content, "sha256").hex()


def _derive(key: bytes, purpose: bytes) -> bytes:
    """A key of its own for each purpose, from one that is uniformly random (HKDF's expand step, RFC 5869)."""
    return hmac.digest(key, b"goldenthread/v1/" + purpose + b"\x01", "sha256")


def _read_if_there(file: str) -> bytes:
    """A key as it lies on disk, without a file object's buffers; nothing if there is no such file."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return b""
    try:
        return os.read(descriptor, 2 * _KEY_BYTES)
    finally:
        os.close(descriptor)


def _read_or_create(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        _write_durably(file, secrets.token_bytes(_KEY_BYTES))
        return file.read_bytes()  # Another process may have been first; then its key is the one.


def _write_durably(file: Path, content: bytes) -> None:
    """Create a file whole and on disk, or leave the one that is there."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    sync_folder(file.parent)


def _overwrite(file: Path) -> None:
    """Zeros in place: all that a file system can be asked for; disks and snapshots may keep older blocks."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, bytes(_KEY_BYTES))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
