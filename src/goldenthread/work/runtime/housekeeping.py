"""
What is called every few seconds while anything runs: each room's tick, by one process of all.

A tick only puts on record what is due already; everything holds without it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

from goldenthread.promise.errors import kind_of
from goldenthread.record.ledger import Ledger

EVERY_S = 5.0
PATIENCE_S = 60.0
"""A process at one tick for longer, or standing still in it, no longer keeps the others from theirs."""
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
    Ticks by name, called in their order, each by whoever holds the lock.

    `every_s` is the pause between two rounds, in seconds; `patience_s` see `PATIENCE_S`.
    """

    ledger: Ledger
    ticks: Mapping[str, Tick] = field(default_factory=dict)
    every_s: float = EVERY_S
    patience_s: float = PATIENCE_S

    def tick(self) -> bool:
        """
        One round. An error of one tick is logged by its kind, without content, and the others are called.

        Returns:
            Whether it was this process's turn.
        """
        ours = False
        for name, tick in self.ticks.items():
            with self._alone() as alone:
                if alone:
                    ours = True
                    attempt(name, lambda tick=tick: tick(self.ledger))  # type: ignore[misc]
        return ours

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """
        Whether no other process is at a tick.

        The lock is a session's own, outside any transaction: one that stays open would hold back vacuum. It goes with
        the session, which the database ends with the process, or once nothing was heard of it for `patience_s`.
        """
        patience = f"{int(self.patience_s * 1000)}ms"
        with self.ledger.store.session() as connection:
            row = connection.execute(_TAKE, (_LOCK, patience)).fetchone()
            alone = bool(row and row[0])
            try:
                yield alone
            finally:
                try:
                    connection.execute(_GIVE_BACK if alone else _RESET)
                except psycopg.Error:  # it was lost since
                    connection.close()


# The timeout stands before the lock is held: whoever stands still in between holds nothing for good.
_TAKE = "select pg_try_advisory_lock(%s) from set_config('idle_session_timeout', %s, false)"
_RESET = "reset idle_session_timeout"
_GIVE_BACK = f"select pg_advisory_unlock({_LOCK}); {_RESET}"


def attempt(name: str, call: Callable[[], object]) -> None:
    """Call something; an error is logged by its code or kind, never with its words, and goes no further."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - one room's fault must not stop the others
        LOG.warning("%s failed: %s", name, kind_of(error))
