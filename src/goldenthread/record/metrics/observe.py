"""Observations of one run, from facts on record. Definitions: DESIGN.md, "Words"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from goldenthread.promise.values import Json, canonical


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A decision on a case: an action with its arguments, by an agent or by a person."""

    action: str
    arguments: Mapping[str, Json]

    def record(self) -> dict[str, Json]:
        """As JSON."""
        return {"action": self.action, "arguments": dict(self.arguments)}


@dataclass(frozen=True, kw_only=True)
class Observation:
    """
    One value of one metric for one case; `value` None: asked for, not yet known.

    `of` is 'people' where it is the worth of people's own work on the same case; `severity` is 'hard' or ''.
    """

    metric: str
    value: float | None
    source: str  # 'replay', 'person', 'silence', 'check', 'clock', 'guard', or a data owner's name
    of: Literal["agent", "people"] = "agent"
    severity: Literal["", "hard"] = ""

    @property
    def manner(self) -> dict[str, Json]:
        """Whose work and how bad, where it isn't the plain case."""
        people: dict[str, Json] = {"of": self.of} if self.of == "people" else {}
        return {**people, **({"severity": self.severity} if self.severity else {})}

    def record(self) -> dict[str, Json]:
        """As it stands in a `case:observe` record."""
        return {"metric": self.metric, "value": self.value, "source": self.source, **self.manner}


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """
    What the guard saw of a run.

    `grounded` is our own check of the citations (None: the contract asks for none); `agent_time_s` excludes
    waiting for people; `violation`: a forbidding rule was hit, which was observed at once; `live` is False in
    shadow and on replay.
    """

    proposal: Proposal | None
    recorded: Proposal | None
    blind_asked: bool
    escalated: bool
    grounded: bool | None
    agent_time_s: float
    violation: bool
    live: bool


def observe_run(facts: RunFacts) -> list[Observation]:
    """Every observation that the end of a run allows, in a fixed order."""
    seen = [Observation(metric="escalation_rate", value=float(facts.escalated), source="guard")]
    if facts.proposal is not None:
        seen += _of_proposal(facts, facts.proposal)
    if facts.live and not facts.violation:
        seen.append(Observation(metric="policy_violation", value=0.0, source="guard"))
    seen.append(Observation(metric="agent_time", value=round(facts.agent_time_s, 6), source="clock"))
    return seen


def agrees(proposal: Proposal, decision: Proposal) -> bool:
    """The same action, and for every argument that the decision states the same JSON value: true is not 1."""
    return proposal.action == decision.action and all(
        name in proposal.arguments and canonical(proposal.arguments[name]) == canonical(value)
        for name, value in decision.arguments.items()
    )


def _of_proposal(facts: RunFacts, proposal: Proposal) -> list[Observation]:
    seen = []
    if facts.recorded is not None:
        agreed = float(agrees(proposal, facts.recorded))
        seen.append(Observation(metric="agreement", value=agreed, source="replay"))
    elif facts.blind_asked:
        seen.append(Observation(metric="agreement", value=None, source="person"))
    if facts.grounded is not None:
        seen.append(Observation(metric="ungrounded_rate", value=float(not facts.grounded), source="check"))
    return seen
