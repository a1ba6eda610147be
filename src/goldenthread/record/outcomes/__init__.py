"""
Outcomes: values of a business number, read from where its owner keeps them, and every version of each.

Knows sources (a file, a query), rows and their form, and what was known of each case or period on which day. Refuses
to know contracts, baselines, windows and levels. Invariants: a row that cannot be taken is named and keeps no other
back; an amount is a whole number of millionths and never rounded; a value is never overwritten; what a case was worth
is sealed with the case's key, so that erasing the case erases it; a database is only ever read, in bounded time.
"""

from goldenthread.record.outcomes.databases import rows_of_query
from goldenthread.record.outcomes.reading import MOST_ROWS, Reading, read_source
from goldenthread.record.outcomes.rows import MILLION, Row, RowProblem, micro, of_micro, parse_row
from goldenthread.record.outcomes.schema import OUTCOMES_SCHEMA
from goldenthread.record.outcomes.source import COLUMNS, Source, make_source
from goldenthread.record.outcomes.values import (
    Kept,
    Known,
    SealedRows,
    keep_rows,
    known_rows,
    rows_digest,
    seal_rows,
    with_rows,
)

__all__ = [
    "COLUMNS",
    "MILLION",
    "MOST_ROWS",
    "OUTCOMES_SCHEMA",
    "Kept",
    "Known",
    "Reading",
    "Row",
    "RowProblem",
    "SealedRows",
    "Source",
    "keep_rows",
    "known_rows",
    "make_source",
    "micro",
    "of_micro",
    "parse_row",
    "read_source",
    "rows_digest",
    "rows_of_query",
    "seal_rows",
    "with_rows",
]
