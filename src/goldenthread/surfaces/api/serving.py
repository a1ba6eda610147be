"""Serving the guard, until it is stopped."""

from __future__ import annotations

import socket
import threading
from typing import Self

from goldenthread.control.serving import FLIGHT_S, House
from goldenthread.record.ledger import Ledger
from goldenthread.record.principals import KeyRing
from goldenthread.surfaces.api.application import application
from goldenthread.surfaces.served import Served, Tls, bind, host_of, require_safe
from goldenthread.work.runtime import attempt

SIGNER = "permit-signer"
"""Name of the server's own key in the home; it is nobody's, and signs permits only."""

_LAND_EVERY_S = 5.0


class Server(Served):
    """A guard that is being served; made by `serve`. `url` is where."""

    def __init__(self, house: House, bound: socket.socket, host: str, tls: Tls | None) -> None:
        self.house = house
        super().__init__(
            application(house),
            bound,
            what="server",
            url=f"{'https' if tls else 'http'}://{host_of(host)}:{bound.getsockname()[1]}",
            patience_s=5,
            ssl_certfile=str(tls.certificate) if tls else None,
            ssl_keyfile=str(tls.key) if tls else None,
        )
        self._stopping = threading.Event()
        self._lander = threading.Thread(target=self._land, name="goldenthread-lander", daemon=True)

    def start(self) -> Self:
        """As `Served.start`; what was begun and never reported is looked after from then on."""
        super().start()
        self._lander.start()
        return self

    def stop(self) -> None:
        """As `Served.stop`, and the home is free for another server."""
        self._stopping.set()
        super().stop()
        if self._lander.ident is not None:
            self._lander.join()
        self.house.close()

    def _land(self) -> None:
        """What was begun and never reported is put before a person, also if no agent ever comes back for it."""
        while not self._stopping.wait(_LAND_EVERY_S):
            attempt("looking after what was begun", self.house.land)  # the database may be away for a while


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
    require_safe(address, tls, plain=plain)
    public_key = ring.public_key(SIGNER) if ring.has(SIGNER) else ring.generate(SIGNER)
    house = House(ledger, ring.signer(SIGNER), public_key, flight_s=flight_s)
    try:
        return Server(house, bind("server", address, port), address, tls).start()
    except BaseException:
        house.close()
        raise
