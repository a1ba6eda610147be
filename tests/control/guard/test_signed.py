"""Signed permits by themselves: what a tool can know without asking anybody."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from goldenthread.control.guard.signed import (
    PERMIT_TYPE,
    SignedPermit,
    arguments_digest,
    holder_key,
    is_proof,
    make_proof,
    open_permit,
    read_permit,
)
from goldenthread.promise.errors import PermitRefused
from goldenthread.promise.values import Json
from goldenthread.record.principals import seal

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
PUBLIC = KEY.public_key().public_bytes_raw().hex()
NOW = datetime(2026, 11, 1, tzinfo=UTC)
ARGUMENTS: dict[str, Json] = {"order": "o-1", "amount": 7}


def permit(**changed: Any) -> SignedPermit:
    """A permit to pay, good for a quarter of an hour."""
    fields: dict[str, Any] = {
        "id": "00000000000000aa",
        "kind": "effect",
        "digest": "sha256:terms",
        "organisation": "org",
        "slice": "refunds",
        "contract_version": 1,
        "fingerprint": "sha256:agent",
        "agent": "agent",
        "case": "c",
        "run": "00000000000000bb",
        "call": 0,
        "action": "pay",
        "salt": "s",
        "arguments": arguments_digest("s", ARGUMENTS),
        "level": "constrained",
        "expires": NOW + timedelta(minutes=15),
        "audience": ("payments",),
    }
    return SignedPermit(**{**fields, **changed})


def envelope(one: SignedPermit, key: Ed25519PrivateKey = KEY, kind: str = PERMIT_TYPE) -> dict[str, Any]:
    """As the server signs it."""
    return seal(key, kind, one.payload())


def opened(signed: Any, **changed: Any) -> SignedPermit:
    """What the tool that pays makes of it."""
    asked: dict[str, Any] = {"now": NOW, "tool": "payments", "action": "pay", "arguments": ARGUMENTS}
    return open_permit(signed, [PUBLIC], **{**asked, **changed})


def test_a_permit_opens_as_it_was_signed() -> None:
    """Nothing is lost on the way, so that the server finds its own record again."""
    assert opened(envelope(permit())) == permit()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"tool": "mailer"}, "it is for payments, not for 'mailer'"),
        ({"action": "post"}, "it was given for 'pay'"),
        ({"arguments": {"order": "o-1", "amount": 8}}, "it was given for other arguments"),
        ({"arguments": {"order": "o-1", "amount": True}}, "it was given for other arguments"),
        ({"now": NOW + timedelta(minutes=16)}, "it expired at 2026-11-01T00:15:00+00:00"),
    ],
)
def test_a_permit_is_for_this_tool_action_and_arguments_until_it_expires(changed: dict[str, Any], why: str) -> None:
    """The words say which of them it is, so that a tool's owner need not guess."""
    with pytest.raises(PermitRefused) as caught:
        opened(envelope(permit()), **changed)
    action = changed.get("action", "pay")
    assert str(caught.value) == (
        f"permit-refused: Permit 00000000000000aa for '{action}' is refused: {why}. "
        "Nothing happened; have the agent ask the server anew."
    )


def test_only_the_servers_key_and_only_a_permit_counts() -> None:
    """A grant, an answer or a permit of another server is none here."""
    for signed in (envelope(permit(), OTHER), envelope(permit(), kind="application/vnd.in-toto+json")):
        with pytest.raises(PermitRefused) as caught:
            opened(signed)
        assert str(caught.value) == (
            "permit-refused: What was presented as a permit is none that this server signed, or was altered since. "
            "Nothing happened; have the agent ask the server for one."
        )


def test_an_expiry_without_a_time_zone_is_no_expiry() -> None:
    """A moment that each machine reads otherwise decides nothing."""
    payload: dict[str, Json] = {**permit().payload(), "expires": "2099-01-01T00:00:00"}
    with pytest.raises(PermitRefused):
        read_permit(seal(KEY, PERMIT_TYPE, payload), [PUBLIC])


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["payload", "payloadType", "signatures", "x"]), JSONS, max_size=4))
def test_whatever_is_presented_as_a_permit_is_refused_by_name(signed: Any) -> None:
    """Anything but a refusal would be a crash in the tool's own process."""
    with pytest.raises(PermitRefused):
        read_permit(signed, [PUBLIC])


@given(st.sampled_from(sorted(permit().payload())), JSONS)
def test_no_change_of_any_term_survives(field: str, value: Any) -> None:
    """Signed is all of it, or nothing."""
    signed = envelope(permit())
    terms = json.loads(base64.b64decode(signed["payload"]))
    terms[field] = value
    payload = base64.b64encode(json.dumps(terms).encode()).decode()
    if payload != signed["payload"]:
        with pytest.raises(PermitRefused):
            read_permit({**signed, "payload": payload}, [PUBLIC])


def test_only_the_agents_own_token_proves() -> None:
    """A proof is for one envelope and by one token; the token's hash on record does not make it."""
    signed = envelope(permit())
    own, other = holder_key("gt_a_secret"), holder_key("gt_b_secret")
    assert is_proof(own, signed, make_proof(own, signed))
    assert not is_proof(own, signed, make_proof(other, signed))
    assert not is_proof(own, envelope(permit(call=1)), make_proof(own, signed))
    assert not is_proof(own, signed, "\ud800")
