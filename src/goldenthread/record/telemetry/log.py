"""
The log: rows that were taken and stand in no segment yet, on disk before anybody is told that they were taken.

A piece of it is a file of frames: magic, length, checksum, an Arrow message; the first one is the schema. A frame that
is not whole ends the piece: it was being written when the process died, and nobody was told that it was taken.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from goldenthread.promise.errors import TelemetryUnwritable
from goldenthread.record.store import sync_folder
from goldenthread.record.telemetry.columns import SPANS

_HEAD = struct.Struct("<4sII")
_MAGIC = b"GTt1"
_RAW = struct.Struct("<Q")


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A file of the log, by its number; numbers only ever grow."""

    number: int
    path: Path


class Log:
    """
    Where rows are appended; one thread uses it.

    Args:
        folder: Of the log, which exists.
        first: Number of the first piece that it writes; higher than that of any piece or segment there is.
    """

    def __init__(self, folder: Path, first: int) -> None:
        self._folder = folder
        self._next = first
        self._file = -1
        self._broken = False
        self.piece: Piece | None = None
        self.octets = 0

    def append(self, batches: Sequence[Any]) -> None:
        """
        Write rows; when this returns, they outlive the process and the machine's power.

        Raises:
            TelemetryUnwritable: They may not; from then on nothing more is written, since what a disk that failed
                once says of the next flush cannot be believed.
        """
        if self._broken:
            raise TelemetryUnwritable(f"The log in {self._folder} failed before. Mend the disk, then start again.")
        try:
            if self.piece is None:
                self._begin()
            self._write(b"".join(_frame(batch.serialize()) for batch in batches))
            os.fdatasync(self._file)
        except Exception as problem:
            self._broken = True
            words = problem.strerror if isinstance(problem, OSError) else type(problem).__name__
            raise TelemetryUnwritable(
                f"The log in {self._folder} cannot be written: {words}. Nothing of this request was taken. "
                "Make room or mend the disk, then start again."
            ) from problem

    def seal(self) -> Piece | None:
        """End the piece, and return it; None where nothing was written."""
        sealed, self.piece = self.piece, None
        if sealed is not None:
            os.close(self._file)
        return sealed

    def close(self) -> None:
        """End the piece; it stays where it is."""
        self.seal()

    def _begin(self) -> None:
        path = self._folder / f"{self._next:012d}.log"
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.piece = Piece(number=self._next, path=path)
        self._next += 1
        self.octets = 0
        sync_folder(self._folder)
        self._write(_frame(SPANS.serialize()))

    def _write(self, octets: bytes) -> None:
        left = memoryview(octets)
        while left:
            left = left[os.write(self._file, left) :]
        self.octets += len(octets)


def pieces(folder: Path) -> list[Piece]:
    """The pieces that a folder holds, by number."""
    return sorted(
        (Piece(number=int(path.stem), path=path) for path in folder.glob("*.log") if path.stem.isdigit()),
        key=lambda piece: piece.number,
    )


def rows_of(piece: Piece) -> Any:
    """
    The rows of a piece as one table, as far as they are whole; in today's columns.

    Raises:
        FileNotFoundError: It is gone: a segment holds its rows by now.
    """
    frames = list(_frames(piece.path.read_bytes()))
    if not frames:
        return SPANS.empty_table()
    schema = pa.ipc.read_schema(frames[0])
    batches = [pa.ipc.read_record_batch(frame, schema) for frame in frames[1:]]
    return in_todays_columns(pa.Table.from_batches(batches, schema=schema))


def in_todays_columns(table: Any) -> Any:
    """A table with the columns that spans have today: those that it lacks are null, those of yesterday go."""
    if table.schema.equals(SPANS):
        return table
    made = [
        table[field.name].cast(field.type) if field.name in table.column_names else pa.nulls(len(table), field.type)
        for field in SPANS
    ]
    return pa.Table.from_arrays(made, schema=SPANS)


def _frame(payload: Any) -> bytes:
    octets = _RAW.pack(len(payload)) + pa.compress(payload, codec="lz4", asbytes=True)
    return _HEAD.pack(_MAGIC, len(octets), zlib.crc32(octets)) + bytes(octets)


def _frames(octets: bytes) -> Iterator[Any]:
    at = 0
    while at + _HEAD.size <= len(octets):
        magic, size, check = _HEAD.unpack_from(octets, at)
        payload = octets[at + _HEAD.size : at + _HEAD.size + size]
        if magic != _MAGIC or len(payload) != size or zlib.crc32(payload) != check:
            return
        yield pa.decompress(payload[_RAW.size :], *_RAW.unpack_from(payload), codec="lz4")
        at += _HEAD.size + size
