"""
The result files of tau-bench and tau2-bench, run by run, judged as `record.runs` judges them.

A model call is taken to have lasted since the message before it: the files say only when a message came. Where they
say nothing that was measured, steps keep their order and nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from goldenthread.promise.errors import RunsInvalid
from goldenthread.record.imports.document import Document, Element
from goldenthread.record.imports.model import Span, Unit, refusal
from goldenthread.record.imports.naming import instant_ns, span_id, trace_id
from goldenthread.record.imports.octets import opened
from goldenthread.record.imports.reading import (
    PLACEHOLDER_NS,
    STEP_NS,
    Reading,
    evaluated,
    number,
    present,
    table,
    text,
    whole,
)
from goldenthread.record.runs import RecordedAgent, RecordedRun
from goldenthread.record.runs.clock import believed
from goldenthread.record.runs.fields import NOTHING_IMPORTED, Fields
from goldenthread.record.runs.tau2 import tau2_agent, tau2_run
from goldenthread.record.runs.taubench import taubench_run

_NOBODY = RecordedAgent(name="", manifest={}, stated=False)


def read_taubench(reading: Reading) -> Iterator[Unit]:
    """The runs of a tau-bench file, which tells no times and names no agent."""
    seen: set[tuple[str, int]] = set()
    with opened(reading.path) as stream:
        for one in Document(stream, reading.path.name).elements(()):
            place = f"run {one.number}"
            unit = _of_taubench(place, one, seen, reading)
            if one.number > reading.skip:
                yield unit


def _of_taubench(place: str, one: Element, seen: set[tuple[str, int]], reading: Reading) -> Unit:
    if one.refused:
        return refusal(place, one.refused, one.words)
    try:
        run = taubench_run(Fields(one.value, place), _NOBODY)
    except RunsInvalid as problem:
        return refusal(place, "shape", _plain(problem))
    if (run.case, run.trial) in seen:
        return refusal(place, "shape", f"task {run.case}, trial {run.trial} stands there already")
    seen.add((run.case, run.trial))
    return _unit(place, "taubench", _key(run.id, one.value), run, one.value.get("traj") or [], reading.agent)


def _key(id: str, value: Any) -> str:
    """What a run is known by that has no id: what it says, so that it is the same run in another file, too."""
    said = json.dumps(value, sort_keys=True).encode("utf-8", "surrogatepass")
    return f"{id} {hashlib.sha256(said).hexdigest()}"


def read_tau2(reading: Reading) -> Iterator[Unit]:
    """The runs of a tau2-bench file: read twice, since what its times are worth shows in all runs together."""
    agent, timed = _looked_over(reading)
    with opened(reading.path) as stream:
        for one in Document(stream, reading.path.name).elements(("simulations", "tasks")):
            if one.key != "simulations" or one.number <= reading.skip:
                continue
            place = f"run {one.number}"
            if one.refused:
                yield refusal(place, one.refused, one.words)
                continue
            try:
                run = tau2_run(Fields(one.value, place), agent)
            except RunsInvalid as problem:
                yield refusal(place, "shape", _plain(problem))
                continue
            run = run if timed else _timeless(run)
            yield _unit(place, "tau2", run.id, run, one.value.get("messages") or [], reading.agent or agent.name)


def _looked_over(reading: Reading) -> tuple[RecordedAgent, bool]:
    """Who did the runs, and whether their times are believed."""
    agent, runs = _NOBODY, []
    with opened(reading.path) as stream:
        for one in Document(stream, reading.path.name).elements(("simulations", "tasks")):
            try:
                if one.key == "info" and not one.refused:
                    agent = tau2_agent(Fields(one.value, "info"))
                elif one.key == "simulations" and not one.refused:
                    run = tau2_run(Fields(one.value, "run"), _NOBODY)
                    steps = tuple(replace(step, content="") for step in run.steps if step.at is not None)[:1]
                    runs.append(replace(run, steps=steps, outcomes=(), id=""))
            except RunsInvalid:
                continue
    return agent, believed(runs)[1] is None


def _timeless(run: RecordedRun) -> RecordedRun:
    steps = tuple(replace(step, at=None) for step in run.steps)
    return replace(run, started_at=None, ended_at=None, steps=steps)


def _plain(problem: RunsInvalid) -> str:
    return str(problem.message).replace(NOTHING_IMPORTED, "").strip()


def _unit(place: str, source: str, key: str, run: RecordedRun, messages: list[Any], agent: str) -> Unit:
    trace = trace_id(source, key if source == "taubench" else f"run {key}")
    times = _times(run, messages)
    top = span_id(source, trace, "run")
    start, end = times[0], times[-1]
    model = text(run.agent.manifest.get("model"), 256)
    root = Span(
        trace_id=trace,
        span_id=top,
        name=f"invoke_agent {agent}".rstrip(),
        start_ns=start,
        end_ns=end,
        status=2 if run.status == "fault" else 0,
        message=run.reason if run.status == "fault" else "",
        said=present(
            {
                "gen_ai.operation.name": "invoke_agent",
                "gen_ai.agent.name": agent,
                "goldenthread.case": run.case,
                "goldenthread.run": run.id,
                "goldenthread.ended": run.reason,
                "goldenthread.status": run.status,
                "goldenthread.times": "order only" if run.started_at is None else "measured",
                "error.type": run.reason if run.status == "fault" else None,
            }
        ),
        events=tuple(evaluated(one.metric, one.value, end) for one in run.outcomes),
    )
    steps = _steps([table(one) for one in messages], times[1:-1], trace, top, source, model)
    return Unit(
        place=f"{place} (task {run.case}, trial {run.trial})",
        spans=(root, *steps),
        messages=len(messages),
        runs=1,
        faults=int(run.status == "fault"),
    )


def _times(run: RecordedRun, messages: list[Any]) -> list[int]:
    """When the run began, when each message came, and when it ended; never going back."""
    start = instant_ns(run.started_at) or PLACEHOLDER_NS
    said = [instant_ns(table(one).get("timestamp")) if run.started_at is not None else None for one in messages]
    found = [start]
    for place, at in enumerate(said, 1):
        found.append(max(found[-1], at if at is not None else start + place * STEP_NS))
    return [*found, max(found[-1], instant_ns(run.ended_at) or 0)]


def _steps(
    messages: list[Mapping[str, Any]], times: list[int], trace: bytes, top: bytes, source: str, model: str
) -> Iterator[Span]:
    answers = {
        text(one.get("tool_call_id") or one.get("id")): (one, at) for one, at in zip(messages, times, strict=True)
    }
    before = [times[0] if times else 0, *times]
    for place, (message, (began, at)) in enumerate(zip(messages, pairwise(before), strict=True)):
        if message.get("role") != "assistant":
            continue
        if place or message.get("usage") or message.get("tool_calls"):  # what opens the talk was written beforehand
            yield _chat(message, place, began, at, trace, top, source, model)
        for order, call in enumerate(message.get("tool_calls") or ()):
            found, came = answers.get(text(table(call).get("id")), ({}, at))
            yield _tool(table(call), table(found), f"{place}.{order}", at, came, trace, top, source)


def _chat(
    message: Mapping[str, Any], place: int, began: int, at: int, trace: bytes, top: bytes, source: str, model: str
) -> Span:
    usage, raw = table(message.get("usage")), table(message.get("raw_data"))
    cost = number(message.get("cost"))
    said = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": model,
        "gen_ai.response.model": text(raw.get("model"), 256),
        "gen_ai.usage.input_tokens": whole(usage.get("prompt_tokens")),
        "gen_ai.usage.output_tokens": whole(usage.get("completion_tokens")),
        "gen_ai.usage.cost": cost if usage else None,
        "gen_ai.response.finish_reasons": [text(raw["finish_reason"], 64)] if raw.get("finish_reason") else None,
        "gen_ai.output.messages": message.get("content"),
    }
    own = span_id(source, trace, f"message {place}")
    name = f"chat {model}".rstrip()
    return Span(trace_id=trace, span_id=own, parent_id=top, name=name, start_ns=began, end_ns=at, said=present(said))


def _tool(
    call: Mapping[str, Any],
    answer: Mapping[str, Any],
    place: str,
    at: int,
    came: int,
    trace: bytes,
    top: bytes,
    source: str,
) -> Span:
    function = table(call.get("function")) or call
    name, content = text(function.get("name"), 256), text(answer.get("content"), 2**20)
    failed = bool(answer.get("error")) if answer.get("error") is not None else content.startswith("Error")
    asked = function.get("arguments")
    said = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": name,
        "gen_ai.tool.call.id": text(call.get("id"), 256),
        "gen_ai.tool.call.arguments": asked if isinstance(asked, str) else json.dumps(asked, ensure_ascii=False),
        "gen_ai.tool.call.result": content,
        "error.type": "tool" if failed else None,
    }
    return Span(
        trace_id=trace,
        span_id=span_id(source, trace, f"call {place}"),
        parent_id=top,
        name=f"execute_tool {name}",
        start_ns=at,
        end_ns=max(at, came),
        status=2 if failed else 0,
        said=present(said),
    )
