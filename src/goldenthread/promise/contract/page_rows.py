"""What the one page says: its sections and rows, in the order in which an owner reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from goldenthread.promise.contract.acting_rows import acting_rows
from goldenthread.promise.contract.model import (
    Autonomy,
    Claim,
    Clause,
    Contract,
    Shift,
    Technique,
    Workflow,
)
from goldenthread.promise.contract.row import Row
from goldenthread.promise.values import LADDER, Level

__all__ = ["MEANING", "Row", "Section", "sections_of"]

MEANING: Mapping[Level, str] = {
    Level.SHADOW: "works beside people; nothing it does is seen or has effect",
    Level.DRAFT: "people get its proposal and do the work",
    Level.APPROVAL: "acts, each action after a person's yes",
    Level.CONSTRAINED: "acts alone within limits; a random share is audited",
    Level.EXPANDED: "acts alone within wider limits, with thinner audits",
}
"""What an agent does at each level, in words for its owner."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading with its rows."""

    title: str
    rows: tuple[Row, ...]


def sections_of(contract: Contract) -> Iterator[Section]:
    """Every section, in the order of the page; one may be without rows."""
    yield Section(title="What it is for", rows=tuple(_outcomes(contract)))
    yield Section(title="The work", rows=tuple(_work(contract)))
    yield Section(title="What one would ask of a team", rows=tuple(_workflow(contract.workflow)))
    yield Section(title="Autonomy and trust", rows=tuple(_autonomy(contract.autonomy)))
    yield Section(title="Actions and limits", rows=tuple(acting_rows(contract)))
    yield Section(title="Technique", rows=tuple(_technique(contract.technique)))
    yield Section(title="Signed by", rows=tuple(_signatures(contract)))


def _outcomes(contract: Contract) -> Iterator[Row]:
    yield from _shifts("Business", contract.business)
    yield from _shifts("Customer", contract.customer)
    yield from _shifts("Adoption", (contract.adoption,) if contract.adoption else ())
    for part in contract.missing_parts:
        yield Row(label="Missing", text=f"{part}: until it is written this is a prototype and stays in shadow")


def _shifts(label: str, shifts: tuple[Shift, ...]) -> Iterator[Row]:
    for shift in shifts:
        yield Row(label=label, text=str(shift), role="outcome")


def _work(contract: Contract) -> Iterator[Row]:
    terms = (
        f"{contract.volume}" if contract.volume else None,
        f"horizon {contract.horizon}" if contract.horizon else None,
        contract.approach,
    )
    yield from _texts(
        ("Problem", contract.problem),
        ("For", contract.audience),
        ("Where it sits", contract.position),
        ("Volume", "; ".join(term for term in terms if term) or None),
    )


def _workflow(workflow: Workflow | None) -> Iterator[Row]:
    if workflow is None:
        return
    asked = (workflow.cycle_time, workflow.throughput, workflow.backlog)
    shares = (workflow.automation_rate, workflow.escalation_rate, workflow.rework_rate)
    yield from _texts(
        ("Done means", workflow.done or None),
        ("Pace", _clauses(asked)),
        ("Quality", _clauses(shares)),
        ("Error budget", str(workflow.error_budget) if workflow.error_budget else None),
        ("Failing means", workflow.fails_like),
        ("At ten products", workflow.at_ten_products),
    )


def _autonomy(autonomy: Autonomy | None) -> Iterator[Row]:
    if autonomy is None:
        return
    yield from _ladder(autonomy)
    for level, clauses in sorted(autonomy.tripwires.items(), key=lambda entry: -entry[0].rank):
        yield Row(label=f"Back to {level}", text=f"at {_clauses(clauses)}", role="tripwire")
    yield from _texts(
        ("Proof", _proof(autonomy)),
        ("Segments", "; ".join(f"{name}: {', '.join(values)}" for name, values in autonomy.segments.items()) or None),
        ("Blind answers", _shares(autonomy.blind, autonomy.ceiling)),
        ("Audited", _shares(autonomy.audit, autonomy.ceiling)),
        ("Do they look", _watched(autonomy)),
        ("Escalates to", _path(autonomy)),
        ("Working hours", str(autonomy.calendar) if autonomy.calendar else None),
        ("If people leave", str(autonomy.when_people_leave) if autonomy.when_people_leave else None),
        ("Each release", f"{autonomy.releases} before it goes above draft" if autonomy.releases else None),
    )


def _watched(autonomy: Autonomy) -> str | None:
    approvers = autonomy.approvers
    if approvers is None:
        return None
    shared = f"{approvers.shared:f} % of approvals are asked of two people apart" if approvers.shared else ""
    checks = f"{approvers.checks:f} % come with a check whose right answer is known" if approvers.checks else ""
    return "; ".join(words for words in (shared, checks) if words) or None


def _path(autonomy: Autonomy) -> str | None:
    steps = ", then ".join(map(str, autonomy.escalate))
    ends = f"what waits for a yes expires {autonomy.expire}" if autonomy.expire is not None else ""
    return "; ".join(words for words in (steps, ends) if words) or None


def _proof(autonomy: Autonomy) -> str:
    alarm = f"a false alarm at most once in {autonomy.false_alarm} cases"
    if autonomy.calibrated:
        alarm = f"a false alarm once in {autonomy.false_alarm} cases, if cases are independent"
    claim = "; gates speak about future days" if autonomy.claim is Claim.FUTURE_DAYS else ""
    return f"{autonomy.confidence:f} % confidence; {alarm}{claim}"


def _ladder(autonomy: Autonomy) -> Iterator[Row]:
    """From the top down, as a ladder stands: each level, and below it the gate that one climbs through."""
    for level in reversed(LADDER):
        yield Row(label=str(level), text=MEANING[level] + _ends(level, autonomy), role="level")
        clauses = autonomy.gates.get(level)
        if clauses:
            yield Row(label="  opens when", text=_clauses(clauses) or "", role="gate")


def _ends(level: Level, autonomy: Autonomy) -> str:
    if level > autonomy.ceiling:
        return " (not in this contract)"
    start = " (begins here)" if level is autonomy.start else ""
    return start + (" (the ceiling)" if level is autonomy.ceiling else "")


def _technique(technique: Technique | None) -> Iterator[Row]:
    if technique is None:
        return
    calls = ", ".join(technique.calls_agents)
    yield from _texts(
        ("Model", technique.model or None),
        ("Grounding", technique.grounding),
        ("Knowledge", "; ".join(f"{key}: {text}" for key, text in technique.knowledge.items()) or None),
        ("Memory", technique.memory),
        ("Evals", ", ".join(technique.evals) or None),
        ("Calls", f"{calls}, at most {technique.calls_depth} deep" if calls else "no other agents"),
    )


def _signatures(contract: Contract) -> Iterator[Row]:
    for number, (name, role) in enumerate(contract.signers.items()):
        yield Row(label="" if number else "Signers", text=f"{name} as {role.replace('-', ' ')}", role="signature")


def _texts(*entries: tuple[str, str | None]) -> Iterator[Row]:
    for label, text in entries:
        if text:
            yield Row(label=label, text=text)


def _clauses(clauses: tuple[Clause | None, ...]) -> str | None:
    return ", ".join(str(clause) for clause in clauses if clause is not None) or None


def _shares(shares: Mapping[Level, Decimal], ceiling: Level) -> str | None:
    within = {level: share for level, share in shares.items() if level <= ceiling}
    return ", ".join(f"{share:f} % of cases at {level}" for level, share in within.items()) or None
