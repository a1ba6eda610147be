"""A timeline's entries in words: one line each, and the facts of one in full. What was hidden stays hidden."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from goldenthread.promise.values import Level
from goldenthread.surfaces.views.content import Content
from goldenthread.surfaces.views.statuses import STATUS_WORDS, state_words, status_of
from goldenthread.surfaces.views.timeline_parts import Entry

Facts = Mapping[str, Any]

LINE = 200
"""Characters of a line; the whole stands with the entry itself."""


def entry_words(entry: Entry, contents: Mapping[str, Content]) -> str:
    """An entry in a line, on which nothing breaks and nothing turns the direction of what follows."""
    return one_line(_words(entry, contents))


def one_line(text: str) -> str:
    """The beginning of a text with white space made plain, and what cannot be printed written out."""
    short = text[: 4 * LINE]
    plain = " ".join(short.split())
    safe = "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in plain)
    return safe if len(safe) <= LINE and len(short) == len(text) else f"{safe[: LINE - 1]}…"


def took_words(seconds: float | None) -> str:
    """`8 ms`, `3.2 s`, `12 min`, `3.1 d`."""
    if seconds is None:
        return ""
    for least, unit, name in ((86_400, 86_400, "d"), (3_600, 3_600, "h"), (120, 60, "min"), (1, 1, "s")):
        if seconds >= least:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds * 1000:.3g} ms"


def entry_facts(entry: Entry) -> tuple[tuple[str, str], ...]:
    """What rows say of an entry, for whoever opened it; content stands apart."""
    facts = entry.facts
    if entry.source == "telemetry":
        return _span_facts(entry)
    shown: list[tuple[str, Any]] = []
    if entry.kind == "propose":
        shown = [
            ("action", facts["name"] or entry.hidden),
            ("call", f"number {facts['call'] + 1} of the run"),
            ("rests on", ", ".join(facts["cited"]) or "no citation"),
        ]
    elif entry.kind == "verdict":
        shown = [(name, facts[name]) for name in ("verdict", "reason", "clause", "level")]
    elif entry.kind in ("question", "answer"):
        shown = [(name, facts.get(name, "")) for name in ("question", "reason", "answer", "by", "item")]
    elif entry.kind == "effect":
        shown = [("became", state_words(facts["state"], Level(facts["level"]))), ("permit", facts["permit"] or "")]
    elif entry.kind in ("breach", "try", "usage", "call"):
        shown = [(name, _plain(value)) for name, value in facts.items()]
    elif entry.kind == "run":
        shown = [
            ("level", facts["level"]),
            ("source", facts["source"]),
            ("contract version", facts["contract_version"]),
            ("agent fingerprint", facts["fingerprint"]),
        ]
    return tuple((name, str(value)) for name, value in shown if value not in ("", None))


def _words(entry: Entry, contents: Mapping[str, Content]) -> str:
    if entry.hidden:
        return entry.hidden
    if entry.source == "telemetry":
        return _span_words(entry)
    opened = [contents[digest] for _, digest in entry.digests if digest in contents]
    first = opened[0] if opened else Content(state="missing")
    if entry.kind not in _TOLD:
        return _step_words(str(entry.facts["step"]), first.part("content"))
    return _TOLD[entry.kind](entry.facts, first)


def _step_words(kind: str, content: Content) -> str:
    """A step in a line, whatever shape its content has."""
    said = content.value
    if not content.kept or not isinstance(said, dict):
        return content.words
    if kind == "retrieve":
        return f"{_plain(said.get('source'))}: {_hits(said.get('hits')) or 'nothing'}"
    named = ("action", "decision", "of", "verdict", "reason", "error", "task", "steps")
    return ": ".join(_plain(said[name]) for name in named if name in said) or content.words


def _hits(hits: object) -> str:
    if not isinstance(hits, list):
        return ""
    found = [one for one in hits if isinstance(one, dict)]
    first = ", ".join(f"{_plain(one.get('id'))} ({_score(one.get('score'))})" for one in found[:5])
    return f"{first} and {len(found) - 5} more" if len(found) > 5 else first


def _score(score: object) -> str:
    return f"{score:.3g}" if isinstance(score, int | float) else "no score"


def _colon(text: str) -> str:
    return f": {text}" if text else ""


def _span_words(entry: Entry) -> str:
    facts = entry.facts
    if entry.kind == "trace":
        lacking = "" if facts["whole"] else "; some of it never came"
        return f"{facts['agent'] or 'an agent'}, {facts['spans']:,} spans, as it says itself{lacking}"
    said = facts["said"]
    tokens = [said.get(name) for name in ("input_tokens", "output_tokens")]
    parts = [str(facts["name"])]
    if any(value is not None for value in tokens):
        parts.append(f"{tokens[0] or 0:,} tokens in, {tokens[1] or 0:,} out")
    if said.get("error_type"):
        parts.append(str(said["error_type"]))
    more = said.get("tool_arguments") or said.get("query_text") or said.get("evaluation_label")
    return " · ".join([*parts, str(more)] if more else parts)


def _span_facts(entry: Entry) -> tuple[tuple[str, str], ...]:
    facts = entry.facts
    if entry.kind == "trace":
        return (("trace", facts["trace"]), ("agent", facts["agent"] or "not said"), ("spans", f"{facts['spans']:,}"))
    said = {
        name: value for name, value in facts["said"].items() if name not in ("attributes", "status", "content_bytes")
    }
    return (("name", str(facts["name"])), *((name.replace("_", " "), _plain(value)) for name, value in said.items()))


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _run(facts: Facts, first: Content) -> str:
    source = "decided before by people" if facts["source"] == "replay" else "live"
    return f"on case {first.part('case').words}, at {facts['level']}, {source}"


def _answer(facts: Facts, _: Content) -> str:
    return f"{facts['answer']} by {facts['by']}" if facts["by"] else str(facts["answer"])


def _effect(facts: Facts, result: Content) -> str:
    words = "" if result.state == "missing" and not result.why else result.words
    return f"{state_words(facts['state'], Level(facts['level']))}{_colon(words)}"


def _trial(facts: Facts, _: Content) -> str:
    name = facts.get("action") or facts.get("choice")
    if "try" in facts:
        return f"{name}, number {facts['try']} failed: {facts['error']}"
    return f"{name}, {facts['breach']}: {facts['words']}"


def _usage(facts: Facts, _: Content) -> str:
    return ", ".join(f"{amount} {unit}" for unit, amount in facts["amounts"].items()) or "nothing"


def _call(facts: Facts, _: Content) -> str:
    run = f", run {facts['called']}" if facts["called"] else ""
    return f"{facts['agent']} in {facts['slice']}{run}"


def _end(facts: Facts, _: Content) -> str:
    status = status_of(facts["status"], Level(facts["level"]))
    return STATUS_WORDS.get(status, status)


_TOLD: Mapping[str, Callable[[Facts, Content], str]] = {
    "run": _run,
    "propose": lambda facts, first: f"{facts['name']} {first.words}",
    "again": lambda _facts, _first: "the same action again, in a process that resumed the run",
    "verdict": lambda facts, _: f"{facts['verdict']}: {facts['reason']}",
    "question": lambda facts, _: f"{facts['question']}{_colon(facts['reason'])}",
    "answer": _answer,
    "effect": _effect,
    "breach": _trial,
    "try": _trial,
    "usage": _usage,
    "call": _call,
    "end": _end,
}
"""A line for each kind of entry, of its facts and the first of its content; any other is a step."""
