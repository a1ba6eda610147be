"""Contracts for the tests of planning."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from goldenthread.promise.contract.grammar import parse_clause, parse_volume
from goldenthread.promise.contract.model import Autonomy, Contract, Workflow
from goldenthread.promise.values import Level

GATES = {
    Level.DRAFT: ["agreement >= 80 %"],
    Level.APPROVAL: ["agreement >= 85 %", "ungrounded_rate <= 5 %"],
    Level.CONSTRAINED: ["approved_unedited >= 95 %", "agent_time p90 <= 10 min", "cost <= 0.40 EUR/case cap 5 EUR"],
}
TRIPWIRES = {Level.APPROVAL: ["rework_rate > 3 %"], Level.DRAFT: ["any policy_violation"]}


def contract(
    gates: dict[Level, list[str]] | None = None,
    *,
    tripwires: dict[Level, list[str]] | None = None,
    volume: str | None = "120 cases per week",
    line: str | None = "escalation_rate <= 35 %",
    **autonomy: object,
) -> Contract:
    """The example of the design, or with these gates, tripwires, volume, escalation line and rules."""
    rules = Autonomy(
        ceiling=Level.CONSTRAINED,
        gates={level: tuple(map(parse_clause, lines)) for level, lines in (gates or GATES).items()},
        tripwires={level: tuple(map(parse_clause, lines)) for level, lines in (tripwires or {}).items()},
        blind={Level.DRAFT: Decimal(20)},
    )
    return Contract(
        slice="open-source-intake",
        version=1,
        owner="maya@example.com",
        volume=parse_volume(volume) if volume else None,
        workflow=Workflow(done="admitted or refused", escalation_rate=parse_clause(line) if line else None),
        autonomy=replace(rules, **autonomy),  # type: ignore[arg-type]
    )
