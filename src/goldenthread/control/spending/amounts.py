"""How much of what an action uses up."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal

from goldenthread.promise.contract import Budget, Contract, argument_number
from goldenthread.promise.values import Json

Amounts = Mapping[str, Decimal]
"""By what is used up: `calls` and `EUR` of the slice, `send_money:calls`, `send_money:amount`."""


def has_budgets(contract: Contract) -> bool:
    """Whether a contract limits what may be used up."""
    return bool(contract.budgets) or any(action.budget for action in contract.actions.values())


def action_amounts(
    contract: Contract, action: str, arguments: Mapping[str, Json], also: Collection[str] = ()
) -> Amounts:
    """
    What one call of an action uses up, of all that a budget of the contract names, or that is limited for `also`.

    An argument that is no number is left out, and `unsummable` says so.
    """
    found: dict[str, Decimal] = {}
    if "calls" in also or any(budget.unit == "calls" for budget in contract.budgets):
        found["calls"] = Decimal(1)
    declared = contract.actions.get(action)
    for budget in declared.budget if declared is not None else ():
        amount = _amount(budget, arguments)
        if amount is not None:
            found[what(budget, action)] = amount
    return found


def unsummable(contract: Contract, action: str, arguments: Mapping[str, Json]) -> tuple[str, ...]:
    """
    Budgets whose argument is no number at all, below zero, or of another unit: nobody can add it up.

    Returns: `BUDGET: ARGUMENT` each; `over_words` says it.
    """
    declared = contract.actions.get(action)
    budgets = declared.budget if declared is not None else ()
    return tuple(f"{budget}: {budget.of}" for budget in budgets if _amount(budget, arguments) is None)


def over_words(over: str) -> tuple[str, str]:
    """The budget, as printed, and what an action does to it, of `Spending.over` or `unsummable`."""
    budget, _, argument = over.partition(": ")
    if argument:
        return budget, f"has an '{argument}' that the budget '{budget}' cannot add up"
    return budget, f"would go over the budget '{budget}'"


def budgets_of(contract: Contract, action: str | None) -> Iterator[tuple[str, Budget]]:
    """Every budget that holds an action (None: a model call), with what it adds up."""
    for budget in contract.budgets:
        yield what(budget, None), budget
    declared = contract.actions.get(action) if action is not None else None
    for budget in declared.budget if declared is not None else ():
        yield what(budget, action), budget


def what(budget: Budget, action: str | None) -> str:
    """What a budget adds up, as the key of amounts."""
    name = budget.of or budget.unit
    return f"{action}:{name}" if action is not None else name


def to_record(amounts: Amounts) -> dict[str, Json]:
    """As a ledger record holds amounts: decimal numbers as text."""
    return {name: f"{amount:f}" for name, amount in amounts.items()}


def of_record(data: object) -> dict[str, Decimal]:
    """The amounts that `to_record` wrote."""
    return {str(name): Decimal(str(amount)) for name, amount in data.items()} if isinstance(data, dict) else {}


def _amount(budget: Budget, arguments: Mapping[str, Json]) -> Decimal | None:
    if budget.of is None:
        return Decimal(1)
    return argument_number(arguments.get(budget.of), budget.unit)
