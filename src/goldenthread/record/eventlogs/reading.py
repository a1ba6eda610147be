"""A log from its file: what it is, is told from its bytes; it is unpacked as it is read."""

from __future__ import annotations

import gzip
import hashlib
import io
import stat
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from goldenthread.promise.errors import EventLogInvalid, FileUnusable, ValueProblem
from goldenthread.record.eventlogs.model import Case, Tally
from goldenthread.record.eventlogs.tables import COLUMNS, read_table
from goldenthread.record.eventlogs.xes import read_xes

_BOMB_BYTES, _BOMB_RATIO = 256 * 1024 * 1024, 250
_CHUNK = 1024 * 1024


class Counted(io.RawIOBase):
    """A stream that ends in an error where what is packed unpacks to more than any log does."""

    def __init__(self, stream: IO[bytes], size: int, name: str) -> None:
        self._stream, self._size, self._name, self._out = stream, size, name, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer; raises EventLogInvalid."""
        try:
            found = self._stream.read(len(buffer))
        except (OSError, EOFError, zlib.error) as problem:
            words = f"it cannot be unpacked to its end ({type(problem).__name__})"
            raise EventLogInvalid(f"{self._name}: {words}. Nothing of it is used; get it whole.") from problem
        self._out += len(found)
        if self._out > _BOMB_BYTES and self._out > _BOMB_RATIO * max(self._size, 1):
            words = f"it unpacks to more than {_BOMB_RATIO} times its size, as no log does"
            raise EventLogInvalid(f"{self._name}: {words}. Nothing of it is used; unpack it if you trust it.")
        buffer[: len(found)] = found
        return len(found)


def unpacked(file: IO[bytes], path: Path) -> IO[bytes]:
    """
    What a file holds, unpacked as it is read if gzip packed it; a bomb or a cut end is an EventLogInvalid then.

    Args:
        file: Opened, at its beginning.
        path: Of it, for its size and for errors.
    """
    head = file.read(2)
    file.seek(0)
    if head != b"\x1f\x8b":
        return file
    counted = Counted(cast(IO[bytes], gzip.GzipFile(fileobj=file)), path.stat().st_size, path.name)
    return cast(IO[bytes], io.BufferedReader(counted, _CHUNK))


class EventLog:
    """
    A log; made by `open_log`. Its cases are read anew with each look, and never all held where it is XES.

    Attributes:
        path: The file.
        digest: `sha256:...` of its bytes.
        tally: What was read by the last look that came to its end.
    """

    def __init__(self, path: Path, digest: str, zone: ZoneInfo, columns: Mapping[str, str]) -> None:
        self.path, self.digest = path, digest
        self.tally = Tally()
        self._zone, self._columns = zone, columns

    def cases(self) -> Iterator[Case]:
        """
        Every case that has an event that counts.

        Raises:
            EventLogInvalid: The file cannot be read to its end.
        """
        tally, seen = Tally(), set[str]()
        self.tally = tally
        with self.path.open("rb") as file:
            for case in self._read(file, tally):
                if not case.events:
                    tally.empty += 1
                    continue
                tally.again += case.id in seen
                seen.add(case.id)
                tally.cases += 1
                tally.events += len(case.events)
                yield case

    def _read(self, file: IO[bytes], tally: Tally) -> Iterator[Case]:
        stream = unpacked(file, self.path)
        beginning = stream.peek(512)[:512] if isinstance(stream, io.BufferedReader) else b""
        if beginning.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") or beginning[:2] in (
            b"\xff\xfe",
            b"\xfe\xff",
        ):
            return read_xes(stream, self.path.name, self._zone, tally)
        return read_table(stream, self.path.name, self._zone, tally, self._columns)


def open_log(path: Path, *, zone: str = "UTC", columns: Mapping[str, str] | None = None) -> EventLog:
    """
    A log in a file: XES or CSV, packed with gzip or not.

    Args:
        path: The file.
        zone: Of times that name none.
        columns: Of a table, by meaning; what is not given is told by name.

    Raises:
        FileUnusable: It cannot be read.
        ValueProblem: No such zone, or nothing that a column stands for.
    """
    unknown = [meaning for meaning in columns or {} if meaning not in COLUMNS]
    if unknown:
        raise ValueProblem(f"'{unknown[0][:40]}' is nothing that a column stands for. There are {', '.join(COLUMNS)}.")
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise FileUnusable(f"{path} cannot be read: it is no ordinary file. Name the file with the log.")
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        known = ZoneInfo(zone)
    except OSError as problem:
        raise FileUnusable(
            f"{path} cannot be read: {problem.strerror or problem}. Name another file, or mend the cause."
        ) from problem
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueProblem(f"'{zone[:40]}' is no time zone. Write e.g. Europe/Berlin.") from None
    return EventLog(path, f"sha256:{digest}", known, columns or {})
