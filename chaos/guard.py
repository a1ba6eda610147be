"""The guard's server, as `goldenthread serve` runs it, with the clock of this scene and a short flight of a tool."""

from __future__ import annotations

import os

from chaos.clock import install
from chaos.leash import hold
from chaos.place import NAME, Place

FLIGHT_S = 15.0
"""How long a tool may take before its effect is in doubt: longer than any answer of the book."""


def main() -> None:
    """Serve until killed."""
    hold()
    place = Place.here()
    install(place.clock(os.environ[NAME]))
    from goldenthread.record.principals import KeyRing
    from goldenthread.record.store import Home
    from goldenthread.surfaces.api import serve
    from goldenthread.surfaces.opening import open_ledger

    ledger = open_ledger(place.home)
    with serve(ledger, KeyRing(Home(place.home)), port=place.ports["guard"], flight_s=FLIGHT_S) as server:
        print(f"served at {server.url}", flush=True)
        server.run()


if __name__ == "__main__":
    main()
