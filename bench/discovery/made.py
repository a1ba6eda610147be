"""An event log made by arithmetic: the same events at each call, as CSV, Parquet and XES."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

STEPS_A_CASE = 7
_EVENTS = """
select 'case-' || c as "case:concept:name",
    'Activity ' || chr(65 + ((n + (hash(c, n) % 8 = 0)::int * 15 + (hash(c) % 5 = 0)::int) % 16)::int)
        as "concept:name",
    timestamptz '2024-01-01 00:00:00+00' + interval 1 second * (c * 20 + n * 7200 + (hash(n, c) % 7200)::bigint)
        as "time:timestamp",
    'user ' || (hash(c + n) % 200) as "org:resource"
from (select c, unnest(range(4 + (hash(c * 31) % 7)::bigint)) as n from range({cases}) cases(c))
"""
_TEXT = "strftime(\"time:timestamp\", '%Y-%m-%dT%H:%M:%S+00:00')"
_PAGE = 100_000


def make_log(folder: Path, events: int, forms: tuple[str, ...]) -> dict[str, Path]:
    """
    Write about so many events, in the order of time; XES by case.

    Args:
        folder: Where.
        events: How many, nearly.
        forms: Of 'csv', 'parquet', 'xes'.
    """
    made = {form: folder / f"log.{form}" for form in forms}
    with duckdb.connect(":memory:", config={"temp_directory": str(folder), "memory_limit": "2GB"}) as database:
        database.execute("set timezone = 'UTC'; set enable_progress_bar = false")
        database.execute(f"create table log as {_EVENTS.format(cases=events // STEPS_A_CASE)}")
        whole = 'select * from log order by "time:timestamp", 1'
        if "csv" in made:
            text = whole.replace("*", f'* replace ({_TEXT} as "time:timestamp")')
            database.execute(f"copy ({text}) to '{made['csv']}' (header, delimiter ',')")
        if "parquet" in made:
            database.execute(f"copy ({whole}) to '{made['parquet']}'")
        if "xes" in made:
            _write_xes(database, made["xes"])
    return made


def _write_xes(database: duckdb.DuckDBPyConnection, path: Path) -> None:
    rows = database.execute(
        f'select "case:concept:name", "concept:name", {_TEXT}, "org:resource" from log order by 1, 3'
    )
    last = None
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1849-2016" '
                   'xmlns="http://www.xes-standard.org/">\n')  # fmt: skip
        while page := rows.fetchmany(_PAGE):
            for case, activity, at, who in page:
                if case != last:
                    file.write(f'{"</trace>" if last else ""}<trace>\n<string key="concept:name" value="{case}"/>\n')
                    last = case
                file.write(
                    f'<event>\n<string key="concept:name" value="{activity}"/>\n'
                    f'<date key="time:timestamp" value="{at}"/>\n<string key="org:resource" value="{who}"/>\n</event>\n'
                )
        file.write("</trace>\n</log>\n")


if __name__ == "__main__":
    make_log(Path(sys.argv[1]), int(sys.argv[2]), tuple(sys.argv[3:]))
