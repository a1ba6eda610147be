"""
MLflow's traces: `{info, data: {spans}}` as `Trace.to_json` writes them, of its schemas 2 and 3.

Source:
    https://github.com/mlflow/mlflow, mlflow/entities/trace.py, trace_info.py, trace_info_v2.py, span.py.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from typing import Any

from goldenthread.record.imports.model import Happening, Span, Unit, refusal
from goldenthread.record.imports.naming import instant_ns, span_id, trace_id
from goldenthread.record.imports.reading import (
    Reading,
    belongs,
    evaluated,
    number,
    objects,
    present,
    table,
    text,
    unread,
    whole,
)
from goldenthread.record.imports.records import records

LISTS = ("traces",)
_OPERATIONS = {
    "CHAT_MODEL": "chat",
    "LLM": "chat",
    "TOOL": "execute_tool",
    "AGENT": "invoke_agent",
    "RETRIEVER": "retrieval",
    "EMBEDDING": "embeddings",
    "RERANKER": "rerank",
    "CHAIN": "invoke_workflow",
    "WORKFLOW": "invoke_workflow",
    "GUARDRAIL": "guardrail",
    "EVALUATOR": "evaluation",
}
_IN = {"execute_tool": "gen_ai.tool.call.arguments", "retrieval": "gen_ai.retrieval.query.text"}
_OUT = {"execute_tool": "gen_ai.tool.call.result", "retrieval": "gen_ai.retrieval.documents"}
_STATUS = {"STATUS_CODE_OK": 1, "OK": 1, "STATUS_CODE_ERROR": 2, "ERROR": 2}


def read(reading: Reading) -> Iterator[Unit]:
    """The traces of a file."""
    for row in records(reading.path, reading.holding, LISTS, skip=reading.skip):
        unit = unread(row)
        yield unit if unit is not None else _unit(row.place, _whole(row.value), reading)


def _whole(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The trace itself, also where it stands as text in a row of a dataframe."""
    return table(row["trace"]) if "trace" in row and "info" not in row else row


def _unit(place: str, trace: Mapping[str, Any], reading: Reading) -> Unit:
    info, data = table(trace.get("info")), table(trace.get("data"))
    name = text(info.get("trace_id") or info.get("request_id"))
    found = objects(data.get("spans"))
    if not name or not found:
        return refusal(place, "shape", "it is no trace of MLflow: it has no info.trace_id, or no data.spans")
    trace_octets = trace_id("mlflow", name)
    about, top = _about(info), _evaluations(info)
    spans = []
    for one in found:
        span = _span(one, trace_octets, about, top, reading.agent)
        if span is None:
            return refusal(place, "shape", f"span '{text(one.get('name'), 60)}' has no id, or no time that is one")
        spans.append(span)
    return Unit(place=place, spans=tuple(spans))


def _about(info: Mapping[str, Any]) -> dict[str, Any]:
    """What a trace says of whom and what it was about."""
    said = table(info.get("trace_metadata") or info.get("request_metadata"))
    tags = table(info.get("tags"))
    return present(
        {
            **belongs(said),
            **belongs(tags),
            "gen_ai.conversation.id": said.get("mlflow.trace.session"),
            "user.id": said.get("mlflow.trace.user"),
        }
    )


def _evaluations(info: Mapping[str, Any]) -> tuple[Happening, ...]:
    found = []
    for one in objects(info.get("assessments")):
        feedback = table(one.get("feedback"))
        name = text(one.get("assessment_name") or one.get("name"), 256)
        value = feedback.get("value")
        if name and isinstance(value, bool | int | float | str):
            at = instant_ns(one.get("create_time")) or instant_ns(info.get("request_time")) or 0
            found.append(evaluated(name, value, at, one.get("rationale")))
    return tuple(found)


def _span(
    one: Mapping[str, Any], trace: bytes, about: Mapping[str, Any], top: tuple[Happening, ...], agent: str
) -> Span | None:
    context, attributes = table(one.get("context")), _decoded(table(one.get("attributes")))
    own = _id(one.get("span_id") or context.get("span_id"), trace)
    parent = _id(one.get("parent_span_id") or one.get("parent_id"), trace)
    start = instant_ns(one.get("start_time_unix_nano") or one.get("start_time"))
    end = instant_ns(one.get("end_time_unix_nano") or one.get("end_time"))
    if own is None or start is None:
        return None
    status = one.get("status") if isinstance(one.get("status"), dict) else {}
    code = text(table(status).get("code") or one.get("status_code"))
    name = text(one.get("name"), 1024)
    said = _said(name, attributes, agent)
    return Span(
        trace_id=trace,
        span_id=own,
        parent_id=parent or b"",
        name=name,
        start_ns=start,
        end_ns=start if end is None else end,
        status=_STATUS.get(code, 0),
        message=text(table(status).get("message") or one.get("status_message")),
        said={**(about if parent is None else {}), **said},
        events=(*_events(one), *(top if parent is None else ())),
    )


def _said(name: str, attributes: Mapping[str, Any], agent: str) -> dict[str, Any]:
    kind = text(attributes.get("mlflow.spanType"), 64)
    operation = _OPERATIONS.get(kind.upper(), "task")
    usage, cost = table(attributes.get("mlflow.chat.tokenUsage")), table(attributes.get("mlflow.llm.cost"))
    asked = table(attributes.get("mlflow.spanInputs"))
    said = {
        "gen_ai.operation.name": operation,
        "gen_ai.request.model": attributes.get("mlflow.llm.model") or (asked.get("model") if kind else None),
        "gen_ai.provider.name": attributes.get("mlflow.llm.provider"),
        "gen_ai.usage.input_tokens": whole(usage.get("input_tokens")),
        "gen_ai.usage.output_tokens": whole(usage.get("output_tokens")),
        "gen_ai.usage.total_tokens": whole(usage.get("total_tokens")),
        "gen_ai.usage.cache_read.input_tokens": whole(usage.get("cache_read_input_tokens")),
        "gen_ai.usage.cost": number(cost.get("total_cost")),
        "gen_ai.tool.name": name if operation == "execute_tool" else None,
        "gen_ai.agent.name": (agent or name) if operation == "invoke_agent" else None,
        _IN.get(operation, "gen_ai.input.messages"): _content(attributes.get("mlflow.spanInputs")),
        _OUT.get(operation, "gen_ai.output.messages"): _content(attributes.get("mlflow.spanOutputs")),
    }
    others = {key: value for key, value in attributes.items() if not key.startswith("mlflow.")}
    return {**others, **present(said)}


def _content(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _decoded(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Values as they were before they became JSON text."""
    found = {}
    for key, value in attributes.items():
        try:
            found[key] = json.loads(value) if isinstance(value, str) else value
        except (ValueError, RecursionError):
            found[key] = value
    return found


def _id(value: Any, trace: bytes) -> bytes | None:
    """Eight bytes: as base64 (schema 3), as hex (schema 2), or a digest of what else it is."""
    if not isinstance(value, str) or not value:
        return None
    if len(value) == 12 and value.endswith("="):
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error:
            pass
    return span_id("mlflow", trace, value)


def _events(one: Mapping[str, Any]) -> tuple[Happening, ...]:
    found = []
    for event in objects(one.get("events")):
        at = instant_ns(event.get("time_unix_nano") or event.get("timestamp")) or 0
        found.append(Happening(name=text(event.get("name"), 256), at_ns=at, said=table(event.get("attributes"))))
    return tuple(found)
