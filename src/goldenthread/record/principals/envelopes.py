"""Signed envelopes: DSSE (Dead Simple Signing Envelope, v1) with one ed25519 signature."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from goldenthread.promise.errors import SignatureInvalid
from goldenthread.promise.values import Json, canonical

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

STATEMENT_TYPE = "application/vnd.in-toto+json"
"""Payload type of an in-toto Statement v1."""


def seal(private_key: Ed25519PrivateKey, payload_type: str, payload: Json) -> dict[str, Any]:
    """
    Sign the canonical bytes of a payload.

    Returns:
        `{"payload": base64, "payloadType": ..., "signatures": [{"keyid": public key in hex, "sig": base64}]}`.

    Raises:
        NotCanonical: The payload cannot be written as canonical JSON.

    Source:
        https://github.com/secure-systems-lab/dsse, protocol v1.
    """
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]  # named in its __init__, not in __all__

    public_key = public_key_of(private_key)
    envelope = Envelope(canonical(payload), payload_type, {})
    envelope.sign(CryptoSigner(private_key, _library_key(public_key)))
    sealed: dict[str, Any] = envelope.to_dict()
    return sealed


def open_envelope(envelope: Mapping[str, Any], public_key: str, payload_type: str | None = None) -> Any:
    """
    The payload of an envelope, if exactly this key signed it and nobody else did.

    Args:
        envelope: A DSSE envelope as `seal` gives it; left unchanged.
        public_key: 64 hex digits.
        payload_type: What it must say it holds; a grant must never pass for an answer. None takes any.

    Raises:
        SignatureInvalid: Malformed, signed by another key, altered, or of another payload type.
    """
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError

    try:
        opened = Envelope.from_dict(deepcopy(dict(envelope)))  # from_dict rewrites what it is given
        if len(envelope["signatures"]) != 1:
            raise ValueError(f"{len(envelope['signatures'])} signatures where one is expected")
        opened.verify([_library_key(public_key)], threshold=1)
        payload = json.loads(opened.payload.decode("utf-8"), object_pairs_hook=_without_duplicates)
    except VerificationError as problem:
        raise SignatureInvalid(
            f"The envelope was not signed with the key {short(public_key)}, or was altered since. "
            "Have the principal sign again with the key on record."
        ) from problem
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise SignatureInvalid(
            f"What should be a signed envelope is none: {type(problem).__name__}: {problem}. "
            "Expected DSSE: payload, payloadType and one signature."
        ) from problem
    if payload_type is not None and opened.payload_type != payload_type:
        raise SignatureInvalid(
            f"The envelope holds '{opened.payload_type}' where '{payload_type}' is expected. "
            "A signature counts only for what it was given."
        )
    return payload


def public_key_of(private_key: Ed25519PrivateKey) -> str:
    """The public key, 64 hex digits."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return private_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def short(public_key: str) -> str:
    """A key as people compare it: its first 16 digits."""
    return f"{public_key[:16]}..."


def _library_key(public_key: str) -> Any:
    from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]  # as above

    return SSlibKey(public_key, "ed25519", "ed25519", {"public": public_key})


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice in one object")
    return found
