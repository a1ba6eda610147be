"""What a person says of the work in one line: a fact, a number of its value."""

from __future__ import annotations

from decimal import Decimal

from goldenthread.factory.fit import CHOICES, FACTS, FLAGS, NUMBERS, parse_number
from goldenthread.factory.value import SAYS, UNITS, Span, parse_span
from goldenthread.promise.errors import LineInvalid, ValueProblem

_YES = {"yes": True, "true": True, "no": False, "false": False}


def said_fact(text: str) -> tuple[str, str | bool | Decimal]:
    """
    A fact of the work: `regulation=none`, `sends_out=no`, `tools=3`.

    Raises:
        ValueProblem: No such fact, or no such answer, with those that there are.
    """
    name, _, said = (part.strip() for part in text.partition("="))
    if name not in FACTS:
        raise ValueProblem(f"'{text}' is no fact of the work; write e.g. 'regulation=none'. There are {_list(FACTS)}.")
    if name in CHOICES:
        if said not in CHOICES[name]:
            raise ValueProblem(f"'{said}' is no answer for {name}; write one of {_list(CHOICES[name])}.")
        return name, said
    if name in FLAGS:
        if said not in _YES:
            raise ValueProblem(f"'{said}' is no answer for {name}; write yes or no.")
        return name, _YES[said]
    try:
        return name, parse_number(name, said)
    except LineInvalid as problem:
        raise ValueProblem(f"'{said}' is no number of {NUMBERS[name]}; write e.g. '{name}=3'.") from problem


def said_value(text: str) -> tuple[str, Span]:
    """
    A number of the value: `minutes=8 to 12 min (owner, a day with a watch)`.

    Raises:
        ValueProblem: No such number, or it cannot be read, with what to write.
    """
    name, _, said = (part.strip() for part in text.partition("="))
    if name not in UNITS:
        raise ValueProblem(f"'{name}' is no number of a value; write one of {_list(tuple(UNITS))}.")
    try:
        return name, parse_span(said, *UNITS[name], most=Decimal(100) if UNITS[name] == ("%",) else None)
    except LineInvalid as problem:
        raise ValueProblem(f"{name}: {problem.message} It is {SAYS[name]}.") from problem


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names)
