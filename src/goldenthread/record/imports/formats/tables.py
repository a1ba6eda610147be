"""
Tables with a mapping of columns: a row is a step of a run.

A row without an id of its own is known by what it says, so that the same row is the same step in the next export, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from goldenthread.record.imports.mapping import Mapped
from goldenthread.record.imports.model import Span, Unit, refusal
from goldenthread.record.imports.naming import instant_ns, span_id, trace_id
from goldenthread.record.imports.reading import Reading, number, present, text, unread, whole
from goldenthread.record.imports.records import records

LISTS = ("data", "rows", "records")
_PLAIN = {
    "model": "gen_ai.request.model",
    "agent": "gen_ai.agent.name",
    "tool": "gen_ai.tool.name",
    "session": "gen_ai.conversation.id",
    "user": "user.id",
    "case": "goldenthread.case",
    "run": "goldenthread.run",
    "slice": "goldenthread.slice",
    "input": "gen_ai.input.messages",
    "output": "gen_ai.output.messages",
    "arguments": "gen_ai.tool.call.arguments",
    "result": "gen_ai.tool.call.result",
    "score_name": "gen_ai.evaluation.name",
}


def read(reading: Reading) -> Iterator[Unit]:
    """The rows of a table."""
    mapped = reading.mapped
    assert mapped is not None
    zone = ZoneInfo(mapped.zone)
    for row in records(reading.path, reading.holding, LISTS, skip=reading.skip):
        yield unread(row) or _unit(row.place, row.value, mapped, zone, reading.agent)


def _unit(place: str, row: Mapping[str, Any], mapped: Mapped, zone: ZoneInfo, agent: str) -> Unit:
    said = {meaning: row.get(column) for meaning, column in mapped.columns.items()}
    start = _instant(said.get("start"), zone)
    belongs = text(said.get("trace"), 256) or text(said.get("case"), 256)
    if start is None:
        return refusal(place, "shape", f"{text(said.get('start'), 40)!r} is no time")
    if not belongs:
        return refusal(place, "shape", "it names neither run nor case")
    trace = trace_id("table", belongs)
    own = text(said.get("span"), 256) or json.dumps(row, sort_keys=True, default=str)
    parent = text(said.get("parent"), 256)
    status, error = text(said.get("status"), 64), text(said.get("error"), 1024)
    name = text(said.get("name"), 1024)
    span = Span(
        trace_id=trace,
        span_id=span_id("table", trace, own),
        parent_id=span_id("table", trace, parent) if parent else b"",
        name=name or text(said.get("tool"), 256) or "step",
        start_ns=start,
        end_ns=_end(said, start, zone),
        status=2 if error or status.lower() in mapped.failed else 0,
        message=error,
        said=_said(said, mapped, agent),
    )
    return Unit(place=place, spans=(span,))


def _said(said: Mapping[str, Any], mapped: Mapped, agent: str) -> dict[str, Any]:
    plain = {attribute: text(said.get(meaning), 2**20) for meaning, attribute in _PLAIN.items()}
    kind = text(said.get("operation"), 64)
    operation = mapped.operations.get(kind.lower(), kind)
    if not operation:
        operation = "execute_tool" if plain["gen_ai.tool.name"] else "chat" if plain["gen_ai.request.model"] else "task"
    return present(
        {
            **plain,
            "gen_ai.agent.name": plain["gen_ai.agent.name"] or agent,
            "gen_ai.operation.name": operation,
            "gen_ai.usage.input_tokens": whole(said.get("input_tokens")),
            "gen_ai.usage.output_tokens": whole(said.get("output_tokens")),
            "gen_ai.usage.cost": number(said.get("cost")),
            "gen_ai.evaluation.score.value": number(said.get("score")),
        }
    )


def _end(said: Mapping[str, Any], start: int, zone: ZoneInfo) -> int:
    end = _instant(said.get("end"), zone)
    if end is not None:
        return end
    for meaning, each in (("duration_ms", 1_000_000), ("duration_s", 1_000_000_000)):
        took = number(said.get(meaning))
        if took is not None and 0 <= took < 1e9:
            return start + round(took * each)
    return start


def _instant(value: Any, zone: ZoneInfo) -> int | None:
    if zone.key != "UTC" and isinstance(value, str):
        try:
            at = datetime.fromisoformat(value.strip())
        except ValueError:
            return instant_ns(value)
        return instant_ns(at.replace(tzinfo=zone).astimezone(UTC) if at.tzinfo is None else at)
    return instant_ns(value)
