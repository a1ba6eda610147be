"""
Telemetry: spans of agents as OpenTelemetry sends them, stored so that runs and what they cost can be asked for.

Knows OTLP, what the dialects call things, the log, segments, and how spans make runs. Refuses to know contracts, tokens
and who may ask: what may be kept of content, and what is a secret, is handed in.
Invariants: who is told that a span was taken finds it again, after kill -9 too; nothing is stored uncleaned;
a segment never changes, and its digest goes on record before its piece of the log goes; what is not taken is counted.
"""

from importlib.util import find_spec

from goldenthread.promise.errors import TelemetryMissing

if find_spec("duckdb") is None or find_spec("pyarrow") is None:
    raise TelemetryMissing(
        "Telemetry is stored with DuckDB and pyarrow, and not both are installed. "
        "Run `pip install 'goldenthread[telemetry]'`."
    )

from goldenthread.record.telemetry.assemble import Evaluation, Step, TracedRun, assemble
from goldenthread.record.telemetry.cleaning import Detectors
from goldenthread.record.telemetry.collector import Collector, Pace
from goldenthread.record.telemetry.envelope import varint
from goldenthread.record.telemetry.events import sized, traces_from_logs
from goldenthread.record.telemetry.flatten import Flattener, Policy
from goldenthread.record.telemetry.group import Body, Outcome
from goldenthread.record.telemetry.limits import REASONS, TAKEN_LESS, WHOLE, Limits
from goldenthread.record.telemetry.listing import (
    DayOfAgent,
    Overview,
    Trace,
    by_day_and_agent,
    list_traces,
    overview,
)
from goldenthread.record.telemetry.otlp_json import logs_from_json, traces_from_json
from goldenthread.record.telemetry.places import Places
from goldenthread.record.telemetry.query import Telemetry
from goldenthread.record.telemetry.segments import Segment, Written
from goldenthread.record.telemetry.tending import Retention, damage

__all__ = [
    "REASONS",
    "TAKEN_LESS",
    "WHOLE",
    "Body",
    "Collector",
    "DayOfAgent",
    "Detectors",
    "Evaluation",
    "Flattener",
    "Limits",
    "Outcome",
    "Overview",
    "Pace",
    "Places",
    "Policy",
    "Retention",
    "Segment",
    "Step",
    "Telemetry",
    "Trace",
    "TracedRun",
    "Written",
    "assemble",
    "by_day_and_agent",
    "damage",
    "list_traces",
    "logs_from_json",
    "overview",
    "sized",
    "traces_from_json",
    "traces_from_logs",
    "varint",
]
