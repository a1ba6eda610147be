"""A web application that is served from a thread of this process, until it is stopped."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import uvicorn

from goldenthread.promise.errors import AddressRefused, FileUnusable

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_START_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Tls:
    """Files of a certificate chain and of its private key, PEM."""

    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """
        TLS 1.2 and newer, with Python's own choice of ciphers, all of which have forward secrecy.

        Raises:
            FileUnusable: Certificate or key cannot be read, or they do not belong together.
        """
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            made.load_cert_chain(self.certificate, self.key)
        except (OSError, ssl.SSLError) as problem:
            raise FileUnusable(
                f"{self.certificate} with {self.key} makes no TLS: {problem}. Name a certificate chain and its key."
            ) from problem
        return made


class Served:
    """
    An application and the thread that serves it.

    Args:
        application: What answers requests.
        bound: A socket that `bind` gave.
        what: What it is, as the subject of a sentence: 'console'.
        url: Where it is found; only for words.
        patience_s: How long requests under way may take to end once it is stopped.
        settings: More of uvicorn's own.
    """

    def __init__(
        self, application: ASGIApp, bound: socket.socket, *, what: str, url: str, patience_s: int, **settings: Any
    ) -> None:
        self.url = url
        self._what = what
        self._socket = bound
        self._server = uvicorn.Server(
            uvicorn.Config(
                application,
                log_level="error",
                access_log=False,  # A token may be in an address.
                lifespan="off",
                ws="none",
                loop="asyncio",
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=patience_s,
                **{"http": "h11", **settings},
            )
        )
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"goldenthread-{what}", daemon=True)

    def start(self) -> Self:
        """
        Serve, in a thread of its own; returns when requests are answered.

        Raises:
            AddressRefused: It does not come up.
        """
        self._thread.start()
        deadline = time.monotonic() + _START_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self.stop()
                raise AddressRefused(
                    f"The {self._what} at {self.url} does not come up. Try another port with `--port`."
                )
            time.sleep(0.005)
        return self

    def run(self) -> None:
        """Wait until somebody stops it: Ctrl-C here, or `stop` from another thread."""
        try:
            self._await_end()
        except KeyboardInterrupt:
            pass
        finally:
            self.stop()

    def stop(self) -> None:
        """End it, and return when it has ended; another Ctrl-C meanwhile hurries it. Harmless when called again."""
        self._server.should_exit = True
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            while not self._ended.is_set():
                try:
                    self._await_end()
                except KeyboardInterrupt:
                    self._server.force_exit = True
        self._socket.close()  # Only now: a server that still uses it fails.

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._ended.set()

    def _await_end(self) -> None:
        """Wait for an event: a join that Ctrl-C interrupts makes Python 3.11 take the thread for ended."""
        while not self._ended.wait(0.2):
            pass


def bind(what: str, address: str, port: int, *, option: str = "--port") -> socket.socket:
    """
    A socket bound to an address of this machine; port 0 takes any that is free.

    Args:
        what: What it is for, as the subject of a sentence: 'console'.
        address: An IP address.
        port: TCP port.
        option: With which whoever started it chooses another port; only for words.

    Raises:
        AddressRefused: It is taken, or no port.
    """
    # With its protocol named: asyncio sends at once only over sockets that say they are TCP, and else an answer of
    # several packets waits 40 ms for the browser's acknowledgement.
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((address, port))
    except (OSError, OverflowError) as problem:
        bound.close()
        raise AddressRefused(
            f"The {what} cannot take port {port} on {address}: {problem}. "
            f"Stop what holds it, or choose another with `{option}`."
        ) from problem
    return bound


def host_of(address: str) -> str:
    """An IP address as it stands in a URL."""
    return f"[{address}]" if ":" in address else address


def require_safe(address: str, tls: Tls | None, *, plain: bool) -> None:
    """
    Raises:
        AddressRefused: Tokens would pass in the clear where others can listen, or it is no address.
        FileUnusable: Certificate or key cannot be read.
    """
    for file in (tls.certificate, tls.key) if tls else ():
        if not file.is_file():
            raise FileUnusable(f"{file} cannot be read: there is no such file. Name the PEM file.")
    try:
        loopback = ipaddress.ip_address(address).is_loopback
    except ValueError:
        raise AddressRefused(
            f"'{address}' is no address of a machine. Name an IP address, such as 127.0.0.1 or 0.0.0.0."
        ) from None
    if not loopback and tls is None and not plain:
        raise AddressRefused(
            f"On {address} other machines can reach the server, and tokens would pass in the clear. Give it a "
            "certificate with `--tls-certificate` and `--tls-key`, or say `--plain` if something else encrypts."
        )
