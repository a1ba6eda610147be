"""An identity provider on this machine, which can be told to lie."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from goldenthread.surfaces.console.signin_settings import ProviderSettings
from goldenthread.surfaces.served import Served, bind

CLIENT, SECRET = "goldenthread", "the client's secret, which is long enough"


@dataclass(kw_only=True)
class LocalProvider:
    """
    What it says of whoever comes, and what it lies about.

    `claims` replace those of its tokens (None leaves one out); `about` its discovery document's.
    """

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "1"}))
    signs_with: Any = None
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "ES256", "kid": "1"})
    asked: list[dict[str, str]] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def settings(self) -> ProviderSettings:
        """As the console is told of it."""
        return ProviderSettings(
            id="company", name="Company", issuer=self.issuer, client_id=CLIENT, client_secret=SECRET
        )

    def agree(self, address: str) -> str:
        """Somebody signs in there: the code with which they are led back, from the address they came with."""
        asked = {name: values[-1] for name, values in parse_qs(urlsplit(address).query).items()}
        code = secrets.token_urlsafe(8)
        self._codes[code] = asked
        return code

    def routes(self) -> list[Route]:
        """Its addresses."""
        return [
            Route("/.well-known/openid-configuration", self._discovery),
            Route("/keys", lambda _: JSONResponse({"keys": [self.key.as_dict(private=False)]})),
            Route("/token", self._token, methods=["POST"]),
            Route("/userinfo", lambda _: JSONResponse(self.userinfo)),
        ]

    def _discovery(self, _: Request) -> Response:
        about = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/keys",
        }
        return JSONResponse({**about, **self.about})

    async def _token(self, request: Request) -> Response:
        said = {name: values[-1] for name, values in parse_qs((await request.body()).decode()).items()}
        self.asked.append({**said, "authorization": request.headers.get("authorization", "")})
        asked = self._codes.pop(said.get("code", ""), None)
        if asked is None or _challenge(said.get("code_verifier", "")) != asked["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": self._id_token(asked["nonce"])})

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "sub": "248289761001",
        }
        claims = {name: value for name, value in {**claims, **self.claims}.items() if value is not None}
        if self.header["alg"] == "none":
            return ".".join(_text(json.dumps(part).encode()) for part in ({"alg": "none"}, claims)) + "."
        algorithms = [self.header["alg"]]
        return jwt.encode(self.header, claims, self.signs_with or self.key, algorithms=algorithms)


@contextmanager
def served_provider() -> Iterator[LocalProvider]:
    """One that answers on this machine."""
    made, bound = LocalProvider(), bind("provider", "127.0.0.1", 0)
    made.issuer = f"http://127.0.0.1:{bound.getsockname()[1]}"
    with Served(Starlette(routes=made.routes()), bound, what="provider", url=made.issuer, patience_s=1).start():
        yield made


def shared_key() -> Any:
    """The client's secret as a key, which a client that takes any algorithm would accept."""
    return OctKey.import_key(SECRET)


def other_key() -> Any:
    """A key of somebody else, under the same name."""
    return ECKey.generate_key("P-256", {"kid": "1"})


def _challenge(verifier: str) -> str:
    return _text(hashlib.sha256(verifier.encode()).digest())


def _text(octets: bytes) -> str:
    return urlsafe_b64encode(octets).decode().rstrip("=")
