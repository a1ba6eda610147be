"""What is open to those who are not in yet: signing in, and accepting an invitation."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from goldenthread.promise.errors import (
    AccountError,
    GoldenthreadError,
    PageNotFound,
    PasskeyRefused,
    SignInRefused,
    SignInThrottled,
)
from goldenthread.record.accounts import (
    Opened,
    Site,
    accept_with_passkey,
    accept_with_password,
    begin,
    begin_making,
    begin_showing,
    end_session_of,
    finish,
    finish_making,
    read_invitation,
    sign_in_by_passkey,
    sign_in_by_password,
    sign_in_by_provider,
)
from goldenthread.record.ledger import Ledger
from goldenthread.surfaces.console.doors import Form, read_form
from goldenthread.surfaces.console.drawing import draw_outside
from goldenthread.surfaces.console.entrance import Cookies, Entrance, own_path
from goldenthread.surfaces.console.oidc import Provider
from goldenthread.surfaces.console.refusing import status_of

Endpoint = Callable[[Request], Awaitable[Response]]

_SCRIPTS = ("passkeys",)
_OUT = {"out": "You are signed out.", "changed": "Your session has ended. Sign in again."}


class House(Protocol):
    """What the application shares with this: errors become pages."""

    def caught(self, request: Request, answer: Callable[[Request], Response]) -> Response:
        """An answer, or the page of what went wrong."""
        ...

    def refuse(self, request: Request, error: Exception) -> Response:
        """The page of an error."""
        ...


@dataclass(frozen=True, kw_only=True)
class SignInView:
    """The page of signing in: `providers` as (id, words)."""

    to: str
    name: str
    providers: tuple[tuple[str, str], ...]
    passkeys: bool
    passwords: bool
    problem: str | None = None
    said: str | None = None


@dataclass(frozen=True, kw_only=True)
class InvitationView:
    """The page of an invitation."""

    token: str
    name: str
    by: str
    expires: Any
    passkeys: bool
    passwords: bool
    problem: str | None = None


class Entering:
    """
    The addresses before the door.

    Args:
        house: Draws errors.
        ledger: Whose accounts.
        entrance: Where it is found.
        cookies: What browsers get.
    """

    def __init__(self, house: House, ledger: Ledger, entrance: Entrance, cookies: Cookies) -> None:
        self._house = house
        self._ledger = ledger
        self._entrance = entrance
        self._cookies = cookies
        self._providers = {one.id: Provider(one) for one in entrance.providers}

    def routes(self) -> list[BaseRoute]:
        """Every one of them."""
        invitation = "/invitations/{token}"
        return [
            Route("/sign-in", self._page(self._sign_in_page), methods=["GET"]),
            Route("/sign-in", self._form(self._sign_in), methods=["POST"]),
            Route("/sign-in/passkey/ask", self._form(self._ask_passkey), methods=["POST"]),
            Route("/sign-in/passkey", self._form(self._sign_in_with_passkey), methods=["POST"]),
            Route("/sign-in/with/{provider}", self._page(self._leave), methods=["GET"]),
            Route("/sign-in/from/{provider}", self._page(self._return), methods=["GET"]),
            Route(invitation, self._page(self._invitation_page), methods=["GET"]),
            Route(invitation, self._form(self._accept), methods=["POST"]),
            Route(f"{invitation}/passkey/ask", self._form(self._ask_first_passkey), methods=["POST"]),
            Route(f"{invitation}/passkey", self._form(self._accept_with_passkey), methods=["POST"]),
        ]

    def lead_in(self, request: Request) -> Response:
        """
        Somebody who is not in asked for a page: to the sign-in, and then to that page.

        A link from elsewhere comes without the cookie of those who are in, which is strict. So the page is asked for
        once more, from here; only who is not in then goes to the sign-in.
        """
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        if request.headers.get("sec-fetch-site", "none") in ("cross-site", "same-site"):
            return _html(draw_outside("onward.html", "One moment", {"to": own_path(here)}))
        to = own_path(here)
        return RedirectResponse("/sign-in" + (f"?{urlencode({'next': to})}" if to != "/" else ""), status_code=303)

    # --- signing in ---------------------------------------------------------------------------------------------------

    def _sign_in_page(self, request: Request) -> Response:
        said = _OUT.get(request.query_params.get("said", ""))
        return self._draw_sign_in(request, own_path(request.query_params.get("next", "/")), said=said)

    def _sign_in(self, request: Request, form: Form) -> Response:
        to, name = own_path(_one(form, "next") or "/"), _one(form, "name")
        self._check_passwords()
        try:
            opened = sign_in_by_password(self._ledger, name, _one(form, "password"), self._entrance.where(request))
        except AccountError as problem:
            if _wants_json(request):
                raise
            return self._draw_sign_in(request, to, name=name[:200], problem=problem)
        return self._in(request, opened, to)

    def _ask_passkey(self, request: Request, _: Form) -> Response:
        options, secret = begin_showing(self._ledger, self._site(request))
        return _json({"options": json.loads(options), "begun": secret})

    def _sign_in_with_passkey(self, request: Request, form: Form) -> Response:
        opened = sign_in_by_passkey(
            self._ledger,
            self._site(request),
            _one(form, "begun"),
            _one(form, "answer"),
            self._entrance.where(request),
        )
        return self._in(request, opened, own_path(_one(form, "next") or "/"))

    def _leave(self, request: Request) -> Response:
        provider = self._provider(request)
        begun = provider.begin(f"{self._entrance.url(request)}/sign-in/from/{provider.settings.id}")
        to = own_path(request.query_params.get("next", "/"))
        answer = RedirectResponse(begun.address, status_code=303)
        self._cookies.keep_begun(answer, begin(self._ledger, "provider", {**begun.kept, "next": to}))
        return answer

    def _return(self, request: Request) -> Response:
        provider = self._provider(request)
        kept = finish(self._ledger, "provider", request.cookies.get(self._cookies.begun, ""))
        try:
            if kept is None or kept["provider"] != provider.settings.id:
                raise provider.refused("you did not begin here, or more than ten minutes ago")
            vouched = provider.finish(kept, dict(request.query_params))
            opened = sign_in_by_provider(self._ledger, vouched, self._entrance.where(request))
        except AccountError as problem:
            answer = self._draw_sign_in(request, kept["next"] if kept else "/", problem=problem)
            self._cookies.keep_begun(answer, "")
            return answer
        # A redirect would still be the other site's, so that the strict cookie would not come along.
        answer = _html(draw_outside("onward.html", "You are in", {"to": kept["next"]}))
        end_session_of(self._ledger, request.cookies.get(self._cookies.name, ""))
        self._cookies.keep(answer, opened.secret)
        self._cookies.keep_begun(answer, "")
        return answer

    # --- invitations --------------------------------------------------------------------------------------------------

    def _invitation_page(self, request: Request) -> Response:
        return self._draw_invitation(request)

    def _accept(self, request: Request, form: Form) -> Response:
        self._check_passwords()
        token, first, again = request.path_params["token"], _one(form, "password"), _one(form, "again")
        if first != again:
            return self._draw_invitation(request, problem="The two passwords are not the same. Type them again.")
        try:
            opened = accept_with_password(self._ledger, token, first, self._entrance.where(request))
        except AccountError as problem:
            if _wants_json(request):
                raise
            return self._draw_invitation(request, problem=problem.message, status=status_of(problem))
        return self._in(request, opened, "/")

    def _ask_first_passkey(self, request: Request, _: Form) -> Response:
        invited = read_invitation(self._ledger, request.path_params["token"])
        options, secret = begin_making(self._ledger, self._site(request), invited.name)
        return _json({"options": json.loads(options), "begun": secret})

    def _accept_with_passkey(self, request: Request, form: Form) -> Response:
        token = request.path_params["token"]
        name = read_invitation(self._ledger, token).name
        made = finish_making(self._ledger, self._site(request), name, _one(form, "begun"), _one(form, "answer"))
        where = self._entrance.where(request)
        return self._in(request, accept_with_passkey(self._ledger, token, made, _one(form, "label"), where), "/")

    # --- answers ------------------------------------------------------------------------------------------------------

    def _in(self, request: Request, opened: Opened, to: str) -> Response:
        """Somebody is in: their browser gets a session that did not exist before, and the one before ends."""
        end_session_of(self._ledger, request.cookies.get(self._cookies.name, ""))
        answer = _json({"to": to}) if _wants_json(request) else RedirectResponse(to, status_code=303)
        self._cookies.keep(answer, opened.secret)
        return answer

    def _draw_sign_in(
        self, request: Request, to: str, *, name: str = "", problem: AccountError | None = None, said: str | None = None
    ) -> Response:
        view = SignInView(
            to=to,
            name=name,
            providers=tuple((one.settings.id, one.settings.name) for one in self._providers.values()),
            passkeys=self._entrance.site(request) is not None,
            passwords=self._entrance.passwords,
            problem=problem.message if problem is not None else None,
            said=said,
        )
        answer = _html(draw_outside("sign_in.html", "Sign in", view, scripts=_SCRIPTS))
        answer.status_code = status_of(problem) if problem is not None else 200
        if isinstance(problem, SignInThrottled):
            answer.headers["Retry-After"] = str(problem.wait_s)
        return answer

    def _draw_invitation(self, request: Request, *, problem: str | None = None, status: int = 422) -> Response:
        token = request.path_params["token"]
        invited = read_invitation(self._ledger, token)
        view = InvitationView(
            token=token,
            name=invited.name,
            by=invited.by,
            expires=invited.expires,
            passkeys=self._entrance.site(request) is not None,
            passwords=self._entrance.passwords,
            problem=problem,
        )
        answer = _html(draw_outside("invitation.html", "Welcome", view, scripts=_SCRIPTS))
        answer.status_code = status if problem else 200
        return answer

    def _check_passwords(self) -> None:
        if not self._entrance.passwords:
            raise SignInRefused("Nobody comes in with a password here. Take a passkey, or your identity provider.")

    def _provider(self, request: Request) -> Provider:
        found = self._providers.get(request.path_params["provider"])
        if found is None:
            raise PageNotFound("No identity provider of that name is set up here. Sign in another way.")
        return found

    def _site(self, request: Request) -> Site:
        site = self._entrance.site(request)
        if site is None:
            raise PasskeyRefused(
                "Browsers make no passkeys for an address of numbers. Open the console as localhost, or by its name."
            )
        return site

    def _page(self, answer: Callable[[Request], Response]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(self._house.caught, request, answer)

        return endpoint

    def _form(self, act: Callable[[Request, Form], Response]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            try:
                form = await read_form(request)
            except GoldenthreadError as error:
                return self._house.refuse(request, error)
            return await run_in_threadpool(self._house.caught, request, lambda asked: act(asked, form))

        return endpoint


def _one(form: Form, name: str) -> str:
    """A field as it was typed: a password keeps its white space."""
    values = form.get(name, [])
    return values[-1] if values else ""


def _wants_json(request: Request) -> bool:
    return request.headers.get("accept", "").partition(",")[0].strip().lower() == "application/json"


def _html(html: str) -> Response:
    return Response(html, media_type="text/html")


def _json(value: Mapping[str, object]) -> Response:
    return Response(json.dumps(value), media_type="application/json")
