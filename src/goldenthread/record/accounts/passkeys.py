"""
Passkeys (WebAuthn): a key pair for each device or its maker's cloud; here stands the public half alone.

A passkey answers only for the address that it was made for, so that no other page can ask it; and it asks its holder
for a finger, a face or a number each time, so that it is both what they have and what they know or are.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import Any

import psycopg

from goldenthread.promise.errors import PasskeyRefused, SignInMissing
from goldenthread.record.accounts.events import note_event
from goldenthread.record.accounts.model import Where
from goldenthread.record.accounts.pending import begin, finish
from goldenthread.record.ledger import Ledger

MOST = 20
"""Passkeys that one person may have."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """
    Who asks for a passkey.

    Shapes: `id` is the domain ('console.example.com', 'localhost'; never an IP address), `origin` the address as a
    browser has it ('https://console.example.com').
    """

    id: str
    origin: str


@dataclass(frozen=True, kw_only=True)
class Made:
    """A passkey that was just made, verified and not kept yet."""

    id: bytes
    public_key: bytes
    sign_count: int
    synced: bool
    handle: bytes


def begin_making(ledger: Ledger, site: Site, name: str) -> tuple[str, str]:
    """
    Ask a browser to make a passkey.

    Returns:
        The options for `navigator.credentials.create`, JSON, and the secret under which it goes on.

    Raises:
        SignInMissing: The extra `console` is not installed.
        PasskeyRefused: They have as many as anybody may.
    """
    webauthn, structs = _library(), _structs()
    handle, known = _handle_and_keys(ledger, name)
    if len(known) >= MOST:
        raise PasskeyRefused(f"'{name}' has {MOST} passkeys, and more cannot be kept. Remove one first.")
    options = webauthn.generate_registration_options(
        rp_id=site.id,
        rp_name="goldenthread",
        user_name=name,
        user_id=handle,
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=one) for one in known],
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
    )
    content = {"challenge": options.challenge.hex(), "handle": handle.hex(), "name": name}
    return webauthn.options_to_json(options), begin(ledger, "passkey-making", content)


def finish_making(ledger: Ledger, site: Site, name: str, secret: str, answer: str) -> Made:
    """
    Verify what the browser made.

    Raises:
        PasskeyRefused: Not asked for, for another address, or without asking its holder.
    """
    webauthn, begun = _library(), finish(ledger, "passkey-making", secret)
    if begun is None or begun["name"] != name:
        raise _not_asked()
    try:
        done = webauthn.verify_registration_response(
            credential=_json(answer),
            expected_challenge=bytes.fromhex(begun["challenge"]),
            expected_rp_id=site.id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except Exception as problem:
        raise PasskeyRefused(
            f"The passkey was not taken: {_words(problem)}. Nothing was changed; try again, or with another device."
        ) from problem
    return Made(
        id=done.credential_id,
        public_key=done.credential_public_key,
        sign_count=done.sign_count,
        synced=done.credential_backed_up,
        handle=bytes.fromhex(begun["handle"]),
    )


def keep_passkey(
    connection: psycopg.Connection, now: datetime, name: str, made: Made, label: str, where: Where
) -> None:
    """
    Keep it for somebody.

    Raises:
        PasskeyRefused: It is somebody's already.
    """
    done = connection.execute(
        "insert into account_passkey (id, name, public_key, sign_count, label, synced, made_at)"
        " values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
        (made.id, name, made.public_key, made.sign_count, _label(label), made.synced, now),
    )
    if not done.rowcount:
        raise PasskeyRefused("This passkey is kept already. Use it to sign in.")
    note_event(connection, now, name, "passkey added", where=where)


def add_passkey(ledger: Ledger, name: str, made: Made, label: str, where: Where) -> None:
    """Keep one more for somebody who is signed in. Errors as `keep_passkey`."""
    with ledger.store.transaction() as connection:
        keep_passkey(connection, ledger.clock(), name, made, label, where)


def remove_passkey(ledger: Ledger, name: str, id: str, where: Where) -> None:
    """
    Forget one of somebody's own passkeys.

    Raises:
        PasskeyRefused: They have none of that id, or it is the only way in that they have.
    """
    with ledger.store.transaction() as connection:
        row = connection.execute(
            "select a.password is not null or exists (select 1 from account_identity i where i.name = a.name)"
            " or (select count(*) from account_passkey p where p.name = a.name) > 1"
            " from account a where a.name = %s for update",
            (name,),
        ).fetchone()
        if row is None or not row[0]:
            raise PasskeyRefused("This is the only way in that you have. Choose a password or add a passkey first.")
        done = connection.execute("delete from account_passkey where name = %s and encode(id, 'hex') = %s", (name, id))
        if not done.rowcount:
            raise PasskeyRefused("You have no such passkey. Look at your account again.")
        note_event(connection, ledger.clock(), name, "passkey removed", where=where)


def begin_showing(ledger: Ledger, site: Site) -> tuple[str, str]:
    """
    Ask a browser for any passkey of this address; it says by itself whose it is.

    Returns:
        The options for `navigator.credentials.get`, JSON, and the secret under which it goes on.
    """
    webauthn, structs = _library(), _structs()
    options = webauthn.generate_authentication_options(
        rp_id=site.id, user_verification=structs.UserVerificationRequirement.REQUIRED
    )
    return webauthn.options_to_json(options), begin(ledger, "passkey-showing", {"challenge": options.challenge.hex()})


def verify_shown(
    connection: psycopg.Connection, now: datetime, begun: Mapping[str, str], site: Site, answer: str
) -> str | None:
    """
    Whose passkey answered, and remember its count; None if it proves nobody.

    Args:
        connection: In a transaction.
        now: When it was shown.
        begun: What `finish` gave for the secret.
        site: For which address.
        answer: What the browser gave, JSON.
    """
    webauthn = _library()
    try:
        shown = _json(answer)
        id = webauthn.base64url_to_bytes(shown["rawId"])
        handle = shown["response"].get("userHandle")
        row = connection.execute(
            "select p.name, p.public_key, p.sign_count, a.handle from account_passkey p join account a using (name)"
            " where p.id = %s and not a.removed for update of p",
            (id,),
        ).fetchone()
        if row is None or (handle and not secrets.compare_digest(webauthn.base64url_to_bytes(handle), row[3])):
            return None
        done = webauthn.verify_authentication_response(
            credential=shown,
            expected_challenge=bytes.fromhex(begun["challenge"]),
            expected_rp_id=site.id,
            expected_origin=site.origin,
            credential_public_key=row[1],
            credential_current_sign_count=row[2],
            require_user_verification=True,
        )
    except psycopg.Error:
        raise
    except Exception:  # noqa: BLE001 - whatever is wrong with what a stranger sent: it proves nobody
        return None
    connection.execute(
        "update account_passkey set sign_count = %s, used_at = %s where id = %s", (done.new_sign_count, now, id)
    )
    return str(row[0])


def _handle_and_keys(ledger: Ledger, name: str) -> tuple[bytes, list[bytes]]:
    with ledger.store.session() as connection:
        row = connection.execute("select handle from account where name = %s and not removed", (name,)).fetchone()
        keys = connection.execute("select id from account_passkey where name = %s", (name,)).fetchall()
    return (row[0] if row else secrets.token_bytes(32)), [id for (id,) in keys]


def _json(answer: str) -> dict[str, Any]:
    found = json.loads(answer)
    if not isinstance(found, dict):
        raise TypeError("no JSON object")
    return found


def _label(label: str) -> str:
    return "".join(one for one in label.strip() if one.isprintable())[:60] or "Passkey"


def _words(problem: Exception) -> str:
    """The library's words hold what the browser sent; a short and printable part of them is enough."""
    return "".join(one for one in str(problem) if one.isprintable())[:120].rstrip(".") or type(problem).__name__


def _not_asked() -> PasskeyRefused:
    return PasskeyRefused("No passkey was asked for in the last ten minutes here. Begin again.")


def _library() -> ModuleType:
    try:
        import webauthn
    except ImportError as problem:
        raise SignInMissing(
            "Passkeys need webauthn, which is not installed. Install it with `pip install 'goldenthread[console]'`."
        ) from problem
    return webauthn


def _structs() -> ModuleType:
    from webauthn.helpers import structs

    return structs
