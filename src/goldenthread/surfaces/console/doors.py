"""What is checked of every request before any page is looked up, and the headers of every answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from goldenthread.promise.errors import FormRefused, GoldenthreadError, MethodRefused, RequestRefused
from goldenthread.surfaces.console.sessions import Session, same

LARGEST_FORM = 1_000_000
"""Bytes of a form."""

MOST_FIELDS = 2_000

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "frame-src 'self'; "  # only printed contracts say that a page of ours may frame them
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Referrer-Policy": "same-origin",  # Without one, browsers send forms with the origin `null`.
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_OVER_TLS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}

Refuse = Callable[[Request, Exception], Response]
"""(request, error) -> the page that says so."""

Form = Mapping[str, Sequence[str]]


def own_hosts(port: int) -> frozenset[str]:
    """What a browser on this machine calls this console, as it stands in a Host header."""
    names = ("127.0.0.1", "localhost", "[::1]")
    plain = names if port == 80 else ()
    return frozenset((*(f"{name}:{port}" for name in names), *plain))


def own_origins(hosts: frozenset[str], scheme: str = "http") -> frozenset[str]:
    """The origins of this console's own pages."""
    return frozenset(f"{scheme}://{host}" for host in hosts)


class Doors:
    """
    An ASGI layer round the pages.

    Args:
        app: The pages.
        hosts: Names under which this console may be asked for; against DNS rebinding.
        origins: Of its own pages.
        refuse: Draws the page of an error.
        secure: Browsers come through TLS, and shall for a year.
    """

    def __init__(
        self, app: ASGIApp, *, hosts: frozenset[str], origins: frozenset[str], refuse: Refuse, secure: bool = False
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._origins = origins
        self._refuse = refuse
        self._own_headers = {**_HEADERS, **(_OVER_TLS if secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._own_headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            self._check(request)
        except GoldenthreadError as error:
            await self._refuse(request, error)(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)

    def _check(self, request: Request) -> None:
        if request.method not in ("GET", "HEAD", "POST"):
            raise MethodRefused(f"The console takes no {request.method}. Use its pages and their forms.")
        _check_host(request.headers, self._hosts)
        origins = request.headers.getlist("origin")
        for origin in origins:
            if origin.lower() not in self._origins:
                raise RequestRefused(
                    f"A page of '{origin}' asked for this; the console answers its own pages only. "
                    "Open the console by its own address."
                )
        if request.method == "POST" and not origins:
            raise RequestRefused("A form came without its origin. Use a browser that names it, as all do by now.")


def _check_host(headers: Headers, hosts: frozenset[str]) -> None:
    named = headers.getlist("host")
    if len(named) != 1 or named[0].lower() not in hosts:
        shown = ", ".join(named) or "none"
        raise RequestRefused(
            f"Host '{shown}' is not this console's; it answers to {', '.join(sorted(hosts))}. "
            "Open the address that the terminal shows."
        )


async def read_form(request: Request) -> Form:
    """
    What a form sends, all values of each name in order.

    Raises:
        FormRefused: It is too large, has too many fields, is no form, or is cut short.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise FormRefused("What was sent is no form: expected application/x-www-form-urlencoded. Use the page's own.")
    body = b""
    try:
        async for part in request.stream():
            body += part
            if len(body) > LARGEST_FORM:
                raise FormRefused(f"The form is larger than {LARGEST_FORM:,} bytes. Send less of it.")
    except ClientDisconnect:
        raise FormRefused("The form was cut short. Send it again.") from None
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict", encoding="utf-8"
        )
    except ValueError:
        raise FormRefused(
            f"The form cannot be read: it has more than {MOST_FIELDS:,} fields, or is no text in UTF-8. "
            "Use the page's own."
        ) from None
    if any("\0" in text for pair in pairs for text in pair):
        raise FormRefused("The form holds a NUL character. Take it out, and send it again.")
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def check_csrf(session: Session, form: Form) -> None:
    """
    Make sure that a form was drawn for this session.

    Raises:
        FormRefused: It has no token, or another session's.
    """
    shown = form.get("csrf", [])
    if len(shown) != 1 or not same(shown[0], session.csrf):
        raise FormRefused(
            "The form was not drawn for this session: its token is missing or another's. Nothing happened. "
            "Go back, reload the page, and send it again."
        )
