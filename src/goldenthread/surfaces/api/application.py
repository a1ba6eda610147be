"""The application: a request is let in, read, held to its shape, and handed to the one thing that it asks for."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from goldenthread.control.serving import Caller, House
from goldenthread.promise.errors import AddressUnknown, CredentialsRefused, RequestInvalid
from goldenthread.promise.values import Json
from goldenthread.surfaces.api.document import document_text
from goldenthread.surfaces.api.doors import BodyRefused, Failures, address, presented, read_body
from goldenthread.surfaces.api.refusals import answer_of
from goldenthread.surfaces.api.routes import ROUTES, Asked, Served
from goldenthread.surfaces.api.shapes import ID, check, parse

AT_ONCE = 14
"""Requests worked on at a time: each may need two of the 32 sessions that the store lends."""

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

Endpoint = Callable[[Request], Awaitable[Response]]


def application(house: House) -> Starlette:
    """The server of a house, as an ASGI application."""
    api = _Api(house)
    text = document_text()
    routes = [Route(served.path, api.endpoint(served), methods=[served.method]) for served in ROUTES]
    routes += [
        Route("/v1/health", api.health, methods=["GET"]),
        Route("/openapi.json", lambda _: Response(text, media_type="application/json"), methods=["GET"]),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _unknown})
    app.router.redirect_slashes = False
    return app


class _Api:
    def __init__(self, house: House) -> None:
        self._house = house
        self._failures = Failures()
        self._places = asyncio.Semaphore(AT_ONCE)

    def endpoint(self, served: Served) -> Endpoint:
        """The endpoint of one address; whatever goes wrong is an answer, and nothing has happened."""

        async def answer(request: Request) -> Response:
            try:
                caller = await self._in_a_thread(self._caller, presented(request), address(request))
                caller.require(*served.scopes)
                body = await self._body(served, request)
                asked = Asked(house=self._house, caller=caller, id=_id(served, request), body=body)
                return JSONResponse(await self._in_a_thread(served.handle, asked), headers=_HEADERS)
            except BodyRefused as refused:
                return _refused(refused.error, refused.status)
            except ClientDisconnect:
                return Response(status_code=400)
            except Exception as error:  # noqa: BLE001 - said as an answer, without words that somebody else wrote
                return _refused(error)

        return answer

    async def health(self, _: Request) -> Response:
        """Whether the state can be confirmed."""
        try:
            await self._in_a_thread(self._confirm)
        except Exception as error:  # noqa: BLE001 - as above
            return _refused(error)
        return JSONResponse({"status": "ok"}, headers=_HEADERS)

    async def _in_a_thread(self, work: Callable[..., Any], *arguments: Any) -> Any:
        async with self._places:
            return await run_in_threadpool(work, *arguments)

    def _confirm(self) -> None:
        self._house.hold.confirm()
        self._house.access.tokens()

    def _caller(self, token: str | None, come_from: str) -> Caller:
        self._house.hold.confirm()
        try:
            return self._house.access.caller(token)
        except CredentialsRefused:
            self._failures.count(come_from)
            raise

    async def _body(self, served: Served, request: Request) -> dict[str, Json]:
        if served.body is None:
            return {}
        value = parse(await read_body(request))
        check(served.body, value)
        assert isinstance(value, dict)
        return value


def _id(served: Served, request: Request) -> str:
    if not served.id:
        return ""
    id: str = request.path_params[served.id]
    if not re.fullmatch(ID["pattern"], id):
        raise RequestInvalid(f"What stands in the path for {{{served.id}}} is no id. Ids have 16 hex digits.")
    return id


def _refused(error: Exception, status: int | None = None) -> Response:
    answer = answer_of(error, status)
    answer.headers.update(_HEADERS)
    return answer


def _unknown(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    if status == 405:
        refused = _refused(AddressUnknown(f"That address is not served by {request.method}. See /openapi.json."), 405)
        refused.headers["Allow"] = (getattr(error, "headers", None) or {}).get("Allow", "GET, POST")
        return refused
    return _refused(AddressUnknown("Nothing is served at that address. See /openapi.json."), 404)
