"""Leases: one process at a time works on a case. Held by a database session, so a dead process holds none."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass

import psycopg

from goldenthread.promise.errors import RunBusy
from goldenthread.record.store import Store


@dataclass(frozen=True, eq=False)
class Lease:
    """One taking of a case; given back once, and not by whoever had it before."""

    key: int


class Leases:
    """
    The leases of this process, on one connection of its own; thread-safe.

    If the database ended that session (it was restarted, or somebody declared this process dead), the leases went with
    it; the next one that is taken opens another session, and takes those that are still free again.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._connection = store.connect()
        self._lock = threading.Lock()
        self._held: dict[int, Lease] = {}

    @property
    def backend(self) -> int:
        """The process of the database that holds the leases; to end it gives all of them back."""
        return self._connection.info.backend_pid

    def take(self, slice_name: str, case: str) -> Lease:
        """
        Take the lease of a case.

        Returns:
            What `release` takes.

        Raises:
            RunBusy: Another process, or another thread of this one, holds it.
        """
        lease = Lease(int.from_bytes(hashlib.sha256(f"{slice_name}\0{case}".encode()).digest()[:8], signed=True))
        with self._lock:
            if lease.key in self._held or not self._try_again(lease.key):
                raise RunBusy(
                    f"Case '{case}' of '{slice_name}' is being worked on by another process or thread. "
                    "Wait until it ends; a process that died holds nothing."
                )
            self._held[lease.key] = lease
        return lease

    def release(self, lease: Lease) -> None:
        """Give a lease back; harmless when it was given back before, or went with its session."""
        with self._lock:
            if self._held.get(lease.key) is not lease:
                return
            del self._held[lease.key]
            try:
                self._connection.execute("select pg_advisory_unlock(%s)", (lease.key,))
            except psycopg.OperationalError:
                self._connection.close()  # what the session held is free

    def close(self) -> None:
        """Give all leases back."""
        self._connection.close()

    def _try_again(self, key: int) -> bool:
        try:
            return self._try(key)
        except psycopg.OperationalError:
            self._connection.close()
            self._connection = self._store.connect()
            for held in self._held:
                self._try(held)
            return self._try(key)

    def _try(self, key: int) -> bool:
        row = self._connection.execute("select pg_try_advisory_lock(%s)", (key,)).fetchone()
        return bool(row and row[0])
