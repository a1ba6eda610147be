"""The application: addresses to pages and deeds, pages to HTML and JSON, errors to pages of their own."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from goldenthread.promise.errors import (
    ConsoleBusy,
    GoldenthreadError,
    MethodRefused,
    PageNotFound,
    SignInThrottled,
    StoreError,
    TokenRefused,
    frames_of,
    kind_of,
)
from goldenthread.record.accounts import note_refusal
from goldenthread.record.ledger import ORGANISATION
from goldenthread.surfaces.console.asking import Asked, Deed, Done, Page, Part, Raw
from goldenthread.surfaces.console.doors import Doors, Form, check_csrf, own_hosts, own_origins, read_form
from goldenthread.surfaces.console.drawing import Frame, draw, draw_error
from goldenthread.surfaces.console.entering import Entering
from goldenthread.surfaces.console.entrance import AccountSessions, Cookies, Entrance
from goldenthread.surfaces.console.files import FILES
from goldenthread.surfaces.console.lanes import Lane, in_lane
from goldenthread.surfaces.console.live import Live
from goldenthread.surfaces.console.refusing import status_of, told
from goldenthread.surfaces.console.rights import Right, Visitor, visitor_of
from goldenthread.surfaces.console.routes import DEEDS, PAGES, PARTS
from goldenthread.surfaces.console.sessions import LinkSessions, Session
from goldenthread.surfaces.console.shelf import Shelf
from goldenthread.surfaces.views import as_json

_LOG = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]


def application(
    shelf: Shelf,
    *,
    token: str,
    port: int,
    name: str | None = None,
    entrance: Entrance | None = None,
    live: Live | None = None,
) -> ASGIApp:
    """
    The console of a shelf, as an ASGI application that answers its own address only: `http://127.0.0.1:{port}`, or
    what an entrance names.

    Args:
        shelf: Of a ledger that is read, and written by what visitors do, each with their own key.
        token: Opens one session, once; nothing where people sign in.
        port: Where it is served.
        name: Whom the session acts as to begin with.
        entrance: Where people sign in; None: whoever has the token is in.
        live: What tells open pages that something grew; by default one of its own.
    """
    place = entrance or Entrance(hosts=own_hosts(port), secure=False)
    cookies = Cookies(name="__Host-goldenthread" if place.secure else f"goldenthread_{port}", secure=place.secure)
    sessions = LinkSessions(token, port, name) if entrance is None else None
    known = sessions or AccountSessions(shelf.ledger, shelf.principals, cookies.name)
    house = _House(shelf, known, place, cookies, live or Live(shelf.ledger))
    pages = Starlette(routes=house.routes(), exception_handlers={HTTPException: house.not_served})
    pages.router.redirect_slashes = False
    return Doors(
        pages,
        hosts=place.hosts,
        origins=own_origins(place.hosts, place.scheme),
        refuse=house.refuse,
        secure=place.secure,
    )


class _House:
    """What every address shares."""

    def __init__(
        self, shelf: Shelf, sessions: LinkSessions | AccountSessions, place: Entrance, cookies: Cookies, live: Live
    ) -> None:
        self._live = live
        self._shelf = shelf
        self._sessions = sessions
        self._place = place
        self._cookies = cookies
        signs_in = isinstance(sessions, AccountSessions)
        self._entering = Entering(self, shelf.ledger, place, cookies) if signs_in else None

    def routes(self) -> list[BaseRoute]:
        """Every address, those that are open to all first."""
        routes: list[BaseRoute] = [
            *(
                self._entering.routes()
                if self._entering is not None
                else [Route("/enter", self._careful(self._enter), methods=["GET"])]
            ),
            Route("/open/{token}", self._careful(self._follow), methods=["GET"]),
            Route("/events", self._events, methods=["GET"]),
            *(Route(path, self._file(path), methods=["GET"]) for path in FILES),
        ]
        for page in PAGES:
            twin = "/index.json" if page.address == "/" else f"{page.address}.json"
            routes += [
                Route(twin, self._drawn(self._twin_of(page)), methods=["GET"]),
                Route(page.address, self._drawn(self._page_of(page)), methods=["GET"]),
            ]
        routes += [Route(part.address, self._drawn(self._part_of(part)), methods=["GET"]) for part in PARTS]
        routes += [Route(deed.address, self._deed_of(deed), methods=["POST"]) for deed in DEEDS]
        pages = {page.address for page in PAGES}
        routes += [
            Route(deed.address, self._careful(self._back_to(deed.again)), methods=["GET"])
            for deed in DEEDS
            if deed.again is not None and deed.address not in pages
        ]
        return routes

    # --- answers ------------------------------------------------------------------------------------------------------

    def _page_of(self, page: Page) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            with self._shelf.reading(_lane(request)):
                session, visitor = self._let_in(request, page.right)
                shown = page.draw(self._asked(request, session, visitor))
                frame = self._frame(request, session, visitor, page=page)
            return _html(draw(shown, frame), 200)

        return answer

    def _twin_of(self, page: Page) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            with self._shelf.reading(_lane(request)):
                session, visitor = self._let_in(request, page.right)
                shown = page.draw(self._asked(request, session, visitor))
                return _json(as_json(shown.view), 200)

        return answer

    def _part_of(self, part: Part) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            with self._shelf.reading(_lane(request)):
                session, visitor = self._let_in(request, part.right)
                raw = part.give(self._asked(request, session, visitor))
            return _raw(raw)

        return answer

    def _deed_of(self, deed: Deed) -> Endpoint:
        def answer(request: Request, form: Form) -> Response:
            session = self._session(request)
            check_csrf(session, form)
            with self._shelf.acting():
                session, visitor = self._let_in(request, deed.right)
                asked = self._asked(request, session, visitor, form)
                done: Done | None = None
                try:
                    done = deed.do(asked)
                except GoldenthreadError as error:
                    if deed.again is None or _wants_json(request):
                        raise
                    asked = replace(asked, refused=error)
            if done is not None:
                return self._done(request, session, done)
            assert deed.again is not None
            return self._again(request, deed.again, asked)

        async def endpoint(request: Request) -> Response:
            try:
                form = await read_form(request)
            except GoldenthreadError as error:
                return self.refuse(request, error)
            return await in_lane(Lane.DEED, lambda: self.caught(request, lambda asked: answer(asked, form)))

        return endpoint

    def _back_to(self, page: Page) -> Callable[[Request], Response]:
        """A form's own address, opened anew after the form was refused there: its page is where the form stands."""

        def answer(request: Request) -> Response:
            self._session(request)
            return RedirectResponse(_path_of(page, request.path_params) + _query(request), status_code=303)

        return answer

    def _done(self, request: Request, session: Session, done: Done) -> Response:
        """What a deed led to; a session whose visitor may do something else now goes on under another secret."""
        secret = self._sessions.renew(session) if done.renew else done.secret
        if done.secret is not None and isinstance(self._sessions, AccountSessions):
            self._sessions.forget(session.account)
        if _wants_json(request):
            gave = {"gave": done.gave} if done.gave is not None else {}
            answer = _json({"to": done.to, "said": done.said, **gave}, 200)
        else:
            if done.secret:
                session = self._sessions.find({self._cookies.name: done.secret})
            session.said.append(done.said)
            answer = RedirectResponse(done.to, status_code=303)
        if secret is not None:
            self._cookies.keep(answer, secret)
        return answer

    def _again(self, request: Request, page: Page, asked: Asked) -> Response:
        """The page whose form was refused, with why and what was typed; the error's own page where it is not theirs."""
        assert asked.refused is not None
        if page.right is not None and not asked.visitor.may(page.right, asked.path.get("slice")):
            raise asked.refused
        with self._shelf.reading():
            try:
                shown = page.draw(asked)
            except GoldenthreadError:
                raise asked.refused from None
            frame = self._frame(request, asked.session, asked.visitor, page=page)
        path = _path_of(page, asked.path)
        frame = replace(frame, path=path, twin=f"{path}.json{_query(request)}", refused=told(asked.refused))
        return _html(draw(shown, frame), status_of(asked.refused))

    def _enter(self, request: Request) -> Response:
        assert isinstance(self._sessions, LinkSessions)
        if request.method == "HEAD":  # A preview of the address must not use the token up.
            return Response()
        session = self._sessions.enter(request.query_params.get("token", ""))
        inside = RedirectResponse("/", status_code=303)
        self._cookies.keep(inside, session.id)
        return inside

    def _follow(self, request: Request) -> Response:
        """Where a link of a notice leads, if it is one of ours; it opens no session, and the page asks for one."""
        from goldenthread.work.notices.links import read_link

        ledger = self._shelf.ledger
        link = read_link(ledger.vault, request.path_params["token"], ledger.clock())
        return RedirectResponse(link.page, status_code=303)

    async def _events(self, request: Request) -> Response:
        """The stream of an open page: names of chains that grew, of those that the visitor may see."""
        named = request.query_params.get("live")
        chains = None if named is None else frozenset(named.split(" "))

        def may_see() -> Callable[[str], bool]:
            _, visitor = self._let_in(request, None)
            return lambda chain: chain == ORGANISATION or visitor.may(Right.SEE, chain)

        try:
            session = await in_lane(Lane.LISTENS, lambda: self._session(request))
        except GoldenthreadError as error:
            return self.refuse(request, error)
        return self._live.answer(session.id, chains, may_see)

    def _file(self, path: str) -> Endpoint:
        file = FILES[path]

        async def answer(request: Request) -> Response:
            kept = {"Cache-Control": "private, max-age=31536000, immutable"}
            known = request.query_params.get("v") == file.version
            return Response(file.content, media_type=file.kind, headers=kept if known else {})

        return answer

    # --- who asks -----------------------------------------------------------------------------------------------------

    def _session(self, request: Request) -> Session:
        """Whoever asks; what a page fetches by itself keeps no session open."""
        by_itself = request.method != "POST" and request.headers.get("sec-fetch-mode", "navigate") != "navigate"
        return self._sessions.find(request.cookies, touch=not by_itself)

    def _who(self, request: Request) -> tuple[Session, Visitor]:
        """The session and its visitor, whatever they may do."""
        session = self._session(request)
        visitor = visitor_of(self._shelf.principals(), session.name, local=session.local)
        if visitor is None:
            raise TokenRefused(
                f"What '{session.name}' held was revoked, so this session opens nothing any more. Ask an administrator."
            )
        return session, visitor

    def _let_in(self, request: Request, right: Right | None) -> tuple[Session, Visitor]:
        """The session and its visitor, who has a right in the slice that the address names."""
        session, visitor = self._who(request)
        slice_name = request.path_params.get("slice")
        if slice_name is not None and not visitor.may(Right.SEE, slice_name):
            raise PageNotFound(f"No slice '{slice_name}' that you may see. Begin at the first page.")
        if right is not None and not visitor.may(right, slice_name):
            if session.account and session.name is not None:
                note_refusal(self._shelf.ledger, session.name, request.scope["route"].path, self._place.where(request))
            visitor.require(right, slice_name)
        return session, visitor

    def _asked(self, request: Request, session: Session, visitor: Visitor, form: Form | None = None) -> Asked:
        many = {name: values for name, values in (form or {}).items() if name != "csrf"}
        return Asked(
            shelf=self._shelf,
            visitor=visitor,
            session=session,
            path=request.path_params,
            query=dict(request.query_params),
            form={name: values[-1] for name, values in many.items()},
            many=many,
            where=self._place.where(request),
            url=self._place.url(request),
        )

    def _frame(self, request: Request, session: Session, visitor: Visitor, *, page: Page | None) -> Frame:
        slice_name = request.path_params.get("slice") if page is not None else None
        said: tuple[str, ...] = ()
        if "x-live" not in request.headers:  # What is said once is for who comes, not for a page that stands open.
            said, session.said[:] = tuple(session.said), []
        return Frame(
            path=request.url.path,
            twin=_twin(request),
            notice=self._shelf.notice,
            visitor=visitor,
            actors=self._shelf.actors() if session.local else (),
            csrf=session.csrf,
            said=said,
            slice=slice_name,
            page=page,
            aged=self._shelf.aged() if page is not None else None,
            stops=self._shelf.stops(slice_name),
        )

    # --- errors -------------------------------------------------------------------------------------------------------

    def _careful(self, answer: Callable[[Request], Response]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(self.caught, request, answer)

        return endpoint

    def _drawn(self, answer: Callable[[Request], Response]) -> Endpoint:
        """As `_careful`, behind deeds; and behind pages that somebody opens, if this one asks for itself again."""

        async def endpoint(request: Request) -> Response:
            return await in_lane(_lane(request), lambda: self.caught(request, answer))

        return endpoint

    def caught(self, request: Request, answer: Callable[[Request], Response]) -> Response:
        """Whatever goes wrong is a page."""
        try:
            return answer(request)
        except TokenRefused as error:
            if self._entering is None or request.method == "POST" or _is_fetched(request):
                return self.refuse(request, error)
            return self._entering.lead_in(request)
        except GoldenthreadError as error:
            return self.refuse(request, error, frame=self._round_error(request, error))
        except Exception as error:  # noqa: BLE001 - the page says so, and its place goes to the terminal
            _LOG.error("A page of the console failed: %s\n%s", kind_of(error), frames_of(error))
            return self.refuse(request, error)

    def _round_error(self, request: Request, error: Exception) -> Frame | None:
        """The menu for whoever is in, so that they find on; None for others, and where it could not be had either."""
        if _is_fetched(request) or isinstance(error, (StoreError, ConsoleBusy)):
            return None
        try:
            with self._shelf.reading(_lane(request)):
                session, visitor = self._who(request)
                return self._frame(request, session, visitor, page=None)
        except Exception:  # noqa: BLE001 - the error that is told is the first one
            return None

    def refuse(self, request: Request, error: Exception, *, frame: Frame | None = None) -> Response:
        """The page of an error, or its JSON, with the code that the command line gives; `frame` stands round it."""
        (code, message), status = told(error), status_of(error)
        if _is_fetched(request):
            answer = _json({"code": code, "message": message}, status)
        else:
            answer = _html(draw_error(code, message, frame), status)
        if isinstance(error, SignInThrottled):
            answer.headers["Retry-After"] = str(error.wait_s)
        if status == 405:
            answer.headers["Allow"] = "GET, HEAD, POST"
        return answer

    def not_served(self, request: Request, problem: Exception) -> Response:
        """What Starlette has no address for, or not with that method; said to those who are in only."""
        path = request.url.path

        def answer(request: Request) -> Response:
            self._session(request)
            if isinstance(problem, HTTPException) and problem.status_code == 405:
                raise MethodRefused(f"'{path}' takes no {request.method}. Use the console's pages and their forms.")
            raise PageNotFound(f"No page at '{path}'. Begin at the first page, and follow its links.")

        return self.caught(request, answer)


def _is_fetched(request: Request) -> bool:
    """Whether a program or a script asks, which can't sign in."""
    return request.url.path.endswith(".json") or _wants_json(request)


def _lane(request: Request) -> Lane:
    """Pages that stand open say of themselves that nobody waits for them."""
    return Lane.BY_ITSELF if "x-live" in request.headers else Lane.OPENED


def _wants_json(request: Request) -> bool:
    return request.headers.get("accept", "").partition(",")[0].strip().lower() == "application/json"


def _path_of(page: Page, parts: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda part: quote(parts[part[1]], safe=""), page.address)


def _query(request: Request) -> str:
    return f"?{request.url.query}" if request.url.query else ""


def _twin(request: Request) -> str:
    path = "/index" if request.url.path == "/" else request.url.path
    return f"{path}.json{_query(request)}"


def _html(html: str, status: int) -> Response:
    return Response(html, status_code=status, media_type="text/html")


def _json(value: object, status: int) -> Response:
    content = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False).encode()
    return Response(content, status_code=status, media_type="application/json")


def _raw(raw: Raw) -> Response:
    headers: Mapping[str, str] = dict(raw.headers)
    if raw.name is not None:
        headers = {**headers, "Content-Disposition": f'attachment; filename="{raw.name}"'}
    content = raw.content if isinstance(raw.content, bytes) else raw.content()
    return Response(content, media_type=raw.kind, headers=headers)
