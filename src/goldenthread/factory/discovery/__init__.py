"""
Discovery: what an event log shows of how work is really done today.

Knows logs in every common form, figures over them, and the process drawn as a map. Refuses to know contracts, agents
and who may look. Invariants: an event that cannot be taken is counted by its kind and shown, never swallowed; a case
id is text, 'NA' too; events of a case are ordered by time, then as the log has them; a figure has one definition, in
words, and the same log gives the same figures to the last digit; where the log cannot tell, nothing is said.
"""

from importlib.util import find_spec

from goldenthread.promise.errors import DiscoveryMissing

if find_spec("duckdb") is None or find_spec("pyarrow") is None:
    raise DiscoveryMissing(
        "Event logs are looked into with DuckDB and pyarrow, and not both are installed. "
        "Run `pip install 'goldenthread[discovery]'`."
    )

from goldenthread.factory.discovery.drawing.levels import SHARES, Flow, Level
from goldenthread.factory.discovery.drawing.picture import process_map
from goldenthread.factory.discovery.figures.durations import duration
from goldenthread.factory.discovery.figures.model import (
    DEFINITIONS,
    Activity,
    Change,
    Deadlines,
    Drift,
    Edge,
    Figures,
    Handover,
    Handovers,
    Lone,
    Loop,
    Month,
    NamedEnds,
    Overview,
    Resource,
    Rework,
    Seasons,
    Shift,
    Spread,
    Timer,
    Variant,
    Within,
)
from goldenthread.factory.discovery.figures.whole import figures_of
from goldenthread.factory.discovery.reading.logs import Log, open_log, open_rows
from goldenthread.factory.discovery.reading.model import LEFT_OUT, NAMES, Choice, Intake, Left, Notice, Options
from goldenthread.factory.discovery.reading.own import ledger_rows, telemetry_rows
from goldenthread.factory.discovery.reading.queries import rows_from_query
from goldenthread.factory.discovery.reading.rows import Rows
from goldenthread.factory.discovery.reading.times import FORMS
from goldenthread.factory.discovery.report.findings import day, percent
from goldenthread.factory.discovery.report.whole import Report, report_of

__all__ = [
    "DEFINITIONS",
    "FORMS",
    "LEFT_OUT",
    "NAMES",
    "SHARES",
    "Activity",
    "Change",
    "Choice",
    "Deadlines",
    "Drift",
    "Edge",
    "Figures",
    "Flow",
    "Handover",
    "Handovers",
    "Intake",
    "Left",
    "Level",
    "Log",
    "Lone",
    "Loop",
    "Month",
    "NamedEnds",
    "Notice",
    "Options",
    "Overview",
    "Report",
    "Resource",
    "Rework",
    "Rows",
    "Seasons",
    "Shift",
    "Spread",
    "Timer",
    "Variant",
    "Within",
    "day",
    "duration",
    "figures_of",
    "ledger_rows",
    "open_log",
    "open_rows",
    "percent",
    "process_map",
    "report_of",
    "rows_from_query",
    "telemetry_rows",
]
