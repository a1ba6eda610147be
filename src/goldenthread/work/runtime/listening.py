"""Hears what other processes say through the database; what it misses, the sweep finds."""

from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg

from goldenthread.promise.errors import StoreError
from goldenthread.record.store import Store
from goldenthread.work.runtime.housekeeping import LOG
from goldenthread.work.runtime.submissions import CHANNEL

_PAUSE_S = 1.0


class Listener:
    """
    A thread with a session of its own.

    Args:
        store: The home's.
        heard: Called with each word; what it raises is the caller's to keep.
        back: Called when it listens (again): words may have been missed.
    """

    def __init__(self, store: Store, heard: Callable[[str], None], back: Callable[[], None]) -> None:
        self._store = store
        self._heard = heard
        self._back = back
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="goldenthread-listener", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10.0)

    def _run(self) -> None:
        while not self._end.is_set():
            try:
                with self._store.connect() as connection:
                    self._listen(connection)
            except Exception as error:  # noqa: BLE001 - whatever a word led to, the next one must be heard
                if not isinstance(error, psycopg.Error | StoreError):
                    LOG.warning("hearing failed: %s", type(error).__name__)
                self._end.wait(_PAUSE_S)

    def _listen(self, connection: psycopg.Connection) -> None:
        connection.execute(f"listen {CHANNEL}".encode())
        self._back()
        while not self._end.is_set():
            for notice in connection.notifies(timeout=_PAUSE_S):
                self._heard(notice.payload)
                if self._end.is_set():
                    return
