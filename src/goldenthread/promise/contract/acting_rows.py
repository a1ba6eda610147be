"""What the one page says of acting: actions and their limits, lists, budgets, rules, content, decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from goldenthread.promise.contract.acting import Action, Budget, DecisionContract, Limit
from goldenthread.promise.contract.costing import Costs
from goldenthread.promise.contract.model import Contract
from goldenthread.promise.contract.one_line import Quantity
from goldenthread.promise.contract.row import Row
from goldenthread.promise.values import Effect, Verdict


def acting_rows(contract: Contract) -> Iterator[Row]:
    """
    The rows under 'Actions and limits'.

    Reads that say the same share a row. The types of arguments and outputs are for the tools' engineers and would fill
    the sheet; it says of which actions they are checked.
    """
    yield from _actions(contract.actions)
    for name, members in contract.lists.items():
        yield Row(label=f"List {name}", text=", ".join(members))
    yield from _texts("Checked", "; ".join(_checked(contract.actions)))
    yield from _texts("Budgets", _budget_words(contract.budgets))
    yield from _texts("Rules", "; ".join(map(str, contract.rules)))
    yield from _texts("Content", "; ".join(f"{_KINDS[kind]}: {wanted}" for kind, wanted in contract.content.items()))
    for decision in contract.decisions.values():
        yield Row(label="Decision", text=_decision_words(decision))
    if contract.costs is not None:
        yield from _texts("Costs", "; ".join(_cost_words(contract.costs)))


def _cost_words(costs: Costs) -> Iterator[str]:
    if costs.people:
        yield f"people {costs.people_words}"
    review = f"{costs.review} unmeasured" if costs.review is not None else ""
    longest = f"at most {costs.longest}" if costs.longest is not None else ""
    if review or longest:
        yield f"a review {', '.join(words for words in (review, longest) if words)}"
    if costs.tools is not None:
        yield f"other tools {costs.tools}"
    if not costs.models:
        yield "no model that costs anything"


_KINDS: Mapping[str, str] = {
    "secrets": "secrets",
    "personal_data": "personal data",
    "injection": "orders injected by others",
}


def _texts(label: str, text: str) -> Iterator[Row]:
    if text:
        yield Row(label=label, text=text)


# --- actions --------------------------------------------------------------------------------------


def _actions(actions: Mapping[str, Action]) -> Iterator[Row]:
    alike: dict[str, list[str]] = {}
    for name, action in actions.items():
        words = _action_words(action)
        if action.effect is Effect.READ and not action.egress:
            alike.setdefault(words, []).append(name)
    for name, action in actions.items():
        words = _action_words(action)
        group = alike.get(words, [name])
        if len(group) == 1:
            yield Row(label=name, text=words)
        elif group[0] == name:
            yield Row(label="Reads", text=", ".join(group) + words.removeprefix(Effect.READ.value))


def _action_words(action: Action) -> str:
    words = [action.effect.value + (", sends data out" if action.egress else "")]
    if action.undo:
        words.append(f"undone by {action.undo}")
    if action.decides:
        otherwise = "denied" if action.untrusted is Verdict.DENY else "a person is asked"
        words.append(f"{_listed(action.decides)} from trusted sources, else {otherwise}")
    for level, limits in action.limits.items():
        words.append(f"limit{f' at {level}' if level else ''}: {_limit_words(limits)}")
    if action.budget:
        words.append(f"at most {_budget_words(action.budget)}")
    if action.key:
        words.append(f"once for each {action.key}")
    if action.trust != ():
        words.append("output trusted" if action.trust is None else f"trusted of its output: {', '.join(action.trust)}")
    words += _effort(action.within, action.tries)
    if action.costs is not None:
        words.append(f"costs {action.costs} a call")
    return "; ".join(words)


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join((*([", ".join(names[:-1])] if names[:-1] else []), names[-1]))


def _limit_words(limits: tuple[Limit, ...]) -> str:
    return " and ".join(map(str, limits))


def _budget_words(budgets: tuple[Budget, ...]) -> str:
    return ", ".join(map(str, budgets))


def _effort(within: Quantity | None, tries: int) -> list[str]:
    return [*([f"within {within}"] if within else []), *([f"up to {tries} tries"] if tries > 1 else [])]


def _checked(actions: Mapping[str, Action]) -> Iterator[str]:
    """Of which actions arguments and outputs have types."""
    typed = {
        "arguments": tuple(name for name, action in actions.items() if action.takes is not None),
        "outputs": tuple(name for name, action in actions.items() if action.gives is not None),
    }
    if typed["arguments"] == typed["outputs"]:
        typed = {"arguments and outputs": typed["outputs"]}
    for what, stated in typed.items():
        if stated:
            yield f"{what} of {_of_all(stated, tuple(actions))}"


def _of_all(names: tuple[str, ...], every: tuple[str, ...]) -> str:
    rest = [name for name in every if name not in names]
    if not rest:
        return "every action"
    return ", ".join(names) if len(rest) >= len(names) else f"every action but {', '.join(rest)}"


# --- decisions ------------------------------------------------------------------------------------


def _decision_words(decision: DecisionContract) -> str:
    source = f" out of {', '.join(decision.takes)}" if decision.takes else ""
    words = [f"{decision.name}: {', '.join(decision.gives)}{source}", *_effort(decision.within, decision.tries)]
    words.append("else a person takes the case" if decision.otherwise == "escalate" else "else a fault")
    return "; ".join(words)
