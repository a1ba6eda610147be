"""Rules on autonomy as a whole (C5): no way up without gates, evidence, rollback and escalation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from goldenthread.promise.contract.model import Action, Autonomy, Contract
from goldenthread.promise.values import LADDER, Effect, Level

_Broken: TypeAlias = tuple[str, str, str]  # rule, path, words


def rollback_and_escalation(contract: Contract) -> Iterator[_Broken]:
    """C5: no autonomy without a way back and a way to people."""
    autonomy = contract.autonomy
    if autonomy is None or autonomy.ceiling is Level.SHADOW:
        return
    if not any(autonomy.tripwires.values()):
        words = f"no rollback from {autonomy.ceiling}; write e.g. 'tripwires: {{draft: [any policy_violation]}}'."
        yield "C5", "autonomy.tripwires", words
    if not autonomy.escalate:
        words = f"no escalation path up to {autonomy.ceiling}; write e.g. 'escalate: [reviewer within 4 h]'."
        yield "C5", "autonomy.escalate", words
    if contract.workflow is not None and contract.workflow.escalation_rate is None:
        words = (
            "is missing, and without it an agent climbs by answering only the easy cases; "
            "write e.g. 'escalation_rate: \"<= 35 %\"'."
        )
        yield "C5", "workflow.escalation_rate", words


def ladder_complete(contract: Contract) -> Iterator[_Broken]:
    """C5: a gate on every step up to the ceiling, and none elsewhere."""
    autonomy = contract.autonomy
    if autonomy is None:
        return
    if autonomy.start > autonomy.ceiling:
        words = f"{autonomy.start} lies above the ceiling, {autonomy.ceiling}; write e.g. 'start: shadow'."
        yield "C5", "autonomy.start", words
    elif autonomy.start >= Level.CONSTRAINED:
        words = f"{autonomy.start} lets the agent act alone without evidence; write shadow, draft or approval."
        yield "C5", "autonomy.start", words
    else:
        for level in LADDER[1:]:
            yield from _gate_in_place(autonomy, level)


def _gate_in_place(autonomy: Autonomy, level: Level) -> Iterator[_Broken]:
    path = f"autonomy.gates.{level}"
    gate = autonomy.gates.get(level)
    if autonomy.start < level <= autonomy.ceiling and not gate:
        words = (
            f"no gate leads to {level}, which lies on the way to {autonomy.ceiling}; write e.g. '{level}: "
            f"[{_EXAMPLES[level]}]'."
        )
        yield "C5", path, words
    elif gate and level > autonomy.ceiling:
        yield (
            "C5",
            path,
            f"the ceiling is {autonomy.ceiling}, so nobody enters {level}; raise the ceiling or remove the gate.",
        )
    elif gate and level <= autonomy.start:
        yield (
            "C5",
            path,
            f"the agent begins at {autonomy.start}, so nobody passes this gate; lower the start or remove the gate.",
        )


_EXAMPLES = {
    Level.DRAFT: "agreement >= 80 %",
    Level.APPROVAL: "agreement >= 85 %",
    Level.CONSTRAINED: "approved_unedited >= 95 %",
    Level.EXPANDED: "rework_rate <= 1 %",
}


def evidence_flows(contract: Contract) -> Iterator[_Broken]:
    """Where people would no longer look, nothing more is learned."""
    autonomy = contract.autonomy
    if autonomy is None:
        return
    agreement = any(clause.metric == "agreement" for clause in autonomy.gates.get(Level.APPROVAL, ()))
    if agreement and not autonomy.blind.get(Level.DRAFT):
        words = (
            "agreement counts at draft only where a person decides before seeing the proposal; write e.g. "
            "'blind: 20 % of cases at draft'."
        )
        yield "C5", "autonomy.blind", words
    for level in (Level.CONSTRAINED, Level.EXPANDED):
        if level <= autonomy.ceiling and not autonomy.audit.get(level):
            words = (
                f"at {level} the agent acts alone and nobody would look; write e.g. 'audit: 10 % of cases at {level}'."
            )
            yield "C5", "autonomy.audit", words


def blind_at_draft(contract: Contract) -> Iterator[_Broken]:
    """C5: people can decide before they see a proposal only where they do the work themselves."""
    autonomy = contract.autonomy
    if autonomy is None:
        return
    for level, share in autonomy.blind.items():
        if level is Level.APPROVAL:
            words = (
                f"at approval every action is shown to whoever answers, so nobody decides blind and {share:f} % has no "
                "effect; write e.g. '20 % of cases at draft'."
            )
            yield "C5", "autonomy.blind", words
        elif level > Level.APPROVAL:
            words = (
                f"at {level} the agent acts alone and nobody decides blind; write e.g. "
                f"'audit: {share:f} % of cases at {level}' instead."
            )
            yield "C5", "autonomy.blind", words


MOST_CHECKS = 20
"""Per cent of approvals; more questions about nothing than one in five would cost people's trust in the inbox."""


def approvers_watched(contract: Contract) -> Iterator[_Broken]:
    """C5: whether people still look can be seen only where they are asked."""
    autonomy = contract.autonomy
    if autonomy is None or autonomy.approvers is None:
        return
    approvers, path = autonomy.approvers, "autonomy.approvers"
    if autonomy.ceiling < Level.APPROVAL:
        words = (
            f"at {autonomy.ceiling} nobody is asked to approve anything, so there is nothing to watch; remove it, or "
            "write 'ceiling: approval'."
        )
        yield "C5", path, words
    elif not approvers.shared and not approvers.checks:
        yield "C5", path, "0 % watches nobody; write e.g. 'shared: 5 % of approvals', or remove it."
    if approvers.checks > MOST_CHECKS:
        words = (
            f"{approvers.checks:f} % of approvals would be checks, and above {MOST_CHECKS} % people work for the "
            "checks; write e.g. '2 % of approvals'."
        )
        yield "C5", f"{path}.checks", words


def actions_undoable(contract: Contract) -> Iterator[_Broken]:
    """C5: what is called reversible can be undone."""
    for name, action in contract.actions.items():
        yield from _undo(f"actions.{name}", action)


def _undo(path: str, action: Action) -> Iterator[_Broken]:
    if action.effect is Effect.REVERSIBLE and action.undo is None:
        words = (
            "nothing undoes it, so it is not reversible; write e.g. 'undo: withdraw_package', or 'effect: "
            "irreversible'."
        )
        yield "C5", path, words
    elif action.effect is not Effect.REVERSIBLE and action.undo is not None:
        yield (
            "C5",
            f"{path}.undo",
            f"{_a(action.effect.value)} action has nothing to undo; write 'effect: reversible' or remove the line.",
        )


def _a(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def acts_on_something(contract: Contract) -> Iterator[_Broken]:
    """C5: an agent that may act has something to do."""
    autonomy = contract.autonomy
    above_draft = autonomy is not None and autonomy.ceiling > Level.DRAFT
    if above_draft and not contract.actions and not contract.is_prototype:
        words = "is missing, so the agent could do nothing; write e.g. 'actions: {read_package: {effect: read}}'."
        yield "C5", "actions", words
