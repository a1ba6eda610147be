"""How people come in where they sign in: the console's own address, its cookies, and who is at the other end."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from goldenthread.promise.errors import TokenRefused
from goldenthread.record.accounts import IDLE, Site, Where, find_session, renew_session
from goldenthread.record.ledger import Ledger
from goldenthread.record.principals import Principals
from goldenthread.surfaces.console.sessions import Session
from goldenthread.surfaces.console.signin_settings import ProviderSettings

BEGUN_LIVES_S = 600


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """
    Where the console is found by those who sign in.

    Attributes:
        hosts: What a Host header may say.
        secure: Browsers reach it through TLS, ours or that of something in front.
        behind: Something in front of it encrypts, and names the address of whoever asks.
        passwords: Whether people may come in with one.
        providers: Who else may vouch for people.
    """

    hosts: frozenset[str]
    secure: bool
    behind: bool = False
    passwords: bool = True
    providers: tuple[ProviderSettings, ...] = ()

    @property
    def scheme(self) -> str:
        """'https' or 'http'."""
        return "https" if self.secure else "http"

    def url(self, request: Request) -> str:
        """The console's address as a browser has it; its host was checked at the door."""
        return f"{self.scheme}://{request.headers['host'].lower()}"

    def where(self, request: Request) -> Where:
        """Where a request comes from. What is in front adds the address that it saw as the last of its header."""
        address = request.client.host if request.client is not None else ""
        if self.behind:
            address = request.headers.get("x-forwarded-for", address).rpartition(",")[2].strip()
        return Where.of(address, request.headers.get("user-agent", ""))

    def site(self, request: Request) -> Site | None:
        """Who asks for passkeys; None at a bare IP address, for which browsers make none."""
        return site_of(self.url(request))


class AccountSessions:
    """
    Sessions of accounts: the table's, with what only this process knows of them.

    Args:
        ledger: Whose accounts.
        principals: Who may do what, as of now.
        cookie: The name of their cookie.
    """

    def __init__(self, ledger: Ledger, principals: Callable[[], Principals], cookie: str) -> None:
        self.cookie = cookie
        self._ledger = ledger
        self._principals = principals
        self._kept: dict[str, tuple[datetime, Session]] = {}
        self._lock = threading.Lock()

    def find(self, cookies: Mapping[str, str], *, touch: bool = True) -> Session:
        """As in `Sessions`."""
        secret = cookies.get(self.cookie, "")
        found = find_session(self._ledger, self._principals(), secret, touch=touch) if secret else None
        if found is None:
            raise TokenRefused("This page is for those who are in. Sign in, and open it again.")
        return self._session(found.id, found.name, secret)

    def renew(self, session: Session) -> str:
        """As in `Sessions`."""
        secret = renew_session(self._ledger, session.id)
        if secret is None:
            raise TokenRefused("Your session has ended meanwhile. Sign in again.")
        session.id, session.csrf = secret, csrf_of(secret)
        return secret

    def forget(self, account: str) -> None:
        """Forget what a session that has ended was told."""
        with self._lock:
            self._kept.pop(account, None)

    def _session(self, account: str, name: str, secret: str) -> Session:
        now = self._ledger.clock()
        with self._lock:
            for old in [id for id, (seen, _) in self._kept.items() if now - seen > IDLE]:
                del self._kept[old]
            _, session = self._kept.get(account, (now, None))
            if session is None:
                session = Session(id=secret, csrf="", name=name, local=False, account=account)
            session.id, session.csrf = secret, csrf_of(secret)
            self._kept[account] = (now, session)
            return session


@dataclass(frozen=True, kw_only=True)
class Cookies:
    """
    The console's cookies: never readable by script, never sent by another site's page; over TLS bound to this host.

    `name` is that of the session; `begun` of what somebody began before they were in.
    """

    name: str
    secure: bool

    @property
    def begun(self) -> str:
        """Of what was begun and not finished."""
        return f"{self.name}_begun"

    def keep(self, answer: Response, secret: str) -> None:
        """Set or, for '', take back the session's cookie."""
        if secret:
            self._set(answer, self.name, secret, "strict", None)
        else:
            self._set(answer, self.name, "", "strict", 0)

    def keep_begun(self, answer: Response, secret: str) -> None:
        """Likewise what was begun: a provider's page leads back from another site, so that one is lax."""
        self._set(answer, self.begun, secret, "lax", BEGUN_LIVES_S if secret else 0)

    def _set(
        self, answer: Response, name: str, value: str, same_site: Literal["strict", "lax"], life_s: int | None
    ) -> None:
        answer.set_cookie(name, value, max_age=life_s, httponly=True, secure=self.secure, samesite=same_site, path="/")


def site_of(url: str) -> Site | None:
    """As `Entrance.site`, of the console's address."""
    name = urlsplit(url).hostname or ""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return Site(id=name, origin=url)
    return None


def own_path(text: str) -> str:
    """Where to go after signing in: an address of this console, '/' for anything else (no open redirect)."""
    parts = urlsplit(text) if text.isascii() and text.isprintable() and "\\" not in text else None
    inside = parts is not None and not parts.scheme and not parts.netloc and text.startswith("/")
    if not inside or text.startswith(("//", "/sign-", "/invitations/")) or len(text) > 1000:
        return "/"
    return text


def csrf_of(secret: str) -> str:
    """What a session's forms send along: made from its secret, and telling nothing of it."""
    return hmac.new(secret.encode(), b"goldenthread csrf", hashlib.sha256).hexdigest()
