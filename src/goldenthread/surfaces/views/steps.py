"""What a person can do next in a slice, with the command that does it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from goldenthread.promise.values import GateVerdict
from goldenthread.surfaces.views.contracts import ContractView
from goldenthread.surfaces.views.figures import count
from goldenthread.surfaces.views.inbox import WaitingItem
from goldenthread.surfaces.views.ladder import LadderView, Rung
from goldenthread.surfaces.views.outcomes import OutcomeLine


@dataclass(frozen=True, kw_only=True)
class NextStep:
    """One thing to do, and the command for it where there is one."""

    words: str
    command: str | None = None


def next_steps(
    contract: ContractView, climbed: LadderView, items: list[WaitingItem], outcomes: tuple[OutcomeLine, ...]
) -> tuple[NextStep, ...]:
    """What people can do next, the most pressing first."""
    return (
        *_lift(climbed),
        *_contract(contract),
        *_inbox(climbed.slice, items),
        *_evidence(climbed),
        *_reports(outcomes),
    )


def _lift(climbed: LadderView) -> Iterator[NextStep]:
    for stop in climbed.stops:
        yield NextStep(
            words=f"{stop.words}. Find out why; then two people, one after the other, lift it.",
            command=f'goldenthread lift {stop.id} --by NAME --reason "..."',
        )


def _contract(contract: ContractView) -> Iterator[NextStep]:
    if contract.prototype:
        yield NextStep(
            words=f"The contract is a prototype. Add {', '.join(contract.prototype)}, and have it signed.",
            command="goldenthread contract check FILE",
        )
    for one in contract.missing:
        yield NextStep(
            words=f"{one.by} signs version {contract.version} as {one.role}.",
            command=f"goldenthread contract sign FILE --as {one.by}",
        )


_ASKS = {
    "approval": "An approver says yes or no to",
    "blind question": "An approver decides, without seeing the proposal,",
    "escalation": "An approver decides what the agent handed over:",
    "in-doubt effect": "Somebody looks whether an effect happened:",
    "in-doubt undo": "Somebody looks whether an effect was taken back:",
}


def _inbox(slice_name: str, items: list[WaitingItem]) -> Iterator[NextStep]:
    for kind, words in _ASKS.items():
        number = sum(item.kind == kind for item in items)
        if number:
            yield NextStep(words=f"{words} {count(number, 'case')}.", command=f"goldenthread inbox list {slice_name}")


def _evidence(climbed: LadderView) -> Iterator[NextStep]:
    if climbed.agent is None:
        yield NextStep(words='An engineer connects an agent: goldenthread.connect(agent="...").')
        return
    coming = next((rung for rung in climbed.rungs if rung.state == "next"), None)
    if coming is not None and climbed.verdict is GateVerdict.INSUFFICIENT:
        yield from _lacking(coming)
    if climbed.verdict is GateVerdict.HOLD:
        yield NextStep(words=f"{climbed.reason}; a new version of the contract can change that.")


def _lacking(coming: Rung) -> Iterator[NextStep]:
    for clause in coming.clauses:
        if clause.passed:
            continue
        if clause.missing is not None:
            needs = f" It takes {count(clause.needs, 'clean case')} at least." if clause.needs else ""
            yield NextStep(words=f"For {coming.level}, '{clause.text}' has no evidence: {clause.missing}.{needs}")
        elif clause.waits:
            waiting = count(clause.pending, "open case")
            yield NextStep(words=f"For {coming.level}, '{clause.text}' waits for {waiting} only. {clause.forecast}")
        else:
            more = f" {clause.forecast}" if clause.forecast else ""
            words = f"For {coming.level}, the agent works more cases until '{clause.text}' is proved."
            yield NextStep(words=f"{words}{more}")


def _reports(outcomes: tuple[OutcomeLine, ...]) -> Iterator[NextStep]:
    for line in outcomes:
        if line.measured is None and line.due is not None:
            yield NextStep(words=f"{line.owner} reports {line.metric} by {line.due.isoformat()}.")
