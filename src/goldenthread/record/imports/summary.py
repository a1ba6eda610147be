"""What an import came to, counted in what is stored, not in what was read; and its first rows as understood."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

from goldenthread.record.imports.model import Unit
from goldenthread.record.imports.plan import Plan
from goldenthread.record.telemetry import Body, Flattener, Places, Telemetry

_COUNTS = """
select count(*) as spans, count(distinct trace_id) as traces,
    count(*) filter (operation = 'execute_tool') as actions,
    count(*) filter (operation = 'execute_tool' and status = 2) as actions_failed,
    count(*) filter (operation = 'chat') as model_calls,
    count(distinct trace_id) filter (status = 2 and parent_id is null) as traces_failed,
    (count(*) filter (evaluation_name is not null)
        + coalesce(sum(len(list_filter(events, lambda one: one.name = 'gen_ai.evaluation.result'))), 0))::bigint
        as evaluations,
    min(start_ns) as first_ns, max(start_ns) as last_ns
from spans where source = ?
"""


@dataclass(frozen=True, kw_only=True)
class ImportedCounts:
    """
    What is stored of an import. A trace has failed where its topmost span has; `first_ns`, `last_ns` are when its
    spans began, None where there are none.
    """

    spans: int
    traces: int
    actions: int
    actions_failed: int
    model_calls: int
    traces_failed: int
    evaluations: int
    first_ns: int | None
    last_ns: int | None


def counted_spans(places: Places, plan: Plan) -> ImportedCounts:
    """What is stored of an import."""
    with Telemetry(places) as stored:
        (row,) = stored.ask(_COUNTS, [plan.source])
    return ImportedCounts(**row)


def first_rows(plan: Plan, flattener: Flattener, *, most: int) -> tuple[list[dict[str, Any]], list[Unit]]:
    """
    The first spans of a file as they would be stored, and units among them that would be refused.

    Args:
        plan: Made by `planned`.
        flattener: Makes rows.
        most: How many units are looked at.
    """
    units = list(islice(plan.units(), most))
    kept = [unit for unit in units if not unit.refused and (unit.spans or unit.body)]
    flat = flattener.flatten([Body(octets=plan.body([unit]), source=plan.source) for unit in kept], _NOW_NS)
    return flat.rows.to_pylist(), [unit for unit in units if unit.refused]


_NOW_NS = 2**62
"""A dry run refuses nothing for being in the future; the import itself does."""
