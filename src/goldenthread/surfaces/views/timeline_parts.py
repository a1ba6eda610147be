"""What a run's timeline is made of: entries in the order of a tree, and the rows that a page shows of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from goldenthread.surfaces.views.content import Content

KINDS: Mapping[str, str] = {
    "run": "Run",
    "opened": "Task",
    "retrieve": "Looked up",
    "read": "Read",
    "propose": "Proposed",
    "again": "Went on",
    "verdict": "Guard",
    "question": "Asked a person",
    "answer": "Person",
    "effect": "Effect",
    "breach": "Tool contract",
    "try": "Tried again",
    "decision": "Decided",
    "step": "Kept results",
    "escalate": "Handed over",
    "refuse": "Refused",
    "error": "Error",
    "usage": "Model budget",
    "call": "Called an agent",
    "end": "Ended",
    "other": "Step",
    "trace": "Telemetry",
    "span-action": "Tool call",
    "span-model": "Model call",
    "span-retrieval": "Retrieval",
    "span-evaluation": "Evaluation",
    "span-guardrail": "Guardrail",
    "span-agent": "Agent",
    "span-workflow": "Workflow",
    "span-step": "Span",
}
"""What kinds of entries are called on a page."""

SHOWS: Mapping[str, str] = {
    "all": "everything",
    "record": "on record",
    "telemetry": "telemetry",
    "tools": "tool calls",
    "models": "model calls",
    "people": "people",
    "failed": "what failed or was refused",
}
"""What a timeline may be narrowed to, with the words for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """
    One thing that happened in a run, as far as it is known without opening content.

    Attributes:
        key: Stands for it in addresses, and stays while the run goes on.
        depth: How many of the timeline are above it.
        source: 'record' or 'telemetry'.
        state: '', 'failed', 'denied', 'waits' or 'done'.
        facts: What rows and records say of it; nothing that a reader may not see.
        digests: Kept content by what it is called.
        hidden: Why content is not shown, '' where it is.
    """

    key: str
    depth: int
    kind: str
    source: str
    at: datetime | None = None
    lasted_s: float | None = None
    state: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    digests: tuple[tuple[str, str], ...] = ()
    hidden: str = ""
    place: str = ""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """Where a span lies in its trace, in thousandths of the trace's length."""

    begin: int
    length: int


@dataclass(frozen=True, kw_only=True)
class TimelineRow:
    """
    An entry in one line.

    Attributes:
        number: Its place among those shown, from 1.
        level, position, siblings: Its place in the tree: depth and place from 1, and how many are beside it.
        below: How many are under it.
        open: Whether those are shown; None where there are none.
        took: How long, in words, '' where nobody says.
        after: Since the run began, in words.
    """

    number: int
    key: str
    level: int
    position: int
    siblings: int
    below: int
    open: bool | None
    kind: str
    kind_words: str
    words: str
    state: str
    source: str
    at: datetime | None
    after: str
    took: str
    bar: Bar | None


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What a run used, as telemetry and the record say; None where neither does."""

    steps: int
    actions: int
    spans: int
    model_calls: int
    input_tokens: int | None
    output_tokens: int | None
    cost_micros: int | None
    agent_time_s: float
    span_time_s: float | None


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """
    A window of a run's timeline.

    Attributes:
        total: Entries in all; `shown` of them match what was asked for and are not folded away.
        begin: Number of the first row here, from 1.
        before, after: Where the pages beside it begin, None where there is none.
        why: Why telemetry is not there, '' where it is.
    """

    slice: str
    run: str
    show: str
    find: str
    total: int
    shown: int
    begin: int
    before: int | None
    after: int | None
    rows: tuple[TimelineRow, ...]
    totals: Totals
    why: str


@dataclass(frozen=True, kw_only=True)
class StepDetail:
    """One entry with all that may be seen of it: `contents` by what they are called, `facts` in words."""

    slice: str
    run: str
    row: TimelineRow
    place: str
    facts: tuple[tuple[str, str], ...]
    contents: tuple[tuple[str, Content], ...]
    action: str | None  # whose golden thread can be pulled
    previous: str | None
    next: str | None
