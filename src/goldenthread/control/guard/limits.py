"""Limits on an action's arguments, compiled to closures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from goldenthread.control.guard.situation import Arguments
from goldenthread.promise.contract import Contract, Limit, argument_number

Check = Callable[[Arguments], bool]


def compile_limit(limit: Limit, contract: Contract) -> Check:
    """Whether arguments keep a limit; an argument that is missing or of another type does not."""
    name = limit.argument
    if limit.operator in ("in", "not in"):
        members = frozenset(contract.lists[limit.right])
        wanted = limit.operator == "in"
        return lambda arguments: isinstance(value := arguments.get(name), str) and (value in members) is wanted
    amount, _, unit = limit.right.partition(" ")
    bound = Decimal(amount)
    compare = _COMPARE[limit.operator]
    return lambda arguments: (value := argument_number(arguments.get(name), unit)) is not None and compare(value, bound)


_COMPARE: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "<=": lambda value, bound: value <= bound,
    ">=": lambda value, bound: value >= bound,
    "<": lambda value, bound: value < bound,
    ">": lambda value, bound: value > bound,
    "==": lambda value, bound: value == bound,
}
