"""What was seen of a slice's parts: in its latest runs, in records of tools, and in what agents' telemetry says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from goldenthread.control.guard import Desk
from goldenthread.promise.errors import TelemetryError, TelemetryMissing
from goldenthread.record.ledger.reading import records_of
from goldenthread.surfaces.views.content import open_contents
from goldenthread.surfaces.views.rows import select

if TYPE_CHECKING:
    from goldenthread.record.telemetry import Telemetry

RUNS = 1_000
"""The latest runs that are looked at."""

OPENED = 100
"""The latest steps of reading that are opened: which tool or source it was stands in their content."""

DAYS = 28
"""Of telemetry."""


@dataclass(kw_only=True)
class Calls:
    """Decisions on one action, by what became of them."""

    asked: int = 0
    done: int = 0
    denied: int = 0
    drafted: int = 0
    waiting: int = 0
    failed: int = 0


@dataclass(frozen=True, kw_only=True)
class Spans:
    """What telemetry says of one tool, model, source or agent. Durations in seconds; None where nothing says it."""

    kind: str
    name: str
    calls: int
    failed: int
    median_s: float
    p95_s: float
    tokens: int | None
    cost_micros: int | None
    last: datetime


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How often a tool or source was read in the steps that were opened, and when last."""

    times: int
    last: datetime


@dataclass(frozen=True, kw_only=True)
class Seen:
    """
    Everything that was seen.

    Attributes:
        runs: How many runs were looked at, and `since` when; `hidden` more are of cases that nobody may see yet.
        calls: Actions by name.
        reads, sources: Tools that only read, and sources of knowledge, by name.
        breaches: How often tools and decisions broke their contracts, by name.
        delegated: Runs of other agents, by (agent, slice).
        modes: Trust modes of the latest decisions.
        spans: By (kind, name), where kind is 'tool', 'model', 'source' or 'agent'.
        why: Why there is no telemetry, '' where there is.
    """

    runs: int
    hidden: int
    since: datetime | None
    calls: Mapping[str, Calls] = field(default_factory=dict)
    reads: Mapping[str, Reading] = field(default_factory=dict)
    sources: Mapping[str, Reading] = field(default_factory=dict)
    breaches: Mapping[str, int] = field(default_factory=dict)
    delegated: Mapping[tuple[str, str], int] = field(default_factory=dict)
    modes: frozenset[str] = frozenset()
    spans: Mapping[tuple[str, str], Spans] = field(default_factory=dict)
    why: str = ""


def seen_of(desk: Desk, home: Path | None) -> Seen:
    """What was seen of a slice; a fixed number of queries."""
    rows = select(desk.ledger, _RUNS, desk.slice, desk.slice, RUNS)
    shown = [row["id"] for row in rows if not row["hidden"]]
    reads, sources = _read(desk, shown)
    spans, why = _telemetry(desk, home, shown, [row["id"] for row in rows if row["hidden"]])
    return Seen(
        runs=len(shown),
        hidden=len(rows) - len(shown),
        since=min((row["started_at"] for row in rows), default=None),
        calls=_calls(desk, shown, min((row["started_seq"] for row in rows), default=0)),
        reads=reads,
        sources=sources,
        breaches=_breaches(desk),
        delegated=_delegated(desk, shown),
        modes=_modes(desk),
        spans=spans,
        why=why,
    )


# The slice's open questions are few, and stand together; asked run by run, each would be looked for by itself.
_RUNS = """
select r.id, r.started_at, r.started_seq,
    r.id in (select run from inbox where slice = %s and state = 'open' and kind = 'blind question')
    or (r.level = 'shadow' and not exists (
        select 1 from recorded_decision d where d.slice = r.slice and d.case_ref = r.case_ref)) as hidden
from run r where r.slice = %s order by r.started_seq desc limit %s
"""
# By their place in the chain: sought run by run they lie all over the disk.
_CALLS = """
with late as materialized (
    select run, name, verdict, state from action where slice = %s and seq >= %s and state <> 'expired'
)
select name, verdict, state, count(*) as number from late where run = any(%s) group by name, verdict, state
"""
_READ = """
select s.kind, s.content, s.at, r.case_ref from step s join run r on r.id = s.run
where s.run = any(%s) and s.kind in ('read', 'retrieve') order by s.at desc, s.ordinal desc limit %s
"""
_DELEGATED = "select to_agent, to_slice, count(*) as number from delegation where run = any(%s) group by 1, 2"
# A kind at a time, along the index of kinds: of several at once the whole chain would be read back until enough fit.
_LATEST = """
select r.body, r.hash from unnest(%(kinds)s::text[]) as k (kind) cross join lateral (
    select seq, body, hash from ledger_record
    where chain = %(chain)s and kind = k.kind order by seq desc limit %(most)s
) r order by r.seq desc limit %(most)s
"""


def _calls(desk: Desk, runs: Sequence[str], began: int) -> dict[str, Calls]:
    found: dict[str, Calls] = {}
    for row in select(desk.ledger, _CALLS, desk.slice, began, runs):
        calls, number, state = found.setdefault(row["name"], Calls()), row["number"], row["state"]
        calls.asked += number
        calls.done += number if state == "done" else 0
        calls.denied += number if state in ("denied", "rejected") else 0
        calls.drafted += number if state == "drafted" else 0
        calls.waiting += number if state == "asked" else 0
        calls.failed += number if state in ("failed", "unknown") else 0
    return found


def _read(desk: Desk, runs: Sequence[str]) -> tuple[dict[str, Reading], dict[str, Reading]]:
    rows = select(desk.ledger, _READ, runs, OPENED)
    opened = open_contents(desk.ledger, {row["content"]: row["case_ref"] for row in rows})
    found: tuple[dict[str, Reading], dict[str, Reading]] = ({}, {})
    for row in rows:
        said = opened[row["content"]].part("content").value
        if not isinstance(said, dict):
            continue
        name = said.get("action" if row["kind"] == "read" else "source")
        if isinstance(name, str):
            known = found[row["kind"] == "retrieve"]
            before = known.get(name, Reading(times=0, last=row["at"]))
            known[name] = Reading(times=before.times + 1, last=max(before.last, row["at"]))
    return found


def _breaches(desk: Desk) -> Counter[str]:
    said = _latest(desk, ["tool:breach", "decision:breach"], RUNS)
    return Counter(str(one.get("action") or one.get("choice")) for one in said)


def _delegated(desk: Desk, runs: Sequence[str]) -> dict[tuple[str, str], int]:
    return {(row["to_agent"], row["to_slice"]): row["number"] for row in select(desk.ledger, _DELEGATED, runs)}


def _modes(desk: Desk) -> frozenset[str]:
    return frozenset(str(one.get("mode", "")) for one in _latest(desk, ["action:decide"], 20)) - {""}


def _latest(desk: Desk, kinds: Sequence[str], most: int) -> list[Mapping[str, Any]]:
    """What the latest records of these kinds say, the latest first."""
    asked = {"chain": desk.slice, "kinds": list(kinds), "most": most}
    with desk.ledger.store.session() as connection:
        rows = connection.execute(_LATEST, asked, binary=True).fetchall()
    return [record.data for record in records_of(rows)]


def _telemetry(
    desk: Desk, home: Path | None, runs: Sequence[str], hidden: Sequence[str]
) -> tuple[dict[tuple[str, str], Spans], str]:
    if home is None or not (home / "telemetry").is_dir():
        return {}, "No telemetry is stored in this home, so only what passed the guard is seen."
    try:
        from goldenthread.record.telemetry import Places, Telemetry

        with Telemetry(Places.of(home)) as stored:
            found = _spans(stored, desk, runs, hidden)
    except (TelemetryMissing, TelemetryError) as problem:
        return {}, problem.message
    why = "" if found else f"No span of the last {DAYS} days names this slice, so only what passed the guard is seen."
    return found, why


# A trace belongs to the slice that any of its spans names.
_SPANS = """
with mine as materialized (
    select trace_id from spans where start_ns >= $since
        and (slice = $slice or run_id in (select unnest($runs::varchar[]))) group by 1),
unseen as materialized (
    select trace_id from spans where run_id in (select unnest($hidden::varchar[])) group by 1),
named as (
    select status, error_type, duration_ns, input_tokens, output_tokens, cost_micros, start_ns,
        case operation when 'execute_tool' then 'tool' when 'retrieval' then 'source' when 'rerank' then 'source'
            when 'chat' then 'model' when 'embeddings' then 'model' when 'invoke_agent' then 'agent' end as kind,
        coalesce(case operation when 'execute_tool' then tool_name when 'retrieval' then data_source_id
            when 'rerank' then data_source_id when 'invoke_agent' then agent_name
            else coalesce(request_model, response_model) end, name) as called
    from spans semi join mine using (trace_id) where trace_id not in (select trace_id from unseen))
select kind, called as name, count(*) as calls,
    count(*) filter (status = 2 or error_type is not null) as failed,
    median(duration_ns) / 1e9 as median_s, quantile_cont(duration_ns, 0.95) / 1e9 as p95_s,
    (sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0))
        filter (input_tokens is not null or output_tokens is not null))::bigint as tokens,
    sum(cost_micros)::bigint as cost_micros, max(start_ns) as last_ns
from named where kind is not null group by kind, called order by calls desc, name limit 200
"""


def _spans(stored: Telemetry, desk: Desk, runs: Sequence[str], hidden: Sequence[str]) -> dict[tuple[str, str], Spans]:
    since = desk.ledger.clock() - timedelta(days=DAYS)
    named = {"since": int(since.timestamp() * 1e9), "slice": desk.slice, "runs": list(runs), "hidden": list(hidden)}
    rows = stored.ask(_SPANS, named)
    return {(row["kind"], row["name"]): _span(row) for row in rows}


def _span(row: Mapping[str, Any]) -> Spans:
    return Spans(
        kind=row["kind"],
        name=row["name"],
        calls=row["calls"],
        failed=row["failed"],
        median_s=row["median_s"],
        p95_s=row["p95_s"],
        tokens=row["tokens"],
        cost_micros=row["cost_micros"],
        last=datetime.fromtimestamp(row["last_ns"] / 1e9, UTC),
    )
