"""
The manifest: which files hold the facts, and how far into each chain they reach.

It is replaced in one step, so whoever looks sees the facts as they were before a refresh or after it, never between;
files that no manifest names are left over from a process that died, and go.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from goldenthread.promise.errors import MetricsDamaged, MetricsUnwritable
from goldenthread.record.store import sync_folder, write_whole

FORMAT = 1
"""Facts of another format are made anew from the ledger, which has all that they say."""

_KINDS = ("rows", "gone", "daily", "flows")


@dataclass(frozen=True, kw_only=True)
class Part:
    """
    Files that were written together.

    Attributes:
        number: Ever higher; the rows of a part carry it as `written`.
        first_day, last_day: Of its rows, and of those that it takes back.
        rows: Facts in it; gone: earlier facts that these replace, of which the part has the whole rows, too.
        month: 'YYYYMM' for a part that holds one month, sorted; '' for one that came with a refresh.
    """

    number: int
    first_day: int
    last_day: int
    rows: int
    gone: int
    month: str = ""

    def path(self, folder: Path, kind: str) -> Path:
        """Where its 'rows', 'gone', 'daily' or 'flows' are."""
        return folder / f"{self.number:09d}-{kind}.parquet"


@dataclass(frozen=True, kw_only=True)
class Position:
    """The last record of a chain that facts were made from: its place and its hash."""

    seq: int = 0
    hash: str = ""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What stands. `refused` counts records that could not be read, by slice."""

    number: int = 0
    parts: tuple[Part, ...] = ()
    positions: Mapping[str, Position] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Facts that count."""
        return sum(part.rows - part.gone for part in self.parts)

    @property
    def fresh(self) -> tuple[Part, ...]:
        """Parts that came with a refresh and stand beside the months."""
        return tuple(part for part in self.parts if not part.month)


def read_manifest(folder: Path) -> Manifest:
    """
    What stands now; nothing where nobody ever made facts, or only in another format.

    Raises:
        MetricsDamaged: It cannot be read.
    """
    try:
        file = (folder / "manifest.json").stat()
        return _read(folder, (file.st_ino, file.st_mtime_ns, file.st_size))
    except FileNotFoundError:
        return Manifest()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise damaged(folder, problem) from problem


@lru_cache(maxsize=4)
def _read(folder: Path, _written: tuple[int, int, int]) -> Manifest:
    """Read once as long as it is the same file, for every question begins here; each writing makes another file."""
    said = json.loads((folder / "manifest.json").read_bytes())
    if said["format"] != FORMAT:
        return Manifest()
    return Manifest(
        number=int(said["number"]),
        parts=tuple(Part(**part) for part in said["parts"]),
        positions={name: Position(**position) for name, position in said["positions"].items()},
        refused={str(name): int(count) for name, count in said["refused"].items()},
    )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Let this stand; the files that it names are on disk already, and stay there from here on."""
    said: dict[str, Any] = {
        "format": FORMAT,
        "number": manifest.number,
        "parts": [vars(part) for part in manifest.parts],
        "positions": {name: vars(position) for name, position in sorted(manifest.positions.items())},
        "refused": dict(sorted(manifest.refused.items())),
    }
    sync_folder(folder)  # the parts' names before the name that says they count
    write_whole(folder / "manifest.json", json.dumps(said, indent=1), mode=0o666)


def remove_strays(folder: Path, manifest: Manifest) -> None:
    """Delete the files that do not count: of a refresh that was killed, or of parts that others took in."""
    kept = {part.path(folder, kind) for part in manifest.parts for kind in _KINDS}
    for path in folder.glob("*.parquet"):
        if path not in kept:
            path.unlink(missing_ok=True)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """
    Be the one process that writes there; waits for another.

    Raises:
        MetricsUnwritable: The folder cannot be made or written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as problem:
        raise MetricsUnwritable(
            f"The folder {folder} cannot be written: {problem.strerror or problem}. Mend that, then try again; "
            "the ledger has everything, so nothing is lost."
        ) from problem
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def damaged(folder: Path, problem: BaseException) -> MetricsDamaged:
    """The error of facts that cannot be read."""
    return MetricsDamaged(
        f"The facts in {folder} cannot be read: {type(problem).__name__}. "
        "Make them anew from the ledger with `goldenthread metrics rebuild`."
    )
