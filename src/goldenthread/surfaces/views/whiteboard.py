"""The whiteboard: what a slice is built of, by its contract and by what was seen, and what each part means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from goldenthread.control.guard import Desk
from goldenthread.promise.contract import Action, Contract
from goldenthread.promise.values import Effect
from goldenthread.surfaces.views import whiteboard_words as words
from goldenthread.surfaces.views.contracts import contract_view
from goldenthread.surfaces.views.whiteboard_seen import Seen, seen_of

BOTH, NEVER, UNDECLARED, STATED = "both", "never", "undeclared", "stated"
MARKS: Mapping[str, str] = {
    BOTH: "declared and seen",
    NEVER: "declared, never seen",
    UNDECLARED: "seen, not declared",
    STATED: "stated; nothing measures it",
}
"""What a part or a line is by what the contract says and what was seen, with the words for it."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """
    One part of the drawing.

    Attributes:
        id: Its anchor.
        kind: 'case', 'source', 'knowledge', 'memory', 'model', 'agent', 'guard', 'approvers', 'owners', 'tool',
            'called agent', 'telemetry', 'audience' or 'data owner'.
        column: 0 data and knowledge, 1 agent, 2 guard and people, 3 tools and other agents, 4 the world.
        note: A few words for the drawing.
        mark: One of MARKS.
        safety, impact, own: What it means for safety, for impact, and for what the agent may own.
        measured: What was measured there, a line each.
    """

    id: str
    kind: str
    name: str
    column: int
    note: str
    mark: str
    safety: str
    impact: str
    own: str
    measured: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Edge:
    """A line from a part to another, by their ids, with what passes along it."""

    begin: str
    end: str
    words: str
    mark: str


@dataclass(frozen=True, kw_only=True)
class Whiteboard:
    """A slice's architecture. `runs` were looked at since `since`; `hidden` more are of cases nobody may see yet."""

    slice: str
    version: int
    level: str
    parts: tuple[Part, ...]
    edges: tuple[Edge, ...]
    runs: int
    hidden: int
    since: datetime | None
    why: str


def whiteboard(desk: Desk, home: Path | None) -> Whiteboard:
    """
    The whiteboard of a slice.

    Args:
        desk: Of the slice.
        home: Where telemetry lies; None where nobody said.

    Raises:
        ContractNotFound: The slice has no contract.
    """
    outline = desk.outline()
    version = contract_view(desk).version
    contract = outline.versions[version].contract
    declared: Mapping[str, Any] = {}
    for record in desk.ledger.read(desk.slice, kinds=("agent:fingerprint:declare",)):
        declared = record.data
    seen = seen_of(desk, home)
    level = str(outline.level(str(declared["fingerprint"]))) if declared else "shadow"
    drawing = _Drawing(contract, declared, seen, level)
    return Whiteboard(
        slice=desk.slice,
        version=version,
        level=level,
        parts=tuple(drawing.parts()),
        edges=tuple(drawing.edges()),
        runs=seen.runs,
        hidden=seen.hidden,
        since=seen.since,
        why=seen.why,
    )


class _Drawing:
    """Parts and lines, of what is declared and what was seen."""

    def __init__(self, contract: Contract, declared: Mapping[str, Any], seen: Seen, level: str) -> None:
        self.contract, self.seen, self.level = contract, seen, level
        self.agent = str(declared.get("agent", "the agent"))
        self.models = _models(declared.get("manifest", {}), contract, seen)
        self.knowledge = _knowledge(contract, seen)
        self.tools = {**contract.actions, **dict.fromkeys(self._strange_tools())}
        self.called = _called(contract, seen, self.agent)

    def parts(self) -> Iterator[Part]:
        """Every part, by columns from left to right and top to bottom."""
        yield self._part("case", "case", "The case", 0, BOTH if self.seen.runs else STATED, note="as it was given")
        yield from (
            self._tool(name, action, 0) for name, action in self.tools.items() if action is not None and _reads(action)
        )
        for name, mark in self.knowledge.items():
            yield self._part(_id("knowledge", name), "knowledge", name, 0, mark, note="retrieval")
        memory = self.contract.technique.memory if self.contract.technique is not None else None
        if memory is not None and memory != "none":
            yield self._part("memory", "memory", memory, 0, STATED, note="memory")
        for name, mark in self.models.items():
            yield self._part(_id("model", name), "model", name, 0, mark, note="model")
        yield self._part("agent", "agent", self.agent, 1, BOTH if self.seen.runs else NEVER, note=f"at {self.level}")
        yield self._part(
            "telemetry", "telemetry", "Telemetry", 1, BOTH if self.seen.spans else NEVER, note="as the agent tells it"
        )
        yield self._part("approvers", "approvers", "Approvers", 2, STATED, note=words.path_of(self.contract))
        mode = ", ".join(sorted(self.seen.modes)) or "no decision yet"
        yield self._part("guard", "guard", "The guard", 2, BOTH if self.seen.modes else NEVER, note=mode)
        yield self._part("owner", "owners", "Owner and expert", 2, STATED, note=self.contract.owner)
        yield from (
            self._tool(name, action, 3) for name, action in self.tools.items() if action is None or not _reads(action)
        )
        for name, mark in self.called.items():
            yield self._part(_id("called", name), "called agent", name, 3, mark, note="another agent")
        audience = self.contract.audience or "those who ask"
        yield self._part("audience", "audience", "Whom it is for", 4, STATED, note=audience)
        for name in self.contract.data_owners:
            yield self._part(_id("data-owner", name), "data owner", name, 4, STATED, note="measures outcomes")

    def edges(self) -> Iterator[Edge]:
        """Every line."""
        parts = {part.id: part for part in self.parts()}
        for part in parts.values():
            yield from _lines_of(part)
        yield Edge(begin="agent", end="guard", words="asks before every effect", mark=parts["guard"].mark)
        yield Edge(begin="guard", end="approvers", words="asks a person", mark=STATED)
        yield Edge(begin="owner", end="guard", words="sign the contract", mark=STATED)
        yield Edge(begin="agent", end="telemetry", words="sends spans", mark=parts["telemetry"].mark)
        owners = [part.id for part in parts.values() if part.kind == "data owner"]
        for one, two in zip(["audience", *owners], owners, strict=False):
            yield Edge(begin=one, end=two, words="outcomes are measured", mark=STATED)

    def _tool(self, name: str, action: Action | None, column: int) -> Part:
        calls, reading = self.seen.calls.get(name), self.seen.reads.get(name)
        seen = calls is not None or reading is not None or ("tool", name) in self.seen.spans
        kind = "source" if action is not None and _reads(action) else "tool"
        mark = UNDECLARED if action is None else BOTH if seen else NEVER
        note = "not in the contract" if action is None else words.effect_note(action)
        return self._part(_id("tool", name), kind, name, column, mark, note=note, action=action)

    def _part(
        self, id: str, kind: str, name: str, column: int, mark: str, *, note: str, action: Action | None = None
    ) -> Part:
        said = words.meaning(kind, self.contract, self.level, action=action, undeclared=mark == UNDECLARED)
        measured = tuple(words.measured(kind, name, self.seen))
        return Part(
            id=id,
            kind=kind,
            name=name,
            column=column,
            note=note,
            mark=mark,
            safety=said.safety,
            impact=said.impact,
            own=said.own,
            measured=measured,
        )

    def _strange_tools(self) -> Iterable[str]:
        """Tools that nobody declared: the guard denied them, or telemetry saw them go past it."""
        known = self.contract.actions
        called = (*self.seen.calls, *self.seen.reads, *(name for kind, name in self.seen.spans if kind == "tool"))
        return (name for name in dict.fromkeys(called) if name not in known)


def _lines_of(part: Part) -> Iterator[Edge]:
    """The lines of a part that stand in its kind."""
    to_agent = {
        "case": "the task",
        "source": "reads",
        "knowledge": "retrieves",
        "memory": "remembers",
        "model": "calls",
    }
    if part.kind in to_agent:
        yield Edge(begin=part.id, end="agent", words=to_agent[part.kind], mark=part.mark)
    elif part.kind in ("tool", "called agent"):
        begin = "agent" if part.mark == UNDECLARED else "guard"
        passes = "past the guard, or denied by it" if part.mark == UNDECLARED else "with a permit"
        yield Edge(begin=begin, end=part.id, words=passes, mark=part.mark)
        if part.kind == "tool":
            yield Edge(begin=part.id, end="audience", words="has its effect", mark=part.mark)


def _reads(action: Action) -> bool:
    return action.effect is Effect.READ and not action.egress


def _models(manifest: object, contract: Contract, seen: Seen) -> dict[str, str]:
    """Models by name: those that the agent declared, and those that telemetry saw; else what the contract says."""
    named = list(dict.fromkeys(_names(manifest)))
    told = [name for kind, name in seen.spans if kind == "model"]
    stated = contract.technique.model if contract.technique is not None else ""
    fits = [name for name in told if name in named or re.search(rf"(?<!\w){re.escape(name)}(?!\w)", stated)]
    found = {name: BOTH if name in told else NEVER if told else STATED for name in named}
    found.update({name: BOTH if name in fits else UNDECLARED for name in told})
    return found or ({stated: STATED} if stated else {})


def _names(manifest: object) -> Iterator[str]:
    """What a manifest names as models: `model: m`, `models: [m, n]`, or objects with a name."""
    said = manifest if isinstance(manifest, Mapping) else {}
    left = [said.get("models"), said.get("model")]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            left.append(one.get("name") or one.get("model") or list(one.values()))
        elif isinstance(one, (list, tuple)):
            left += reversed(one)


def _knowledge(contract: Contract, seen: Seen) -> dict[str, str]:
    """Sources of knowledge: what the contract names, and what runs asked or telemetry saw."""
    declared = contract.technique.knowledge.get("source") if contract.technique is not None else None
    told = dict.fromkeys((*seen.sources, *(name for kind, name in seen.spans if kind == "source")))
    found = {declared: BOTH if declared in told else NEVER} if declared else {}
    return {**found, **{name: UNDECLARED for name in told if name != declared}}


def _called(contract: Contract, seen: Seen, own: str) -> dict[str, str]:
    """Other agents: those that the contract lets it call, and those that it called or telemetry saw below it."""
    declared = contract.technique.calls_agents if contract.technique is not None else ()
    told = dict.fromkeys(
        (*(agent for agent, _ in seen.delegated), *(name for kind, name in seen.spans if kind == "agent"))
    )
    told.pop(own, None)
    found = {name: BOTH if name in told else NEVER for name in declared}
    return {**found, **{name: UNDECLARED for name in told if name not in found}}


def _id(kind: str, name: str) -> str:
    """An anchor that any name gives: letters and digits as they are, anything else by its number."""
    plain = "".join(letter if letter.isascii() and letter.isalnum() else f"-{ord(letter):x}-" for letter in name[:80])
    return f"{kind}-{plain}"
