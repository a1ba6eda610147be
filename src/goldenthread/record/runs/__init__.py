"""
Recorded runs of agents: whole conversations from elsewhere, as runs, steps, actions and outcome labels.

Knows the result files of two benchmarks, how a run ended in each, and where an import lies.
Refuses to know contracts, gates and levels: an import earns nothing, it can only be asked what it would have earned.
Invariants: a file is imported whole or not at all, and each run of it once; a fault has no label; what is read back is
what was imported, or an error; a case's content is sealed under its own key, so that erasing the case reaches it.
"""

from goldenthread.record.runs.imports import (
    IMPORT,
    MAY_IMPORT,
    Imported,
    holds_imported,
    import_runs,
    imported_runs,
    open_import,
)
from goldenthread.record.runs.model import (
    FORMATS,
    Format,
    RecordedAgent,
    RecordedOutcome,
    RecordedRun,
    RecordedStep,
    RunSet,
)
from goldenthread.record.runs.reading import read_runs
from goldenthread.record.runs.summary import RunsSummary, summarise

__all__ = [
    "FORMATS",
    "IMPORT",
    "MAY_IMPORT",
    "Format",
    "Imported",
    "RecordedAgent",
    "RecordedOutcome",
    "RecordedRun",
    "RecordedStep",
    "RunSet",
    "RunsSummary",
    "holds_imported",
    "import_runs",
    "imported_runs",
    "open_import",
    "read_runs",
    "summarise",
]
