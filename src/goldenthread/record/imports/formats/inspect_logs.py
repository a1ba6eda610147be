"""
Inspect's logs: `.eval` (a zip archive with a file for each sample) and `.json`.

A sample is a run. It ended on a fault where it has an `error`, or was stopped by a limit of time or by its operator;
a limit of messages, tokens, turns or cost is the agent's own end, as the sample's score says.

Source:
    https://github.com/UKGovernmentBEIS/inspect_ai, src/inspect_ai/log/_log.py, event/_model.py, event/_tool.py;
    https://inspect.aisi.org.uk/eval-logs.html.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from goldenthread.record.imports.archive import Archive
from goldenthread.record.imports.document import Document
from goldenthread.record.imports.model import Happening, Span, Unit, refusal
from goldenthread.record.imports.naming import instant_ns, span_id, trace_id
from goldenthread.record.imports.octets import opened
from goldenthread.record.imports.reading import (
    PLACEHOLDER_NS,
    Reading,
    belongs,
    evaluated,
    number,
    objects,
    present,
    table,
    text,
    whole,
)
from goldenthread.record.imports.records import read_json

FAULTS = frozenset({"time", "working", "operator"})
"""Limits that end a sample for a cause outside of the agent."""

_HEADS = ("header.json", "_journal/start.json")
_VALUES = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}


def read(reading: Reading) -> Iterator[Unit]:
    """The samples of a log."""
    with reading.path.open("rb") as file:
        packed = file.read(4) == b"PK\x03\x04"
    yield from _archive(reading) if packed else _document(reading)


def is_archive(names: set[str]) -> bool:
    """Whether an archive with these files is a log."""
    return any(head in names for head in _HEADS)


def _archive(reading: Reading) -> Iterator[Unit]:
    archive = Archive(reading.path)
    try:
        names = list(archive.names())
        about: Mapping[str, Any] = {}
        for head in _HEADS:
            if head in names and not about:
                about = table(table(read_json(archive.read(head)[0])[0]).get("eval"))
        samples = (name for name in names if "samples/" in name and name.endswith(".json"))
        for name in islice(samples, reading.skip, None):
            octets, refused, words = archive.read(name)
            value: Any = None
            if not refused:
                value, refused, words = read_json(octets)
            yield refusal(name, refused, words) if refused else _unit(name, value, about, reading)
    finally:
        archive.close()


def _document(reading: Reading) -> Iterator[Unit]:
    about: Mapping[str, Any] = {}
    with opened(reading.path) as stream:
        for one in Document(stream, reading.path.name).elements(("samples",), skip=reading.skip):
            if one.key == "eval":
                about = table(one.value)
            if one.key == "samples":
                place = f"sample {one.number}"
                yield refusal(place, one.refused, one.words) if one.refused else _unit(place, one.value, about, reading)


def _unit(place: str, sample: Any, about: Mapping[str, Any], reading: Reading) -> Unit:
    if not isinstance(sample, dict) or sample.get("id") is None or not isinstance(sample.get("messages"), list):
        return refusal(place, "shape", "it is no sample: it has no id, or no messages")
    case, epoch = text(sample["id"], 256), text(sample.get("epoch", 1))
    own = text(sample.get("uuid")) or f"{text(about.get('eval_id') or about.get('run_id'))}/{case}/{epoch}"
    if not own.strip("/"):
        own = f"{reading.digest}/{case}/{epoch}"
    trace = trace_id("inspect", own)
    events = objects(sample.get("events"))
    start, end = _times(sample, events)
    top = span_id("inspect", trace, "run")
    fault = _fault(sample)
    root = Span(
        trace_id=trace,
        span_id=top,
        name=f"invoke_agent {text(about.get('task'), 200)}".rstrip(),
        start_ns=start,
        end_ns=max(start, end),
        status=2 if fault else 0,
        message=text(table(sample.get("error")).get("message")) if fault else "",
        said=_said(sample, about, reading.agent, case, f"{case}/{epoch}", fault),
        events=tuple(_scores(sample, max(start, end))),
    )
    spans = [root]
    for place_of_event, event in enumerate(events):
        made = _step(event, place_of_event, trace, top, start)
        if made is not None:
            spans.append(made)
    return Unit(place=place, spans=tuple(spans), messages=len(sample["messages"]), runs=1, faults=int(bool(fault)))


def _fault(sample: Mapping[str, Any]) -> str:
    """What broke the sample off, '' where nothing did."""
    if sample.get("error"):
        return "error"
    limit = text(table(sample.get("limit")).get("type"), 64)
    return f"limit:{limit}" if limit in FAULTS else ""


def _said(
    sample: Mapping[str, Any], about: Mapping[str, Any], agent: str, case: str, run: str, fault: str
) -> dict[str, Any]:
    limit = text(table(sample.get("limit")).get("type"), 64)
    ended = fault or (f"limit:{limit}" if limit else "done")
    said = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": agent or text(about.get("model"), 256),
        "gen_ai.workflow.name": text(about.get("task"), 256),
        "goldenthread.case": case,
        "goldenthread.run": run,
        "goldenthread.ended": ended,
        "error.type": fault,
        "gen_ai.input.messages": sample.get("input"),
        **belongs(table(sample.get("metadata"))),
    }
    return present(said)


def _times(sample: Mapping[str, Any], events: list[Mapping[str, Any]]) -> tuple[int, int]:
    """When a sample began and ended: as it says, else by its events, else at a placeholder."""
    start, end = instant_ns(sample.get("started_at")), instant_ns(sample.get("completed_at"))
    seen = [at for event in events if (at := instant_ns(event.get("timestamp"))) is not None]
    if start is None:
        start = min(seen, default=PLACEHOLDER_NS)
    return start, end if end is not None else max(seen, default=start)


def _scores(sample: Mapping[str, Any], at: int) -> Iterator[Happening]:
    for name, score in table(sample.get("scores")).items():
        value = table(score).get("value")
        if isinstance(value, str) and value in _VALUES:
            value = _VALUES[value]
        if isinstance(value, bool | int | float | str):
            yield evaluated(text(name, 256), value, at, table(score).get("explanation"))


def _step(event: Mapping[str, Any], place: int, trace: bytes, top: bytes, earliest: int) -> Span | None:
    kind = event.get("event")
    if kind not in ("model", "tool"):
        return None
    start = instant_ns(event.get("timestamp")) or earliest
    end = instant_ns(event.get("completed"))
    if end is None:
        took = number(event.get("working_time")) or number(table(event.get("output")).get("time")) or 0
        end = start + round(took * 1e9)
    error = event.get("error")
    said = _model(event) if kind == "model" else _tool(event)
    name = text(event.get("model" if kind == "model" else "function"), 256)
    return Span(
        trace_id=trace,
        span_id=span_id("inspect", trace, text(event.get("uuid")) or f"event {place}"),
        parent_id=top,
        name=f"{'chat' if kind == 'model' else 'execute_tool'} {name}",
        start_ns=start,
        end_ns=max(start, end),
        status=2 if error else 0,
        message=text(error.get("message")) if isinstance(error, dict) else text(error),
        said=present({**said, "error.type": text(table(error).get("type"), 128) if error else None}),
    )


def _model(event: Mapping[str, Any]) -> dict[str, Any]:
    output = table(event.get("output"))
    usage, config = table(output.get("usage")), table(event.get("config"))
    choices = objects(output.get("choices"))
    model = text(event.get("model"), 256)
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": model.partition("/")[0] if "/" in model else None,
        "gen_ai.request.model": model,
        "gen_ai.response.model": output.get("model"),
        "gen_ai.usage.input_tokens": whole(usage.get("input_tokens")),
        "gen_ai.usage.output_tokens": whole(usage.get("output_tokens")),
        "gen_ai.usage.total_tokens": whole(usage.get("total_tokens")),
        "gen_ai.usage.cache_read.input_tokens": whole(usage.get("input_tokens_cache_read")),
        "gen_ai.usage.cache_creation.input_tokens": whole(usage.get("input_tokens_cache_write")),
        "gen_ai.usage.reasoning.output_tokens": whole(usage.get("reasoning_tokens")),
        "gen_ai.usage.cost": number(usage.get("total_cost")),
        "gen_ai.request.temperature": number(config.get("temperature")),
        "gen_ai.response.finish_reasons": [text(one.get("stop_reason"), 64) for one in choices] or None,
        "gen_ai.input.messages": _content(event.get("input")),
        "gen_ai.output.messages": _content([one.get("message") for one in choices]),
    }


def _tool(event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": text(event.get("function"), 256),
        "gen_ai.tool.call.id": text(event.get("id"), 256),
        "gen_ai.tool.call.arguments": _content(event.get("arguments")),
        "gen_ai.tool.call.result": _content(event.get("result")),
    }


def _content(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
