"""Sessions kept open between uses."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from goldenthread.promise.errors import StoreUnavailable


class Pool:
    """
    A last-in-first-out pool, safe between threads; a child made by fork starts with none of its parent's sessions.

    Args:
        connect: Makes a new session, autocommit.
        size: The most that are lent at once; who comes later waits.
        timeout_s: The longest such a wait.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection], *, size: int = 32, timeout_s: float = 30.0) -> None:
        self._connect = connect
        self._size = size
        self._timeout_s = timeout_s
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._free = threading.Condition()
        self._idle: list[psycopg.Connection] = []
        self._lent = 0
        self._closed = False

    @contextmanager
    def lend(self) -> Iterator[psycopg.Connection]:
        """
        A session for the length of the block. What is left broken or in a transaction is not used again.

        Raises:
            StoreUnavailable: All are lent and none came back in time, or the pool is closed.
        """
        connection = self._take()
        try:
            yield connection
        finally:
            self._give_back(connection)

    def close(self) -> None:
        """Close the idle sessions; those that are lent close when they come back."""
        with self._free:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> psycopg.Connection:
        if self._pid != os.getpid():
            self._abandon()
        connection = self._reserve()
        if connection is not None:
            return connection
        try:
            return self._connect()
        except BaseException:
            with self._free:
                self._lent -= 1
                self._free.notify()
            raise

    def _reserve(self) -> psycopg.Connection | None:
        """Count one more as lent, and return an idle one that lives, or None if a new one is to be made."""
        deadline = time.monotonic() + self._timeout_s
        with self._free:
            while self._lent >= self._size and not self._closed:
                if not self._free.wait(deadline - time.monotonic()):
                    raise StoreUnavailable(
                        f"All {self._size} database sessions of this process were busy for {self._timeout_s:g} s. "
                        "Use fewer threads, or several processes."
                    )
            if self._closed:
                raise StoreUnavailable("The store was closed. Open it again with `Store.open(home)`.")
            self._lent += 1
            while self._idle:
                connection = self._idle.pop()
                if _lives(connection):
                    return connection
                connection.close()
        return None

    def _give_back(self, connection: psycopg.Connection) -> None:
        idle = (
            not connection.closed
            and connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
            and connection.info.pipeline_status == psycopg.pq.PipelineStatus.OFF
        )
        with self._free:
            self._lent -= 1
            keep = idle and not self._closed
            if keep:
                self._idle.append(connection)
            self._free.notify()
        if not keep:
            connection.close()

    def _abandon(self) -> None:
        """After a fork: the sessions are the parent's, and closing them here would end them there."""
        _ABANDONED.extend(self._idle)
        self._begin()


_ABANDONED: list[psycopg.Connection] = []


def _lives(connection: psycopg.Connection) -> bool:
    """Whether the server still holds the session: an idle one has nothing to read, unless it was ended."""
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)
