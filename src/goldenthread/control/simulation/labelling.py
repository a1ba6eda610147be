"""Who looks at what at which level: the share of cases in which a simulated value becomes known at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from goldenthread.promise.contract import Autonomy
from goldenthread.promise.values import LADDER, Level

Whose: TypeAlias = Literal["agent", "people"]

_OF_PROPOSALS = frozenset({"agreement", "approved_unedited", "rework_rate", "ungrounded_rate"})


@dataclass(frozen=True, kw_only=True)
class Labelling:
    """
    Attributes:
        shares: By level, then by (metric, whose work): in which share of cases it becomes known; 1 where absent.
        of_proposals: Metrics that a case handed to a person says nothing about.
    """

    shares: Mapping[Level, Mapping[tuple[str, Whose], float]]
    of_proposals: frozenset[str] = _OF_PROPOSALS


def labelling_of(autonomy: Autonomy) -> Labelling:
    """As the guard labels: people decide every case in shadow, the blind share at draft, the audited above."""
    return Labelling(shares={level: _shares(autonomy, level) for level in LADDER})


def _shares(autonomy: Autonomy, level: Level) -> Mapping[tuple[str, Whose], float]:
    acting = level >= Level.APPROVAL
    decided = _decided_by_people_too(autonomy, level)
    found: dict[tuple[str, Whose], float] = {
        ("agreement", "agent"): decided,
        ("approved_unedited", "agent"): float(level is Level.APPROVAL),
        ("policy_violation", "agent"): float(level > Level.SHADOW),
        ("automation_rate", "agent"): float(level >= Level.CONSTRAINED),
        ("rework_rate", "agent"): float(acting or _is_asked_before_acting(autonomy)),
    }
    for clauses in autonomy.gates.values():
        for clause in clauses:
            if clause.margin is not None:
                found[clause.metric, "people"] = decided
    return found


def _decided_by_people_too(autonomy: Autonomy, level: Level) -> float:
    if level is Level.SHADOW:
        return 1.0
    drawn = autonomy.audit if level >= Level.CONSTRAINED else autonomy.blind
    return 0.0 if level is Level.APPROVAL else float(drawn.get(level, Decimal(0)) / 100)


def _is_asked_before_acting(autonomy: Autonomy) -> bool:
    """Whether a gate asks for rework of cases that the agent only drafted: others then report what would have been."""
    gates = (clauses for level, clauses in autonomy.gates.items() if level <= Level.APPROVAL)
    return any(clause.metric == "rework_rate" for clauses in gates for clause in clauses)
