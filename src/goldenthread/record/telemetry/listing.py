"""What is stored at a glance: traces one a row, figures by day and agent, and how much there is of everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow.parquet as pq

from goldenthread.record.telemetry import segments as stored
from goldenthread.record.telemetry.log import pieces, rows_of
from goldenthread.record.telemetry.places import Places, counted
from goldenthread.record.telemetry.query import Telemetry

_DAY_NS = 86_400_000_000_000


@dataclass(frozen=True, kw_only=True)
class Trace:
    """A trace in one row; tokens and cost are those of model calls, None where nothing says them."""

    trace: str
    agent: str
    slice: str | None
    case: str | None
    start_ns: int
    duration_ns: int
    spans: int
    actions: int
    failed: int
    input_tokens: int | None
    output_tokens: int | None
    cost_micros: int | None


@dataclass(frozen=True, kw_only=True)
class DayOfAgent:
    """What an agent did on one day, UTC; `model_p95_ns` is exact, over calls of models."""

    day: date
    agent: str
    spans: int
    actions: int
    failed: int
    input_tokens: int
    output_tokens: int
    cost_micros: int
    model_p95_ns: int | None


@dataclass(frozen=True, kw_only=True)
class Overview:
    """How much is stored, and what was taken, refused and left out, by word."""

    spans: int
    segments: int
    segment_bytes: int
    log_pieces: int
    log_bytes: int
    counts: Mapping[str, int]


_TRACES = """
select lower(hex(trace_id)) as trace,
    coalesce(arg_min(agent_name, start_ns) filter (agent_name is not null), '') as agent,
    arg_min(slice, start_ns) filter (slice is not null) as slice,
    arg_min(case_id, start_ns) filter (case_id is not null) as case,
    min(start_ns) as start_ns, (max(start_ns + duration_ns) - min(start_ns))::bigint as duration_ns,
    count(*) filter (operation is distinct from 'message') as spans,
    count(*) filter (operation = 'execute_tool') as actions,
    count(*) filter (status = 2) as failed,
    sum(input_tokens) filter (operation = 'chat')::bigint as input_tokens,
    sum(output_tokens) filter (operation = 'chat')::bigint as output_tokens,
    sum(cost_micros) filter (operation = 'chat')::bigint as cost_micros
from spans where trace_id in (
    select trace_id from spans where {chosen} group by trace_id order by max(start_ns) desc limit $limit)
group by trace_id order by min(start_ns) desc, trace
"""


def list_traces(
    telemetry: Telemetry,
    *,
    agent: str | None = None,
    slice: str | None = None,
    day: datetime | None = None,
    limit: int = 20,
) -> tuple[Trace, ...]:
    """The latest traces, of an agent, a slice or a day if that is named."""
    values: dict[str, object] = {"limit": limit}
    chosen = ["true"]
    for column, value in (("agent_name", agent), ("slice", slice)):
        if value is not None:
            values[column] = value
            chosen.append(f"{column} = ${column}")
    if day is not None:
        values["low"] = int(day.timestamp()) * 1_000_000_000
        chosen.append(f"start_ns >= $low and start_ns < $low + {_DAY_NS}")
    rows = telemetry.ask(_TRACES.format(chosen=" and ".join(chosen)), values)
    return tuple(Trace(**row) for row in rows)


def by_day_and_agent(telemetry: Telemetry, *, slice: str | None = None) -> tuple[DayOfAgent, ...]:
    """What each agent did on each day, of a slice if that is named; from figures, so no span is read."""
    sums = telemetry.figures(slice)
    columns = {name: value.tolist() for name, value in sums.values.items()}
    return tuple(
        DayOfAgent(
            day=date.fromordinal(719163 + day),
            agent=agent,
            model_p95_ns=None if p95 < 0 else p95,
            **{name: values[place] for name, values in columns.items()},
        )
        for place, (day, agent, p95) in enumerate(zip(sums.day.tolist(), sums.agent, sums.p95_ns.tolist(), strict=True))
        if columns["spans"][place]
    )


def overview(places: Places) -> Overview:
    """How much is stored; spans that came twice are counted as often as they came."""
    standing = stored.segments(places.segments)
    paths = [stored.path_of(places.segments, one) for one in standing]
    waiting = [
        piece for piece in pieces(places.log) if not any(one.first <= piece.number <= one.last for one in standing)
    ]
    return Overview(
        spans=sum(pq.read_metadata(path).num_rows for path in paths) + sum(len(rows_of(piece)) for piece in waiting),
        segments=len(paths),
        segment_bytes=sum(path.stat().st_size for path in paths),
        log_pieces=len(waiting),
        log_bytes=sum(piece.path.stat().st_size for piece in waiting),
        counts=counted(places),
    )
