"""Serving the console, until it is stopped: on this machine by a link, or to people who sign in."""

from __future__ import annotations

import ipaddress
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from goldenthread.promise.errors import AddressRefused
from goldenthread.record.accounts import require_libraries
from goldenthread.record.ledger import Ledger
from goldenthread.record.principals import load_principals
from goldenthread.record.store import Home
from goldenthread.surfaces.console.application import application
from goldenthread.surfaces.console.doors import own_hosts
from goldenthread.surfaces.console.entrance import Entrance
from goldenthread.surfaces.console.live import Live
from goldenthread.surfaces.console.shelf import Shelf
from goldenthread.surfaces.console.signin_settings import SignInSettings, check_url, read_settings
from goldenthread.surfaces.console.warming import Warmer
from goldenthread.surfaces.served import Served, Tls, bind, host_of


class Console(Served):
    """
    A console that is being served. Made by `serve`.

    `url` is its first page. `entry` is the same with the one-time `token`, which the terminal shows; where people
    sign in it is the first page itself.
    """

    def __init__(
        self,
        ledger: Ledger,
        bound: socket.socket,
        host: str,
        facts: Path | None = None,
        home: Home | None = None,
        name: str | None = None,
        entrance: Entrance | None = None,
        tls: Tls | None = None,
    ) -> None:
        self.token = secrets.token_urlsafe(32)
        self.port: int = bound.getsockname()[1]
        self.signs_in = entrance is not None
        self._live = Live(ledger)
        shelf = Shelf(ledger, facts, home)
        self.warmer = Warmer(shelf)
        pages = application(
            shelf,
            token=self.token,
            port=self.port,
            name=name,
            entrance=entrance,
            live=self._live,
        )
        scheme = "https" if tls is not None else "http"
        url = f"{scheme}://{host_of(host)}:{self.port}/"
        super().__init__(pages, bound, what="console", url=url, patience_s=1, **_tls_settings(tls))

    def start(self) -> Self:
        """As of anything served; what many pages show is worked out ahead from then on."""
        super().start()
        self.warmer.start()
        return self

    def stop(self) -> None:
        """As of anything served; streams of open pages end first."""
        self.warmer.stop()
        self._live.close()
        super().stop()

    @property
    def entry(self) -> str:
        """The address to open, once: it trades the token for a session."""
        return self.url if self.signs_in else f"{self.url}enter?token={self.token}"


def serve(
    ledger: Ledger,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    facts: Path | None = None,
    home: Home | None = None,
    name: str | None = None,
    sign_in: bool = False,
    tls: Tls | None = None,
    plain: bool = False,
    url: str = "",
) -> Console:
    """
    Serve the console of a ledger from a thread, and return at once.

    Args:
        ledger: Stays open until the console is stopped.
        host: A loopback address; with `tls` or `plain`, any of this machine.
        port: 0 takes any that is free.
        facts: The folder that standard metrics are asked of.
        home: Where the keys are with which visitors sign; None: nobody signs here.
        name: Whom the session acts as to begin with.
        sign_in: People sign in, also on loopback. Everywhere else they always do.
        tls: Certificate and key.
        plain: Something in front encrypts, and names the address of whoever asks.
        url: The https address under which people find it; '' takes that of the home's `console.toml`.

    Raises:
        AddressRefused: Passwords would pass in the clear, nobody said under which name people come, or it is taken.
        SignInSettingsInvalid: The home's `console.toml`, or `url`, is not as it must be.
        SignInMissing: The extra `console` is not installed.
        FileUnusable: Certificate or key cannot be read.
        PrincipalUnknown, NotPermitted, NotInitialised: Nobody may act as that name.
    """
    if name is not None:
        load_principals(ledger).active(name)
    address, local = _address(host)
    if not local and tls is None and not plain:
        raise AddressRefused(
            f"The console does not serve on '{host}' in the clear: other machines reach it there, and passwords would "
            "pass for all to read. Give it `--tls-certificate` and `--tls-key`, or `--plain` with `--url` if something "
            "else encrypts; or leave `--host` out, and tunnel through ssh."
        )
    if tls is not None:
        tls.context()
    bound = bind("console", address, port)
    try:
        entrance = None
        if sign_in or tls is not None or plain:
            settings = read_settings(home.path) if home is not None else SignInSettings()
            found = check_url(url, "--url") or settings.url
            entrance = _entrance(bound.getsockname()[1], found, settings, local=local, tls=tls, plain=plain)
            require_libraries()
        return Console(ledger, bound, address, facts, home, name, entrance, tls).start()
    except BaseException:
        bound.close()
        raise


def _entrance(port: int, url: str, settings: SignInSettings, *, local: bool, tls: Tls | None, plain: bool) -> Entrance:
    if not url and (plain or not local):
        raise AddressRefused(
            "Nobody said under which address people open the console, so no page could tell its own from others. "
            "Name it with `--url https://console.example.com`, or as `url` in console.toml."
        )
    named = frozenset({urlsplit(url).netloc}) if url else frozenset[str]()
    own = own_hosts(port) if local and not plain and (tls is not None or not url) else frozenset[str]()
    secure = tls is not None or plain
    return Entrance(
        hosts=named | own if secure else own_hosts(port),
        secure=secure,
        behind=plain,
        passwords=settings.passwords,
        providers=settings.providers,
    )


def _address(host: str) -> tuple[str, bool]:
    """The IP address to bind, and whether it is loopback."""
    name = "127.0.0.1" if host == "localhost" else host
    try:
        return name, ipaddress.ip_address(name).is_loopback
    except ValueError:
        raise AddressRefused(
            f"'{host}' is no address of a machine. Name an IP address, such as 127.0.0.1 or 0.0.0.0."
        ) from None


def _tls_settings(tls: Tls | None) -> Mapping[str, Any]:
    return {"ssl_context_factory": lambda _config, _default: tls.context()} if tls is not None else {}
