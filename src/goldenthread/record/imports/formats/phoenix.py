"""
Phoenix's spans: rows of a dataframe (`context.trace_id`, `attributes.llm.model_name`), or as its API gives them.

Attributes are OpenInference's, which telemetry understands as they are.

Source:
    https://github.com/Arize-ai/phoenix, packages/phoenix-client, client/types/spans.py and helpers/spans;
    GET /v1/projects/{project}/spans.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from goldenthread.record.imports.model import Happening, Span, Unit, refusal
from goldenthread.record.imports.naming import instant_ns, span_id, trace_id
from goldenthread.record.imports.reading import Reading, belongs, objects, present, table, text, unread
from goldenthread.record.imports.records import records

LISTS = ("data", "spans")
_STATUS = {"OK": 1, "ERROR": 2}
_DEEPEST = 8


def read(reading: Reading) -> Iterator[Unit]:
    """The spans of a file."""
    for row in records(reading.path, reading.holding, LISTS, skip=reading.skip):
        yield unread(row) or _unit(row.place, row.value, reading.agent)


def _unit(place: str, row: Mapping[str, Any], agent: str) -> Unit:
    context = table(row.get("context"))
    trace = text(row.get("context.trace_id") or context.get("trace_id"))
    own = text(row.get("context.span_id") or context.get("span_id"))
    start, end = instant_ns(row.get("start_time")), instant_ns(row.get("end_time"))
    if not trace or not own:
        return refusal(place, "shape", "it has no context.trace_id, or no context.span_id")
    if start is None:
        return refusal(place, "shape", f"start_time {text(row.get('start_time'), 40)!r} is no time")
    octets = trace_id("phoenix", trace)
    parent = text(row.get("parent_id"))
    said = _said(row, parent, agent)
    span = Span(
        trace_id=octets,
        span_id=span_id("phoenix", octets, own),
        parent_id=span_id("phoenix", octets, parent) if parent else b"",
        name=text(row.get("name"), 1024),
        start_ns=start,
        end_ns=start if end is None else end,
        status=_STATUS.get(text(row.get("status_code")), 0),
        message=text(row.get("status_message")),
        said=said,
        events=_events(row),
    )
    return Unit(place=place, spans=(span,))


def _said(row: Mapping[str, Any], parent: str, agent: str) -> dict[str, Any]:
    given = dict(_leaves(table(row.get("attributes")), "", 0))
    columns = {name.removeprefix("attributes."): value for name, value in row.items() if name.startswith("attributes.")}
    said = present({**given, **{name: _plain(name, value) for name, value in columns.items()}})
    kind = text(said.get("openinference.span.kind") or row.get("span_kind"), 64).upper()
    if kind:
        said["openinference.span.kind"] = kind
    if kind == "AGENT" and "agent.name" not in said:
        said["agent.name"] = agent or text(row.get("name"), 256)
    if kind == "TOOL" and "tool.name" not in said:
        said["tool.name"] = text(row.get("name"), 256)
    return {**said, **belongs(table(said.get("metadata")))} if not parent else said


def _leaves(value: Mapping[str, Any], prefix: str, deep: int) -> Iterator[tuple[str, Any]]:
    """Nested objects as names with dots; lists and what is nested too deep stay as they are."""
    for key, inner in value.items():
        name = f"{prefix}{key}"
        if isinstance(inner, dict) and deep < _DEEPEST and name not in ("metadata", "tool.parameters"):
            yield from _leaves(inner, f"{name}.", deep + 1)
        else:
            yield name, _plain(name, inner)


def _plain(name: str, value: Any) -> Any:
    """A count is whole, which a dataframe forgets where some rows have none; what is nested becomes text."""
    if isinstance(value, float) and value.is_integer() and "token_count" in name:
        return int(value)
    if isinstance(value, dict | list):
        kept = present(value) if isinstance(value, dict) else value
        return json.dumps(kept, ensure_ascii=False, default=str) if kept else None
    return value


def _events(row: Mapping[str, Any]) -> tuple[Happening, ...]:
    found = []
    for event in objects(row.get("events")):
        at = instant_ns(event.get("timestamp")) or 0
        found.append(
            Happening(name=text(event.get("name"), 256), at_ns=at, said=present(table(event.get("attributes"))))
        )
    return tuple(found)
