"""
Keys of the demo: derived from a published constant, so that everybody can compute and nobody can trust them.

A signature by such a key proves nothing. That is fine in the demo's own home and refused everywhere else.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

DEMO_CONSTANT = b"goldenthread demo keys: published on purpose, never trust them"

DEMO_NAMES: tuple[str, ...] = (
    "maya@example.com",
    "open-source-lead@example.com",
    "finance-ops",
    "developer-experience",
    "open-source-office",
    "reviewer@example.com",
    "auditor@example.com",
    "sealer",
    "checkpoint-sealer",
    "open-source-intake-agent",
    "bank-assistant",
)
"""Names that the demo uses; their keys are recognised under whatever name they come."""


def demo_private_key(name: str) -> Ed25519PrivateKey:
    """
    The demo's private key for a name: HKDF-SHA256 (RFC 5869) of the published constant, `info` the name.

    Anyone who reads this source has it too.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"ed25519:" + name.encode())
    return Ed25519PrivateKey.from_private_bytes(derive.derive(DEMO_CONSTANT))


def is_demo_key(public_key: str, *names: str) -> bool:
    """
    Whether a public key (64 hex digits) is the demo's, for a known demo name or one of `names`.

    A key derived for a name that is given nowhere here cannot be told from a real one: pass every name that
    the key could have been made for.
    """
    return any(public_key.lower() == demo_public_key(name) for name in (*DEMO_NAMES, *names))


@cache
def demo_public_key(name: str) -> str:
    """The demo's public key for a name, 64 hex digits."""
    from goldenthread.record.principals.envelopes import public_key_of

    return public_key_of(demo_private_key(name))
