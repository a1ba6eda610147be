"""
Facts: one row a run, made from the ledger, kept in Parquet, and asked for the standard metrics.

Knows the fold from records to facts, how they are kept up to date, and one Ibis expression a metric. Refuses to know
levels and pages; of contracts it knows the lines of the workflow.
Invariants: facts follow from the ledger, whatever pieces it comes in, and only costs are taken in from elsewhere; a
refresh stands as a whole or not at all; an engine counts, adds and ranks whole numbers, and divides nothing; what
nobody measured is None, never zero.
"""

from importlib.util import find_spec

from goldenthread.promise.errors import MetricsMissing

if any(find_spec(name) is None for name in ("duckdb", "ibis", "pyarrow")):
    raise MetricsMissing(
        "Metrics are kept with DuckDB, Ibis and pyarrow, and not all of them are installed. "
        "Run `pip install 'goldenthread[metrics]'`."
    )

from goldenthread.record.metrics.facts.asking import Behind, Days, Facts, facts_in_memory, open_facts, standard
from goldenthread.record.metrics.facts.columns import FACT_NAMES, TYPES, Fact
from goldenthread.record.metrics.facts.costing import CaseMoney, take_costs
from goldenthread.record.metrics.facts.expressions import BY
from goldenthread.record.metrics.facts.folding import FACT_KINDS, Fold
from goldenthread.record.metrics.facts.lines import LineState, line_states
from goldenthread.record.metrics.facts.manifest import Manifest, read_manifest
from goldenthread.record.metrics.facts.measured import Measured
from goldenthread.record.metrics.facts.projecting import Pace, Refreshed, facts_as_of, rebuild, refresh

__all__ = [
    "BY",
    "FACT_KINDS",
    "FACT_NAMES",
    "TYPES",
    "Behind",
    "CaseMoney",
    "Days",
    "Fact",
    "Facts",
    "Fold",
    "LineState",
    "Manifest",
    "Measured",
    "Pace",
    "Refreshed",
    "facts_as_of",
    "facts_in_memory",
    "line_states",
    "open_facts",
    "read_manifest",
    "rebuild",
    "refresh",
    "standard",
    "take_costs",
]
