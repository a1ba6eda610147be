"""People of a home who come in, a clock that tests set, and a key that answers as a browser's passkey would."""

from __future__ import annotations

import hashlib
import itertools
import json
import secrets
import shutil
import struct
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from goldenthread.record.accounts import Site, Where, accept_with_password, invite, passwords
from goldenthread.record.ledger import Ledger, Vault
from goldenthread.record.principals import KeyRing, Principals, Role, grant, load_principals
from goldenthread.record.store import Home
from goldenthread.record.store.server import EmbeddedServer
from worlds import OWNER, Model, World, make_world

GOOD = "seven lamps over a quiet harbour"
OTHER = "nine kites under the old railway"
HERE = Where(address="192.0.2.7", device="Firefox on Linux")
SITE = Site(id="localhost", origin="http://localhost:7007")
REAL = passwords._hasher
"""What hashes passwords outside tests, which otherwise would take some seconds for nothing but that."""

_CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
_numbers = itertools.count(1)


@dataclass(kw_only=True)
class Staff:
    """A home, its keys, and its time."""

    world: World
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.world.ledger.store, Vault(Home(self.world.home)), clock=lambda: self.now)

    @property
    def ring(self) -> KeyRing:
        """Everybody's keys."""
        return self.world.keyring

    @property
    def principals(self) -> Principals:
        """Who may do what, as of now."""
        return load_principals(self.ledger)

    def later(self, **step: float) -> None:
        """Let time pass."""
        self.now += timedelta(**step)

    def hire(self, kind: str = "person", role: str = "approver") -> str:
        """Somebody new."""
        name = f"hand{next(_numbers)}@example.com"
        grant(self.ledger, self.ring, by=OWNER, name=name, kind=kind, roles=[Role(name=role)])
        return name

    def invited(self, name: str) -> str:
        """An invitation for somebody; its secret."""
        return invite(self.ledger, self.ring, by=OWNER, name=name)[1]

    def member(self, password: str = GOOD) -> str:
        """Somebody new with a password."""
        name = self.hire()
        accept_with_password(self.ledger, self.invited(name), password, HERE)
        return name


@contextmanager
def opened_staff(server: EmbeddedServer, peopled: Model, folder: Path) -> Iterator[Staff]:
    """The people of `make_world`, in a home and a database of their own."""
    name = f"staff_{next(_numbers)}"
    with server.connect("postgres") as connection:
        connection.execute(f"create database {name} template {peopled.database}".encode())
    shutil.copytree(peopled.home, folder / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOLDENTHREAD_DATABASE_URL", server.url(name))
        patch.setattr(passwords, "_hasher", lambda: _CHEAP)
        passwords._nobodys.cache_clear()
        world = make_world(folder / "home")
        with world.opened():
            yield Staff(world=world)
    passwords._nobodys.cache_clear()
    with server.connect("postgres") as connection:
        connection.execute(f"drop database {name} with (force)".encode())


class Device:
    """A device that makes passkeys and answers with them, for the address it is shown (WebAuthn level 2, ES256)."""

    def __init__(self) -> None:
        self.id = secrets.token_bytes(16)
        self.count = 0
        self.handle = b""
        self._key: EllipticCurvePrivateKey = generate_private_key(SECP256R1())

    def make(self, options: str, origin: str = SITE.origin, *, verified: bool = True) -> str:
        """What `navigator.credentials.create` gives."""
        import cbor2

        asked = json.loads(options)
        self.handle = _bytes(asked["user"]["id"])
        numbers = self._key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        held = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(cose)
        data = self._data(asked["rp"]["id"], verified=verified, more=0x40) + held
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        said = _client(asked, "webauthn.create", origin)
        return self._answer({"clientDataJSON": _text(said), "attestationObject": _text(attestation)})

    def show(self, options: str, origin: str = SITE.origin, *, verified: bool = True) -> str:
        """What `navigator.credentials.get` gives."""
        asked = json.loads(options)
        self.count += 1
        data, said = self._data(asked["rpId"], verified=verified), _client(asked, "webauthn.get", origin)
        signature = self._key.sign(data + hashlib.sha256(said).digest(), ECDSA(SHA256()))
        return self._answer(
            {
                "clientDataJSON": _text(said),
                "authenticatorData": _text(data),
                "signature": _text(signature),
                "userHandle": _text(self.handle),
            }
        )

    def _data(self, site: str, *, verified: bool, more: int = 0) -> bytes:
        flags = 0x01 | (0x04 if verified else 0) | more
        return hashlib.sha256(site.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _answer(self, response: dict[str, str]) -> str:
        id = _text(self.id)
        whole: dict[str, Any] = {"id": id, "rawId": id, "type": "public-key", "response": response}
        return json.dumps({**whole, "clientExtensionResults": {}})


def _client(asked: dict[str, Any], kind: str, origin: str) -> bytes:
    return json.dumps({"type": kind, "challenge": asked["challenge"], "origin": origin}).encode()


def _text(octets: bytes) -> str:
    return urlsafe_b64encode(octets).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    from base64 import urlsafe_b64decode

    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
