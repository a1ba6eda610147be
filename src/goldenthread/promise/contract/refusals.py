"""
Why a contract that reads well must still not be signed: the rules C1 and C4 to C7.

Severity: everything here is `refused`, with one exception that is a status and no error. A contract that lacks
one of the six parts (C3) is a prototype: it may run in shadow, earns nothing and never acts. Of a prototype
only what it says is judged, not what it leaves out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from goldenthread.promise.contract.comparing import Demand, demand_of_quantity
from goldenthread.promise.contract.grammar import SECONDS, magnitude, seconds
from goldenthread.promise.contract.metrics import METRICS, better, is_health
from goldenthread.promise.contract.model import Action, Autonomy, Clause, Comparison, Contract
from goldenthread.promise.contract.page import LINES, page
from goldenthread.promise.values import LADDER, Effect, Level

State: TypeAlias = Literal["sound", "prototype", "refused"]

LONGEST_WINDOW_WEEKS = 52
"""A difference that shows later than this is not measurable in weeks (C6)."""
MOST_BUSINESS_METRICS = 2
"""C5: one or two business metrics a slice, not ten."""


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


_Broken: TypeAlias = tuple[str, str, str]  # rule, path, words
_Rule: TypeAlias = Callable[[Contract], Iterator[_Broken]]


def _placed(contract: Contract, rule: str, path: str, words: str) -> Refusal:
    line, column = _position(contract, path)
    return Refusal(rule=rule, path=path, words=words, line=line, column=column)


def _position(contract: Contract, path: str) -> tuple[int, int]:
    """Where the path stands, or the nearest part around it that is in the file."""
    while path and path not in contract.positions:
        path = path.rpartition("[")[0] if path.endswith("]") else path.rpartition(".")[0]
    return contract.positions.get(path, (1, 1))


# --- C1: one page -------------------------------------------------------------------------------


def _one_page(contract: Contract) -> Iterator[_Broken]:
    overflow = page(contract).overflow
    if overflow:
        words = (
            f"the page has {LINES + overflow} lines and one sheet takes {LINES}. Clarify the work: say less, or "
            "split the slice."
        )
        yield "C1", "slice", words


def _whole_page(contract: Contract) -> Iterator[_Broken]:
    if contract.is_prototype or contract.workflow is None:
        return
    if contract.position is None:
        yield (
            "C1",
            "position",
            "is missing; write where the work sits, e.g. 'open-source office, first review of a request'.",
        )
    for key, example in (("throughput", '">= 100 cases per week"'), ("backlog", '"<= 40 cases"')):
        if getattr(contract.workflow, key) is None:
            words = f"is missing, and one would ask it of a team; write e.g. '{key}: {example}'."
            yield "C1", f"workflow.{key}", words


# --- C4: success is committed first -------------------------------------------------------------


def _shifts_move(contract: Contract) -> Iterator[_Broken]:
    for path, shift in contract.shifts.items():
        demand = demand_of_quantity(shift.baseline, shift.target)
        if demand is Demand.SAME:
            words = (
                f"baseline and target are both {shift.target}, so nothing is promised; write where it goes, e.g. '18 "
                "-> 6 EUR/case'."
            )
            yield "C4", path, words
        elif better(shift.metric) == ("lower" if demand is Demand.MORE else "higher"):
            words = (
                f"{shift.metric} would get worse, from {shift.baseline} to {shift.target}; write the baseline first, "
                "then the target."
            )
            yield "C4", path, words


def _shares_possible(contract: Contract) -> Iterator[_Broken]:
    for path, shift in contract.shifts.items():
        share = shift.target.unit == "%" and shift.of is not None
        for quantity in (shift.baseline, shift.target):
            if share and not 0 <= quantity.amount <= 100:
                yield "C4", path, f"'{quantity}' of {shift.of} is impossible; write 0 to 100 %."


# --- C5: what a contract must not be ------------------------------------------------------------


def _few_business_metrics(contract: Contract) -> Iterator[_Broken]:
    count = len(contract.business)
    if count > MOST_BUSINESS_METRICS:
        words = f"{count} business metrics; keep the one or two that the work is for."
        yield "C5", "outcome.business", words


def _metrics_named_once(contract: Contract) -> Iterator[_Broken]:
    seen: dict[tuple[str, str | None], str] = {}
    for path, shift in contract.shifts.items():
        key = (shift.metric, shift.statistic)
        if key in seen:
            yield "C5", path, f"{shift.metric} is promised at {seen[key]} already; keep one line."
        seen.setdefault(key, path)


def _no_health_outcome(contract: Contract) -> Iterator[_Broken]:
    for path, shift in contract.shifts.items():
        if is_health(shift.metric):
            words = (
                f"{shift.metric} says how the agent runs, not what the work is worth; "
                "write what the business or the customer gets, e.g. 'cost_to_serve 18 -> 6 EUR/case'."
            )
            yield "C5", path, words


def _rollback_and_escalation(contract: Contract) -> Iterator[_Broken]:
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


def _ladder_complete(contract: Contract) -> Iterator[_Broken]:
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


def _gates_judged(contract: Contract) -> Iterator[_Broken]:
    for path, clause in _clauses(contract, "gates"):
        if clause.any:
            words = f"'{clause}' has no number, so no evidence can pass it; write e.g. '{clause.metric} <= 1 %'."
            yield "C5", path, words
        else:
            yield from _measured(path, clause)
            yield from _promised_way(path, clause)
            yield from _provable(path, clause)


def _tripwires_judged(contract: Contract) -> Iterator[_Broken]:
    autonomy = contract.autonomy
    if autonomy is None:
        return
    for level in autonomy.tripwires:
        if level >= autonomy.ceiling and autonomy.ceiling is not Level.SHADOW:
            words = (
                f"the agent never stands above {level}, so it cannot fall there; write a level below "
                f"{autonomy.ceiling}."
            )
            yield "C5", f"autonomy.tripwires.{level}", words
    for path, clause in _clauses(contract, "tripwires"):
        yield from _measured(path, clause)
        yield from _feared_way(path, clause)


def _workflow_judged(contract: Contract) -> Iterator[_Broken]:
    if contract.workflow is None:
        return
    for key in ("cycle_time", "throughput", "automation_rate", "escalation_rate", "rework_rate", "backlog"):
        clause: Clause | None = getattr(contract.workflow, key)
        if clause is not None:
            yield from _measured(f"workflow.{key}", clause)
            yield from _promised_way(f"workflow.{key}", clause)


def _clauses(contract: Contract, part: Literal["gates", "tripwires"]) -> Iterator[tuple[str, Clause]]:
    by_level = getattr(contract.autonomy, part) if contract.autonomy else {}
    for level, clauses in by_level.items():
        path = f"autonomy.{part}.{level}"
        for number, clause in enumerate(clauses, start=1):
            listed = f"{path}[{number}]"
            yield (listed if listed in contract.positions else path), clause


def _measured(path: str, clause: Clause) -> Iterator[_Broken]:
    """Somebody measures it, in the unit and form that the clause has."""
    metric = METRICS.get(clause.metric)
    if metric is None:
        yield "C5", path, f"nobody measures '{clause.metric}'; write one of {', '.join(sorted(METRICS))}."
        return
    if clause.bound is None:
        return
    if metric.kind == "rate" and (clause.bound.unit != "%" or clause.statistic):
        share = f"{clause.bound.amount if clause.bound.unit in ('', '%') else 5:f} %"
        yield (
            "C5",
            path,
            f"{clause.metric} is a share of cases; write e.g. '{clause.metric} {clause.comparison} {share}'.",
        )
    elif metric.kind == "quantile":
        yield from _time_measured(path, clause)
    elif clause.metric == "cost":
        yield from _cost_measured(path, clause)
    elif metric.kind == "count" and (not clause.bound.unit.startswith("cases") or clause.statistic):
        yield "C5", path, f"{clause.metric} counts cases; write e.g. '{clause.comparison} 40 {metric.unit}'."


def _time_measured(path: str, clause: Clause) -> Iterator[_Broken]:
    assert clause.bound is not None
    name = "" if path.startswith("workflow.") else f"{clause.metric} "
    if clause.bound.unit not in SECONDS:
        yield "C5", path, f"{clause.metric} is a time; write e.g. '{name}p90 {clause.comparison} 10 min'."
    elif clause.statistic is None:
        words = (
            f"{clause.metric} differs from case to case; write for how many it holds, "
            f"e.g. '{name}p90 {clause.comparison} {clause.bound}'."
        )
        yield "C5", path, words


def _cost_measured(path: str, clause: Clause) -> Iterator[_Broken]:
    assert clause.bound is not None
    unit = clause.bound.unit
    if not unit.endswith("/case"):
        yield "C5", path, f"cost is money a case; write e.g. 'cost {clause.comparison} 0.40 EUR/case cap 5 EUR'."
    elif clause.cap is None and clause.statistic in (None, "mean"):
        cap = f"cap {clause.bound.amount * 10:f} {unit.removesuffix('/case')}"
        words = (
            f"a mean cost has no bound without a hard cap a case, which the guard keeps; write e.g. '{clause} {cap}'."
        )
        yield "C5", path, words
    elif clause.cap is not None and magnitude(clause.cap) <= magnitude(clause.bound):
        yield "C5", path, f"the cap of {clause.cap} is not above {clause.bound}; write a higher cap or a lower bound."


_AT_LEAST = (Comparison.AT_LEAST, Comparison.ABOVE)


def _promised_way(path: str, clause: Clause) -> Iterator[_Broken]:
    metric = METRICS.get(clause.metric)
    if metric is None or clause.comparison is None:
        return
    if (clause.comparison in _AT_LEAST) is not (metric.direction == "higher"):
        sign = ">=" if metric.direction == "higher" else "<="
        words = (
            f"{clause.metric} is better when it is {metric.direction}, so '{clause.comparison}' promises nothing; "
            f"write '{sign}'."
        )
        yield "C5", path, words


def _feared_way(path: str, clause: Clause) -> Iterator[_Broken]:
    metric = METRICS.get(clause.metric)
    if metric is None or clause.comparison is None or clause.bound is None:
        return
    if (clause.comparison in _AT_LEAST) is (metric.direction == "higher"):
        sign = "<" if metric.direction == "higher" else ">"
        words = (
            f"{clause.metric} is better when it is {metric.direction}, so this would fall when all is well; write "
            f"'{sign}'."
        )
        yield "C5", path, words
    elif metric.kind == "rate" and not 0 < clause.bound.amount < 100:
        words = (
            f"a share of {clause.bound} cannot be crossed step by step; write a number between, or 'any "
            f"{clause.metric}'."
        )
        yield "C5", path, words


def _provable(path: str, clause: Clause) -> Iterator[_Broken]:
    metric = METRICS.get(clause.metric)
    if metric is None or clause.bound is None or metric.kind != "rate" or clause.bound.unit != "%":
        return
    if not 0 < clause.bound.amount < 100:
        words = (
            f"no number of cases can prove {clause.bound}; write a number between 0 and 100 %, e.g. "
            f"'{_near(clause.bound.amount)} %'."
        )
        yield "C5", path, words


def _near(amount: Decimal) -> str:
    return "99" if amount >= 100 else "1"


def _evidence_flows(contract: Contract) -> Iterator[_Broken]:
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


def _actions_undoable(contract: Contract) -> Iterator[_Broken]:
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


def _acts_on_something(contract: Contract) -> Iterator[_Broken]:
    autonomy = contract.autonomy
    above_draft = autonomy is not None and autonomy.ceiling > Level.DRAFT
    if above_draft and not contract.actions and not contract.is_prototype:
        words = "is missing, so the agent could do nothing; write e.g. 'actions: {read_package: {effect: read}}'."
        yield "C5", "actions", words


# --- C6: the five questions ---------------------------------------------------------------------


def _questions_answered(contract: Contract) -> Iterator[_Broken]:
    for path, question, answer in _questions(contract):
        if answer is None:
            if not contract.is_prototype:
                yield "C6", path, f"is missing; answer: {question}"
        elif _is_evasion(answer):
            yield "C6", path, f"'{answer}' is no answer; answer: {question}"
        elif len(answer.split()) < 2:
            yield "C6", path, f"'{answer}' is too short to be an answer; answer in a sentence: {question}"


def _questions(contract: Contract) -> Iterator[tuple[str, str, str | None]]:
    yield "problem", "which problem does it solve?", contract.problem
    yield "for", "whose problem is it?", contract.audience
    if contract.position is not None:
        yield "position", "where in workflow and organisation does the work sit?", contract.position
    workflow = contract.workflow
    if workflow is not None:
        yield "workflow.done", "when is a case done?", workflow.done
        yield "workflow.fails_like", "what does failing look like?", workflow.fails_like
        yield "workflow.at_ten_products", "do the foundations hold at ten products?", workflow.at_ten_products


def _people_answered(contract: Contract) -> Iterator[_Broken]:
    """Where the human is, and what happens when they leave."""
    autonomy = contract.autonomy
    if autonomy is None or autonomy.ceiling is Level.SHADOW:
        return
    leaving = autonomy.when_people_leave
    if leaving is None:
        words = (
            "is missing; answer: what happens when people leave? Write e.g. 'fall back to draft after 1 d "
            "without an approver'."
        )
        yield "C6", "autonomy.when_people_leave", words
    elif leaving.level >= autonomy.ceiling:
        words = (
            f"{leaving.level} is no fall from {autonomy.ceiling}; write a lower level, e.g. 'fall back to shadow "
            "after 1 d without an approver'."
        )
        yield "C6", "autonomy.when_people_leave", words
    if autonomy.calendar is None:
        words = "is missing, and people's times are working time in it; write e.g. 'Mon-Fri 09:00-17:00 Europe/Berlin'."
        yield "C6", "autonomy.calendar", words


def _measurable_in_weeks(contract: Contract) -> Iterator[_Broken]:
    longest = Decimal(LONGEST_WINDOW_WEEKS * 7 * 86400)
    for path, shift in contract.shifts.items():
        if seconds(shift.window) > longest:
            words = f"{shift.window} is longer than {LONGEST_WINDOW_WEEKS} weeks; write a first step that shows sooner."
            yield "C6", path, words
    if contract.volume is None and not contract.is_prototype:
        words = "is missing, so nobody can tell how long proof takes; write e.g. '120 cases per week'."
        yield "C6", "volume", words


def _nobody_evades(contract: Contract) -> Iterator[_Broken]:
    """Names and short texts that only hold the place of an answer."""
    technique = contract.technique
    names = [("owner", contract.owner), ("expert", contract.expert)]
    names += [(path, shift.owner) for path, shift in contract.shifts.items()]
    names += [("technique.model", technique.model if technique else None)]
    if contract.autonomy is not None:
        names += [("autonomy.escalate", step.to) for step in contract.autonomy.escalate]
    for path, name in names:
        if name is not None and _is_evasion(name):
            yield "C6", path, f"'{name}' is nobody and nothing; write who or what it is."


_EVASIONS = frozenset(
    """
    tbd tba tbc todo fixme xxx xx x na n/a none nil nobody noone unknown later pending open unclear undefined
    unspecified undecided placeholder example lorem foo bar test someone somebody nothing
    """.split()
)
_EVASIVE_STARTS = (
    "tbd ", "todo ", "tba ", "fixme ", "tbd:", "todo:", "lorem ipsum", "to be ", "not yet ", "n/a ", "not applicable",
    "don't know", "do not know", "will be ", "your answer", "fill in", "fill this",
)  # fmt: skip


def _is_evasion(text: str) -> bool:
    """True for what stands in place of an answer: 'TBD', '?', 'n/a', 'todo', '<your text>', '...'."""
    plain = text.strip().lower()
    bare = re.sub(r"[\s.!?…_<>\[\]()*-]+", " ", plain).strip()
    if not re.search(r"[^\W_]", plain) or bare in _EVASIONS or re.fullmatch(r"<[^>]*>|\[[^\]]*\]", plain):
        return True
    return plain.startswith(_EVASIVE_STARTS)


# --- C7: who signs ------------------------------------------------------------------------------


def _signers(contract: Contract) -> Iterator[_Broken]:
    if contract.expert is None and not contract.is_prototype:
        yield (
            "C7",
            "expert",
            "is missing; an expert answers on the problem and signs, e.g. 'open-source-lead@example.com'.",
        )
    if contract.expert == contract.owner:
        yield "C7", "expert", f"{contract.owner} is the owner already; nobody signs in two roles. Name another person."
    for path, shift in contract.shifts.items():
        role = {contract.owner: "owner", contract.expert: "expert"}.get(shift.owner)
        if role is not None:
            words = (
                f"{shift.owner} is the {role} already and would sign in two roles; name who else owns these numbers."
            )
            yield "C7", path, words


_RULES: tuple[_Rule, ...] = (
    _one_page,
    _whole_page,
    _shifts_move,
    _shares_possible,
    _few_business_metrics,
    _metrics_named_once,
    _no_health_outcome,
    _rollback_and_escalation,
    _ladder_complete,
    _gates_judged,
    _tripwires_judged,
    _workflow_judged,
    _evidence_flows,
    _actions_undoable,
    _acts_on_something,
    _questions_answered,
    _people_answered,
    _measurable_in_weeks,
    _nobody_evades,
    _signers,
)
