"""The table that says how free an agent must and may be: its rows, as plain records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import TypeAlias

from goldenthread.factory.fit.facts import WorkFacts
from goldenthread.promise.contract.model import Comparison
from goldenthread.promise.values import Level, digest_bytes


class Approach(Enum):
    """How free an agent is, the least first; comparable by rank."""

    RULES = "rules"
    SINGLE_CALL = "single_call"
    RETRIEVAL = "retrieval"
    TOOL_USE = "tool_use"
    AGENT = "agent"
    SEVERAL_AGENTS = "several_agents"

    @property
    def rank(self) -> int:
        """Position, 0 (rules) to 5 (several agents)."""
        return _ORDER.index(self)

    @property
    def words(self) -> str:
        """As one says it."""
        return _WORDS[self.value]

    @property
    def bound(self) -> bool:
        """Whether code, and not a model, decides what is done next: the contract's `approach: bound`."""
        return self.rank < Approach.TOOL_USE.rank

    def __str__(self) -> str:
        return self.value


_ORDER = tuple(Approach)
_WORDS = {
    "rules": "rules, no model",
    "single_call": "one bound call of a model",
    "retrieval": "one bound call over what was retrieved",
    "tool_use": "a model that chooses among declared tools",
    "agent": "an agent that plans its steps",
    "several_agents": "several agents",
}


@dataclass(frozen=True, kw_only=True)
class OneOf:
    """The fact is one of these words."""

    words: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Is:
    """The fact holds, or does not."""

    wanted: bool


@dataclass(frozen=True, kw_only=True)
class Number:
    """The fact compares so: `>= 1`."""

    comparison: Comparison
    bound: Decimal


Test: TypeAlias = OneOf | Is | Number

APPROACH = "approach"
"""In a condition: how free the agent is that the table has come to, beside the facts of the work."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """
    One row. What it does depends on where it stands.

    Attributes:
        id: `N3`, `L1`, `C2`, `G5`: what an explanation names.
        says: Why, in a sentence.
        when: What must hold, by fact; all of it.
        source: Key of the sources on which it rests.
        approach: What a need lifts to, or a limit stops at; None where nothing may be built.
        level: The highest level that a ceiling leaves.
        write: What the contract must then say, as the line of its file.
    """

    id: str
    says: str
    when: Mapping[str, Test] = field(default_factory=dict)
    source: str
    approach: Approach | None = None
    level: Level | None = None
    write: str = ""


@dataclass(frozen=True, kw_only=True)
class Typical:
    """What an approach takes of a case if nothing was measured yet: seconds at the 90th percentile, EUR."""

    seconds: Decimal
    cost: Decimal


@dataclass(frozen=True, kw_only=True)
class Table:
    """The whole table. `text` is the file it was read from."""

    version: int
    sources: Mapping[str, str]
    typical: Mapping[Approach, Typical]
    typical_source: str
    needs: tuple[Row, ...]
    limits: tuple[Row, ...]
    ceilings: tuple[Row, ...]
    guardrails: tuple[Row, ...]
    text: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of the file's bytes: what a recommendation on record names."""
        return digest_bytes(self.text.encode("utf-8"))


def holds(row: Row, facts: WorkFacts, approach: Approach | None = None) -> bool | None:
    """Whether a row's condition holds; None where a fact that would decide it is unknown."""
    found = [_tested(test, approach, facts, name) for name, test in row.when.items()]
    if False in found:
        return False
    return None if None in found else True


def _tested(test: Test, approach: Approach | None, facts: WorkFacts, name: str) -> bool | None:
    value = (None if approach is None else approach.value) if name == APPROACH else facts.value(name)
    if value is None:
        return None
    match test:
        case OneOf():
            return value in test.words
        case Is():
            return value is test.wanted
        case Number():
            assert isinstance(value, Decimal)
            return _compared(value, test)


def _compared(value: Decimal, test: Number) -> bool:
    match test.comparison:
        case Comparison.AT_LEAST:
            return value >= test.bound
        case Comparison.AT_MOST:
            return value <= test.bound
        case Comparison.ABOVE:
            return value > test.bound
        case Comparison.BELOW:
            return value < test.bound
