"""Limits on an action's arguments, compiled to closures."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from goldenthread.control.guard.situation import Arguments
from goldenthread.promise.contract import Contract, Limit
from goldenthread.promise.values import Json

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
