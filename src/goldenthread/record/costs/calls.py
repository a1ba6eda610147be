"""Calls of models out of telemetry: each counted once, with the run and case that it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from goldenthread.record.costs.said import Said

if TYPE_CHECKING:
    from goldenthread.record.telemetry import Telemetry


@dataclass(frozen=True, kw_only=True)
class ModelCall:
    """
    One call of a model, as telemetry has it.

    Attributes:
        trace, span: Ids, 32 and 16 hex digits.
        run, case: What it belongs to, as the span, one above it or the rest of its trace says; None where none does.
        agent: Its name, '' where nothing says it.
        said: What it says of itself.
        failed: Whether it says so.
    """

    trace: str
    span: str
    run: str | None
    case: str | None
    agent: str
    said: Said
    failed: bool


_CALLS = """
with recursive traces as materialized (
    select trace_id from spans
    where start_ns >= $begins and start_ns < $ends and (slice = $slice or (slice is null and run_id is not null))
    group by trace_id),
mine as materialized (
    select trace_id, span_id, parent_id, start_ns, slice, run_id, case_id, agent_name,
        coalesce(operation, '') in ('chat', 'embeddings', 'rerank') as model,
        (input_tokens is not null or output_tokens is not null or total_tokens is not null) as uses
    from spans where trace_id in (select trace_id from traces)),
above as (
    select trace_id, span_id, parent_id as up, 1 as depth from mine where (model or uses) and parent_id is not null
    union
    select above.trace_id, above.span_id, mine.parent_id, depth + 1 from above
    join mine on mine.trace_id = above.trace_id and mine.span_id = above.up
    where mine.parent_id is not null and depth < 64),
paths as materialized (
    select above.trace_id, above.span_id, up, depth, mine.uses, mine.model, mine.run_id, mine.case_id, mine.slice,
        mine.agent_name from above join mine on mine.trace_id = above.trace_id and mine.span_id = above.up
    where above.up <> above.span_id),
nearest as materialized (
    select trace_id, span_id, bool_or(uses) as summed, arg_min(run_id, depth) filter (run_id is not null) as run_id,
        arg_min(case_id, depth) filter (case_id is not null) as case_id,
        arg_min(slice, depth) filter (slice is not null) as slice,
        arg_min(agent_name, depth) filter (agent_name is not null) as agent_name
    from paths group by 1, 2),
summing as materialized (
    select paths.trace_id, paths.up as span_id from paths
    join mine on mine.trace_id = paths.trace_id and mine.span_id = paths.span_id
    where mine.uses and not exists (
        select 1 from paths as back
        where back.trace_id = paths.trace_id and back.span_id = paths.up and back.up = paths.span_id)
    group by 1, 2),
whole as materialized (
    select trace_id, case when count(distinct run_id) = 1 then min(run_id) end as run_id,
        case when count(distinct case_id) = 1 then min(case_id) end as case_id,
        case when count(distinct slice) = 1 then min(slice) end as slice, arg_min(agent_name, start_ns) as agent_name
    from mine group by 1),
counted as materialized (
    select mine.trace_id, mine.span_id, coalesce(mine.run_id, nearest.run_id, whole.run_id) as of_run,
        coalesce(mine.case_id, nearest.case_id, whole.case_id) as of_case,
        coalesce(mine.slice, nearest.slice, whole.slice) as of_slice,
        coalesce(mine.agent_name, nearest.agent_name, whole.agent_name, '') as agent
    from mine join whole using (trace_id) left join nearest using (trace_id, span_id)
    left join summing using (trace_id, span_id)
    where summing.span_id is null and (mine.uses or (mine.model and not coalesce(nearest.summed, false))))
select lower(hex(trace_id)) as trace, lower(hex(span_id)) as span, of_run, of_case, agent, start_ns, operation,
    provider, request_model, response_model, server_address, scope, coalesce(
        attributes['gen_ai.openai.response.service_tier'].text, attributes['openai.response.service_tier'].text,
        attributes['gen_ai.response.service_tier'].text) as tier, input_tokens, output_tokens, total_tokens,
    cache_read_tokens, cache_write_tokens, cost_micros,
    coalesce(reasoning_tokens, attributes['gen_ai.usage.experimental.reasoning_tokens'].whole) as reasoning_tokens,
    reasoning_tokens is null as reasoning_apart, (status = 2 or error_type is not null) as failed
from spans join counted using (trace_id, span_id)
where (of_slice = $slice or of_slice is null) and start_ns >= $begins and start_ns < $ends
order by start_ns, trace, span
"""


def model_calls(telemetry: Telemetry, slice_name: str, begins: datetime, ends: datetime) -> tuple[ModelCall, ...]:
    """
    Calls that began in [begins, ends), of spans that name the slice, or name a run and no slice.

    Of spans above one another that both say tokens, the lower one counts: the upper one adds up. A model call that
    says none is there too, unless one above or below it does.

    Args:
        telemetry: Stored spans.
        slice_name: The slice.
        begins, ends: Aware.
    """
    values = {"slice": slice_name, "begins": _nanoseconds(begins), "ends": _nanoseconds(ends)}
    return tuple(_call(row) for row in telemetry.ask(_CALLS, values))


def _call(row: Mapping[str, Any]) -> ModelCall:
    said = Said(
        at=datetime.fromtimestamp(row["start_ns"] / 1e9, UTC),
        operation=row["operation"] or "",
        provider=row["provider"],
        request_model=row["request_model"],
        response_model=row["response_model"],
        address=row["server_address"],
        scope=row["scope"] or "",
        tier=row["tier"],
        cost_micros=row["cost_micros"],
        reasoning_apart=row["reasoning_apart"] and row["reasoning_tokens"] is not None,
        **{name: row[name] for name in _TOKENS},
    )
    return ModelCall(
        trace=row["trace"],
        span=row["span"],
        run=row["of_run"],
        case=row["of_case"],
        agent=row["agent"],
        said=said,
        failed=bool(row["failed"]),
    )


_TOKENS = (
    "input_tokens", "output_tokens", "total_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens",
)  # fmt: skip


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000_000


_TRACED = """
select distinct run_id as run, case_id as of_case from spans
where start_ns >= $begins and start_ns < $ends and (slice = $slice or slice is null)
    and (run_id is not null or case_id is not null)
"""


def traced(telemetry: Telemetry, slice_name: str, begins: datetime, ends: datetime) -> frozenset[str]:
    """
    Runs and cases of which any span is there: one without a model call among them called no model.

    Returns: Ids of runs, and names of cases, as the spans say them.
    """
    values = {"slice": slice_name, "begins": _nanoseconds(begins), "ends": _nanoseconds(ends)}
    rows = telemetry.ask(_TRACED, values)
    return frozenset(said for row in rows for said in (row["run"], row["of_case"]) if said)
