"""Rules compiled once into laws, which the guard asks by action; whatever a law cannot judge, it hits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from goldenthread.control.rules.context import Context, Unclear
from goldenthread.control.rules.model import VERDICTS, Rule, RuleSet, Scope
from goldenthread.promise.errors import GoldenthreadError
from goldenthread.promise.values import Json, Verdict


class Condition(Protocol):
    """Something that holds or does not."""

    def holds(self, context: Context) -> bool:
        """
        Whether it holds.

        Raises:
            Unclear: It cannot be told.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Law:
    """A rule, compiled. `place` is what its words end with; `condition` None: it hits whatever it covers."""

    name: str
    says: str
    verdict: Verdict
    scope: Scope
    place: str
    condition: Condition | None

    def covers(self, slice_name: str, action: str) -> bool:
        """Whether it says anything about this action at all."""
        return self.scope.covers(slice_name, action)

    def hits(self, context: Mapping[str, Json]) -> str | None:
        """Why it hits, in words; None if it does not. What cannot be judged hits."""
        if self.condition is None:
            return f"{self.says} ({self.place})"
        asked = context if isinstance(context, Context) else Context(context)
        try:
            return f"{self.says} ({self.place})" if self.condition.holds(asked) else None
        except Unclear as unclear:
            why = unclear.words
        except Exception as problem:  # noqa: BLE001 - whatever fails inside hits
            why = type(problem).__name__
        return f"{self.says} Whether this action is one of those cannot be told: {why} ({self.place})"


@lru_cache(maxsize=32)
def understood(text: str) -> RuleSet | str:
    """A file that was signed, read once a process; the code of the error where this installation cannot read it."""
    from goldenthread.control.rules.reading import parse_rules

    try:
        return parse_rules(text, "rules")
    except GoldenthreadError as problem:
        return problem.code
    except ImportError:
        return "library-missing"


@lru_cache(maxsize=32)
def laws_of(text: str) -> tuple[Law, ...]:
    """
    The laws of a file, compiled once a process; forbidding everything where this installation cannot read it.

    Args:
        text: Of a version that was signed, so that it was readable to whoever signed it.
    """
    rules = understood(text)
    if isinstance(rules, str):
        return (_everything(rules),)
    try:
        return compiled(rules)
    except GoldenthreadError as problem:
        return (_everything(problem.code),)


def compiled(rules: RuleSet) -> tuple[Law, ...]:
    """
    Every rule of a file as a law.

    Raises:
        RulesInvalid, CedarMissing: They cannot be used here.
    """
    laws = tuple(_law(rule, rules) for rule in rules.rules)
    if rules.cedar is None:
        return laws
    from goldenthread.control.rules.cedar import cedar_law

    return (*laws, cedar_law(rules.cedar, _place("cedar", rules)))


def _law(rule: Rule, rules: RuleSet) -> Law:
    from goldenthread.control.rules.expressions import compile_expression

    return Law(
        name=rule.name,
        says=_sentence(rule.says),
        verdict=VERDICTS[rule.then],
        scope=rule.scope,
        place=_place(rule.name, rules),
        condition=compile_expression(rule.when) if rule.when is not None else None,
    )


def _place(name: str, rules: RuleSet) -> str:
    return f"rule '{name}' of the organisation, version {rules.version}"


def _sentence(says: str) -> str:
    return says if says.endswith((".", "!", "?")) else f"{says}."


def _everything(code: str) -> Law:
    return Law(
        name="unreadable",
        says="The organisation's rules in force cannot be used by this installation, so nothing happens.",
        verdict=Verdict.DENY,
        scope=Scope(actions=None),
        place=f"{code}; run `goldenthread rules show` here",
        condition=None,
    )
