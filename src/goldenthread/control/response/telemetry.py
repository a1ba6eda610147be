"""The days of a slice in stored telemetry; only where the extra is installed and something is stored."""

from __future__ import annotations

from datetime import date
from importlib.util import find_spec
from pathlib import Path

from goldenthread.control.response.figures import TelemetryRows

_EPOCH = 719163  # of 1970-01-01 in days as Python counts them
_DAY_NS = 86_400_000_000_000

# The sum of cost stands for a mean: it is divided where the number of priced calls stands beside it.
_OWN = """
create or replace temp table own as select * from spans where start_ns < $before and trace_id in (
    select distinct trace_id from spans where slice = $slice)
"""
_DAYS = """
select (start_ns // 86400000000000)::integer as day, count(*) as spans,
    count(*) filter (operation = 'chat') as calls, count(*) filter (status = 2) as failed,
    (sum(cost_micros) filter (operation = 'chat'))::bigint as cost_total,
    count(cost_micros) filter (operation = 'chat') as priced,
    quantile_disc(duration_ns, 0.5) filter (operation = 'chat') as median_ns,
    quantile_disc(duration_ns, 0.95) filter (operation = 'chat') as p95_ns
from own group by 1 order by 1
"""
_TOOLS = """
select (start_ns // 86400000000000)::integer as day, tool_name as kind, count(*) as times
from own where operation = 'execute_tool' and tool_name is not null group by 1, 2 order by 1, 2
"""
_ERRORS = """
select (start_ns // 86400000000000)::integer as day, coalesce(error_type, 'unnamed') as kind, count(*) as times
from own where status = 2 group by 1, 2 order by 1, 2
"""


def read_telemetry(home: Path, slice_name: str, until: date) -> TelemetryRows | None:
    """
    What is stored of a slice up to the end of a day; None where nothing is, or the extra is not installed.

    Raises:
        TelemetryDamaged: A segment cannot be read.
    """
    if find_spec("duckdb") is None or find_spec("pyarrow") is None or not (home / "telemetry").is_dir():
        return None
    from goldenthread.record.telemetry import Places, Telemetry

    with Telemetry(Places.of(home)) as stored:
        stored.ask(_OWN, {"before": (until.toordinal() - _EPOCH + 1) * _DAY_NS, "slice": slice_name})
        rows = {_day(row["day"]): row for row in stored.ask(_DAYS)}
        tools, errors = (_by_day(stored.ask(question)) for question in (_TOOLS, _ERRORS))
    for row in rows.values():
        row["cost_micros"] = row["cost_total"] / row["priced"] if row["priced"] else None
    return TelemetryRows(days=rows, tools=tools, errors=errors) if rows else None


def _by_day(rows: list[dict[str, object]]) -> dict[date, dict[str, int]]:
    found: dict[date, dict[str, int]] = {}
    for row in rows:
        found.setdefault(_day(row["day"]), {})[str(row["kind"])] = int(str(row["times"]))
    return found


def _day(number: object) -> date:
    return date.fromordinal(_EPOCH + int(str(number)))
