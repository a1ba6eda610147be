"""
What a home needs done every few seconds while anything of it runs: what came due is put on record, events and notices
go out. Everything holds without it; only nobody is told.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec

from goldenthread.control.approvals import tick as tick_inbox
from goldenthread.control.guard import Desk, tick_coverage
from goldenthread.control.outcomes import tick_outcomes
from goldenthread.control.response import Watcher
from goldenthread.control.signing import tick_sign_offs
from goldenthread.record.ledger import ORGANISATION, Ledger
from goldenthread.work.events import Deliverer
from goldenthread.work.notices import tick as tell
from goldenthread.work.runtime import EVERY_S, Housekeeping, Loop, Tick, attempt

REFRESH_EVERY_S = 300.0
"""How often metrics are brought up to date, where something came on record."""

_LOG = logging.getLogger("goldenthread.keeping")
_REFRESH = "import os; os.nice(10); from goldenthread.surfaces.cli import main; main()"


class Keeping:
    """
    The standing duties of one process towards a home.

    Args:
        ledger: The home's.
        desk: Gives the desk of a slice; asked for each slice that has a contract.
    """

    def __init__(self, ledger: Ledger, desk: Callable[[str], Desk]) -> None:
        self._ledger = ledger
        self._desk = desk
        self._deliverer = Deliverer(ledger, ledger.vault.home)
        self._watcher = Watcher()
        self._refresher = Refresher(ledger)
        self._teller = ThreadPoolExecutor(1, thread_name_prefix="goldenthread-notices")
        self._telling: Future[object] | None = None

    @property
    def ticks(self) -> dict[str, Tick]:
        """By name, in the order in which they are called."""
        return {
            "inbox": lambda _: self._each("inbox", tick_inbox),
            "coverage": lambda _: self._each("coverage", tick_coverage),
            "sign-offs": lambda _: self._each("sign-offs", tick_sign_offs),
            "outcomes": lambda _: self._each("outcomes", tick_outcomes),
            "incidents": lambda _: self._each("incidents", self._watcher.tick),
            "metrics": lambda _: self._refresher.tick(),
            "events": lambda _: self._deliverer.tick(),
            "notices": lambda _: self._tell(),
        }

    def close(self) -> None:
        """End when what is being sent has been."""
        self._refresher.close()
        self._deliverer.close()
        self._teller.shutdown(wait=True, cancel_futures=True)

    def _each(self, name: str, tick: Callable[[Desk], object]) -> None:
        """What is wrong with one slice is logged, and keeps nothing back from the others."""

        def keep(chain: str) -> None:
            if self._desk(chain).standing().latest is not None:
                tick(self._desk(chain))

        for chain in self._ledger.chains():
            if chain != ORGANISATION:
                attempt(f"{name} of '{chain}'", partial(keep, chain))

    def _tell(self) -> None:
        """Begin a round of notices unless one is under way: a mail server may take its time."""
        if self._telling is not None:
            if not self._telling.done():
                return
            problem = self._telling.exception()
            if problem is not None:
                _LOG.warning("Notices were not sent: %s", type(problem).__name__)
        self._telling = self._teller.submit(tell, self._ledger, self._ledger.vault.home)


class Refresher:
    """
    Brings a home's metrics up to date now and then, in a process of its own: it takes memory that a worker has no use
    for, and may be killed at any time. Nothing happens where the extra `metrics` is not installed.

    Args:
        ledger: The home's.
        every_s: Seconds from one to the next, and to the first.
    """

    def __init__(self, ledger: Ledger, every_s: float = REFRESH_EVERY_S) -> None:
        self._ledger = ledger
        self._every_s = every_s
        self._due = time.monotonic() + every_s
        self._seen: object = None
        self._process: subprocess.Popen[bytes] | None = None
        self._installed = all(find_spec(name) is not None for name in ("duckdb", "ibis", "pyarrow"))

    def tick(self) -> bool:
        """Begin where it is time, nobody is at it, and something is new; whether it began."""
        if not self._installed or time.monotonic() < self._due or self.is_running():
            return False
        self._due = time.monotonic() + self._every_s
        heads = self._ledger.heads()
        if heads == self._seen:
            return False
        home = {"GOLDENTHREAD_HOME": str(self._ledger.vault.home.path)}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _REFRESH, "metrics", "refresh"],
            env={**os.environ, **home},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._seen = heads
        return True

    def close(self) -> None:
        """End what runs; what it has made by then stands, and the next one goes on from there."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def is_running(self) -> bool:
        """Whether one is at it; one that failed is logged, and tried again."""
        if self._process is None:
            return False
        code = self._process.poll()
        if code is None:
            return True
        if code:
            _LOG.warning("Metrics were not brought up to date: `goldenthread metrics refresh` ended with %d", code)
            self._seen = None
        self._process = None
        return False


@contextmanager
def kept(ledger: Ledger, desk: Callable[[str], Desk]) -> Iterator[None]:
    """Do a home's standing duties in the background as long as the block runs; one process of all does, at a time."""
    keeping = Keeping(ledger, desk)
    loop = Loop("housekeeping", Housekeeping(ledger=ledger, ticks=keeping.ticks).tick, EVERY_S)
    loop.start()
    try:
        yield
    finally:
        loop.stop()
        keeping.close()
