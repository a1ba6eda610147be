"""What decides how free an agent must be for a piece of work: facts about the work, each of which may be unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal

CHOICES: Mapping[str, tuple[str, ...]] = {
    "rules_written": ("all", "most", "some", "none"),
    "input": ("structured", "documents", "free_text"),
    "variety": ("closed", "bounded", "open"),
    "knowledge": ("none", "table", "texts"),
    "steps": ("one", "fixed", "branching", "open"),
    "effect": ("read", "reversible", "irreversible"),
    "checkable": ("at_once", "later", "never"),
    "regulation": ("none", "sector", "rights", "prohibited"),
    "harm": ("small", "money", "severe"),
}
"""Facts that are one word of a few, mildest first."""

FLAGS = ("untrusted_input", "private", "sends_out", "parallel", "walls")
"""Facts that hold or do not."""

NUMBERS: Mapping[str, str] = {
    "tools": "systems",
    "variants": "variants",
    "volume_a_week": "cases a week",
    "seconds": "s",
    "cost": "EUR/case",
}
"""Facts that are a number, with the unit they are said in."""

ASKED: Mapping[str, str] = {
    "rules_written": "How much of what decides a case stands in written rules?",
    "input": "What does a case come as?",
    "variety": "Are the values that come in listed beforehand?",
    "knowledge": "What must be looked up: nothing, a table by its key, or texts and precedents?",
    "steps": "Is it one step, fixed steps, steps that branch, or nobody knows beforehand?",
    "effect": "What is the worst that it does to the world?",
    "checkable": "Can somebody tell that a result was wrong: at once, later, or never?",
    "regulation": "Is it regulated: by sector, as a decision on a person's rights, or prohibited?",
    "harm": "What does a wrong result cost: little, money, or health, liberty, a livelihood?",
    "untrusted_input": "Does it read what outsiders wrote?",
    "private": "Does it see what must stay inside?",
    "sends_out": "Can what it does reach people or systems outside?",
    "parallel": "Are there large parts that can be worked on at the same time, without each other?",
    "walls": "Are there parts whose data or rights must not meet in one place?",
    "tools": "How many systems does it read or change?",
    "variants": "How many ways through the work make up four fifths of the cases?",
    "volume_a_week": "How many cases come in a week?",
    "seconds": "Within how many seconds must it answer?",
    "cost": "What may a case cost at most?",
}
"""Every fact as a question to whoever knows the work."""


@dataclass(frozen=True, kw_only=True)
class WorkFacts:
    """
    Facts of one slice of work; None is unknown, and never read as the mild case where that would give more freedom.

    Attributes:
        rules_written: How much of what decides a case stands in written rules; see CHOICES for the words.
        input: What a case comes as.
        variety: Whether the values that come in are listed, bounded, or anything.
        knowledge: What must be looked up outside of the case.
        steps: Whether the steps are known beforehand.
        effect: The worst effect on the world.
        checkable: Whether somebody can tell that a result was wrong, and when.
        regulation: None, by sector, a decision on a person's rights, or prohibited.
        harm: What a wrong result costs somebody.
        untrusted_input: Reads what outsiders wrote.
        private: Sees what must stay inside.
        sends_out: Can reach people or systems outside.
        parallel: Has large parts that need nothing of each other.
        walls: Has parts whose data or rights must not meet.
        tools: Systems read or changed, a count.
        variants: Ways through the work that make up 80 % of the cases, a count.
        volume_a_week: Cases a week.
        seconds: Longest time to an answer, in seconds; None where nobody set a limit.
        cost: Highest cost of a case, in EUR; None where nobody set a limit.
    """

    rules_written: str | None = None
    input: str | None = None
    variety: str | None = None
    knowledge: str | None = None
    steps: str | None = None
    effect: str | None = None
    checkable: str | None = None
    regulation: str | None = None
    harm: str | None = None
    untrusted_input: bool | None = None
    private: bool | None = None
    sends_out: bool | None = None
    parallel: bool | None = None
    walls: bool | None = None
    tools: Decimal | None = None
    variants: Decimal | None = None
    volume_a_week: Decimal | None = None
    seconds: Decimal | None = None
    cost: Decimal | None = None

    def value(self, name: str) -> str | bool | Decimal | None:
        """The fact of that name."""
        found: str | bool | Decimal | None = getattr(self, name)
        return found

    @property
    def unknown(self) -> tuple[str, ...]:
        """The facts that nobody stated, in the order of the questions."""
        return tuple(name for name in FACTS if self.value(name) is None)


FACTS: tuple[str, ...] = tuple(one.name for one in fields(WorkFacts))


def fact_words(name: str, value: str | bool | Decimal | None) -> str:
    """`steps: branching`, `tools: 3 systems`, `private: yes`, `steps: not stated`."""
    if value is None:
        return f"{name}: not stated"
    if isinstance(value, bool):
        return f"{name}: {'yes' if value else 'no'}"
    if isinstance(value, Decimal):
        unit = NUMBERS[name].removesuffix("s") if value == 1 and len(NUMBERS[name]) > 1 else NUMBERS[name]
        return f"{name}: {value:f} {unit}"
    return f"{name}: {value}"
