"""Bytes of files that somebody else wrote: unpacked as they are read, and never more of them held than is said here."""

from __future__ import annotations

import gzip
import io
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO, cast

from goldenthread.promise.errors import FileUnusable, ImportInvalid

LONGEST = 32 * 1024 * 1024
"""Bytes of one line, one element of a list, or one file in an archive; longer ones are refused."""

_GZIP = b"\x1f\x8b"
_OTHER = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"7z\xbc\xaf": "7-Zip"}
_BOMB_BYTES, _BOMB_RATIO = 256 * 1024 * 1024, 250
_CHUNK = 1024 * 1024


class Unpacked(io.RawIOBase):
    """
    A file as it reads, unpacked where it is packed with gzip.

    Attributes:
        taken: Bytes of the file itself that were read.
    """

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("rb")
        self._name = path.name
        head = self._file.read(8)
        self._file.seek(0)
        for magic, packer in _OTHER.items():
            if head.startswith(magic):
                raise ImportInvalid(
                    f"{path.name}: it is packed with {packer}, which is not read. Unpack it, or pack it with gzip."
                )
        self._packed = head.startswith(_GZIP)
        self._stream: IO[bytes] = cast(IO[bytes], gzip.GzipFile(fileobj=self._file)) if self._packed else self._file
        self._out = 0

    @property
    def taken(self) -> int:
        """Bytes of the file itself that were read so far."""
        return self._file.tell()

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Bytes into a buffer; how many."""
        try:
            found = self._stream.read(len(buffer))
        except (OSError, EOFError, zlib.error) as problem:
            raise ImportInvalid(
                f"{self._name}: it cannot be unpacked to its end ({type(problem).__name__}). "
                "What stood before it stays; get it whole and import that: what comes twice counts once."
            ) from problem
        self._out += len(found)
        if self._packed and self._out > _BOMB_BYTES and self._out > _BOMB_RATIO * max(self.taken, 1):
            raise ImportInvalid(
                f"{self._name}: it unpacks to more than {_BOMB_RATIO} times its size, as no export does. "
                "Unpack it yourself if you trust it, and import that."
            )
        buffer[: len(found)] = found
        return len(found)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
        super().close()


def regular(path: Path) -> int:
    """
    The size of an ordinary file.

    Raises:
        FileUnusable: It is none.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            what = "a folder" if stat.S_ISDIR(found.st_mode) else "no ordinary file"
            raise FileUnusable(f"{path} cannot be read: it is {what}. Name the file that was exported.")
        with path.open("rb"):
            return found.st_size
    except OSError as problem:
        raise FileUnusable(
            f"{path} cannot be read: {problem.strerror or problem}. Name another file, or mend the cause."
        ) from problem


def opened(path: Path) -> io.BufferedReader:
    """
    A file as it reads, unpacked if need be.

    Raises:
        FileUnusable: It cannot be opened.
        ImportInvalid: It is packed with something else than gzip.
    """
    regular(path)
    return io.BufferedReader(Unpacked(path), _CHUNK)


def lines(stream: IO[bytes], *, longest: int = LONGEST) -> Iterator[tuple[int, bytes | None]]:
    """Lines by number, without their end; None for one that is too long, of which no more than that is ever held."""
    number = 0
    while found := stream.readline(longest + 1):
        number += 1
        if len(found) > longest and not found.endswith(b"\n"):
            while (rest := stream.readline(_CHUNK)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        else:
            yield number, found.removesuffix(b"\n").removesuffix(b"\r")
