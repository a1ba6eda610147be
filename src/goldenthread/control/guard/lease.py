"""Leases: one process at a time works on a case. Held by a database session, so a dead process holds none."""

from __future__ import annotations

import hashlib
import threading

from goldenthread.promise.errors import RunBusy
from goldenthread.record.store import Store


class Leases:
    """The leases of this process, on one connection of its own; thread-safe."""

    def __init__(self, store: Store) -> None:
        self._connection = store.connect()
        self._lock = threading.Lock()
        self._held: set[int] = set()

    def take(self, slice_name: str, case: str) -> int:
        """
        Take the lease of a case.

        Returns:
            A key for `release`.

        Raises:
            RunBusy: Another process, or another thread of this one, holds it.
        """
        key = int.from_bytes(hashlib.sha256(f"{slice_name}\0{case}".encode()).digest()[:8], signed=True)
        with self._lock:
            if key in self._held or not self._try(key):
                raise RunBusy(
                    f"Case '{case}' of '{slice_name}' is being worked on by another process or thread. "
                    "Wait until it ends; a process that died holds nothing."
                )
            self._held.add(key)
        return key

    def release(self, key: int) -> None:
        """Give a lease back."""
        with self._lock:
            self._held.discard(key)
            self._connection.execute("select pg_advisory_unlock(%s)", (key,))

    def close(self) -> None:
        """Give all leases back."""
        self._connection.close()

    def _try(self, key: int) -> bool:
        row = self._connection.execute("select pg_try_advisory_lock(%s)", (key,)).fetchone()
        return bool(row and row[0])
