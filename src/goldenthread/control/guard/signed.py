"""
Signed permits: what leaves the server, so that the side that owns a tool knows by itself what was permitted.

The signature says who permitted what; whether the permit is still good, only the server knows, when it is consumed.
A permit is for one agent: with it goes a proof that only who holds the agent's token can make.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from goldenthread.promise.errors import GoldenthreadError, PermitRefused
from goldenthread.promise.values import Json, digest

PERMIT_TYPE = "application/vnd.goldenthread.permit+json"
"""Payload type of a signed permit (DSSE)."""

Envelope = Mapping[str, Any]
SignPermit = Callable[[str, Json], Mapping[str, Any]]
"""(payload type, payload) -> envelope, signed with the server's key."""


@dataclass(frozen=True, kw_only=True)
class SignedPermit:
    """
    A permit's terms, as signed.

    `kind` is 'effect' (to be consumed at the server, once) or 'read' (to be reported there). `audience` are the tools
    that may carry it out. `arguments` is the SHA-256 over `salt` and the arguments: it binds to them without the
    case's key. `digest` covers the terms as they stand on record; '' for a read, which has no record.
    """

    id: str
    kind: Literal["effect", "read"]
    digest: str
    organisation: str
    slice: str
    contract_version: int
    fingerprint: str
    agent: str
    case: str
    run: str
    call: int | None
    action: str
    salt: str
    arguments: str
    level: str
    expires: datetime
    audience: tuple[str, ...]

    def payload(self) -> dict[str, Json]:
        """As it is signed."""
        return {
            "permit": self.id,
            "kind": self.kind,
            "digest": self.digest,
            "organisation": self.organisation,
            "slice": self.slice,
            "contract_version": self.contract_version,
            "fingerprint": self.fingerprint,
            "agent": self.agent,
            "case": self.case,
            "run": self.run,
            "call": self.call,
            "action": self.action,
            "salt": self.salt,
            "arguments": self.arguments,
            "level": self.level,
            "expires": self.expires.isoformat(),
            "audience": list(self.audience),
        }

    @classmethod
    def of_payload(cls, data: Mapping[str, Any]) -> SignedPermit:
        """The terms that `payload` wrote; KeyError, TypeError or ValueError if it did not."""
        if data["kind"] not in ("effect", "read"):
            raise ValueError(f"{data['kind']!r} is no kind of permit")
        fields = {name: data[name] for name in cls.__dataclass_fields__ if name in data and name != "id"}
        fields["expires"] = datetime.fromisoformat(data["expires"])
        fields["audience"] = tuple(map(str, data["audience"]))
        if fields["expires"].tzinfo is None:
            raise ValueError("its expiry names no time zone")
        return cls(id=str(data["permit"]), **fields)

    def binds(self, arguments: Mapping[str, Json]) -> bool:
        """Whether it was given for exactly these arguments."""
        return hmac.compare_digest(self.arguments, arguments_digest(self.salt, arguments))


def new_salt() -> str:
    """What keeps the digests of equal arguments apart in two permits: 32 hex digits."""
    return secrets.token_hex(16)


def arguments_digest(salt: str, arguments: Mapping[str, Json]) -> str:
    """
    `sha256:...` over salt and arguments, which anybody who has both can work out.

    Raises:
        NotCanonical: JSON can't carry the arguments exactly.
    """
    return digest({"salt": salt, "arguments": dict(arguments)})


def open_permit(
    envelope: Envelope,
    keys: Sequence[str],
    *,
    now: datetime,
    tool: str,
    action: str,
    arguments: Mapping[str, Json],
) -> SignedPermit:
    """
    The terms of a signed permit, if it is the server's, still runs, and is for this tool, action and arguments.

    Says nothing of whether it was used before, or whether the state has changed since: the server must be asked.

    Args:
        envelope: DSSE, as the agent presents it.
        keys: The server's public keys, 64 hex digits each.
        now: By the clock of whoever verifies; aware.

    Raises:
        PermitRefused: Why not.
    """
    permit = read_permit(envelope, keys)
    refusal = _refusal(permit, now, tool, action, arguments)
    if refusal is not None:
        raise refused(permit.id, action, refusal)
    return permit


def read_permit(envelope: Envelope, keys: Sequence[str]) -> SignedPermit:
    """
    The terms of an envelope that one of these keys signed.

    Raises:
        PermitRefused: None of them did, it was altered since, or it is no permit.
    """
    from goldenthread.record.principals import open_envelope

    for key in keys:
        try:
            return SignedPermit.of_payload(open_envelope(envelope, key, PERMIT_TYPE))
        except GoldenthreadError:
            continue
        except (KeyError, TypeError, ValueError, AttributeError):
            break
    raise PermitRefused(
        "What was presented as a permit is none that this server signed, or was altered since. "
        "Nothing happened; have the agent ask the server for one."
    )


def refused(permit: str, action: str, why: str) -> PermitRefused:
    """The error of a permit that may not be used."""
    return PermitRefused(
        f"Permit {permit} for '{action}' is refused: {why}. Nothing happened; have the agent ask the server anew."
    )


def holder_key(token: str) -> bytes:
    """What an agent proves with that it holds its token; the token's hash on record does not give it away."""
    return hmac.digest(token.encode("utf-8", "surrogatepass"), b"goldenthread/v1/permit-holder", "sha256")


def make_proof(key: bytes, envelope: Envelope) -> str:
    """Proof that the agent itself presents this envelope, 64 hex digits."""
    return hmac.digest(key, _signed_bytes(envelope), "sha256").hex()


def is_proof(key: bytes, envelope: Envelope, proof: str) -> bool:
    """Whether the holder of the token made the proof, for this envelope."""
    return hmac.compare_digest(make_proof(key, envelope).encode(), proof.encode("utf-8", "replace"))


def _signed_bytes(envelope: Envelope) -> bytes:
    return str(envelope.get("payload", "")).encode("utf-8", "replace")


def _refusal(permit: SignedPermit, now: datetime, tool: str, action: str, arguments: Mapping[str, Json]) -> str | None:
    if tool not in permit.audience:
        return f"it is for {' or '.join(permit.audience) or 'nobody'}, not for '{tool}'"
    if permit.action != action:
        return f"it was given for '{permit.action}'"
    if not permit.binds(arguments):
        return "it was given for other arguments"
    if now > permit.expires:
        return f"it expired at {permit.expires.isoformat(timespec='seconds')}"
    return None
