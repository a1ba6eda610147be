"""A file imported into a folder of its own, and what is then stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from goldenthread.record.imports import Imported, ImportedCounts, counted_spans, import_file, planned
from goldenthread.record.telemetry import Collector, Flattener, Pace, Places, Policy
from record.telemetry.emitted import plain_detectors, stored

SAMPLES = Path(__file__).parent / "samples"


class Taken:
    """What became of a file in a folder; `rows` are all spans there, in the order of their beginning."""

    def __init__(self, path: Path, folder: Path, *, pace: Pace | None = None, **wanted: Any) -> None:
        places = Places(folder=folder)
        self.plan = planned(path, **wanted)
        policy = Policy(content=lambda _: bool(wanted.get("content")))

        def flattener() -> Flattener:
            return Flattener(plain_detectors(), policy=policy)

        def collector() -> Collector:
            return Collector(places, flattener(), lambda _: None, pace=pace)

        self.done: Imported = import_file(self.plan, places, collector, flattener())
        self.counts: ImportedCounts = counted_spans(places, self.plan)
        self.folder = folder

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Every span."""
        return stored(self.folder)

    @property
    def refused(self) -> dict[str, int]:
        """How many were not taken, by reason."""
        return {reason: found["count"] for reason, found in self.done.journal.refused.items()}

    @property
    def places(self) -> list[str]:
        """Where the first ones that were not taken stand."""
        return [place for found in self.done.journal.refused.values() for place in found["first"]]
