"""The application: addresses to pages, pages to HTML and JSON, errors to pages of their own."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from goldenthread.promise.errors import (
    ActionUnknown,
    CaseUnknown,
    ContractNotFound,
    GoldenthreadError,
    LinkRefused,
    MethodRefused,
    MetricUnknown,
    PageNotFound,
    RequestRefused,
    StoreError,
    TokenRefused,
    frames_of,
    kind_of,
)
from goldenthread.record.ledger import Ledger
from goldenthread.surfaces.console.doors import Doors, own_hosts
from goldenthread.surfaces.console.drawing import draw
from goldenthread.surfaces.console.pages import PAGES, Drawer, Shown, products_page
from goldenthread.surfaces.console.sessions import Sessions
from goldenthread.surfaces.console.shelf import Shelf
from goldenthread.surfaces.views import as_json

_LOG = logging.getLogger(__name__)
_NOT_FOUND = (ActionUnknown, CaseUnknown, ContractNotFound, MetricUnknown, PageNotFound)


def application(ledger: Ledger, *, token: str, port: int, facts: Path | None = None) -> ASGIApp:
    """
    The console of a ledger, as an ASGI application that answers `http://127.0.0.1:{port}` only.

    Args:
        ledger: Read, never written.
        token: Opens one session, once.
        port: Where it is served.
        facts: The folder that standard metrics are asked of; read, never written.
    """
    shelf, sessions = Shelf(ledger, facts), Sessions(token, port)
    routes = [
        Route("/enter", _enter(sessions), methods=["GET"]),
        Route("/open/{token}", _follow(ledger), methods=["GET"]),
        Route("/console.css", _file("console.css", "text/css")),
        Route("/thread.svg", _file("thread.svg", "image/svg+xml")),
        Route("/favicon.ico", _file("thread.svg", "image/svg+xml")),  # What browsers ask for beside a JSON page.
        Route("/index.json", _json(shelf, products_page)),
        Route("/", _html(shelf, products_page)),
    ]
    for address, drawer in PAGES.items():
        routes += [Route(f"{address}.json", _json(shelf, drawer)), Route(address, _html(shelf, drawer))]
    pages = Starlette(routes=routes, exception_handlers={HTTPException: _not_found})
    pages.router.redirect_slashes = False
    return Doors(pages, hosts=own_hosts(port), sessions=sessions, refuse=refusal)


def refusal(request: Request, error: Exception) -> Response:
    """The page of an error, or its JSON, with the code that the command line gives."""
    code, message, status = _told(error)
    if request.url.path.endswith(".json"):
        return _as_json({"code": code, "message": message}, status)
    shown = Shown(template="error.html", title="Not shown", view={"code": code, "message": message})
    answer = _page(draw(shown, twin=None, notice=None), status)
    if status == 405:
        answer.headers["Allow"] = "GET, HEAD"
    return answer


def _told(error: Exception) -> tuple[str, str, int]:
    if not isinstance(error, GoldenthreadError):
        words = f"{type(error).__name__}: {error}. This is a fault of goldenthread. Its traceback is on the terminal."
        return "unexpected", words, 500
    return error.code, error.message, _status(error)


def _status(error: GoldenthreadError) -> int:
    if isinstance(error, _NOT_FOUND):
        return 404
    if isinstance(error, MethodRefused):
        return 405
    if isinstance(error, (LinkRefused, RequestRefused, TokenRefused)):
        return 403
    return 503 if isinstance(error, StoreError) else 500


Endpoint = Callable[[Request], Response]


def _html(shelf: Shelf, drawer: Drawer) -> Endpoint:
    def answer(request: Request) -> Response:
        with shelf.reading():
            shown = drawer(shelf, request)
            notice = shelf.notice
        return _page(draw(shown, twin=_twin(request), notice=notice), 200)

    return _careful(answer)


def _json(shelf: Shelf, drawer: Drawer) -> Endpoint:
    def answer(request: Request) -> Response:
        with shelf.reading():
            return _as_json(as_json(drawer(shelf, request).view), 200)

    return _careful(answer)


def _enter(sessions: Sessions) -> Endpoint:
    def answer(request: Request) -> Response:
        if request.method == "HEAD":  # A preview of the address must not use the token up.
            return Response()
        session = sessions.enter(request.query_params.get("token", ""))
        inside = RedirectResponse("/", status_code=303)
        inside.set_cookie(sessions.cookie, session, httponly=True, samesite="strict", path="/")
        return inside

    return _careful(answer)


def _follow(ledger: Ledger) -> Endpoint:
    """Where a link of a notice leads, if it is one of ours; it opens no session, and the page asks for one."""

    def answer(request: Request) -> Response:
        from goldenthread.work.notices.links import read_link

        link = read_link(ledger.vault, request.path_params["token"], ledger.clock())
        return RedirectResponse(link.page, status_code=303)

    return _careful(answer)


def _careful(answer: Endpoint) -> Endpoint:
    """Whatever goes wrong is a page."""

    def endpoint(request: Request) -> Response:
        try:
            return answer(request)
        except GoldenthreadError as error:
            return refusal(request, error)
        except Exception as error:  # noqa: BLE001 - the page says so, and its place goes to the terminal
            _LOG.error("A page of the console failed: %s\n%s", kind_of(error), frames_of(error))
            return refusal(request, error)

    return endpoint


def _file(name: str, kind: str) -> Endpoint:
    content = files("goldenthread.surfaces.console").joinpath(name).read_bytes()
    return lambda _: Response(content, media_type=kind)


def _not_found(request: Request, _: Exception) -> Response:
    path = request.url.path
    return refusal(request, PageNotFound(f"No page at '{path}'. Begin at the first page, and follow its links."))


def _twin(request: Request) -> str:
    path = "/index" if request.url.path == "/" else request.url.path
    return f"{path}.json" + (f"?{request.url.query}" if request.url.query else "")


def _page(html: str, status: int) -> Response:
    return Response(html, status_code=status, media_type="text/html")


def _as_json(value: object, status: int) -> Response:
    content = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False).encode()
    return Response(content, status_code=status, media_type="application/json")
