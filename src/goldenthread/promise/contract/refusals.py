"""
Why a contract that reads well must still not be signed: the rules C1 and C4 to C7.

Severity: everything here is `refused`, with one exception that is a status and no error. A contract that lacks
one of the six parts (C3) is a prototype: it may run in shadow, earns nothing and never acts. Of a prototype
only what it says is judged, not what it leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from goldenthread.promise.contract.answer_rules import (
    measurable_in_weeks,
    nobody_evades,
    people_answered,
    questions_answered,
)
from goldenthread.promise.contract.autonomy_rules import (
    actions_undoable,
    acts_on_something,
    approvers_watched,
    blind_at_draft,
    evidence_flows,
    ladder_complete,
    rollback_and_escalation,
)
from goldenthread.promise.contract.claim_rules import claims_carried, hard_events, segments_declared
from goldenthread.promise.contract.clause_rules import gates_judged, tripwires_judged, workflow_judged
from goldenthread.promise.contract.model import Contract
from goldenthread.promise.contract.promise_rules import (
    few_business_metrics,
    metrics_named_once,
    no_health_outcome,
    one_page,
    shares_possible,
    shifts_move,
    signers,
    whole_page,
)

_Broken: TypeAlias = tuple[str, str, str]  # rule, path, words


State: TypeAlias = Literal["sound", "prototype", "refused"]


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """One rule that the contract breaks, where it stands (line and column from 1), and what to write instead."""

    rule: str
    path: str
    words: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.line}:{self.column} {self.path}: {self.words} ({self.rule})"


@dataclass(frozen=True, kw_only=True)
class Check:
    """What `check` found: 'sound' may be signed; 'prototype' lacks the parts in `missing`; 'refused' must be mended."""

    state: State
    refusals: tuple[Refusal, ...]
    missing: tuple[str, ...]


def check(contract: Contract) -> Check:
    """Judge a contract by every rule; a refusal weighs more than a missing part."""
    found = refusals(contract)
    state: State = "refused" if found else "prototype" if contract.is_prototype else "sound"
    return Check(state=state, refusals=found, missing=contract.missing_parts)


def refusals(contract: Contract) -> tuple[Refusal, ...]:
    """Every rule that the contract breaks, in the order of its file; a missing part (C3) is none."""
    found = [_placed(contract, *broken) for rule in _RULES for broken in rule(contract)]
    return tuple(sorted(dict.fromkeys(found), key=lambda refusal: (refusal.line, refusal.column)))


_Rule: TypeAlias = Callable[[Contract], Iterator[_Broken]]


def _placed(contract: Contract, rule: str, path: str, words: str) -> Refusal:
    line, column = _position(contract, path)
    return Refusal(rule=rule, path=path, words=words, line=line, column=column)


def _position(contract: Contract, path: str) -> tuple[int, int]:
    """Where the path stands, or the nearest part around it that is in the file."""
    while path and path not in contract.positions:
        path = path.rpartition("[")[0] if path.endswith("]") else path.rpartition(".")[0]
    return contract.positions.get(path, (1, 1))


_RULES: tuple[_Rule, ...] = (
    one_page,
    whole_page,
    shifts_move,
    shares_possible,
    few_business_metrics,
    metrics_named_once,
    no_health_outcome,
    rollback_and_escalation,
    ladder_complete,
    gates_judged,
    tripwires_judged,
    workflow_judged,
    segments_declared,
    claims_carried,
    hard_events,
    evidence_flows,
    blind_at_draft,
    approvers_watched,
    actions_undoable,
    acts_on_something,
    questions_answered,
    people_answered,
    measurable_in_weeks,
    nobody_evades,
    signers,
)
