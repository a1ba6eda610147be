"""Reading files that strangers wrote: bounded, never following a path out of its tree, never raising on contents."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

MOST_BYTES = 1_000_000
MOST_ENTRIES = 5_000


class Unreadable(Exception):
    """A file that is skipped; the message is the counted reason."""


def read_text(path: Path, *, within: Path, most_bytes: int = MOST_BYTES) -> str:
    """
    The text of a regular file, decoded as UTF-8, else as Latin-1.

    Args:
        path: The file; may be a symbolic link as long as it ends inside `within`.
        within: The tree that the file must lie in after links are resolved.
        most_bytes: Bytes, >= 1; a longer file is refused rather than cut.

    Raises:
        Unreadable: Missing, no regular file, outside its tree, a link loop, too large or binary.
    """
    real = _resolved(path)
    if not real.is_relative_to(_resolved(within)):
        raise Unreadable("file outside its tree")
    content = _bytes(real, most_bytes)
    if b"\0" in content:
        raise Unreadable("binary file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """The folder's entries in order of name, at most `MOST_ENTRIES`; none if it cannot be listed."""
    try:
        with os.scandir(folder) as listing:
            found = sorted(listing, key=lambda entry: entry.name)
    except OSError:
        return
    yield from found[:MOST_ENTRIES]


def folders(folder: Path) -> Iterator[Path]:
    """The folders inside, in order of name; links are not followed, so there are no loops."""
    for entry in entries(folder):
        if _is_folder(entry):
            yield Path(entry.path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _resolved(path: Path) -> Path:
    try:
        return path.resolve(strict=True)
    except FileNotFoundError:
        raise Unreadable("no such file") from None
    except (OSError, RuntimeError, ValueError):
        raise Unreadable("unresolvable path") from None


def _bytes(path: Path, most_bytes: int) -> bytes:
    """Opened without blocking and checked after opening, so that a pipe or a swapped file does no harm."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        raise Unreadable("unreadable file") from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Unreadable("no regular file")
        with os.fdopen(descriptor, "rb", closefd=False) as opened:
            content = opened.read(most_bytes + 1)
    except OSError:
        raise Unreadable("unreadable file") from None
    finally:
        os.close(descriptor)
    if len(content) > most_bytes:
        raise Unreadable("file too large")
    return content
