"""
Compiled boundaries on disk, in a folder that belongs to this OS user alone.

Only a convenience: what is missing, damaged, foreign or wrong is compiled again, and a folder that cannot be used
keeps nothing. That a file was not tampered with is not this room's word: `promise.evidence.cache` proves each entry.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from pathlib import Path

LARGEST_FILE_BYTES = 9 << 20
"""A little more than the longest boundary takes."""
LARGEST_FOLDER_BYTES = 64 << 20
"""The files written longest ago go first."""

_OFF = "off"
_NAME = re.compile(r"[0-9a-f]{64}\.boundary")
_DRAFT = re.compile(r"\.[0-9a-f]{64}\.boundary\.[0-9a-f]{16}")
_ABANDONED_S = 3600.0  # a draft this old was left by a process that died
_OPEN = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK  # a link is not followed, a pipe is not waited for


class BoundaryFiles:
    """
    A `BoundaryStore` of files; several processes may use one folder at once.

    Args:
        folder: Need not exist before the first `save`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def chosen(cls) -> BoundaryFiles | None:
        """
        What the settings say.

        GOLDENTHREAD_CACHE, else `goldenthread` in the user's folder for caches (XDG_CACHE_HOME, else `~/.cache`).
        None if it is `off`, or where there is no such folder.
        """
        setting = os.environ.get("GOLDENTHREAD_CACHE")
        if setting == _OFF:
            return None
        with contextlib.suppress(RuntimeError):  # an OS user without a home folder
            if setting:
                return cls(Path(setting).expanduser().absolute())
            caches = Path(os.environ.get("XDG_CACHE_HOME") or "")
            return cls((caches if caches.is_absolute() else Path.home() / ".cache") / "goldenthread")
        return None

    def load(self, key: str) -> bytes | None:
        """The file's content; None if it is missing, unreadable, too large, or could be written by others."""
        name = _name(key)
        with contextlib.suppress(OSError), self._opened_folder() as folder:
            descriptor = os.open(name, os.O_RDONLY | _OPEN, dir_fd=folder)
            with os.fdopen(descriptor, "rb") as file:
                found = os.fstat(descriptor)
                if stat.S_ISREG(found.st_mode) and _ours_alone(found) and found.st_size <= LARGEST_FILE_BYTES:
                    return file.read(LARGEST_FILE_BYTES)
        return None

    def save(self, key: str, kept: bytes) -> None:
        """Replace the file whole; nothing, if the folder cannot be written."""
        name = _name(key)
        if len(kept) > LARGEST_FILE_BYTES:
            return
        with contextlib.suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._opened_folder() as folder:
                _replace(folder, name, kept)
                _prune(folder)

    @contextlib.contextmanager
    def _opened_folder(self) -> Iterator[int]:
        """The folder's descriptor, so that a check and a use mean the same folder; OSError where others may write."""
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if not _ours_alone(os.fstat(descriptor)):
                raise PermissionError(f"others may write to {self.folder}")
            yield descriptor
        finally:
            os.close(descriptor)


def _name(key: str) -> str:
    name = f"{key}.boundary"
    if not _NAME.fullmatch(name):
        raise ValueError(f"{key!r} names no boundary; it must be 64 hexadecimal digits.")
    return name


def _ours_alone(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _replace(folder: int, name: str, kept: bytes) -> None:
    draft = f".{name}.{secrets.token_hex(8)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _OPEN, 0o600, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(kept)
        # Not flushed to disk: a file that a power cut leaves torn is found damaged, and written again.
        os.replace(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(draft, dir_fd=folder)
        raise


def _prune(folder: int) -> None:
    """Remove abandoned drafts, and the oldest files beyond the folder's bound; never a file of another name."""
    kept = []
    for name in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):  # another process prunes too
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if _NAME.fullmatch(name):
                kept.append((found.st_mtime, found.st_size, name))
            elif _DRAFT.fullmatch(name) and found.st_mtime < time.time() - _ABANDONED_S:
                os.unlink(name, dir_fd=folder)
    total = 0
    for _, size, name in sorted(kept, reverse=True):
        total += size
        if total > LARGEST_FOLDER_BYTES:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
