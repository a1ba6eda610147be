"""Serving the guard, until it is stopped."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn

from goldenthread.control.serving import FLIGHT_S, House
from goldenthread.promise.errors import AddressRefused, FileUnusable, GoldenthreadError
from goldenthread.record.ledger import Ledger
from goldenthread.record.principals import KeyRing
from goldenthread.surfaces.api.application import application

SIGNER = "permit-signer"
"""Name of the server's own key in the home; it is nobody's, and signs permits only."""

_START_S = 10.0
_LAND_EVERY_S = 5.0


@dataclass(frozen=True, kw_only=True)
class Tls:
    """Files of a certificate chain and of its private key, PEM."""

    certificate: Path
    key: Path


class Server:
    """A guard that is being served; made by `serve`. `url` is where."""

    def __init__(self, house: House, bound: socket.socket, host: str, tls: Tls | None) -> None:
        port: int = bound.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
        self.house = house
        self._socket = bound
        self._server = uvicorn.Server(
            uvicorn.Config(
                application(house),
                log_level="error",
                access_log=False,
                lifespan="off",
                ws="none",
                http="h11",
                loop="asyncio",
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=5,
                ssl_certfile=str(tls.certificate) if tls else None,
                ssl_keyfile=str(tls.key) if tls else None,
            )
        )
        self._ended = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="goldenthread-server", daemon=True)
        self._lander = threading.Thread(target=self._land, name="goldenthread-lander", daemon=True)

    def start(self) -> Self:
        """
        Serve, in a thread of its own; returns when requests are answered.

        Raises:
            AddressRefused: It does not come up.
        """
        self._thread.start()
        deadline = time.monotonic() + _START_S
        while not self._server.started:
            if self._ended.is_set() or time.monotonic() > deadline:
                self.stop()
                raise AddressRefused(f"The server at {self.url} does not come up. Try another port with `--port`.")
            time.sleep(0.005)
        self._lander.start()
        return self

    def run(self) -> None:
        """Wait until somebody stops it: Ctrl-C here, or `stop` from another thread."""
        try:
            while not self._ended.wait(0.2):
                pass
        except KeyboardInterrupt:
            pass
        finally:
            self.stop()

    def stop(self) -> None:
        """End it, and return when it has ended; harmless when called again."""
        self._server.should_exit = True
        self._stopping.set()
        for thread in (self._thread, self._lander):
            if thread.ident is not None and thread is not threading.current_thread():
                thread.join()
        self._socket.close()
        self.house.close()

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

    def _land(self) -> None:
        """What was begun and never reported is put before a person, also if no agent ever comes back for it."""
        while not self._stopping.wait(_LAND_EVERY_S):
            try:
                self.house.land()
            except GoldenthreadError:
                continue  # the database is away; nothing happens meanwhile either


def serve(
    ledger: Ledger,
    ring: KeyRing,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    tls: Tls | None = None,
    plain: bool = False,
    flight_s: float = FLIGHT_S,
) -> Server:
    """
    Serve the guard of a ledger from a thread, and return at once.

    Args:
        ledger: Stays open until the server is stopped.
        ring: Holds the server's own key, or gets one.
        host: An address of this machine.
        port: 0 takes any that is free.
        tls: Needed for any address that is not loopback.
        plain: Serve such an address without TLS all the same: something else encrypts.
        flight_s: Seconds after which an effect that was begun and not reported is in doubt.

    Raises:
        AddressRefused: Another machine could listen in on the address, or it is taken.
        FileUnusable: Certificate or key cannot be read.
        ServerRunning: Another server holds this home.
        KeyLocked: The server's key is encrypted, and there is no passphrase.
    """
    address = "127.0.0.1" if host == "localhost" else host
    _require_safe(address, tls, plain=plain)
    public_key = ring.public_key(SIGNER) if ring.has(SIGNER) else ring.generate(SIGNER)
    house = House(ledger, ring.signer(SIGNER), public_key, flight_s=flight_s)
    try:
        return Server(house, _bind(address, port), address, tls).start()
    except BaseException:
        house.close()
        raise


def _require_safe(address: str, tls: Tls | None, *, plain: bool) -> None:
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


def _bind(address: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((address, port))
    except (OSError, OverflowError) as problem:
        bound.close()
        raise AddressRefused(
            f"The server cannot take port {port} on {address}: {problem}. "
            "Stop what holds it, or choose another with `--port`."
        ) from problem
    return bound
