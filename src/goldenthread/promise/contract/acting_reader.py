"""What the whole agent may do: its actions, budgets, rules on what follows what, content, and decisions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from goldenthread.promise.contract import grammar
from goldenthread.promise.contract.acting import Action, Budget, DecisionContract, SequenceRule
from goldenthread.promise.contract.action_reader import read_actions
from goldenthread.promise.contract.call_reader import read_fields, read_tries, read_within
from goldenthread.promise.contract.items import item_at, once
from goldenthread.promise.contract.named_lists import plain_name
from goldenthread.promise.contract.parts import Part, choice
from goldenthread.promise.values import Effect

CONTENT: Mapping[str, tuple[str, ...]] = {
    "secrets": ("allow", "ask", "deny", "redact"),
    "personal_data": ("allow", "ask", "deny", "redact"),
    "injection": ("allow", "ask", "deny"),
}
"""What may be looked for, with what may become of it."""


DECISION_KEYS = ("takes", "gives", "within", "tries", "otherwise")


@dataclass(frozen=True, kw_only=True)
class Acting:
    """The fields of a contract that say what the agent may do."""

    actions: Mapping[str, Action] = field(default_factory=dict)
    budgets: tuple[Budget, ...] = ()
    rules: tuple[SequenceRule, ...] = ()
    content: Mapping[str, str] = field(default_factory=dict)
    decisions: Mapping[str, DecisionContract] = field(default_factory=dict)


def read_acting(top: Part, lists: Mapping[str, tuple[str, ...]]) -> Acting:
    """Everything that the top of the file says about acting."""
    part = top.part("actions", None, "actions: {read_package: {effect: read}}")
    actions = read_actions(part, lists)
    return Acting(
        actions=actions,
        budgets=_budgets(top),
        rules=_rules(top, part.entries if part else (), actions),
        content=_content(top),
        decisions=_decisions(top, part.entries if part else ()),
    )


def _budgets(top: Part) -> tuple[Budget, ...]:
    found = top.lines("budgets", grammar.parse_budget)
    for number, budget in enumerate(found, start=1):
        if budget.of is not None:
            words = f"'{budget.of}' is an argument of an action; write 'budget: {budget}' at that action."
            top.complain("budgets", words, item_at(top, "budgets", number, len(found)))
    once(top, "budgets", found, lambda budget: (budget.unit, budget.of, budget.per))
    return found


def _rules(top: Part, names: Collection[str], actions: Mapping[str, Action]) -> tuple[SequenceRule, ...]:
    found = top.lines("rules", lambda text: grammar.parse_rule(text, actions=names))
    for number, rule in enumerate(found, start=1):
        two = (*rule.first, *rule.then) if rule.verdict is None else ()
        silent = next((name for name in two if name in actions and _is_silent(actions[name])), None)
        if silent is not None:
            words = f"nobody is asked for '{silent}', which only reads; name two actions with an effect."
            top.complain("rules", words, item_at(top, "rules", number, len(found)))
    once(top, "rules", found, str)
    return found


def _is_silent(action: Action) -> bool:
    return action.effect is Effect.READ and not action.egress


def _content(top: Part) -> dict[str, str]:
    block = top.part("content", CONTENT, "content: {secrets: deny, personal_data: ask, injection: ask}")
    if block is None:
        return {}
    found = {kind: choice(block, kind, CONTENT[kind], f"answer to {kind.replace('_', ' ')}") for kind in block.entries}
    return {kind: wanted for kind, wanted in found.items() if wanted is not None}


def _decisions(top: Part, actions: Collection[str]) -> dict[str, DecisionContract]:
    part = top.part("decisions", None, "decisions: {choose_licence: {gives: {licence: text}}}")
    if part is None:
        return {}
    named = [name for name in part.entries if plain_name(part, name, "decision")]
    for name in named:
        if name in actions:
            words = f"'{name}' is an action already; give the decision another name."
            part.report.add(part.entries[name][0].mark, part.at(name), words)
    found = {name: _decision(part, name) for name in named}
    return {name: decision for name, decision in found.items() if decision is not None}


def _decision(part: Part, name: str) -> DecisionContract | None:
    block = part.part(name, DECISION_KEYS, f"{name}: {{gives: {{licence: text}}}}")
    if block is None:
        return None
    block.require("gives", "{licence: text}")
    gives = read_fields(block, "gives")
    if gives is not None and not gives:
        block.complain("gives", "is empty, and a decision decides something; write e.g. 'gives: {licence: text}'.")
    return DecisionContract(
        name=name,
        takes=read_fields(block, "takes") or {},
        gives=gives or {},
        within=read_within(block),
        tries=read_tries(block),
        otherwise=choice(block, "otherwise", ("fail", "escalate"), "way out") or "fail",
    )
