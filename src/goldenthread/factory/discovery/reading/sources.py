"""What every kind of log gives, and what a file is, told from its bytes."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from goldenthread.factory.discovery.reading.database import Workbench
from goldenthread.factory.discovery.reading.model import Left, Notice
from goldenthread.promise.errors import EventLogInvalid, FileUnusable

SAMPLE_ROWS = 1000
"""Rows by which columns and times are told."""


class Source(Protocol):
    """A log before anything is known of what its columns mean."""

    form: str

    def columns(self) -> Sequence[str]:
        """Their names."""

    def sample(self) -> Sequence[Sequence[str]]:
        """The first rows as text, '' for nothing."""

    def relation(self, bench: Workbench, wanted: Mapping[str, str]) -> str:
        """SQL of a table with a column by each meaning of `wanted`, in the log's order; it may be asked for once."""

    def about(self, bench: Workbench) -> int:
        """How many events there are, about; asked once there is the relation."""

    def left_out(self, bench: Workbench) -> Mapping[str, Left]:
        """What could not be made a row of it; known once the relation was read."""

    def notices(self) -> Sequence[Notice]:
        """What is to be known of it besides; likewise."""


def require_file(path: Path) -> None:
    """
    Raises:
        FileUnusable: It is not there, or no ordinary file.
    """
    try:
        ordinary = stat.S_ISREG(path.stat().st_mode)
        with path.open("rb"):
            pass
    except OSError as problem:
        raise FileUnusable(
            f"{path} cannot be read: {problem.strerror or problem}. Name another file, or mend the cause."
        ) from problem
    if not ordinary:
        raise FileUnusable(f"{path} cannot be read: it is no ordinary file. Name the file with the log.")


def digest_of(path: Path) -> str:
    """`sha256:...` of a file's bytes."""
    with path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


def kind_of(path: Path, head: bytes) -> str:
    """
    What a file holds: xes, xml (OCEL's), json, sqlite, parquet or table.

    Args:
        path: For the name in errors.
        head: Its first bytes, unpacked.

    Raises:
        EventLogInvalid: It is none of these, or empty.
    """
    if not head.strip(b"\xef\xbb\xbf \t\r\n\x00"):
        raise EventLogInvalid(f"{path.name}: it is empty. Export the log again.")
    if head.startswith(b"SQLite format 3\x00"):
        return "sqlite"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise EventLogInvalid(
            f"{path.name}: it is a workbook or another archive, not a log. Save its table as CSV, or unpack it."
        )
    plain = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if plain.startswith(b"<") or head[:4] in (b"\xff\xfe<\x00", b"\xfe\xff\x00<"):
        return "xes"
    return "json" if plain.startswith(b"{") else "table"
