"""Serving the console on this machine, until it is stopped."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from types import TracebackType
from typing import Self

import uvicorn

from goldenthread.promise.errors import AddressRefused
from goldenthread.record.ledger import Ledger
from goldenthread.surfaces.console.application import application

_START_S = 10.0


class Console:
    """
    A console that is being served. Made by `serve`.

    `url` is its first page; `entry` the same with the one-time `token`, which the terminal shows.
    """

    def __init__(self, ledger: Ledger, bound: socket.socket, host: str) -> None:
        self.token = secrets.token_urlsafe(32)
        self.port: int = bound.getsockname()[1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"
        self._socket = bound
        self._server = uvicorn.Server(
            uvicorn.Config(
                application(ledger, token=self.token, port=self.port),
                log_level="error",
                access_log=False,  # The token is in an address.
                lifespan="off",
                ws="none",
                http="h11",
                loop="asyncio",
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="goldenthread-console", daemon=True)

    @property
    def entry(self) -> str:
        """The address to open, once: it trades the token for a session."""
        return f"{self.url}enter?token={self.token}"

    def start(self) -> Self:
        """
        Serve, in a thread of its own; returns when pages can be asked for.

        Raises:
            AddressRefused: It does not come up.
        """
        self._thread.start()
        deadline = time.monotonic() + _START_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self.stop()
                raise AddressRefused(f"The console at {self.url} does not come up. Try another port with `--port`.")
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


def serve(ledger: Ledger, *, host: str = "127.0.0.1", port: int = 0) -> Console:
    """
    Serve the console of a ledger from a thread, and return at once.

    Args:
        ledger: Stays open until the console is stopped.
        host: A loopback address: 127.0.0.1, ::1 or localhost.
        port: 0 takes any that is free.

    Raises:
        AddressRefused: The address is not this machine's own, or it is taken.
    """
    address = _loopback(host)
    return Console(ledger, _bind(address, port), address).start()


def _loopback(host: str) -> str:
    name = "127.0.0.1" if host == "localhost" else host
    if name not in ("127.0.0.1", "::1"):
        raise AddressRefused(
            f"The console does not serve on '{host}': it shows cases to whoever sits at this machine, and binds "
            "127.0.0.1, ::1 or localhost only. Leave `--host` out; from elsewhere, tunnel through ssh."
        )
    return name


def _bind(address: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((address, port))
    except (OSError, OverflowError) as problem:
        bound.close()
        raise AddressRefused(
            f"The console cannot take port {port} on {address}: {problem}. "
            "Stop what holds it, or choose another with `--port`."
        ) from problem
    return bound
