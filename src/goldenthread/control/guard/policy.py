"""
Contract clauses compiled once into closures: what a level makes of an action.

`decide` is pure: no I/O, no clock, no randomness. Any exception inside it is a deny.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from goldenthread.control.stops import Stop
from goldenthread.promise.contract import Action, Contract, Limit
from goldenthread.promise.values import Effect, Json, Level, TrustMode, Verdict

Arguments = Mapping[str, Json]
_Check = Callable[[Arguments], bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """
    What the guard knows beside the action.

    `level` is the earned one. `signed` is False for an unsigned contract or a prototype, and `replay` is
    True for a case with an earlier recorded decision; both hold the action at shadow. `stops` are those that reach
    the slice; `stops_seen` is the last record on the organisation's chain that moved them, 0 for none.
    """

    level: Level
    signed: bool = True
    replay: bool = False
    stops: tuple[Stop, ...] = ()
    stops_seen: int = 0
    mode: TrustMode = TrustMode.COOPERATIVE

    @property
    def effective_level(self) -> Level:
        """The level that counts here."""
        return self.level if self.signed and not self.replay else Level.SHADOW


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """A verdict on an action with its reason in words and the clause (a path in the contract) that gave it."""

    verdict: Verdict
    reason: str
    clause: str
    violation: bool = False  # a forbidding rule was hit


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    silent: bool  # a read that sends nothing out
    irreversible: bool
    limits: Mapping[Level, tuple[tuple[str, _Check], ...]]


@dataclass(frozen=True, slots=True)
class Policy:
    """A contract's clauses, indexed by action; made by `compile_policy`."""

    slice: str
    version: int
    rules: Mapping[str, _Rule]


def compile_policy(contract: Contract) -> Policy:
    """Compile the actions of a contract. Errors in it were refused when it was parsed."""
    rules = {name: _compile_action(action, contract) for name, action in contract.actions.items()}
    return Policy(slice=contract.slice, version=contract.version, rules=rules)


def decide(policy: Policy, situation: Situation, action: str, arguments: Arguments) -> Decision:
    """
    What may happen to this action in this situation; never raises.

    Order: forbidding rules, silent reads, then the table of level and effect with the level's limits.
    """
    try:
        return _decide(policy, situation, action, arguments)
    except Exception as error:  # noqa: BLE001 - whatever fails inside is a deny
        return Decision(
            verdict=Verdict.DENY,
            reason=(
                f"The guard failed on this action ({type(error).__name__}), and what it cannot judge does not happen"
            ),
            clause=f"actions.{action}",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """
    Where an action stands: the `ordinal`-th call of a run.

    `arguments` are the digests of what was proposed and, where a person edited it, of what was permitted; `done`
    says that the effect is on record.
    """

    run: str
    ordinal: int
    arguments: frozenset[str] = frozenset()
    done: bool = False


def decide_repeat(decision: Decision, action: str, this: Call, before: Call, *, keyed: bool) -> Decision:
    """
    What becomes of an action whose effect may already have happened, or whose call took effect otherwise.

    Args:
        decision: What `decide` says without regard to that.
        before: The call that may have happened.
        keyed: The tool takes an idempotency key, which is the same in both.
    """
    if decision.verdict not in (Verdict.ALLOW, Verdict.ASK):
        return decision
    if (this.run, this.ordinal) == (before.run, before.ordinal):
        return Decision(
            verdict=Verdict.DENY,
            reason=f"Call {this.ordinal} of this run already took effect with other arguments",
            clause=f"actions.{action}",
        )
    if keyed:
        return _under_the_same_key(decision, action, this, before)
    return Decision(
        verdict=Verdict.ASK,
        reason=f"The same action was done for this case before, in run {before.run}",
        clause=f"actions.{action}",
    )


def _under_the_same_key(decision: Decision, action: str, this: Call, before: Call) -> Decision:
    """The tool would take a second effect for the first: the same is given back, anything else goes to a person."""
    clause = f"actions.{action}.key"
    if not this.arguments & before.arguments:
        reason = f"The same key already had this effect, with other arguments, in run {before.run}"
        return Decision(verdict=Verdict.ASK, reason=reason, clause=clause)
    if before.done:
        reason = f"The same was done for this case in run {before.run}; its result is given back"
        return Decision(verdict=Verdict.ALLOW, reason=reason, clause=clause)
    return decision


def _decide(policy: Policy, situation: Situation, action: str, arguments: Arguments) -> Decision:
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
    if rule.silent:
        return Decision(
            verdict=Verdict.ALLOW, reason="A read that sends nothing out is allowed", clause=f"actions.{action}"
        )
    return _at_level(rule, situation, arguments)


def _at_level(rule: _Rule, situation: Situation, arguments: Arguments) -> Decision:
    level = situation.effective_level
    if level is Level.SHADOW:
        return Decision(verdict=Verdict.DENY, reason=_shadow_reason(situation), clause=_shadow_clause(situation))
    if level is Level.DRAFT:
        return Decision(
            verdict=Verdict.DRAFT,
            reason="At draft, people get the proposal and do the work",
            clause="autonomy.gates.draft",
        )
    if level is Level.APPROVAL:
        return Decision(
            verdict=Verdict.ASK,
            reason="At approval, every action waits for a person's yes",
            clause="autonomy.gates.approval",
        )
    return _alone(rule, situation, level, arguments)


def _alone(rule: _Rule, situation: Situation, level: Level, arguments: Arguments) -> Decision:
    clause = f"actions.{rule.name}"
    if rule.irreversible and situation.mode is TrustMode.COOPERATIVE:
        reason = "An irreversible effect without a person needs enforcing mode; this process is cooperative"
        return Decision(verdict=Verdict.ASK, reason=reason, clause=f"{clause}.effect")
    for words, holds in rule.limits[level]:
        if not holds(arguments):
            return Decision(verdict=Verdict.ASK, reason=f"Outside the limit '{words}'", clause=f"{clause}.limit")
    return Decision(verdict=Verdict.ALLOW, reason=f"Within the limits of {level}", clause=f"autonomy.gates.{level}")


def _shadow_reason(situation: Situation) -> str:
    if not situation.signed:
        return "No contract in force: it is unsigned or a prototype, so the agent stays in shadow"
    if situation.replay:
        return "This case was decided before by people, so the agent works it in shadow"
    return "At shadow, nothing the agent does is seen or has effect"


def _shadow_clause(situation: Situation) -> str:
    return "autonomy.start" if situation.signed else "contract"


def _compile_action(action: Action, contract: Contract) -> _Rule:
    return _Rule(
        name=action.name,
        silent=action.effect is Effect.READ and not action.egress,
        irreversible=action.effect is Effect.IRREVERSIBLE,
        limits={
            level: tuple((str(limit), _compile_limit(limit, contract)) for limit in _limits_at(action, level))
            for level in (Level.CONSTRAINED, Level.EXPANDED)
        },
    )


def _limits_at(action: Action, level: Level) -> tuple[Limit, ...]:
    """A level's own limits replace the constrained ones above it; those without a level hold at every level."""
    own = action.limits.get(level)
    if own is None and level is Level.EXPANDED:
        own = action.limits.get(Level.CONSTRAINED)
    return (*action.limits.get(None, ()), *(own or ()))


def _compile_limit(limit: Limit, contract: Contract) -> _Check:
    name = limit.argument
    if limit.operator in ("in", "not in"):
        members = frozenset(contract.lists[limit.right])
        wanted = limit.operator == "in"
        return lambda arguments: isinstance(value := arguments.get(name), str) and (value in members) is wanted
    amount, _, unit = limit.right.partition(" ")
    bound = Decimal(amount)
    compare = _COMPARE[limit.operator]
    return lambda arguments: (value := _number(arguments.get(name), unit)) is not None and compare(value, bound)


_COMPARE: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "<=": lambda value, bound: value <= bound,
    ">=": lambda value, bound: value >= bound,
    "<": lambda value, bound: value < bound,
    ">": lambda value, bound: value > bound,
    "==": lambda value, bound: value == bound,
}


_PLAIN = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)(?: (\S.*))?")


def _number(value: Json | None, unit: str) -> Decimal | None:
    """
    A JSON number, or a plain one as text, with the limit's own unit or none; None for anything else, which no
    limit admits: a negative one too, since 'at most 50 EUR' means nobody is to be paid the other way round.
    """
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value)
        if plain is None or plain[2] not in (None, unit):
            return None
        return Decimal(plain[1])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = Decimal(str(value))
    return number if number.is_finite() and number >= 0 else None
