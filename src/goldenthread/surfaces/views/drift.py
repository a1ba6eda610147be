"""What a contract and its agents' tools don't agree on, and how calls broke their contract lately."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from goldenthread.control.guard import (
    DECISION_BREACH,
    REFUSED,
    TOOL_BREACH,
    Desk,
    extra_tools,
    missing_tools,
    tool_problems,
)
from goldenthread.promise.contract import Contract
from goldenthread.record.ledger import Record
from goldenthread.surfaces.views.rows import place

WINDOW = timedelta(days=28)
"""How far back breaches are counted."""

_DECLARED = "agent:fingerprint:declare"


@dataclass(frozen=True, kw_only=True)
class AgentDrift:
    """
    One agent's tools against the contract. `refused`: its last start was refused, and these are the tools it came with.

    `problems` are sentences; `missing` are actions without a tool, `extra` tools without an action.
    """

    agent: str
    fingerprint: str
    place: str
    at: datetime
    refused: bool
    problems: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return not (self.problems or self.missing or self.extra)


@dataclass(frozen=True, kw_only=True)
class BreachLine:
    """How often a tool or decision broke one clause of its contract; `words` and `last` are those of the last time."""

    of: str  # 'action' or 'decision'
    name: str
    clause: str
    times: int
    last: datetime
    place: str
    words: str


@dataclass(frozen=True, kw_only=True)
class DriftView:
    """A slice's contract against what runs under it."""

    slice: str
    version: int
    in_force: bool
    differs: bool
    agents: tuple[AgentDrift, ...]
    breaches: tuple[BreachLine, ...]


def drift(desk: Desk) -> DriftView:
    """
    Compare the contract to hold a slice to with what its agents declared last.

    Raises:
        ContractNotFound: The slice has none.
    """
    contract = desk.held_to()
    agents = tuple(_agents(desk, contract))
    return DriftView(
        slice=desk.slice,
        version=contract.version,
        in_force=desk.outline().in_force is not None,
        differs=not all(agent.agrees for agent in agents),
        agents=agents,
        breaches=breach_lines(desk),
    )


def breach_lines(desk: Desk) -> tuple[BreachLine, ...]:
    """What was broken in the last 28 days, by action or decision and clause, the latest first."""
    since = desk.ledger.clock() - WINDOW
    found: dict[tuple[str, str, str], list[Record]] = {}
    for record in desk.ledger.read(desk.slice, kinds=(TOOL_BREACH, DECISION_BREACH)):
        if record.at >= since:
            of = "decision" if record.kind == DECISION_BREACH else "action"
            name = record.data["choice" if of == "decision" else "action"]
            found.setdefault((of, str(name), str(record.data["breach"])), []).append(record)
    lines = [_breach_line(key, records) for key, records in found.items()]
    return tuple(sorted(lines, key=lambda line: line.last, reverse=True))


def _agents(desk: Desk, contract: Contract) -> Iterator[AgentDrift]:
    """Each agent by what it declared last, or was refused with; those that were revoked are left out."""
    last = {str(record.data["agent"]): record for record in desk.ledger.read(desk.slice, kinds=(_DECLARED, REFUSED))}
    principals = desk.principals()
    for name, record in last.items():
        principal = principals.find(name)
        if principal is not None and not principal.revoked:
            yield _agent(record, contract)


def _agent(record: Record, contract: Contract) -> AgentDrift:
    data: Mapping[str, Any] = record.data
    return AgentDrift(
        agent=data["agent"],
        fingerprint=data["fingerprint"],
        place=place(record.chain, record.seq),
        at=record.at,
        refused=record.kind == REFUSED,
        problems=tool_problems(contract, data["tools"]),
        missing=missing_tools(contract, data["tools"]),
        extra=extra_tools(contract, data["tools"]),
    )


def _breach_line(key: tuple[str, str, str], records: list[Record]) -> BreachLine:
    of, name, clause = key
    last = records[-1]
    return BreachLine(
        of=of,
        name=name,
        clause=clause,
        times=len(records),
        last=last.at,
        place=place(last.chain, last.seq),
        words=str(last.data["words"]),
    )
