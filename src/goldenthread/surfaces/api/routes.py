"""What is served: each address with its shape, whose token it takes, and the one thing that it calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from goldenthread.promise.values import Json
from goldenthread.surfaces.api import handlers
from goldenthread.surfaces.api.handlers import Asked
from goldenthread.surfaces.api.shapes import ANY, ENVELOPE, ID, NAME, OBJECT, PROOF, TEXT, Shape, names, record

__all__ = ["ROUTES", "Asked", "Served"]


@dataclass(frozen=True, kw_only=True)
class Served:
    """One address. `scopes`: whose token it takes; `id` is the shape of the id in its path, if there is one."""

    method: str
    path: str
    name: str
    words: str
    scopes: tuple[str, ...]
    answer: Shape
    handle: Callable[[Asked], Json]
    body: Shape | None = None
    id: str = ""
    optional_body: bool = field(default=False)


_WORD: Shape = {"type": "string"}
_MAYBE: Shape = {"type": ["string", "null"]}
_SEGMENT: Shape = {"type": "object", "maxProperties": 20, "additionalProperties": NAME}
_CASE = {"slice": NAME, "case": NAME}
_GIVEN = {"given": OBJECT, "segment": _SEGMENT}
_PARAMETER = record({"name": NAME, "type": NAME, "required": {"type": "boolean"}})
_PRESENTED = {"permit": ENVELOPE, "proof": PROOF, "arguments": OBJECT}
_OPENED = record(
    {
        "run": ID,
        **_CASE,
        "agent": _WORD,
        "level": _WORD,
        "replay": {"type": "boolean"},
        "resumed": {"type": "boolean"},
        "given": OBJECT,
        "trusted": {"type": "boolean"},
        "reads": {"type": "array", "items": _WORD},
    }
)
_ANSWER = record(
    {
        "verdict": {"type": "string", "enum": ["allow", "ask", "draft", "deny"]},
        "state": _WORD,
        "action": _WORD,
        "reason": {"type": "string", "minLength": 1, "maxLength": 100_000},
        "clause": {"type": "string", "minLength": 1, "maxLength": 10_000},
        "arguments": OBJECT,
        "permit": {"type": ["object", "null"]},
        "tools": {"type": "array", "items": _WORD},
        "item": _MAYBE,
        "result": ANY,
    }
)

ROUTES: tuple[Served, ...] = (
    Served(
        method="POST",
        path="/v1/agents/declare",
        name="declareAgent",
        words="Put an agent's manifest on record. The server adds the tools that it knows of; the digest of all of it "
        "is the fingerprint, to which levels belong.",
        scopes=("agent",),
        body=record({"slice": NAME, "manifest": OBJECT}),
        answer=record({"fingerprint": _WORD, "level": _WORD, "tools": OBJECT}),
        handle=handlers.declare_agent,
    ),
    Served(
        method="POST",
        path="/v1/tasks",
        name="giveTask",
        words="Open a run for an agent, by whoever gives tasks: what `given` says is a trusted source of that run.",
        scopes=("task",),
        body=record({**_CASE, "agent": NAME}, _GIVEN),
        answer=_OPENED,
        handle=handlers.give_task,
    ),
    Served(
        method="POST",
        path="/v1/runs",
        name="openRun",
        words="Open a run on a case, or resume its open one. What an agent says of the case is no trusted source.",
        scopes=("agent",),
        body=record({**_CASE, "fingerprint": NAME}, _GIVEN),
        answer=_OPENED,
        handle=handlers.open_run,
    ),
    Served(
        method="GET",
        path="/v1/runs/{run}",
        name="showRun",
        words="State, level and actions of a run of one's own.",
        scopes=("agent",),
        id="run",
        answer=record(
            {
                "run": ID,
                **_CASE,
                "fingerprint": _WORD,
                "state": _WORD,
                "level": _WORD,
                "trusted": {"type": "boolean"},
                "actions": {"type": "array", "items": OBJECT},
            }
        ),
        handle=handlers.show,
    ),
    Served(
        method="POST",
        path="/v1/runs/{run}/actions",
        name="act",
        words="Ask for an action. Every verdict is an answer with status 200, with its reason and its clause. Asking "
        "again with the same `call` and arguments brings the answer up to date: an approval shows as a permit.",
        scopes=("agent",),
        id="run",
        body=record(
            {"action": NAME, "arguments": OBJECT},
            {"call": {"type": "integer", "minimum": 0, "maximum": 1_000_000}, "cited": names(100)},
        ),
        answer=_ANSWER,
        handle=handlers.act,
    ),
    Served(
        method="POST",
        path="/v1/runs/{run}/escalate",
        name="escalate",
        words="Hand the case to a person, and end the run.",
        scopes=("agent",),
        id="run",
        body=record({"reason": TEXT}),
        answer=record({"status": _WORD, "item": _MAYBE}),
        handle=handlers.escalate,
    ),
    Served(
        method="POST",
        path="/v1/runs/{run}/pause",
        name="pause",
        words="Leave a run open that waits for a person; it stays `open` if it waits for nobody.",
        scopes=("agent",),
        id="run",
        answer=record({"status": _WORD}),
        handle=handlers.pause,
    ),
    Served(
        method="POST",
        path="/v1/runs/{run}/end",
        name="end",
        words="End a run; it is `waiting` instead while a person has something of it to answer.",
        scopes=("agent",),
        id="run",
        body=record({"status": {"type": "string", "enum": ["done", "drafted", "denied", "fault"]}}),
        answer=record({"status": _WORD}),
        handle=handlers.end,
    ),
    Served(
        method="POST",
        path="/v1/runs/{run}/reads",
        name="reportRead",
        words="A tool reports what it read, before the agent gets it.",
        scopes=("tool",),
        id="run",
        body=record({**_PRESENTED, "result": ANY}),
        answer=record({"state": _WORD}),
        handle=handlers.read,
    ),
    Served(
        method="POST",
        path="/v1/tools/declare",
        name="declareTool",
        words="A tool says what parameters its actions take; they are part of every agent's fingerprint there.",
        scopes=("tool",),
        body=record(
            {
                "actions": {
                    "type": "object",
                    "maxProperties": 200,
                    "additionalProperties": {"type": "array", "items": _PARAMETER, "maxItems": 100},
                }
            }
        ),
        answer=record({"tool": _WORD, "actions": {"type": "array", "items": _WORD}}),
        handle=handlers.declare_tool,
    ),
    Served(
        method="POST",
        path="/v1/permits/{permit}/consume",
        name="consumePermit",
        words="A tool consumes a permit, at once before it acts: once, and only while everything still stands.",
        scopes=("tool",),
        id="permit",
        body=record(_PRESENTED),
        answer=record({"action": ID, "seconds": {"type": "number"}}),
        handle=handlers.consume,
    ),
    Served(
        method="POST",
        path="/v1/permits/{permit}/effect",
        name="reportEffect",
        words="A tool says what came of a permit that it consumed.",
        scopes=("tool",),
        id="permit",
        body=record(
            {"outcome": {"type": "string", "enum": ["done", "failed", "not begun"]}},
            {
                "result": ANY,
                "failure": record(
                    {
                        "error": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,79}$"},
                        "message": {"type": "string", "maxLength": 2000},
                    }
                ),
            },
        ),
        answer=record({"state": _WORD}),
        handle=handlers.effect,
    ),
    Served(
        method="GET",
        path="/v1/keys",
        name="keys",
        words="The keys that verify signed permits, and whose token this is.",
        scopes=("agent", "tool", "task"),
        answer=record({"keys": {"type": "array", "items": OBJECT}, "organisation": _WORD, "tool": _WORD}),
        handle=handlers.keys,
    ),
)
