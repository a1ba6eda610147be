"""
What spans were about: runs of agents with their steps, actions, retrievals and evaluations.

A trace is put together from whatever of it is there: parents that never came, or come later, leave their children at
the top. A run is a span of an agent or workflow without another above it; where a trace has none, the whole trace is.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from goldenthread.record.telemetry.events import MESSAGE
from goldenthread.record.telemetry.query import Telemetry
from goldenthread.record.telemetry.threads import Row

_LEADS = ("invoke_agent", "invoke_workflow")
_MODEL = ("chat", "embeddings", "rerank")
KINDS: Mapping[str, str] = {
    "execute_tool": "action",
    "retrieval": "retrieval",
    "rerank": "retrieval",
    "evaluation": "evaluation",
    "guardrail": "guardrail",
    "chat": "model",
    "embeddings": "model",
    "invoke_agent": "agent",
    "create_agent": "agent",
    "invoke_workflow": "workflow",
}
"""What a step is, by its operation; any other is a `step`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """
    One span, as what it was.

    Attributes:
        id, parent: Ids of spans, 16 hex digits; parent '' at the top.
        kind: 'action', 'model', 'retrieval', 'evaluation', 'guardrail', 'agent', 'workflow' or 'step'.
        name: Of the tool, model or agent, else of the span.
        depth: How many of its run are above it.
        start_ns, duration_ns: Since 1970, and how long.
        failed: Whether it says so.
        said: Columns that it has, by name, except those above.
    """

    id: str
    parent: str
    kind: str
    name: str
    depth: int
    start_ns: int
    duration_ns: int
    failed: bool
    said: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """A judgement of a span: its name, score and label, as far as it has them."""

    span: str
    name: str
    score: float | None
    label: str | None


@dataclass(frozen=True, kw_only=True)
class TracedRun:
    """
    One run of an agent or workflow, put together from spans.

    Attributes:
        trace: 32 hex digits.
        agent: Its name, '' where nothing says it.
        slice, case: As the spans say, None where they don't.
        steps: In the order in which they began, those below a step after it.
        evaluations: Of any span in it.
        input_tokens, output_tokens: Of the model calls that nothing above has summed up; None where none says.
        cost_micros: As given, in millionths; None where nothing says.
        whole: Whether every parent that is named is there.
    """

    trace: str
    agent: str
    slice: str | None
    case: str | None
    start_ns: int
    duration_ns: int
    failed: bool
    steps: tuple[Step, ...]
    evaluations: tuple[Evaluation, ...]
    input_tokens: int | None
    output_tokens: int | None
    cost_micros: int | None
    whole: bool

    @property
    def actions(self) -> tuple[Step, ...]:
        """What it did: calls of tools."""
        return tuple(step for step in self.steps if step.kind == "action")

    @property
    def retrievals(self) -> tuple[Step, ...]:
        """What it looked up."""
        return tuple(step for step in self.steps if step.kind == "retrieval")


def assemble(telemetry: Telemetry, trace_id: bytes) -> tuple[TracedRun, ...]:
    """The runs of a trace, in the order in which they began; a span that belongs to none begins one."""
    with _unswept():
        return assembled(telemetry.trace(trace_id))


@contextmanager
def _unswept() -> Iterator[None]:
    """Without the collector of cycles: tens of thousands of small objects set it off often, and none is one."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def assembled(rows: Sequence[Row]) -> tuple[TracedRun, ...]:
    """As `assemble`, of a trace's spans in the order in which they began."""
    by_id = _with_messages({bytes(row["span_id"]): row for row in rows})
    below: dict[bytes, list[bytes]] = {}
    tops: list[bytes] = []
    for id, row in by_id.items():
        parent = bytes(row["parent_id"] or b"")
        (below.setdefault(parent, []) if parent in by_id and parent != id else tops).append(id)
    seen: set[bytes] = set()
    trees = [list(_tree(top, below, seen)) for top in tops]
    # Spans that are above one another in a ring belong to nobody: the first of them is taken for the top.
    trees += [list(_tree(id, below, seen)) for id in by_id if id not in seen]
    leading = [tree for tree in trees if any(by_id[id]["operation"] in _LEADS for id, _ in tree)]
    if len(leading) <= 1:
        trees = [[one for tree in trees for one in tree]] if trees else []
    return tuple(_run(tree, by_id) for tree in trees)


def _with_messages(by_id: dict[bytes, Row]) -> dict[bytes, Row]:
    """What came as logs is an event of the span that it is of, as far as that is there."""
    messages = [id for id, row in by_id.items() if row["operation"] == MESSAGE and row["parent_id"] in by_id]
    for id in messages:
        row = by_id[id]
        above = by_id[row["parent_id"]]
        if above["operation"] != MESSAGE:
            said = {key: value for key, value in row.said.items() if key not in ("operation", "kind", "attributes")}
            event = {"at_ns": row["start_ns"], "name": row["name"], "attributes": {**said, **(row["attributes"] or {})}}
            above.said["events"] = above["events"] = [*(above["events"] or ()), event]
    return {id: row for id, row in by_id.items() if id not in set(messages)}


def _tree(top: bytes, below: Mapping[bytes, list[bytes]], seen: set[bytes]) -> Iterator[tuple[bytes, int]]:
    """A span and all below it with their depths, without recursion: traces may be deep."""
    left = [(top, 0)]
    while left:
        id, depth = left.pop()
        if id in seen:
            continue
        seen.add(id)
        yield id, depth
        left += [(child, depth + 1) for child in reversed(below.get(id, ()))]


def _run(tree: list[tuple[bytes, int]], by_id: Mapping[bytes, Row]) -> TracedRun:
    rows = [by_id[id] for id, _ in tree]
    steps = tuple(_step(by_id[id], depth) for id, depth in tree)
    parents = {bytes(row["parent_id"] or b"") for row in rows} - {b""}
    start = min(row["start_ns"] for row in rows)
    counted = [row for row in rows if row["operation"] in _MODEL] or rows
    return TracedRun(
        trace=bytes(rows[0]["trace_id"]).hex(),
        agent=_first(rows, "agent_name") or _first(rows, "workflow_name") or "",
        slice=_first(rows, "slice"),
        case=_first(rows, "case_id"),
        start_ns=start,
        duration_ns=max(row["start_ns"] + row["duration_ns"] for row in rows) - start,
        failed=steps[0].failed,
        steps=steps,
        evaluations=tuple(one for row in rows for one in _evaluations(row)),
        input_tokens=_total(counted, "input_tokens"),
        output_tokens=_total(counted, "output_tokens"),
        cost_micros=_total(_undoubled(rows), "cost_micros"),
        whole=parents <= set(by_id),
    )


def _undoubled(rows: Sequence[Row]) -> Sequence[Row]:
    """Rows whose cost counts: model calls where they say one, since what stands above them sums them up."""
    models = [row for row in rows if row["operation"] in _MODEL and row["cost_micros"] is not None]
    return models or rows


def _step(row: Row, depth: int) -> Step:
    kind = KINDS.get(row["operation"] or "", "step")
    named = {"action": "tool_name", "model": "request_model", "agent": "agent_name", "workflow": "workflow_name"}
    name = row.get(named.get(kind, "")) or row["entity_name"] or row["name"] or "?"
    return Step(
        id=bytes(row["span_id"]).hex(),
        parent=bytes(row["parent_id"] or b"").hex(),
        kind=kind,
        name=name,
        depth=depth,
        start_ns=row["start_ns"],
        duration_ns=row["duration_ns"],
        failed=row["status"] == 2 or row["error_type"] is not None,
        said=row.said,
    )


def _evaluations(row: Row) -> Iterator[Evaluation]:
    """What a span says of itself or, as an evaluation, of the one above it; and what its events say."""
    span = bytes(row["span_id"]).hex()
    if row["evaluation_name"] is not None:
        above = bytes(row["parent_id"] or b"").hex()
        of = above if row["operation"] == "evaluation" and above else span
        yield Evaluation(
            span=of, name=row["evaluation_name"], score=row["evaluation_score"], label=row["evaluation_label"]
        )
    for event in row["events"] or ():
        if event["name"] == "gen_ai.evaluation.result":
            said = {key: _value(value) for key, value in (event["attributes"] or {}).items()}
            score = said.get("gen_ai.evaluation.score.value")
            yield Evaluation(
                span=span,
                name=str(said.get("gen_ai.evaluation.name", "")),
                score=float(score) if isinstance(score, int | float) else None,
                label=said.get("gen_ai.evaluation.score.label"),
            )


def _value(value: Mapping[str, Any]) -> Any:
    """A value of an attribute without a column."""
    if value["json"] is not None:
        return json.loads(value["json"])
    return next((value[name] for name in ("text", "whole", "number", "flag") if value[name] is not None), None)


def _first(rows: Sequence[Row], column: str) -> str | None:
    return next((row[column] for row in rows if row[column]), None)


def _total(rows: Sequence[Row], column: str) -> int | None:
    said = [row[column] for row in rows if row[column] is not None]
    return sum(said) if said else None
