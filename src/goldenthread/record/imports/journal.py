"""How far an import has come: a small file beside the telemetry, written when units are durable, never before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from goldenthread.promise.errors import TelemetryUnwritable
from goldenthread.record.store import write_whole
from goldenthread.record.telemetry import Places

SHOWN = 5
"""Places that are named for each reason."""


@dataclass(kw_only=True)
class Journal:
    """
    What became of a file so far.

    Attributes:
        id: Of the import: a digest of the file and of how it is read.
        file: Its name.
        format: What it holds.
        units: How many units are settled: durable, or refused.
        since_ns: When the oldest unit was handed over that was not settled then, nanoseconds since 1970.
        done: Whether that is all.
        spans: Taken.
        messages: Of recorded conversations.
        runs: Recorded runs.
        faults: Of these, such as broke off for a cause outside the agent.
        refused: By reason: how many, and where the first ones stand, with words.
    """

    id: str
    file: str
    format: str
    units: int = 0
    since_ns: int = 0
    done: bool = False
    spans: int = 0
    messages: int = 0
    runs: int = 0
    faults: int = 0
    refused: dict[str, dict[str, Any]] = field(default_factory=dict)

    def refuse(self, reason: str, place: str, words: str, number: int = 1) -> None:
        """Count what is not taken."""
        found = self.refused.setdefault(reason, {"count": 0, "first": []})
        found["count"] += number
        if len(found["first"]) < SHOWN:
            found["first"].append(f"{place}: {words}" if words else place)

    def write(self, places: Places) -> None:
        """
        Leave it on disk.

        Raises:
            TelemetryUnwritable: It cannot be.
        """
        folder = _folder(places)
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            write_whole(folder / f"{self.id}.json", json.dumps(asdict(self)))
        except OSError as problem:
            raise TelemetryUnwritable(
                f"The progress of the import cannot be written to {folder}: {problem.strerror or problem}. "
                "Make room or mend the disk, then import the file again to continue."
            ) from problem


def journal_of(places: Places, id: str, file: str, format: str) -> Journal:
    """What became of an import so far; from the beginning where nobody knows."""
    try:
        said: Mapping[str, Any] = json.loads((_folder(places) / f"{id}.json").read_text())
        found = Journal(**said)
    except (OSError, ValueError, TypeError):
        return Journal(id=id, file=file, format=format)
    return found if found.id == id else Journal(id=id, file=file, format=format)


def _folder(places: Places) -> Path:
    return places.folder / "imports"
