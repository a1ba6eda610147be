"""What a new version changes in budgets, rules, content, decisions, and in the contracts of tools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from goldenthread.promise.contract.acting import Action, Budget, DecisionContract, Field, SequenceRule
from goldenthread.promise.contract.change import Change, Direction, texts
from goldenthread.promise.contract.costing import Costs
from goldenthread.promise.contract.model import Contract, Quantity
from goldenthread.promise.values import Verdict


def acting_changes(old: Contract, new: Contract) -> Iterator[Change]:
    """What differs beside lists and actions."""
    yield from budget_changes("budgets", old.budgets, new.budgets)
    yield from _rules(old.rules, new.rules)
    yield from _content(old.content, new.content)
    yield from _decisions(old.decisions, new.decisions)
    yield from _costs(old.costs or Costs(), new.costs or Costs())


def tool_changes(path: str, old: Action, new: Action) -> Iterator[Change]:
    """What differs in one action beside its effect, its limits and what guards against a repetition."""
    yield from _decides(path, old, new)
    yield from _trust(f"{path}.trust", old.trust, new.trust)
    yield from budget_changes(f"{path}.budget", old.budget, new.budget)
    yield from _fields(f"{path}.takes", old.takes, new.takes)
    yield from texts(f"{path}.gives", old.gives, new.gives)
    yield from texts(f"{path}.within", old.within, new.within)
    yield from texts(f"{path}.tries", old.tries, new.tries)
    yield from _money(f"{path}.costs", old.costs, new.costs)


# --- budgets --------------------------------------------------------------------------------------


def budget_changes(path: str, old: tuple[Budget, ...], new: tuple[Budget, ...]) -> Iterator[Change]:
    """A larger budget lets the agent do more; one in another unit or span is another budget."""
    before = {(budget.unit, budget.of, budget.per): budget for budget in old}
    after = {(budget.unit, budget.of, budget.per): budget for budget in new}
    for key, budget in before.items():
        if key not in after:
            yield Change(direction="loosens", path=path, words=f"no longer bounded by '{budget}'.")
        elif budget.amount != after[key].amount:
            direction: Direction = "loosens" if after[key].amount > budget.amount else "tightens"
            yield Change(direction=direction, path=path, words=f"bounded by '{after[key]}' instead of '{budget}'.")
    for key, budget in after.items():
        if key not in before:
            yield Change(direction="tightens", path=path, words=f"now bounded by '{budget}'.")


# --- rules and content ----------------------------------------------------------------------------


def _rules(old: tuple[SequenceRule, ...], new: tuple[SequenceRule, ...]) -> Iterator[Change]:
    """Pair by pair, so that two rules joined into one are no change."""
    before, after = _pairs(old), _pairs(new)
    for key, rule in before.items():
        if key not in after:
            yield Change(direction="loosens", path="rules", words=f"no longer says '{rule}'.")
        elif rule.verdict is not after[key].verdict:
            direction: Direction = "tightens" if after[key].verdict is Verdict.DENY else "loosens"
            yield Change(direction=direction, path="rules", words=f"says '{after[key]}' instead of '{rule}'.")
    for key, rule in after.items():
        if key not in before:
            yield Change(direction="tightens", path="rules", words=f"now says '{rule}'.")


def _pairs(rules: tuple[SequenceRule, ...]) -> dict[object, SequenceRule]:
    found: dict[object, SequenceRule] = {}
    for rule in rules:
        for first in rule.first:
            for then in rule.then:
                key = frozenset((first, then)) if rule.verdict is None else (first, then)
                if key not in found or rule.verdict is Verdict.DENY:
                    found[key] = SequenceRule(first=(first,), then=(then,), verdict=rule.verdict)
    return found


_STRICTNESS: Mapping[str, int] = {"allow": 0, "ask": 1, "redact": 1, "deny": 2}
# What is taken out leaves without a person, what is asked may leave whole: of these two, none is stricter.


def _content(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    for kind in dict.fromkeys((*old, *new)):
        before, after = old.get(kind, "allow"), new.get(kind, "allow")  # what nobody names is not looked for
        if before != after:
            words = f"what is found means {after} instead of {before}."
            yield Change(direction=_content_direction(before, after), path=f"content.{kind}", words=words)


def _content_direction(before: str, after: str) -> Direction:
    more = _STRICTNESS[after] - _STRICTNESS[before]
    return "changes" if not more else "tightens" if more > 0 else "loosens"


# --- costs ----------------------------------------------------------------------------------------


def _costs(old: Costs, new: Costs) -> Iterator[Change]:
    for name in dict.fromkeys((*old.people, *new.people)):
        path = f"costs.people.{name}" if name else "costs.people"
        yield from _money(path, old.people.get(name), new.people.get(name))
    for key in ("review", "longest", "tools"):
        yield from _money(f"costs.{key}", getattr(old, key), getattr(new, key))
    if old.models != new.models:
        words = "models now count as costing nothing." if old.models else "what models cost counts again."
        yield Change(direction="loosens" if old.models else "tightens", path="costs.models", words=words)


def _money(path: str, old: Quantity | None, new: Quantity | None) -> Iterator[Change]:
    """Whoever counts less makes the same work look cheaper, which any line on cost then asks less of."""
    if old is None or new is None or old.unit != new.unit:
        yield from texts(path, old, new)
    elif old.amount != new.amount:
        direction: Direction = "loosens" if new.amount < old.amount else "tightens"
        yield Change(direction=direction, path=path, words=f"counts {new} instead of {old}.")


# --- tools and decisions --------------------------------------------------------------------------


def _decides(path: str, old: Action, new: Action) -> Iterator[Change]:
    for name in old.decides:
        if name not in new.decides:
            words = f"the value of '{name}' may now come from anywhere."
            yield Change(direction="loosens", path=f"{path}.decides", words=words)
    for name in new.decides:
        if name not in old.decides:
            words = f"the value of '{name}' must now come from a trusted source."
            yield Change(direction="tightens", path=f"{path}.decides", words=words)
    if old.decides and new.decides and old.untrusted is not new.untrusted:
        direction: Direction = "tightens" if new.untrusted is Verdict.DENY else "loosens"
        words = f"a value from elsewhere means {new.untrusted.value} instead of {old.untrusted.value}."
        yield Change(direction=direction, path=f"{path}.untrusted", words=words)


def _trust(path: str, old: tuple[str, ...] | None, new: tuple[str, ...] | None) -> Iterator[Change]:
    if old is None and new is not None:
        rest = f"only {', '.join(new)}" if new else "nothing"
        yield Change(direction="tightens", path=path, words=f"trusts {rest} of its output instead of all.")
    elif new is None and old is not None:
        before = f"only {', '.join(old)}" if old else "nothing"
        yield Change(direction="loosens", path=path, words=f"trusts all of its output instead of {before}.")
    elif old is not None and new is not None:
        if gained := _beyond(new, old):
            yield Change(direction="loosens", path=path, words=f"now trusts {', '.join(gained)} of its output.")
        if lost := _beyond(old, new):
            yield Change(direction="tightens", path=path, words=f"no longer trusts {', '.join(lost)} of its output.")


def _beyond(paths: tuple[str, ...], others: tuple[str, ...]) -> list[str]:
    """Those paths that no other one reaches or stands above."""
    return [path for path in paths if not any(f"{path}.".startswith(f"{other}.") for other in others)]


def _fields(path: str, old: Mapping[str, Field] | None, new: Mapping[str, Field] | None) -> Iterator[Change]:
    if old is None or new is None:
        yield from texts(path, _field_words(old), _field_words(new))
        return
    for name in dict.fromkeys((*old, *new)):
        yield from texts(f"{path}.{name}", old.get(name), new.get(name))


def _field_words(fields: Mapping[str, Field] | None) -> str | None:
    if fields is None:
        return None
    return ", ".join(f"{name}: {field}" for name, field in fields.items()) or "nothing"


def _decisions(old: Mapping[str, DecisionContract], new: Mapping[str, DecisionContract]) -> Iterator[Change]:
    for name in dict.fromkeys((*old, *new)):
        path = f"decisions.{name}"
        if name not in old:
            yield Change(direction="adds", path=path, words=f"the decision '{name}' is now under contract.")
        elif name not in new:
            yield Change(direction="removes", path=path, words=f"the decision '{name}' is no longer under contract.")
        else:
            yield from _fields(f"{path}.takes", old[name].takes, new[name].takes)
            yield from _fields(f"{path}.gives", old[name].gives, new[name].gives)
            for key in ("within", "tries", "otherwise"):
                yield from texts(f"{path}.{key}", getattr(old[name], key), getattr(new[name], key))
