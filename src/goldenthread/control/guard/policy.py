"""
Contract clauses compiled once into closures: what a level makes of an action.

`decide` is pure: no I/O, no clock, no randomness. Any exception inside it is a deny.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from goldenthread.control.guard.interfaces import Shape, compile_takes
from goldenthread.control.guard.limits import Check, compile_limit
from goldenthread.control.guard.situation import (
    NO_FACTS,
    Arguments,
    Decision,
    Facts,
    OrganisationRule,
    Situation,
    plain,
)
from goldenthread.control.rules import Context
from goldenthread.control.spending import over_words
from goldenthread.promise.contract import Action, Contract, Limit, SequenceRule
from goldenthread.promise.values import Effect, Json, Level, TrustMode, Verdict


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    effect: str
    silent: bool  # a read that sends nothing out
    irreversible: bool
    takes: Shape | None  # what is wrong with the arguments' names and types
    limits: Mapping[Level, tuple[tuple[str, Check], ...]]
    untrusted: Verdict
    sequences: tuple[SequenceRule, ...]  # those that may hold this action
    organisation: tuple[OrganisationRule, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A contract's clauses with the organisation's rules, indexed by action; made by `compile_policy`."""

    slice: str
    version: int
    rules: Mapping[str, _Rule]
    content: Mapping[str, str]
    named: frozenset[str]  # actions that a rule asks about: whether they came before


def compile_policy(contract: Contract, organisation: Sequence[OrganisationRule] = ()) -> Policy:
    """
    Compile the actions of a contract. Errors in it were refused when it was parsed.

    Args:
        organisation: The rules in force for the whole organisation.
    """
    named = {name for rule in contract.rules for name in (*rule.first, *rule.then)}
    if organisation:
        named.update(contract.actions)  # an organisation's rule may ask what came before
    return Policy(
        slice=contract.slice,
        version=contract.version,
        rules={name: _compile_action(action, contract, organisation) for name, action in contract.actions.items()},
        content=dict(contract.content),
        named=frozenset(named),
    )


def decide(
    policy: Policy, situation: Situation, action: str, arguments: Arguments, facts: Facts = NO_FACTS
) -> Decision:
    """
    What may happen to this action in this situation; never raises.

    Order: what is undeclared or stopped; arguments that the action does not take; what a rule, a budget or a finding
    forbids; silent reads; then the table of level and effect, where limits, rules and findings may ask for a person.
    """
    try:
        decision = _decide(policy, situation, action, arguments, facts)
        return decision if decision.reason.isprintable() else replace(decision, reason=plain(decision.reason))
    except Exception as error:  # noqa: BLE001 - whatever fails inside is a deny
        return Decision(
            verdict=Verdict.DENY,
            reason=(
                f"The guard failed on this action ({type(error).__name__}), and what it cannot judge does not happen"
            ),
            clause=f"actions.{action}",
        )


def _decide(policy: Policy, situation: Situation, action: str, arguments: Arguments, facts: Facts) -> Decision:
    rule = policy.rules.get(action)
    if rule is None:
        known = ", ".join(policy.rules) or "none"
        return Decision(
            verdict=Verdict.DENY,
            reason=f"Action '{action}' is not declared; the contract declares {known}",
            clause="actions",
            violation=True,
        )
    for stop in situation.stops:
        if stop.covers(action):
            return Decision(verdict=Verdict.DENY, reason=stop.words, clause=f"stop {stop.id}")
    misfit = rule.takes(arguments) if rule.takes is not None else None
    if misfit is not None:
        reason = f"The arguments are not what the action takes: {misfit}"
        return Decision(verdict=Verdict.DENY, reason=reason, clause=f"actions.{action}.takes")
    # What speaks against it is empty for most actions, and then nothing below is worked out.
    against = _against(policy, rule, situation, arguments, facts)
    for decision in against:
        if decision.verdict is Verdict.DENY:
            return decision
    if rule.silent and not against:
        return Decision(
            verdict=Verdict.ALLOW, reason="A read that sends nothing out is allowed", clause=f"actions.{action}"
        )
    return _at_level(rule, situation, arguments, against)


def _against(policy: Policy, rule: _Rule, situation: Situation, arguments: Arguments, facts: Facts) -> list[Decision]:
    """Everything beside level and limits that forbids an action or asks for a person."""
    found: list[Decision] = []
    if rule.organisation:
        found += _of_organisation(policy, rule, situation, arguments, facts)
    if rule.sequences and facts.before:
        found += _of_sequence(rule, facts)
    for budget, words in map(over_words, facts.over):
        found.append(Decision(verdict=Verdict.DENY, reason=f"It {words}", clause=f"budget {budget}"))
    for name, origin in facts.untrusted.items():
        reason = f"'{name}' decides where the effect goes, and its value {origin}"
        found.append(Decision(verdict=rule.untrusted, reason=reason, clause=f"actions.{rule.name}.decides"))
    for kind, names in facts.content.items():
        found += _of_content(policy, kind, names)
    return found


def _of_organisation(
    policy: Policy, rule: _Rule, situation: Situation, arguments: Arguments, facts: Facts
) -> Iterator[Decision]:
    values: dict[str, Json] = {
        "slice": policy.slice,
        "action": rule.name,
        "effect": rule.effect,
        "level": situation.effective_level.value,
        "replay": situation.replay,
        "mode": situation.mode.value,
        "arguments": dict(arguments),
        "before": list(facts.before),
        "untrusted": list(facts.untrusted),
        "content": list(facts.content),
    }
    context = Context(values)  # made ready for the engine once, for all rules that cover the action
    for law in rule.organisation:
        words = law.hits(context)
        if words is not None:
            forbids = law.verdict is Verdict.DENY
            yield Decision(verdict=law.verdict, reason=words, clause=f"organisation.{law.name}", violation=forbids)


def _of_sequence(rule: _Rule, facts: Facts) -> Iterator[Decision]:
    for law in rule.sequences:
        others = law.first if rule.name in law.then else law.then  # only two people are asked for in either order
        came = next((name for name in others if name in facts.before and name != rule.name), None)
        if came is not None:
            forbids = law.verdict is Verdict.DENY
            reason = f"'{came}' came before, and the contract says '{law}'"
            yield Decision(
                verdict=law.verdict or Verdict.ASK, reason=reason, clause=f"rules '{law}'", violation=forbids
            )


_FOUND = {"secrets": "A secret", "personal_data": "Personal data", "injection": "What reads like an injected order"}


def _of_content(policy: Policy, kind: str, names: tuple[str, ...]) -> Iterator[Decision]:
    wanted = policy.content.get(kind, "deny")
    if wanted in ("ask", "deny"):
        where = ", ".join(f"'{name}'" for name in names)
        reason = f"{_FOUND.get(kind, kind)} stands in {where}"
        yield Decision(verdict=Verdict(wanted), reason=reason, clause=f"content.{kind}")


def _at_level(rule: _Rule, situation: Situation, arguments: Arguments, against: Sequence[Decision]) -> Decision:
    level = situation.effective_level
    if situation.alone is not None and situation.has_fallen_back and level < Level.APPROVAL:
        verdict = Verdict.DRAFT if level is Level.DRAFT else Verdict.DENY
        return Decision(verdict=verdict, reason=situation.alone.words, clause="autonomy.when_people_leave")
    if level is Level.SHADOW:
        return Decision(verdict=Verdict.DENY, reason=_shadow_reason(situation), clause=_shadow_clause(situation))
    if level is Level.DRAFT and situation.held is not None:
        return Decision(verdict=Verdict.DRAFT, reason=situation.held, clause="autonomy.releases")
    if level is Level.DRAFT:
        return Decision(
            verdict=Verdict.DRAFT,
            reason="At draft, people get the proposal and do the work",
            clause="autonomy.gates.draft",
        )
    if level is Level.APPROVAL:
        # Whoever is asked sees all that speaks against it.
        more = "".join(f". {decision.reason}" for decision in against)
        alone = situation.alone.words if situation.alone is not None and situation.has_fallen_back else None
        clause = "autonomy.when_people_leave" if alone else "autonomy.gates.approval"
        return Decision(
            verdict=Verdict.ASK,
            reason=f"{alone or _EVERY_ACTION_WAITS}{more}",
            clause=against[0].clause if against else clause,
        )
    return _alone(rule, situation, level, arguments, against)


_EVERY_ACTION_WAITS = "At approval, every action waits for a person's yes"


def _alone(
    rule: _Rule, situation: Situation, level: Level, arguments: Arguments, against: Sequence[Decision]
) -> Decision:
    clause = f"actions.{rule.name}"
    reasons = [(decision.reason, decision.clause) for decision in against]
    if rule.irreversible and situation.mode is TrustMode.COOPERATIVE:
        reason = "An irreversible effect without a person needs enforcing mode; this process is cooperative"
        reasons.append((reason, f"{clause}.effect"))
    reasons += [
        (f"Outside the limit '{words}'", f"{clause}.limit")
        for words, holds in rule.limits[level]
        if not holds(arguments)
    ]
    if reasons:
        return Decision(verdict=Verdict.ASK, reason=". ".join(words for words, _ in reasons), clause=reasons[0][1])
    return Decision(verdict=Verdict.ALLOW, reason=f"Within the limits of {level}", clause=f"autonomy.gates.{level}")


def _shadow_reason(situation: Situation) -> str:
    if not situation.signed:
        return "No contract in force: it is unsigned or a prototype, so the agent stays in shadow"
    if situation.replay:
        return "This case was decided before by people, so the agent works it in shadow"
    return "At shadow, nothing the agent does is seen or has effect"


def _shadow_clause(situation: Situation) -> str:
    return "autonomy.start" if situation.signed else "contract"


def _compile_action(action: Action, contract: Contract, organisation: Sequence[OrganisationRule]) -> _Rule:
    return _Rule(
        name=action.name,
        effect=action.effect.value,
        untrusted=action.untrusted,
        sequences=tuple(
            rule
            for rule in contract.rules
            if action.name in rule.then or (rule.verdict is None and action.name in rule.first)
        ),
        organisation=tuple(rule for rule in organisation if rule.covers(contract.slice, action.name)),
        silent=action.effect is Effect.READ and not action.egress,
        irreversible=action.effect is Effect.IRREVERSIBLE,
        takes=compile_takes(action),
        limits={
            level: tuple((str(limit), compile_limit(limit, contract)) for limit in _limits_at(action, level))
            for level in (Level.CONSTRAINED, Level.EXPANDED)
        },
    )


def _limits_at(action: Action, level: Level) -> tuple[Limit, ...]:
    """A level's own limits replace the constrained ones above it; those without a level hold at every level."""
    own = action.limits.get(level)
    if own is None and level is Level.EXPANDED:
        own = action.limits.get(Level.CONSTRAINED)
    return (*action.limits.get(None, ()), *(own or ()))
