"""One POST to a receiver that may be slow, broken or hostile: bounded in time and size, and no redirect is followed."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Protocol
from urllib.parse import urlsplit

from goldenthread.promise.errors import ReceiverRefused
from goldenthread.work.events.addresses import Address, resolve

TIMEOUT_S = 10.0
"""How long an attempt may take in all, in seconds, whatever the receiver does."""

_LONGEST_WAIT_S = 3600


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """
    What came of an attempt. `status` is None where no answer came; `words` say what went wrong, never what was sent
    nor where to; `wait_s` is how long the receiver asks to be left alone.
    """

    status: int | None
    words: str = ""
    wait_s: int = 0

    @property
    def ok(self) -> bool:
        """Whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300


class Post(Protocol):
    """Sends a body to an address; never raises for what the receiver does."""

    def __call__(self, address: Address, body: bytes, headers: Mapping[str, str], /) -> Answer:
        """One attempt."""
        ...


def post(address: Address, body: bytes, headers: Mapping[str, str], timeout_s: float = TIMEOUT_S) -> Answer:
    """
    Send a body once. TLS is verified; a proxy is used where HTTPS_PROXY, HTTP_PROXY and NO_PROXY say so.

    Nothing of the answer is read but its status and how long it wants to be left alone; the rest is thrown away.
    """
    connection = _connection(address, timeout_s)
    alarm = _Alarm(connection, timeout_s)
    try:
        connection.connect()
        alarm.raise_if_rung()  # it rang while there was no connection to cut
        connection.request("POST", _target(address), body=body, headers={**headers, "User-Agent": "goldenthread"})
        return _read(connection.getresponse())
    except (OSError, http.client.HTTPException, ReceiverRefused, ValueError) as problem:
        return Answer(status=None, words=f"no answer within {timeout_s:g} s" if alarm.rung else _words(problem))
    finally:
        alarm.cancel()
        connection.close()


class _Alarm:
    """Cuts a connection when its time is over, however busy the other side keeps it."""

    def __init__(self, connection: http.client.HTTPConnection, timeout_s: float) -> None:
        self.rung = False
        self._connection = connection
        self._timer = threading.Timer(timeout_s, self._ring)
        self._timer.daemon = True
        self._timer.start()

    def raise_if_rung(self) -> None:
        if self.rung:
            raise TimeoutError

    def cancel(self) -> None:
        self._timer.cancel()

    def _ring(self) -> None:
        self.rung = True
        if isinstance(self._connection.sock, socket.socket):
            with suppress(OSError):
                socket.socket.shutdown(
                    self._connection.sock, socket.SHUT_RDWR
                )  # not TLS's own, which is not for threads


def _read(response: http.client.HTTPResponse) -> Answer:
    status = response.status
    if 200 <= status < 300:
        return Answer(status=status)
    wait = (response.getheader("Retry-After") or "").strip()
    wait_s = min(int(wait), _LONGEST_WAIT_S) if wait.isdecimal() and len(wait) < 9 else 0
    more = "; redirects are not followed" if 300 <= status < 400 else ""
    return Answer(status=status, words=f"it answered {status}{more}", wait_s=wait_s)


def _words(problem: Exception) -> str:
    """What went wrong, in words of our own or of the system; never the receiver's, which could be anything."""
    if isinstance(problem, ReceiverRefused):
        return problem.message
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {problem.verify_message}"
    if isinstance(problem, TimeoutError):
        return "no answer in time"
    if isinstance(problem, socket.gaierror):
        return "its name is not known"
    if isinstance(problem, ssl.SSLError):
        return "no TLS connection could be made"
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror.lower()
    return "it answered something that is no HTTP"


class _Plain(http.client.HTTPConnection):
    """Connects only where `resolve` lets it."""

    def connect(self) -> None:
        """Try each address of the host."""
        self.sock = _open(self.host, self.port, self.timeout)


class _Secure(http.client.HTTPSConnection):
    """As `_Plain`, and then TLS for the host's name."""

    def connect(self) -> None:
        """Try each address of the host."""
        plain = _open(self.host, self.port, self.timeout)
        self.sock = _trusted().wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock.do_handshake()


def _open(host: str, port: int, timeout_s: float | None) -> socket.socket:
    last: OSError = TimeoutError()
    until = time.monotonic() + (timeout_s or TIMEOUT_S)
    for family, place in resolve(host, port):
        left = until - time.monotonic()
        if left <= 0:
            break
        opened = socket.socket(family, socket.SOCK_STREAM)
        try:
            opened.settimeout(left)
            opened.connect(place)
        except OSError as problem:
            opened.close()
            last = problem
        else:
            opened.settimeout(timeout_s)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return opened
    raise last


def _connection(address: Address, timeout_s: float) -> http.client.HTTPConnection:
    proxy = proxy_of(address)
    if proxy is None:
        kind = _Secure if address.scheme == "https" else _Plain
        return kind(address.host, address.port, timeout=timeout_s)
    if address.scheme == "http":
        return http.client.HTTPConnection(*proxy, timeout=timeout_s)
    connection = http.client.HTTPSConnection(*proxy, timeout=timeout_s, context=_trusted())
    connection.set_tunnel(address.host, address.port)
    return connection


def proxy_of(address: Address) -> tuple[str, int] | None:
    """The proxy that the environment names for an address; the proxy then resolves the name."""
    from urllib.request import getproxies, proxy_bypass

    named = getproxies().get(address.scheme)
    if not named or proxy_bypass(f"{address.host}:{address.port}"):
        return None
    parts = urlsplit(named if "//" in named else f"//{named}")
    return (parts.hostname, parts.port or 8080) if parts.hostname else None


def _target(address: Address) -> str:
    """Path and query; the whole address for a proxy of plain http."""
    through = address.scheme == "http" and proxy_of(address) is not None
    return f"{address.shown}{address.target}" if through else address.target


@cache
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()
