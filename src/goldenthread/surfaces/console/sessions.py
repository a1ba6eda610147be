"""Sessions of the terminal's link, and what every session holds: whom it acts as, and what it was told."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from goldenthread.promise.errors import TokenRefused

_AGAIN = "Stop the console with Ctrl-C, start it again with `goldenthread up`, and open the address that it prints."


@dataclass(kw_only=True)
class Session:
    """
    One session of a browser.

    Attributes:
        id: What its cookie says; a secret.
        csrf: What its forms must send along.
        name: Whom it acts as; None: nobody yet, which only the terminal's link allows.
        local: Opened by the terminal's link.
        account: The name of the session among those of an account, '' for the terminal's; no secret.
        said: What the next page says once.
        passphrases: What opens keys, by principal; in memory only, gone with the session.
    """

    id: str
    csrf: str
    name: str | None
    local: bool
    account: str = ""
    said: list[str] = field(default_factory=list)
    passphrases: dict[str, str] = field(default_factory=dict, repr=False)


class Sessions(Protocol):
    """Who has come in."""

    cookie: str

    def find(self, cookies: Mapping[str, str], *, touch: bool = True) -> Session:
        """
        The session of a request; `touch`: a person asked, so that it stays open.

        Raises:
            TokenRefused: It has none.
        """
        ...

    def renew(self, session: Session) -> str:
        """Another secret for a session whose visitor may do something else now; the old one opens nothing."""
        ...


class LinkSessions:
    """
    At most one session: whoever shows the terminal's token first.

    Args:
        token: Shown on the terminal only.
        port: Part of the cookie's name, since browsers share cookies between ports of a host.
        name: Whom it acts as to begin with.
    """

    def __init__(self, token: str, port: int, name: str | None = None) -> None:
        self.cookie = f"goldenthread_{port}"
        self._token: str | None = token
        self._name = name
        self._session: Session | None = None
        self._lock = threading.Lock()

    def enter(self, token: str) -> Session:
        """
        Trade the token for a session, once.

        Raises:
            TokenRefused: It was used before, or is another.
        """
        with self._lock:
            if self._token is None:
                raise TokenRefused(f"The token was used before, and it opens one session only. {_AGAIN}")
            if not same(token, self._token):
                raise TokenRefused(f"This is not the token of this console. {_AGAIN}")
            self._token = None
            self._session = Session(
                id=secrets.token_urlsafe(32), csrf=secrets.token_urlsafe(32), name=self._name, local=True
            )
            return self._session

    def find(self, cookies: Mapping[str, str], *, touch: bool = True) -> Session:
        """As in `Sessions`."""
        shown = cookies.get(self.cookie)
        if self._session is None or shown is None or not same(shown, self._session.id):
            raise TokenRefused(
                "This page needs the session that the terminal's one-time token opens. "
                "Open the address that `goldenthread up` printed, or start it again for a new one."
            )
        return self._session

    def renew(self, session: Session) -> str:
        """As in `Sessions`."""
        session.id, session.csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        return session.id


def same(shown: str, known: str) -> bool:
    """Whether two secrets are the same, in a time that does not tell how much of them is."""
    return secrets.compare_digest(shown.encode("utf-8", "replace"), known.encode())
