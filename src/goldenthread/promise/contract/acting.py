"""What an agent may do and how its tools are called, as plain records: actions, their limits, budgets and rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from goldenthread.promise.contract.one_line import Quantity
from goldenthread.promise.values import Effect, Level, Verdict

LINKS_IN = "links in "
"""
Before an argument that `decides` names: its text may say anything, and where it sends its reader must come from a
trusted source: `decides: [recipient, links in body]`.
"""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """
    One condition on an action's arguments; a clause of `limit`, conditions joined by `and`.

    `licence in allowed_licences`: operator 'in', `right` the name of a list of the contract.
    `amount <= 100 EUR`: operator a comparison, `right` the printed quantity.
    """

    argument: str
    operator: str  # 'in', 'not in', '<=', '>=', '<', '>', '=='
    right: str

    def __str__(self) -> str:
        return f"{self.argument} {self.operator} {self.right}"


@dataclass(frozen=True, kw_only=True)
class Budget:
    """
    What may be used up in a run, a day or altogether; what would go over it is denied.

    `20 calls per day`: unit 'calls'. `500 EUR of amount per day`: the sum of an argument, `of` its name.
    `200000 tokens per run`, `5 EUR per run`: what model calls use.
    """

    amount: Decimal
    unit: str  # 'calls', 'tokens' or a currency; '' for a plain sum of an argument
    per: str  # 'run', 'day' (UTC) or 'slice'
    of: str | None = None

    def __str__(self) -> str:
        unit = self.unit.removesuffix("s") if self.amount == 1 else self.unit  # no currency ends with a small s
        return f"{self.amount:f}{f' {unit}' if unit else ''}{f' of {self.of}' if self.of else ''} per {self.per}"


@dataclass(frozen=True, kw_only=True)
class SequenceRule:
    """
    What must not follow what in one run, or not by one person alone.

    `after read_customer, send_message only with a person`: verdict ASK; `after read_customer, never send_message`:
    DENY; `two people for add_payee and send_money`: verdict None.
    """

    first: tuple[str, ...]  # actions
    then: tuple[str, ...]  # actions; for two people, the other ones
    verdict: Verdict | None

    def __str__(self) -> str:
        first, then = " or ".join(self.first), " or ".join(self.then)
        if self.verdict is None:
            return f"two people for {first} and {then}"
        if self.verdict is Verdict.DENY:
            return f"after {first}, never {then}"
        return f"after {first}, {then} only with a person"


@dataclass(frozen=True, kw_only=True)
class Field:
    """One argument that an action or decision takes."""

    type: str  # 'text', 'number', 'whole number', 'yes or no', 'list', 'object'
    optional: bool = False

    def __str__(self) -> str:
        return f"{self.type}?" if self.optional else self.type


@dataclass(frozen=True, kw_only=True)
class Action:
    """A consequential tool call that the agent may propose, with the contract of its tool."""

    name: str
    effect: Effect
    egress: bool = False
    undo: str | None = None
    limits: Mapping[Level | None, tuple[Limit, ...]] = field(default_factory=dict)  # None: at every level
    key: str | None = None  # the argument that the tool takes as idempotency key
    decides: tuple[str, ...] = ()  # arguments that decide where the effect goes; they must come from a trusted source
    untrusted: Verdict = Verdict.ASK  # ASK or DENY: what becomes of the action if one of them does not
    trust: tuple[str, ...] | None = ()  # paths of its output that are a trusted source; () none of it, None all of it
    budget: tuple[Budget, ...] = ()
    takes: Mapping[str, Field] | None = None  # None: not stated, nothing checked
    gives: str | None = None  # type of its output, as in Field, or 'nothing'
    within: Quantity | None = None  # longest time that a call may take
    tries: int = 1  # how often to call at most, where an error leaves no doubt
    costs: Quantity | None = None  # of one call, in money; None: not stated


@dataclass(frozen=True, kw_only=True)
class DecisionContract:
    """The contract of a step at which the agent decides: what goes in, what comes out, how long, and what else then."""

    name: str
    takes: Mapping[str, Field] = field(default_factory=dict)
    gives: Mapping[str, Field] = field(default_factory=dict)
    within: Quantity | None = None
    tries: int = 1
    otherwise: str = "fail"  # 'fail' (a fault) or 'escalate' (a person takes the case)
