"""Where the telemetry of a home lies: `telemetry/log`, `telemetry/segments`, `telemetry/counts.json`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from goldenthread.promise.errors import TelemetryUnwritable


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
