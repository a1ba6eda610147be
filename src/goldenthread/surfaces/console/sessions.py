"""The one-time token of the terminal, and the session that it opens."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping

from goldenthread.promise.errors import TokenRefused

_AGAIN = "Stop the console with Ctrl-C, start it again with `goldenthread up`, and open the address that it prints."


class Sessions:
    """
    At most one session: whoever shows the token first.

    Args:
        token: Shown on the terminal only.
        port: Part of the cookie's name, since browsers share cookies between ports of a host.
    """

    def __init__(self, token: str, port: int) -> None:
        self.cookie = f"goldenthread_{port}"
        self._token: str | None = token
        self._session: str | None = None
        self._lock = threading.Lock()

    def enter(self, token: str) -> str:
        """
        Trade the token for a session, once.

        Raises:
            TokenRefused: It was used before, or is another.
        """
        with self._lock:
            if self._token is None:
                raise TokenRefused(f"The token was used before, and it opens one session only. {_AGAIN}")
            if not _same(token, self._token):
                raise TokenRefused(f"This is not the token of this console. {_AGAIN}")
            self._token, self._session = None, secrets.token_urlsafe(32)
            return self._session

    def check(self, cookies: Mapping[str, str]) -> None:
        """
        Let a request with the session's cookie pass.

        Raises:
            TokenRefused: It has none, or another.
        """
        shown = cookies.get(self.cookie)
        if self._session is None or shown is None or not _same(shown, self._session):
            raise TokenRefused(
                "This page needs the session that the terminal's one-time token opens. "
                "Open the address that `goldenthread up` printed, or start it again for a new one."
            )


def _same(shown: str, known: str) -> bool:
    return secrets.compare_digest(shown.encode("utf-8", "replace"), known.encode())
