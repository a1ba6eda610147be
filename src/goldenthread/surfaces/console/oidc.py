"""
OpenID Connect: the code flow with PKCE, a state and a nonce that are good once and for the browser that began.

What a provider says is believed only where its signature, issuer, audience, time and nonce all hold; any doubt refuses.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from goldenthread.promise.errors import ProviderRefused, SignInMissing
from goldenthread.record.accounts import Vouched
from goldenthread.surfaces.console.signin_settings import ProviderSettings

if TYPE_CHECKING:
    from authlib.integrations.httpx_client import OAuth2Client

_FRESH_S = 3600.0
_TIMEOUT_S = 10.0
_LEEWAY_S = 60
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""With a private key of the provider's: never `none`, and never a secret that we hold as well."""

_LARGEST = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A way to a provider that was begun: where to send the browser, and what to keep until it is back."""

    address: str
    kept: Mapping[str, str]


class Provider:
    """One identity provider, with what is known of it for an hour. Thread-safe."""

    def __init__(self, settings: ProviderSettings) -> None:
        self.settings = settings
        self._known: tuple[float, dict[str, Any], dict[str, Any]] | None = None
        self._lock = threading.Lock()

    def begin(self, back: str) -> Begun:
        """
        Where to send a browser, and what to keep for its return to the address `back`.

        Raises:
            ProviderRefused: The provider does not answer, or not as one does.
            SignInMissing: The extra `console` is not installed.
        """
        about, _ = self._about()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        with self._client(back) as client:
            address, _ = client.create_authorization_url(
                about["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        kept = {"provider": self.settings.id, "state": state, "nonce": nonce, "verifier": verifier, "back": back}
        return Begun(address=str(address), kept=kept)

    def finish(self, kept: Mapping[str, str], query: Mapping[str, str]) -> Vouched:
        """
        Whom the provider vouches for.

        Args:
            kept: What `begin` gave, for this browser.
            query: What the browser came back with.

        Raises:
            ProviderRefused: Another state, an error, or a token that does not prove it.
        """
        self._check_return(kept, query)
        about, keys = self._about()
        try:
            with self._client(kept["back"]) as client:
                token = client.fetch_token(
                    about["token_endpoint"],
                    grant_type="authorization_code",
                    code=query["code"],
                    code_verifier=kept["verifier"],
                )
                claims = self._claims(str(token["id_token"]), keys, kept["nonce"])
                return self._vouched(client, about, token, claims)
        except ProviderRefused:
            raise
        except Exception as problem:
            raise self.refused(f"its answer does not prove who you are ({type(problem).__name__})") from problem

    def refused(self, words: str) -> ProviderRefused:
        """The error of whoever comes back without proof."""
        return ProviderRefused(f"'{self.settings.name}' did not vouch for you: {words}. Begin again.")

    def _check_return(self, kept: Mapping[str, str], query: Mapping[str, str]) -> None:
        if not secrets.compare_digest(query.get("state", "").encode(), kept["state"].encode()):
            raise self.refused("you came back with another state than you left with")
        if query.get("iss", self.settings.issuer) != self.settings.issuer:
            raise self.refused("another provider led back")
        if "error" in query or not query.get("code"):
            raise self.refused(f"it answered '{_short(query.get('error', 'nothing'))}'")

    def _claims(self, id_token: str, keys: dict[str, Any], nonce: str) -> Mapping[str, Any]:
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError
        from joserfc.jwk import KeySet

        try:
            signed = jwt.decode(id_token, KeySet.import_key_set(cast("Any", keys)), list(_ALGORITHMS))
        except InvalidKeyIdError:  # They may have changed their keys since.
            fresh = self._about(fresh=True)[1]
            signed = jwt.decode(id_token, KeySet.import_key_set(cast("Any", fresh)), list(_ALGORITHMS))
        client_id = self.settings.client_id
        options = {
            "iss": {"essential": True, "value": self.settings.issuer},
            "aud": {"essential": True, "value": client_id},
        }
        claims = CodeIDToken(signed.claims, signed.header, options, {"nonce": nonce, "client_id": client_id})
        claims.validate(now=int(time.time()), leeway=_LEEWAY_S)
        if not claims.get("nonce") or not claims.get("sub"):
            raise self.refused("its token names no nonce, or nobody")
        return dict(claims)

    def _vouched(
        self, client: OAuth2Client, about: dict[str, Any], token: Mapping[str, Any], claims: Mapping[str, Any]
    ) -> Vouched:
        """The address counts only where the provider says that it has made sure of it; some say so elsewhere."""
        said = claims
        if "email" not in claims and about.get("userinfo_endpoint"):
            said = _document(client.get(about["userinfo_endpoint"]))
            if said.get("sub") != claims["sub"]:
                raise self.refused("it speaks of two people at once")
        verified = said.get("email_verified") in (True, "true")
        email = said.get("email") if verified and isinstance(said.get("email"), str) else None
        return Vouched(issuer=self.settings.issuer, subject=str(claims["sub"]), email=email)

    def _about(self, *, fresh: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
        """Its discovery document and its keys."""
        with self._lock:
            if fresh or self._known is None or time.monotonic() - self._known[0] > _FRESH_S:
                try:
                    about, keys = self._ask()
                except (ProviderRefused, SignInMissing):
                    raise
                except Exception as problem:
                    raise self.refused(f"it does not answer ({type(problem).__name__})") from problem
                self._known = (time.monotonic(), about, keys)
            return self._known[1:]

    def _ask(self) -> tuple[dict[str, Any], dict[str, Any]]:
        issuer = self.settings.issuer
        with self._client("") as client:
            about = _document(_open(client, f"{issuer.rstrip('/')}/.well-known/openid-configuration"))
            if about.get("issuer") != issuer:
                raise self.refused(f"it calls itself '{_short(str(about.get('issuer')))}', not {issuer}")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if urlsplit(str(about.get(name))).scheme != urlsplit(issuer).scheme:
                    raise self.refused(f"its {name} is missing, or not as protected as its issuer")
            return about, _document(_open(client, about["jwks_uri"]))

    def _client(self, back: str) -> OAuth2Client:
        try:
            from authlib.integrations.httpx_client import OAuth2Client
        except ImportError as problem:
            raise SignInMissing(
                "Signing in by OpenID Connect needs authlib and httpx2, which are not installed. "
                "Install them with `pip install 'goldenthread[console]'`."
            ) from problem
        one = self.settings
        return OAuth2Client(
            client_id=one.client_id,
            client_secret=one.client_secret or None,
            token_endpoint_auth_method="client_secret_basic" if one.client_secret else "none",
            scope=one.scope,
            redirect_uri=back,
            code_challenge_method="S256",
            timeout=_TIMEOUT_S,
            follow_redirects=False,
        )


def _open(client: OAuth2Client, address: str) -> Any:
    """What everybody may read there."""
    return client.request("GET", address, withhold_token=True)


def _document(answer: Any) -> dict[str, Any]:
    answer.raise_for_status()
    if len(answer.content) > _LARGEST:
        raise ValueError("too large")
    found = answer.json()
    if not isinstance(found, dict):
        raise TypeError("no JSON object")
    return found


def _short(text: str) -> str:
    return "".join(one for one in text if one.isprintable())[:80]
