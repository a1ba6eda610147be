"""Where the telemetry of a home lies: `telemetry/log`, `telemetry/segments`, `telemetry/counts.json`."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path

from goldenthread.promise.errors import TelemetryHeld, TelemetryUnwritable


@dataclass(frozen=True, kw_only=True)
class Places:
    """The folders of one home's telemetry."""

    folder: Path

    @classmethod
    def of(cls, home: Path) -> Places:
        """Those of the home at this path."""
        return cls(folder=home / "telemetry")

    @property
    def log(self) -> Path:
        """Pieces of the log."""
        return self.folder / "log"

    @property
    def segments(self) -> Path:
        """Parquet files."""
        return self.folder / "segments"

    @property
    def counts(self) -> Path:
        """What was taken and refused, as the collector said last."""
        return self.folder / "counts.json"

    @property
    def lock(self) -> Path:
        """Held by the one process that writes here."""
        return self.folder / "lock"

    def prepare(self) -> None:
        """
        Make the folders, private to this OS user.

        Raises:
            TelemetryUnwritable: They cannot be made.
        """
        try:
            for folder in (self.folder, self.log, self.segments):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as problem:
            raise TelemetryUnwritable(
                f"The folder {self.folder} cannot be made: {problem.strerror or problem}. Mend that, then start again."
            ) from problem


def hold(places: Places) -> int:
    """
    Become the one process that writes there, until the descriptor that this returns is closed or the process dies.

    Raises:
        TelemetryHeld: Another is.
    """
    descriptor = os.open(places.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise TelemetryHeld(
            f"Another process takes telemetry in at {places.folder}. "
            "Stop that one, or send to it; there is one at a time."
        ) from None
    return descriptor


def counted(places: Places) -> dict[str, int]:
    """What was counted there before, by word; nothing where it cannot be read."""
    try:
        found = json.loads(places.counts.read_text())
        return {str(word): int(number) for word, number in found.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
