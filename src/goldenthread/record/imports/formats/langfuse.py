"""
Langfuse's exports: observations, traces and scores, in the names of its blob export (`trace_id`) or API (`traceId`).

An observation is a span, a score an evaluation. A trace that comes with its observations lends them session, user and
name; one alone is a span without length, since what happened in it stands in another file.

Source:
    https://langfuse.com/docs/api-and-data-platform/features/blob-storage-export-fields;
    langfuse/langfuse, fern/apis/server/definition/commons.yml.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from goldenthread.record.imports.model import Span, Unit, refusal
from goldenthread.record.imports.naming import instant_ns, span_id, trace_id
from goldenthread.record.imports.reading import Reading, belongs, number, objects, present, table, text, unread, whole
from goldenthread.record.imports.records import records, snake

LISTS = ("data", "traces", "scores")
_IN = {"TOOL": "gen_ai.tool.call.arguments", "RETRIEVER": "gen_ai.retrieval.query.text"}
_OUT = {"TOOL": "gen_ai.tool.call.result", "RETRIEVER": "gen_ai.retrieval.documents"}
_NS = 1_000_000_000


def read(reading: Reading) -> Iterator[Unit]:
    """The observations, traces and scores of a file."""
    for row in records(reading.path, reading.holding, LISTS, skip=reading.skip):
        unit = unread(row)
        if unit is None:
            try:
                unit = Unit(place=row.place, spans=tuple(_spans(snake(row.value), reading.agent)))
            except _Odd as odd:
                unit = refusal(row.place, "shape", str(odd))
        yield unit


class _Odd(ValueError):
    """A row that is not what Langfuse writes."""


def _spans(row: Mapping[str, Any], agent: str) -> Iterator[Span]:
    if row.get("type") and row.get("start_time"):
        yield _observation(row, {}, agent)
    elif "value" in row and row.get("name") and (row.get("data_type") or row.get("source")):
        yield _score(row)
    elif row.get("id") and row.get("timestamp"):
        yield from _trace(row, agent)
    else:
        raise _Odd("it is no observation (type, start_time), trace (id, timestamp) or score (name, value)")


def _trace(row: Mapping[str, Any], agent: str) -> Iterator[Span]:
    name = text(row["id"])
    about = {**_about(row), "langfuse.trace.name": text(row.get("name"), 256)}
    inner = [snake(one) for one in objects(row.get("observations"))]
    for one in inner:
        yield _observation({"trace_id": name, **one}, about, agent)
    for score in objects(row.get("scores")):
        yield _score({"trace_id": name, **snake(score)})
    if not inner:
        start = instant_ns(row["timestamp"])
        if start is None:
            raise _Odd(f"timestamp {text(row['timestamp'], 40)!r} is no time")
        octets = trace_id("langfuse", name)
        said = {
            "gen_ai.operation.name": "task",
            "langfuse.trace.input": _content(row.get("input")),
            "langfuse.trace.output": _content(row.get("output")),
        }
        yield Span(
            trace_id=octets,
            span_id=span_id("langfuse", octets, f"trace {name}"),
            name=text(row.get("name"), 1024) or "trace",
            start_ns=start,
            end_ns=start,
            said=present({**about, **said}),
        )


def _observation(row: Mapping[str, Any], about: Mapping[str, Any], agent: str) -> Span:
    trace, own = text(row.get("trace_id")), text(row.get("id"))
    start = instant_ns(row.get("start_time"))
    if not trace or not own or start is None:
        raise _Odd("an observation has no trace_id, no id, or no start_time that is a time")
    end = instant_ns(row.get("end_time"))
    if end is None:
        end = start + round((number(row.get("latency")) or 0) * _NS)
    octets, parent = trace_id("langfuse", trace), text(row.get("parent_observation_id"))
    return Span(
        trace_id=octets,
        span_id=span_id("langfuse", octets, own),
        parent_id=span_id("langfuse", octets, parent) if parent else b"",
        name=text(row.get("name"), 1024) or text(row["type"], 64).lower(),
        start_ns=start,
        end_ns=end,
        status=2 if text(row.get("level")).upper() == "ERROR" else 0,
        message=text(row.get("status_message")),
        said=present({**(about if not parent else {}), **_about(row), **_said(row, agent)}),
    )


def _about(row: Mapping[str, Any]) -> dict[str, Any]:
    return present(
        {
            "session.id": row.get("session_id"),
            "user.id": row.get("user_id"),
            "langfuse.trace.name": row.get("trace_name"),
            "langfuse.version": row.get("version"),
            "deployment.environment.name": row.get("environment"),
            **belongs(table(row.get("metadata"))),
        }
    )


def _said(row: Mapping[str, Any], agent: str) -> dict[str, Any]:
    kind, name = text(row["type"], 64).upper(), text(row.get("name"), 256)
    usage = {**table(row.get("usage")), **table(row.get("usage_details"))}
    settings = table(row.get("model_parameters"))
    return {
        "langfuse.observation.type": kind.lower(),
        "gen_ai.request.model": text(row.get("provided_model_name") or row.get("model"), 256),
        "gen_ai.usage.input_tokens": _first(usage, row, "input", "prompt_tokens", "input_tokens"),
        "gen_ai.usage.output_tokens": _first(usage, row, "output", "completion_tokens", "output_tokens"),
        "gen_ai.usage.total_tokens": _first(usage, row, "total", "total_tokens"),
        "gen_ai.usage.cache_read.input_tokens": _first(usage, {}, "cache_read_input_tokens", "input_cached_tokens"),
        "gen_ai.usage.reasoning.output_tokens": _first(usage, {}, "reasoning_tokens", "output_reasoning_tokens"),
        "gen_ai.usage.cost": _cost(row, usage),
        "gen_ai.request.temperature": number(settings.get("temperature")),
        "gen_ai.request.max_tokens": whole(settings.get("max_tokens")),
        "gen_ai.tool.name": name if kind == "TOOL" else None,
        "gen_ai.agent.name": (agent or name) if kind == "AGENT" else None,
        _IN.get(kind, "langfuse.observation.input"): _content(row.get("input")),
        _OUT.get(kind, "langfuse.observation.output"): _content(row.get("output")),
    }


def _first(usage: Mapping[str, Any], row: Mapping[str, Any], *names: str) -> int | None:
    found = [whole(usage.get(name)) for name in names]
    found += [whole(row.get(name)) for name in names[1:]]
    return next((one for one in found if one is not None), None)


def _cost(row: Mapping[str, Any], usage: Mapping[str, Any]) -> float | None:
    """The whole cost in US dollars; nothing where nobody priced it."""
    said = (row.get("total_cost"), row.get("calculated_total_cost"), table(row.get("cost_details")).get("total"))
    found = [number(one) for one in (*said, usage.get("totalCost"), usage.get("total_cost"))]
    return next((one for one in found if one is not None and one > 0), None)


def _score(row: Mapping[str, Any]) -> Span:
    trace, own = text(row.get("trace_id")), text(row.get("id"))
    at = instant_ns(row.get("timestamp") or row.get("created_at"))
    if not trace or at is None:
        raise _Odd("a score has no trace_id, or no timestamp that is a time")
    octets, about = trace_id("langfuse", trace), text(row.get("observation_id"))
    name = text(row["name"], 256)
    said = {
        "gen_ai.operation.name": "evaluation",
        "gen_ai.evaluation.name": name,
        "gen_ai.evaluation.score.value": number(row.get("value")),
        "gen_ai.evaluation.score.label": text(row.get("string_value"), 256),
        "gen_ai.evaluation.explanation": row.get("comment"),
        "langfuse.score.source": text(row.get("source"), 64),
    }
    return Span(
        trace_id=octets,
        span_id=span_id("langfuse", octets, f"score {own or name}"),
        parent_id=span_id("langfuse", octets, about) if about else b"",
        name=f"evaluation {name}",
        start_ns=at,
        end_ns=at,
        said=present(said),
    )


def _content(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
