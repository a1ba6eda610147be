"""Who may come in over HTTP: whoever has the token, from no web page."""

from __future__ import annotations

import hmac
import json

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from goldenthread.promise.errors import ClientRefused


class Doors:
    """An ASGI layer round the gateway; the hosts and origins that may ask are checked by the `mcp` package beneath."""

    def __init__(self, app: ASGIApp, *, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what has the token."""
        if scope["type"] == "http" and not self._has_token(Headers(scope=scope)):
            await _refuse(send)
        elif scope["type"] in ("http", "lifespan"):
            await self._app(scope, receive, send)

    def _has_token(self, headers: Headers) -> bool:
        given = headers.getlist("authorization")
        return len(given) == 1 and hmac.compare_digest(given[0].encode(), self._expected)


async def _refuse(send: Send) -> None:
    error = ClientRefused(
        "The request does not carry the token of this gateway. "
        "Send the header `Authorization: Bearer TOKEN` with the token that it was started with."
    )
    body = json.dumps({"code": error.code, "message": error.message}).encode()
    headers = [(b"content-type", b"application/json"), (b"www-authenticate", b"Bearer")]
    await send({"type": "http.response.start", "status": 401, "headers": headers})
    await send({"type": "http.response.body", "body": body})
