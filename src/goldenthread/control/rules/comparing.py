"""What a new version of the rules adds, removes or changes, in words for the people who sign it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from goldenthread.control.rules.model import FORBID, CedarRules, Rule, RuleSet, Scope


@dataclass(frozen=True, kw_only=True)
class RuleChange:
    """One difference. `direction`: 'adds', 'removes', 'loosens', 'tightens' or 'changes'."""

    direction: str
    path: str
    words: str


def rules_difference(old: RuleSet, new: RuleSet) -> tuple[RuleChange, ...]:
    """Every difference, in the order of the new file; rules that are gone come last."""
    return tuple(_changes(old, new))


def _changes(old: RuleSet, new: RuleSet) -> Iterator[RuleChange]:
    if old.owner != new.owner:
        yield RuleChange(direction="changes", path="owner", words=f"'{old.owner}' becomes '{new.owner}'.")
    before, after = {rule.name: rule for rule in old.rules}, {rule.name: rule for rule in new.rules}
    for name, rule in after.items():
        if name not in before:
            words = f"now {_verb(rule.then)} {_condition(rule)} for {rule.scope}: {rule.says}"
            yield RuleChange(direction="adds", path=f"rules.{name}", words=words)
        else:
            yield from _of_rule(before[name], rule)
    for name, rule in before.items():
        if name not in after:
            words = f"no longer {_verb(rule.then)} {_condition(rule)} for {rule.scope}: {rule.says}"
            yield RuleChange(direction="removes", path=f"rules.{name}", words=words)
    yield from _of_cedar(old.cedar, new.cedar)


def _of_rule(old: Rule, new: Rule) -> Iterator[RuleChange]:
    path = f"rules.{new.name}"
    if old.then != new.then:
        direction = "tightens" if new.then == FORBID else "loosens"
        yield RuleChange(direction=direction, path=path, words=f"{_verb(old.then)} becomes {_verb(new.then)}.")
    if old.when != new.when:
        direction = "tightens" if new.when is None else "loosens" if old.when is None else "changes"
        yield RuleChange(direction=direction, path=path, words=f"{_condition(old)} becomes {_condition(new)}.")
    yield from _of_scope(path, old.scope, new.scope)
    if old.says != new.says:
        yield RuleChange(direction="changes", path=path, words=f"it said '{old.says}', and says '{new.says}'.")


def _of_scope(path: str, old: Scope, new: Scope) -> Iterator[RuleChange]:
    if old != new:
        wider = _within(old.actions, new.actions) and _within(old.slices, new.slices)
        narrower = _within(new.actions, old.actions) and _within(new.slices, old.slices)
        direction = "tightens" if wider else "loosens" if narrower else "changes"
        yield RuleChange(direction=direction, path=path, words=f"it was for {old}, and is for {new}.")


def _within(inner: frozenset[str] | None, outer: frozenset[str] | None) -> bool:
    return outer is None or (inner is not None and inner <= outer)


def _of_cedar(old: CedarRules | None, new: CedarRules | None) -> Iterator[RuleChange]:
    if old is not None and new is not None:
        yield from _of_scope("cedar", old.scope, new.scope)
        for name in ("schema", "policies"):
            if getattr(old, name) != getattr(new, name):
                yield RuleChange(direction="changes", path=f"cedar.{name}", words="is another text.")
    elif new is not None:
        yield RuleChange(direction="adds", path="cedar", words=f"now forbids by Cedar policies for {new.scope}.")
    elif old is not None:
        yield RuleChange(
            direction="removes", path="cedar", words=f"no longer forbids by Cedar policies for {old.scope}."
        )


def _verb(then: str) -> str:
    return "forbids" if then == FORBID else "asks a person"


def _condition(rule: Rule) -> str:
    return "always" if rule.when is None else f"when `{rule.when.strip()}`"
