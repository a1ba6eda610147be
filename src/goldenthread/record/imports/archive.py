"""Files in a zip archive, read one by one into bounded memory; nothing of it is ever written to a disk."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from goldenthread.promise.errors import ImportInvalid
from goldenthread.record.imports.octets import LONGEST

ZSTANDARD = 93
"""How zip names Zstandard, by which Inspect packs its logs; the standard library reads it from 3.14 on."""

_MOST_FILES = 1_000_000
_BOMB_BYTES, _BOMB_RATIO = 256 * 1024 * 1024, 250
_LOCAL = struct.Struct("<4s5H3I2H")


class Archive:
    """
    A zip archive.

    Args:
        path: Where it is.

    Raises:
        ImportInvalid: It is none, or says that it unpacks to more than any export does.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as problem:
            raise ImportInvalid(
                f"{path.name}: it is no zip archive that can be read ({type(problem).__name__}). Export it again."
            ) from problem
        entries = self._zip.infolist()
        size = path.stat().st_size
        whole = sum(one.file_size for one in entries)
        if len(entries) > _MOST_FILES or (whole > _BOMB_BYTES and whole > _BOMB_RATIO * size):
            raise ImportInvalid(
                f"{path.name}: it says that it holds {len(entries):,} files of {whole:,} bytes in {size:,}, as no "
                "export does. Unpack it yourself if you trust it, and import what it holds."
            )

    def names(self) -> Iterator[str]:
        """The files in it, in their order."""
        return (one.filename for one in self._zip.infolist() if not one.is_dir())

    def read(self, name: str) -> tuple[bytes, str, str]:
        """What a file holds; or b"", a word of REASONS, and what is wrong."""
        entry = self._zip.getinfo(name)
        if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or ":" in name[:3]:
            return b"", "name", f"it is called {name[:80]!r}"
        if max(entry.file_size, entry.compress_size) > LONGEST:
            return b"", "long", f"it has {entry.file_size:,} bytes; at most {LONGEST:,} are read"
        try:
            found = self._zstandard(entry) if entry.compress_type == ZSTANDARD else self._plain(entry)
        except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, RuntimeError, zlib.error) as problem:
            return b"", "packed", f"it cannot be unpacked ({type(problem).__name__})"
        if len(found) > LONGEST:
            return b"", "long", f"it has more than {LONGEST:,} bytes, whatever it says"
        return found, "", ""

    def close(self) -> None:
        """Let go of the file."""
        self._zip.close()

    def _plain(self, entry: zipfile.ZipInfo) -> bytes:
        with self._zip.open(entry) as file:
            return file.read(LONGEST + 1)

    def _zstandard(self, entry: zipfile.ZipInfo) -> bytes:
        with self._path.open("rb") as file:
            file.seek(entry.header_offset)
            local = _LOCAL.unpack(file.read(_LOCAL.size))
            if local[0] != b"PK\x03\x04":
                raise zipfile.BadZipFile
            file.seek(local[9] + local[10], io.SEEK_CUR)
            packed = file.read(entry.compress_size)
        with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as stream:
            found = bytes(stream.read(LONGEST + 1))
        if len(found) <= LONGEST and zlib.crc32(found) != entry.CRC:
            raise zipfile.BadZipFile
        return found
