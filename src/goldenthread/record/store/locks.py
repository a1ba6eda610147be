"""
Locks on files, by flock.

The kernel drops a lock when its holder dies, by signal 9 too, and a zombie holds none: so a list of living users
needs no process ids, no pruning, and no guess whether an id was given to somebody else.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from goldenthread.promise.errors import StoreUnavailable

_PAUSE_S = 0.005


@contextmanager
def exclusive(path: Path, *, timeout_s: float) -> Iterator[None]:
    """
    Hold the file alone for the length of the block.

    Raises:
        StoreUnavailable: Somebody else held it for all of `timeout_s` seconds.
    """
    descriptor = _open(path)
    try:
        deadline = time.monotonic() + timeout_s
        while not _try(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise StoreUnavailable(
                    f"Another process has held {path} for {timeout_s:g} s, so the database can be neither started "
                    f"nor stopped. Find it with `fuser {path}` and end it, then try again."
                )
            time.sleep(_PAUSE_S)
        yield
    finally:
        os.close(descriptor)


class Share:
    """Membership in the living users of something: a shared lock that is held until `drop` or death."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> None:
        """Become a user. Never waits: the lock is only ever shared, or taken alone for a moment under `exclusive`."""
        if self._descriptor is None:
            self._descriptor = _open(self._path)
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def drop(self) -> None:
        """Be no user any more."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def others(self) -> bool:
        """Whether anybody else alive uses it; ask after `drop`, under the exclusive lock of the same thing."""
        descriptor = _open(self._path)
        try:
            return not _try(descriptor, fcntl.LOCK_EX)
        finally:
            os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: what was created, renamed or removed there."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
