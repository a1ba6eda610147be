"""Importing a file into a home's telemetry: the same detectors, content policy and record as what is received."""

from __future__ import annotations

from goldenthread.control.guard import GUARD
from goldenthread.promise.values import Json
from goldenthread.record.imports import Imported, ImportedCounts, Plan, counted_spans, import_file
from goldenthread.record.imports.importing import Progress
from goldenthread.record.ledger import ORGANISATION, Ledger
from goldenthread.record.telemetry import Collector, Flattener, Places, Policy
from goldenthread.surfaces.otlp.keeping import anchoring, content_policy, detectors

IMPORTED = "telemetry:import"
"""Kind of the record that says which file was imported, by digest, and what it came to."""


def take_in(
    ledger: Ledger, plan: Plan, *, content: bool = False, progress: Progress = lambda _: None
) -> tuple[Imported, ImportedCounts]:
    """
    Import a file, and put on record that it was.

    Args:
        ledger: Of the home.
        plan: Made by `planned`.
        content: Keep what was said, without secrets and personal data, where no contract forbids it.
        progress: Told how far it is.

    Raises:
        TelemetryHeld, TelemetryUnwritable, ImportInvalid, ImportChanged: As `import_file`.
    """
    places = Places.of(ledger.vault.home.path)
    places.prepare()

    def flattener() -> Flattener:
        return Flattener(detectors(), policy=Policy(content=content_policy(ledger, content)))

    def collector() -> Collector:
        return Collector(places, flattener(), anchoring(ledger))

    done = import_file(plan, places, collector, flattener(), progress=progress)
    counts = counted_spans(places, plan)
    _record(ledger, done, counts)
    return done, counts


def _record(ledger: Ledger, done: Imported, counts: ImportedCounts) -> None:
    """Once for each import, also where the process died between its end and its record."""
    with ledger.transaction(ORGANISATION) as tx:
        if any(record.data["import"] == done.plan.id for record in ledger.read(ORGANISATION, kinds=[IMPORTED])):
            return
        said: dict[str, Json] = {
            "import": done.plan.id,
            "file": done.plan.digest,
            "format": done.plan.told.format,
            "slice": done.plan.slice,
            "spans": counts.spans,
            "traces": counts.traces,
            "refused": {reason: found["count"] for reason, found in sorted(done.journal.refused.items())},
        }
        tx.append(ORGANISATION, IMPORTED, GUARD, said)
