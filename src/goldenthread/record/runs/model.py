"""Recorded runs as plain records, whatever file they came from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from goldenthread.promise.values import Json, digest
from goldenthread.record.runs.tools import changes_something

Format: TypeAlias = Literal["taubench", "tau2"]
Kind: TypeAlias = Literal["message", "tool_call", "tool_result"]
Status: TypeAlias = Literal["done", "escalated", "fault"]

FORMATS: tuple[Format, ...] = ("taubench", "tau2")


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedStep:
    """
    One entry of a conversation.

    Shapes: `role` is who made it ('system', 'user', 'assistant', 'tool'); `name` is the tool's, None for a message;
    `content` is the text, of a tool call the JSON text of its arguments, and None where the case was erased; `at` is
    UTC or None; `error` says that a tool answered with an error.
    """

    kind: Kind
    role: str
    name: str | None
    content: str | None
    at: datetime | None = None
    error: bool = False

    @property
    def arguments(self) -> Mapping[str, Json] | None:
        """What a tool was called with; None for no call, erased content, or arguments that are no JSON object."""
        if self.kind != "tool_call" or self.content is None:
            return None
        try:
            found = json.loads(self.content)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    @property
    def digest(self) -> str | None:
        """`sha256:...` over the content, or None where it was erased."""
        return None if self.content is None else digest(self.content)

    @property
    def is_action(self) -> bool:
        """Whether the agent called a tool that may change something: any but those known to only read."""
        return self.kind == "tool_call" and self.role == "assistant" and changes_something(self.name or "")


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedOutcome:
    """A label of a run: `value` of `metric` (of a rate 1 or 0), by `source`, which is not the agent."""

    metric: str
    value: float
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedAgent:
    """
    Who did the runs.

    `manifest` is what goes into its fingerprint (model, settings, digest of its instructions); what the file does not
    say is not in it. `stated`: the name is the file's own, or was given by whoever imported it; else it stands for an
    agent nobody named, which is the same as no other.
    """

    name: str
    manifest: Mapping[str, Json]
    stated: bool = True

    @property
    def fingerprint(self) -> str:
        """`sha256:...` over name and manifest."""
        return digest({"agent": self.name, "manifest": dict(self.manifest)})


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedRun:
    """
    One attempt of an agent at a case.

    Shapes: `case` is the task's id, `trial` counts its repetitions (as the file does); `started_at`, `ended_at` are
    UTC, None where the file tells no time that can be trusted; `reason` is how the file says it ended; `reward` is
    the file's, in [0, 1], None where a fault left none; `cost` is the agent's in US dollars, None for unknown;
    `outcomes` is empty after a fault, which is no failure; `erased`: the case was, and `case` is its pseudonym.
    """

    id: str
    case: str
    trial: int
    agent: RecordedAgent
    started_at: datetime | None
    ended_at: datetime | None
    status: Status
    reason: str
    steps: tuple[RecordedStep, ...]
    cost: float | None
    outcomes: tuple[RecordedOutcome, ...]
    reward: float | None
    erased: bool = False

    @property
    def succeeded(self) -> bool | None:
        """The `task_success` label, or None where there is none."""
        values = [outcome.value for outcome in self.outcomes if outcome.metric == "task_success"]
        return values[0] == 1.0 if values else None

    @property
    def actions(self) -> tuple[RecordedStep, ...]:
        """The agent's tool calls that may have changed something, in order."""
        return tuple(step for step in self.steps if step.is_action)


@dataclass(frozen=True, kw_only=True, slots=True)
class RunSet:
    """
    All runs of one file, of one agent.

    Shapes: `slice` is '' where neither file nor caller named one; `digest` is `sha256:...` of the file's bytes; a
    case's runs stand together in order of trial, cases in order of their first start, else as in the file;
    `notes` are sentences on what the file does not say or what was not believed.
    """

    format: Format
    label: str
    slice: str
    agent: RecordedAgent
    digest: str
    runs: tuple[RecordedRun, ...]
    notes: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The first twelve digits of the digest: the name that commands take."""
        return self.digest.removeprefix("sha256:")[:12]

    @property
    def cases(self) -> Mapping[str, tuple[RecordedRun, ...]]:
        """The runs of each case, in order."""
        found: dict[str, tuple[RecordedRun, ...]] = {}
        for run in self.runs:
            found[run.case] = (*found.get(run.case, ()), run)
        return found

    @property
    def counted(self) -> Mapping[str, RecordedRun]:
        """The run by which each case counts: its first that did not end in a fault. A case without one is absent."""
        found: dict[str, RecordedRun] = {}
        for run in self.runs:
            if run.status != "fault":
                found.setdefault(run.case, run)
        return found
