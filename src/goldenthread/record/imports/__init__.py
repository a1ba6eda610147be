"""
Imports: what other tools recorded of agents, from their files to telemetry, as if it had been sent.

Knows their formats, how a file is read within bounds, and how far an import has come. Refuses to know contracts and
levels: an import earns nothing. Invariants: what a file holds is said before anything is stored, and refused when it
cannot be told; a cut import goes on to exactly what an uncut one gives; the same file again adds nothing; a broken row
is counted, named, and costs no other; a run that ended on a fault is a fault.
"""

from goldenthread.record.imports.importing import Imported, import_file
from goldenthread.record.imports.journal import Journal
from goldenthread.record.imports.model import FORMATS, REASONS, Format, Unit
from goldenthread.record.imports.plan import Plan, planned
from goldenthread.record.imports.summary import ImportedCounts, counted_spans, first_rows

__all__ = [
    "FORMATS",
    "REASONS",
    "Format",
    "Imported",
    "ImportedCounts",
    "Journal",
    "Plan",
    "Unit",
    "counted_spans",
    "first_rows",
    "import_file",
    "planned",
]
