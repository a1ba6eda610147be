"""Who may come in: checked before any page is looked up, and the headers of every answer."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from goldenthread.promise.errors import GoldenthreadError, MethodRefused, RequestRefused
from goldenthread.surfaces.console.sessions import Sessions

OPEN_TO_ALL = frozenset({"/enter", "/console.css", "/favicon.ico", "/thread.svg"})
"""Paths without a session: the way in, and what an error page needs to be drawn."""

LINKS = "/open/"
"""Links of notices: they lead to a page, and that page asks for the session."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

Refuse = Callable[[Request, GoldenthreadError], Response]
"""(request, error) -> the page that says so."""


def own_hosts(port: int) -> frozenset[str]:
    """What a browser on this machine calls this console, as it stands in a Host header."""
    names = ("127.0.0.1", "localhost", "[::1]")
    plain = names if port == 80 else ()
    return frozenset((*(f"{name}:{port}" for name in names), *plain))


class Doors:
    """
    An ASGI layer round the pages.

    Args:
        app: The pages.
        hosts: Names under which this console may be asked for; against DNS rebinding.
        sessions: Who has come in.
        refuse: Draws the page of an error.
    """

    def __init__(self, app: ASGIApp, *, hosts: frozenset[str], sessions: Sessions, refuse: Refuse) -> None:
        self._app = app
        self._hosts = hosts
        self._sessions = sessions
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        try:
            self._check(request)
        except GoldenthreadError as error:
            await self._refuse(request, error)(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)

    def _check(self, request: Request) -> None:
        if request.method not in ("GET", "HEAD"):
            raise MethodRefused(
                f"The console only shows; it takes no {request.method}. Answer and change things with the "
                "`goldenthread` command."
            )
        _check_host(request.headers, self._hosts)
        _check_origin(request.headers, self._hosts)
        if request.url.path not in OPEN_TO_ALL and not request.url.path.startswith(LINKS):
            self._sessions.check(request.cookies)


def _check_host(headers: Headers, hosts: frozenset[str]) -> None:
    named = headers.getlist("host")
    if len(named) != 1 or named[0].lower() not in hosts:
        shown = ", ".join(named) or "none"
        raise RequestRefused(
            f"Host '{shown}' is not this console's; it answers to {', '.join(sorted(hosts))}. "
            "Open the address that the terminal shows."
        )


def _check_origin(headers: Headers, hosts: frozenset[str]) -> None:
    for origin in headers.getlist("origin"):
        if origin.lower() not in {f"http://{host}" for host in hosts}:
            raise RequestRefused(
                f"A page of '{origin}' asked for this; the console answers its own pages only. "
                "Open the address that the terminal shows."
            )
