"""Serving the console on this machine, until it is stopped."""

from __future__ import annotations

import secrets
import socket
from pathlib import Path

from goldenthread.promise.errors import AddressRefused
from goldenthread.record.ledger import Ledger
from goldenthread.record.principals import load_principals
from goldenthread.record.store import Home
from goldenthread.surfaces.console.application import application
from goldenthread.surfaces.console.live import Live
from goldenthread.surfaces.served import Served, bind, host_of


class Console(Served):
    """
    A console that is being served. Made by `serve`.

    `url` is its first page; `entry` the same with the one-time `token`, which the terminal shows.
    """

    def __init__(
        self,
        ledger: Ledger,
        bound: socket.socket,
        host: str,
        facts: Path | None = None,
        home: Home | None = None,
        name: str | None = None,
    ) -> None:
        self.token = secrets.token_urlsafe(32)
        self.port: int = bound.getsockname()[1]
        self._live = Live(ledger)
        pages = application(
            ledger, token=self.token, port=self.port, facts=facts, home=home, name=name, live=self._live
        )
        super().__init__(pages, bound, what="console", url=f"http://{host_of(host)}:{self.port}/", patience_s=1)

    def stop(self) -> None:
        """As of anything served; streams of open pages end first."""
        self._live.close()
        super().stop()

    @property
    def entry(self) -> str:
        """The address to open, once: it trades the token for a session."""
        return f"{self.url}enter?token={self.token}"


def serve(
    ledger: Ledger,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    facts: Path | None = None,
    home: Home | None = None,
    name: str | None = None,
) -> Console:
    """
    Serve the console of a ledger from a thread, and return at once.

    Args:
        ledger: Stays open until the console is stopped.
        host: A loopback address: 127.0.0.1, ::1 or localhost.
        port: 0 takes any that is free.
        facts: The folder that standard metrics are asked of.
        home: Where the keys are with which visitors sign; None: nobody signs here.
        name: Whom the session acts as to begin with.

    Raises:
        AddressRefused: The address is not this machine's own, or it is taken.
        PrincipalUnknown, NotPermitted, NotInitialised: Nobody may act as that name.
    """
    if name is not None:
        load_principals(ledger).active(name)
    address = _loopback(host)
    return Console(ledger, bind("console", address, port), address, facts, home, name).start()


def _loopback(host: str) -> str:
    name = "127.0.0.1" if host == "localhost" else host
    if name not in ("127.0.0.1", "::1"):
        raise AddressRefused(
            f"The console does not serve on '{host}': it shows cases to whoever sits at this machine, and binds "
            "127.0.0.1, ::1 or localhost only. Leave `--host` out; from elsewhere, tunnel through ssh."
        )
    return name
