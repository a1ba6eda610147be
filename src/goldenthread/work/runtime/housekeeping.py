"""
What is called every few seconds while anything runs: each room's tick, by one process of all.

A tick only puts on record what is due already; everything holds without it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from goldenthread.promise.errors import GoldenthreadError
from goldenthread.record.ledger import Ledger

EVERY_S = 5.0
_LOCK = 0x7469636B  # 'tick'
LOG = logging.getLogger("goldenthread.runtime")

Tick = Callable[[Ledger], object]
"""Does what is due; harmless when called again."""


class Loop:
    """Calls something again and again in a thread; what it raises is logged by its kind and ends nothing."""

    def __init__(self, name: str, call: Callable[[], object], every_s: float) -> None:
        self._name = name
        self._call = call
        self._every_s = every_s
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"goldenthread-{name}", daemon=True)

    def start(self) -> None:
        """Begin; the first call is at once."""
        self._thread.start()

    def stop(self) -> None:
        """End it; returns when the call under way is over, or took too long."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10.0)

    def _run(self) -> None:
        while not self._end.is_set():
            attempt(self._name, self._call)
            self._end.wait(self._every_s)


@dataclass(kw_only=True)
class Housekeeping:
    """
    Ticks by name, called in their order by whoever holds the lock.

    `every_s` is the pause between two rounds, in seconds.
    """

    ledger: Ledger
    ticks: Mapping[str, Tick] = field(default_factory=dict)
    every_s: float = EVERY_S

    def tick(self) -> bool:
        """
        One round. An error of one tick is logged by its kind, without content, and the others are called.

        Returns:
            Whether it was this process's turn.
        """
        if not self.ticks:
            return False
        # Held by a transaction, so that a process that stands still loses it with its session.
        with self.ledger.store.transaction() as connection:
            row = connection.execute("select pg_try_advisory_xact_lock(%s)", (_LOCK,)).fetchone()
            if row is None or not row[0]:
                return False
            for name, tick in self.ticks.items():
                attempt(name, lambda tick=tick: tick(self.ledger))  # type: ignore[misc]
        return True


def attempt(name: str, call: Callable[[], object]) -> None:
    """Call something; an error is logged by its code or kind, never with its words, and goes no further."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - one room's fault must not stop the others
        kind = error.code if isinstance(error, GoldenthreadError) else type(error).__name__
        LOG.warning("%s failed: %s", name, kind)
