"""What a new version of a contract loosens, tightens or changes, in words for the people who sign it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from goldenthread.promise.contract import grammar
from goldenthread.promise.contract.comparing import (
    Demand,
    clause_key,
    demand_of_clause,
    demand_of_quantity,
    same_cap,
)
from goldenthread.promise.contract.model import (
    Action,
    Autonomy,
    Clause,
    Contract,
    EscalationStep,
    Limit,
    Quantity,
    Shift,
    Technique,
    Workflow,
)
from goldenthread.promise.values import LADDER, Effect, Level

Direction: TypeAlias = Literal["loosens", "tightens", "changes", "adds", "removes"]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that differs; `loosens` lets the agent do more or asks less of it."""

    direction: Direction
    path: str
    words: str

    def __str__(self) -> str:
        return f"{self.direction} {self.path}: {self.words}"


def difference(old: Contract, new: Contract) -> tuple[Change, ...]:
    """Every difference that means something, in the order of the page; the same value in another unit means nothing."""
    return (
        *_header(old, new),
        *_outcomes(old, new),
        *_workflow(old.workflow, new.workflow),
        *_autonomy(old, new),
        *_lists(old, new),
        *_actions(old.actions, new.actions),
        *_technique(old.technique, new.technique),
    )


def loosened_gates(old: Contract, new: Contract) -> set[Level]:
    """
    The gates of the new version whose evidence starts afresh, by the level entered.

    A gate that is new, that lost a clause or whose clause asks for less or for something else; every gate
    when the confidence fell or the workflow's escalation line, which all gates require, asks for less. Any
    changed cap counts too: the test's bets are scaled by it, so evidence under another cap proves nothing.
    """
    if new.autonomy is None:
        return set()
    if old.autonomy is None or new.autonomy.confidence < old.autonomy.confidence or _escalation_looser(old, new):
        return set(new.autonomy.gates)
    return {
        level for level in new.autonomy.gates if _gate_looser(old.autonomy.gates.get(level, ()), new.autonomy, level)
    }


def _gate_looser(old: tuple[Clause, ...], autonomy: Autonomy, level: Level) -> bool:
    if not old:
        return True
    present = {clause_key(clause): clause for clause in autonomy.gates[level]}
    return any(_clause_looser(clause, present.get(clause_key(clause))) for clause in old)


def _clause_looser(old: Clause, new: Clause | None) -> bool:
    if new is None or not same_cap(old, new):
        return True
    return demand_of_clause(old, new) in (Demand.LESS, Demand.OTHER)


def _escalation_looser(old: Contract, new: Contract) -> bool:
    before = old.workflow.escalation_rate if old.workflow else None
    after = new.workflow.escalation_rate if new.workflow else None
    return before is not None and _clause_looser(before, after)


# --- pieces -------------------------------------------------------------------------------------


def _demanded(demand: Demand) -> Direction:
    by_demand: Mapping[Demand, Direction] = {Demand.LESS: "loosens", Demand.MORE: "tightens"}
    return by_demand.get(demand, "changes")


def _texts(path: str, old: object, new: object) -> Iterator[Change]:
    """A text, name or number without a better or worse."""
    if old == new:
        return
    if old is None:
        yield Change(direction="adds", path=path, words=f"now says '{new}'.")
    elif new is None:
        yield Change(direction="removes", path=path, words=f"no longer says '{old}'.")
    else:
        yield Change(direction="changes", path=path, words=f"says '{new}' instead of '{old}'.")


def _numbers(
    path: str, old: Decimal | int | None, new: Decimal | int | None, words: str, *, tight_up: bool
) -> Iterator[Change]:
    """A number with a tight side; `words` holds {old} and {new}."""
    before, after = old or 0, new or 0
    if before == after:
        return
    tightens = (after > before) is tight_up
    yield Change(direction="tightens" if tightens else "loosens", path=path, words=words.format(old=before, new=after))


def _header(old: Contract, new: Contract) -> Iterator[Change]:
    for key in ("slice", "owner", "expert", "position", "volume", "problem"):
        yield from _texts(key, getattr(old, key), getattr(new, key))
    yield from _texts("for", old.audience, new.audience)
    yield from _texts("horizon", old.horizon, new.horizon)
    yield from _texts("approach", old.approach, new.approach)


# --- outcomes -----------------------------------------------------------------------------------


def _outcomes(old: Contract, new: Contract) -> Iterator[Change]:
    yield from _shifts("outcome.business", old.business, new.business)
    yield from _shifts("outcome.customer", old.customer, new.customer)
    adoption = tuple((contract.adoption,) if contract.adoption else () for contract in (old, new))
    yield from _shifts("adoption", *adoption)


def _shifts(path: str, old: tuple[Shift, ...], new: tuple[Shift, ...]) -> Iterator[Change]:
    before = {(shift.metric, shift.statistic): shift for shift in old}
    after = {(shift.metric, shift.statistic): shift for shift in new}
    for key, shift in before.items():
        if key in after:
            yield from _shift(path, shift, after[key])
        else:
            yield Change(direction="removes", path=path, words=f"no longer promises '{shift}'.")
    for key, shift in after.items():
        if key not in before:
            yield Change(direction="adds", path=path, words=f"now promises '{shift}'.")


def _shift(path: str, old: Shift, new: Shift) -> Iterator[Change]:
    name = old.metric
    if demand_of_quantity(old.baseline, new.baseline) is not Demand.SAME:
        words = f"the baseline of {name} is {new.baseline} instead of {old.baseline}."
        yield Change(direction="changes", path=path, words=words)
    demand = demand_of_quantity(old.target, new.target)
    if demand is not Demand.SAME:
        falls = demand_of_quantity(old.baseline, old.target) is Demand.LESS
        words = f"the target of {name} is {new.target} instead of {old.target}."
        yield Change(direction=_demanded(demand.reversed if falls else demand), path=path, words=words)
    window = demand_of_quantity(old.window, new.window)
    if window is not Demand.SAME:
        words = f"{name} has {new.window} instead of {old.window}."
        yield Change(direction=_demanded(window.reversed), path=path, words=words)
    if old.owner != new.owner:
        words = f"{name} is owned by {new.owner} instead of {old.owner}, who must sign."
        yield Change(direction="changes", path=path, words=words)
    yield from _texts(path, old.of, new.of)


# --- workflow -----------------------------------------------------------------------------------


def _workflow(old: Workflow | None, new: Workflow | None) -> Iterator[Change]:
    if old is None or new is None:
        yield from _whole_part("workflow", old, new)
        return
    yield from _texts("workflow.done", old.done, new.done)
    for key in ("cycle_time", "throughput", "automation_rate", "escalation_rate", "rework_rate", "backlog"):
        yield from _line(f"workflow.{key}", getattr(old, key), getattr(new, key))
    if old.error_budget and new.error_budget:
        budget = "{new} % of cases may go wrong instead of {old} %."
        yield from _numbers(
            "workflow.error_budget", old.error_budget.share, new.error_budget.share, budget, tight_up=False
        )
        yield from _texts("workflow.error_budget", old.error_budget.window, new.error_budget.window)
    else:
        yield from _texts("workflow.error_budget", old.error_budget, new.error_budget)
    yield from _texts("workflow.fails_like", old.fails_like, new.fails_like)
    yield from _texts("workflow.at_ten_products", old.at_ten_products, new.at_ten_products)


def _whole_part(path: str, old: object | None, new: object | None) -> Iterator[Change]:
    if old is None and new is not None:
        yield Change(direction="adds", path=path, words="this part is new.")
    elif old is not None and new is None:
        yield Change(direction="removes", path=path, words="this part is gone; the slice becomes a prototype.")


def _line(path: str, old: Clause | None, new: Clause | None) -> Iterator[Change]:
    if old is None and new is not None:
        yield Change(direction="tightens", path=path, words=f"now asks for '{new}'.")
    elif old is not None and new is None:
        yield Change(direction="loosens", path=path, words=f"no longer asks for '{old}'.")
    elif old is not None and new is not None:
        yield from _clause_pair(path, "", old, new, tripwire=False)


# --- clauses ------------------------------------------------------------------------------------


def _clause_pair(path: str, where: str, old: Clause, new: Clause, *, tripwire: bool) -> Iterator[Change]:
    if clause_key(old) != clause_key(new):
        yield Change(direction="changes", path=path, words=f"{where}asks for '{new}' instead of '{old}'.")
        return
    demand = demand_of_clause(old, new)
    if demand is not Demand.SAME:
        verb = "falls at" if tripwire else "asks for"
        direction = _demanded(demand.reversed if tripwire else demand)
        yield Change(direction=direction, path=path, words=f"{where}{verb} '{new}' instead of '{old}'.")
    elif not same_cap(old, new):
        lower = old.cap is None or (new.cap is not None and demand_of_quantity(old.cap, new.cap) is Demand.LESS)
        cap = f"a cap of {new.cap}" if new.cap else "no cap"
        words = f"{where}holds {new.metric} to {cap} a case instead of {old.cap or 'none'}."
        yield Change(direction="tightens" if lower else "loosens", path=path, words=words)


def _clause_sets(
    path: str, where: str, old: tuple[Clause, ...], new: tuple[Clause, ...], *, tripwire: bool
) -> Iterator[Change]:
    before = {clause_key(clause): clause for clause in old}
    after = {clause_key(clause): clause for clause in new}
    verb = "watches" if tripwire else "asks"
    for key, clause in before.items():
        if key in after:
            yield from _clause_pair(path, where, clause, after[key], tripwire=tripwire)
        else:
            yield Change(direction="loosens", path=path, words=f"{where}no longer {verb} for '{clause}'.")
    for key, clause in after.items():
        if key not in before:
            yield Change(direction="tightens", path=path, words=f"{where}now also {verb} for '{clause}'.")


# --- autonomy -----------------------------------------------------------------------------------


def _autonomy(old: Contract, new: Contract) -> Iterator[Change]:
    before, after = old.autonomy, new.autonomy
    if before is None or after is None:
        yield from _whole_part("autonomy", before, after)
        return
    yield from _ladder_ends(before, after)
    alarm = "a tripwire may cry wolf once in {new} cases instead of once in {old}: it falls {how}."
    how = (
        "later, and less often in vain" if after.false_alarm > before.false_alarm else "sooner, and more often in vain"
    )
    yield from _numbers(
        "autonomy.false_alarm", before.false_alarm, after.false_alarm, alarm.replace("{how}", how), tight_up=False
    )
    yield from _gates(old, new)
    for level in LADDER:
        path, where = f"autonomy.tripwires.{level}", f"the tripwire to {level} "
        yield from _clause_sets(
            path, where, before.tripwires.get(level, ()), after.tripwires.get(level, ()), tripwire=True
        )
    yield from _shares(before, after)
    yield from _people(before, after)


def _ladder_ends(old: Autonomy, new: Autonomy) -> Iterator[Change]:
    for key, words in (("start", "the agent begins at"), ("ceiling", "the agent may climb to")):
        before, after = getattr(old, key), getattr(new, key)
        if before is not after:
            direction: Direction = "loosens" if after > before else "tightens"
            yield Change(direction=direction, path=f"autonomy.{key}", words=f"{words} {after} instead of {before}.")
    confidence = "gates are proved at {new} % confidence instead of {old} %."
    yield from _numbers("autonomy.confidence", old.confidence, new.confidence, confidence, tight_up=True)


def _gates(old: Contract, new: Contract) -> Iterator[Change]:
    assert old.autonomy is not None
    assert new.autonomy is not None
    afresh = loosened_gates(old, new)
    for level in LADDER:
        before, after = old.autonomy.gates.get(level), new.autonomy.gates.get(level)
        path = f"autonomy.gates.{level}"
        if before is None and after is not None:
            words = f"a gate to {level} is new; only cases that start after signing count."
            yield Change(direction="adds", path=path, words=words)
        elif before is not None and after is None:
            yield Change(direction="removes", path=path, words=f"the gate to {level} is gone: nobody can climb there.")
        elif before is not None and after is not None:
            yield from _clause_sets(path, f"the gate to {level} ", before, after, tripwire=False)
            if level in afresh:
                words = f"the evidence for {level} starts afresh with the signing of this version."
                yield Change(direction="changes", path=path, words=words)


def _shares(old: Autonomy, new: Autonomy) -> Iterator[Change]:
    shares = (
        (
            "blind",
            old.blind,
            new.blind,
            "people decide {new} % of cases at LEVEL before they see the proposal instead of {old} %.",
        ),
        ("audit", old.audit, new.audit, "people look at {new} % of cases at LEVEL afterwards instead of {old} %."),
    )
    for key, before, after, words in shares:
        for level in LADDER:
            path = f"autonomy.{key}"
            at_level = words.replace("LEVEL", level.value)
            yield from _numbers(path, before.get(level), after.get(level), at_level, tight_up=True)


def _people(old: Autonomy, new: Autonomy) -> Iterator[Change]:
    yield from _escalation(old.escalate, new.escalate)
    yield from _texts("autonomy.calendar", old.calendar, new.calendar)
    before, after = old.when_people_leave, new.when_people_leave
    path = "autonomy.when_people_leave"
    if before is None or after is None or before == after:
        yield from _texts(path, before, after)
        return
    later = demand_of_quantity(before.after, after.after)
    looser = after.level > before.level or later is Demand.MORE
    tighter = after.level < before.level or later is Demand.LESS
    direction: Direction = "changes" if looser is tighter else "loosens" if looser else "tightens"
    yield Change(direction=direction, path=path, words=f"says '{after}' instead of '{before}'.")


def _escalation(old: tuple[EscalationStep, ...], new: tuple[EscalationStep, ...]) -> Iterator[Change]:
    path = "autonomy.escalate"
    before, after = {step.to: step for step in old}, {step.to: step for step in new}
    for name, step in before.items():
        if name not in after:
            yield Change(direction="loosens", path=path, words=f"{name} is no longer called.")
            continue
        demand = demand_of_quantity(step.within, after[name].within)
        if demand is not Demand.SAME:
            words = f"{name} has {after[name].within} to answer instead of {step.within}."
            yield Change(direction=_demanded(demand.reversed), path=path, words=words)
    for name, step in after.items():
        if name not in before:
            yield Change(
                direction="tightens", path=path, words=f"{name} is now called, and has {step.within} to answer."
            )
    kept_before = [name for name in before if name in after]
    kept_after = [name for name in after if name in before]
    if kept_before != kept_after:
        words = f"the order is {', '.join(kept_after)} instead of {', '.join(kept_before)}."
        yield Change(direction="changes", path=path, words=words)


# --- lists and actions --------------------------------------------------------------------------


def _lists(old: Contract, new: Contract) -> Iterator[Change]:
    for name in dict.fromkeys((*old.lists, *new.lists)):
        before, after = old.lists.get(name, ()), new.lists.get(name, ())
        gained = [member for member in after if member not in before]
        lost = [member for member in before if member not in after]
        uses = _uses(name, old) | _uses(name, new)
        if gained:
            direction = _list_direction(uses, loosening="in")
            yield Change(direction=direction, path=f"lists.{name}", words=f"now also holds {', '.join(gained)}.")
        if lost:
            direction = _list_direction(uses, loosening="not in")
            yield Change(direction=direction, path=f"lists.{name}", words=f"no longer holds {', '.join(lost)}.")


def _uses(name: str, contract: Contract) -> set[str]:
    limits = [limit for action in contract.actions.values() for group in action.limits.values() for limit in group]
    return {limit.operator for limit in limits if limit.right == name and limit.operator in ("in", "not in")}


def _list_direction(uses: set[str], *, loosening: str) -> Direction:
    if len(uses) != 1:
        return "changes"
    return "loosens" if loosening in uses else "tightens"


def _actions(old: Mapping[str, Action], new: Mapping[str, Action]) -> Iterator[Change]:
    for name in dict.fromkeys((*old, *new)):
        path = f"actions.{name}"
        if name not in old:
            words = f"the agent may now propose '{name}' ({new[name].effect.value})."
            yield Change(direction="loosens", path=path, words=words)
        elif name not in new:
            yield Change(direction="tightens", path=path, words=f"the agent may no longer propose '{name}'.")
        else:
            yield from _action(path, old[name], new[name])


_EFFECTS = tuple(Effect)


def _action(path: str, old: Action, new: Action) -> Iterator[Change]:
    if old.effect is not new.effect:
        milder = _EFFECTS.index(new.effect) < _EFFECTS.index(old.effect)
        words = f"counts as {new.effect.value} instead of {old.effect.value}."
        yield Change(direction="loosens" if milder else "tightens", path=f"{path}.effect", words=words)
    if old.egress is not new.egress:
        words = "counts as sending data out." if new.egress else "no longer counts as sending data out."
        yield Change(direction="tightens" if new.egress else "loosens", path=f"{path}.egress", words=words)
    yield from _safeguard(f"{path}.undo", old.undo, new.undo, "undone by")
    yield from _safeguard(f"{path}.key", old.key, new.key, "kept from happening twice by")
    levels: tuple[Level | None, ...] = (None, *LADDER)
    for level in levels:
        where = f"{path}.limit.{level}" if level else f"{path}.limit"
        yield from _limits(where, old.limits.get(level, ()), new.limits.get(level, ()))


def _safeguard(path: str, old: str | None, new: str | None, words: str) -> Iterator[Change]:
    if old == new:
        return
    if new is None:
        yield Change(direction="loosens", path=path, words=f"is no longer {words} '{old}'.")
    elif old is None:
        yield Change(direction="tightens", path=path, words=f"is now {words} '{new}'.")
    else:
        yield Change(direction="changes", path=path, words=f"is {words} '{new}' instead of '{old}'.")


def _limits(path: str, old: tuple[Limit, ...], new: tuple[Limit, ...]) -> Iterator[Change]:
    before = {(limit.argument, limit.operator): limit for limit in old}
    after = {(limit.argument, limit.operator): limit for limit in new}
    for key, limit in before.items():
        if key not in after:
            yield Change(direction="loosens", path=path, words=f"no longer limited by '{limit}'.")
        elif limit != after[key]:
            words = f"limited by '{after[key]}' instead of '{limit}'."
            yield Change(direction=_demanded(_demand_of_limit(limit, after[key])), path=path, words=words)
    for key, limit in after.items():
        if key not in before:
            yield Change(direction="tightens", path=path, words=f"now limited by '{limit}'.")


def _demand_of_limit(old: Limit, new: Limit) -> Demand:
    if old.operator not in ("<", "<=", ">", ">="):
        return Demand.OTHER
    demand = demand_of_quantity(_bound(old), _bound(new))
    return demand if old.operator in (">", ">=") else demand.reversed


def _bound(limit: Limit) -> Quantity:
    return grammar.parse_quantity(limit.right)


# --- technique ----------------------------------------------------------------------------------


def _technique(old: Technique | None, new: Technique | None) -> Iterator[Change]:
    if old is None or new is None:
        yield from _whole_part("technique", old, new)
        return
    for key in ("model", "grounding", "memory"):
        yield from _texts(f"technique.{key}", getattr(old, key), getattr(new, key))
    for key in dict.fromkeys((*old.knowledge, *new.knowledge)):
        yield from _texts(f"technique.knowledge.{key}", old.knowledge.get(key), new.knowledge.get(key))
    yield from _texts("technique.evals", ", ".join(old.evals) or None, ", ".join(new.evals) or None)
    for name in new.calls_agents:
        if name not in old.calls_agents:
            yield Change(direction="loosens", path="technique.calls.agents", words=f"the agent may now call {name}.")
    for name in old.calls_agents:
        if name not in new.calls_agents:
            yield Change(
                direction="tightens", path="technique.calls.agents", words=f"the agent may no longer call {name}."
            )
    depth = "calls may go {new} deep instead of {old}."
    yield from _numbers("technique.calls.depth", old.calls_depth, new.calls_depth, depth, tight_up=False)
