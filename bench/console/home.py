"""The home that is measured: opened with the clock of the year that was made, and served as it is to people."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.console.made import NOW, Clock
from bench.console.played import OWNER
from goldenthread.record.ledger import Ledger
from goldenthread.record.store import Home
from goldenthread.surfaces.console import Console, serve
from goldenthread.surfaces.making import Maker
from goldenthread.surfaces.opening import open_ledger


@contextmanager
def opened(home: Path) -> Iterator[tuple[Ledger, Clock]]:
    """The ledger of a home, with the clock of its year."""
    real, clock = open_ledger(home), Clock(NOW)
    try:
        yield Ledger(real.store, real.vault, clock), clock
    finally:
        real.store.close()


@contextmanager
def served(ledger: Ledger, facts: Path, name: str = OWNER) -> Iterator[Console]:
    """The console of a ledger, for somebody who acts as `name`."""
    with serve(ledger, facts=facts, home=Home(ledger.vault.home.path), name=name) as console:
        yield console


@contextmanager
def making(ledger: Ledger) -> Iterator[Maker]:
    """A maker at work in a thread, as `goldenthread up` has one in a process."""
    maker, ended = Maker(ledger), threading.Event()

    def work() -> None:
        while not ended.wait(1.0):
            maker.tick(ended.is_set)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield maker
    finally:
        ended.set()
        thread.join()
