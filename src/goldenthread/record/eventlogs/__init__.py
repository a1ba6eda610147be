"""
Event logs of people's work, as process mining has them: cases, activities, resources and when.

Knows XES and tables, read as they stream, and what a log says of cycle time, rework and throughput. Refuses to know
contracts, agents and telemetry. Invariants: no entity is ever followed; a case's id is text and nothing else, `NA` too;
an event that lacks what it needs is counted and left out; the same file gives the same figures, to the last digit.
"""

from goldenthread.record.eventlogs.figures import DEFINITIONS, StatusQuo, status_quo
from goldenthread.record.eventlogs.model import BAD, Case, Event, Tally
from goldenthread.record.eventlogs.reading import EventLog, open_log, unpacked
from goldenthread.record.eventlogs.tables import COLUMNS, Lines, heading_of, no_column, unknown_columns
from goldenthread.record.eventlogs.xes import RawTrace, read_traces

__all__ = [
    "BAD",
    "COLUMNS",
    "DEFINITIONS",
    "Case",
    "Event",
    "EventLog",
    "Lines",
    "RawTrace",
    "StatusQuo",
    "Tally",
    "heading_of",
    "no_column",
    "open_log",
    "read_traces",
    "status_quo",
    "unknown_columns",
    "unpacked",
]
