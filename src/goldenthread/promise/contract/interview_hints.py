"""What the interview says of answers that people give in their own words, before the rules of a file judge them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from goldenthread.promise.contract.grammar import parse_clause, parse_volume
from goldenthread.promise.contract.metrics import METRICS
from goldenthread.promise.contract.model import Quantity
from goldenthread.promise.contract.questions import Question
from goldenthread.promise.errors import LineInvalid

_COUNTED = re.compile(
    r"([1-9][0-9]*(?:\.[0-9]+)?) *([A-Za-z][A-Za-z -]*?)?(?: +|/)(?:(?:an?|per|each|every) +)?(day|week)"
)


def volume_problem(text: str) -> str | None:
    """`40 complaints a day`: a number by the day or week that is not said in cases; None for the rest."""
    plain = " ".join(text.split())
    found = _COUNTED.fullmatch(plain)
    if found is None or _reads(plain):
        return None
    return f"'{plain}' is no volume; write '{found[1]} cases per {found[3]}'."


def share_problem(question: Question, text: str) -> str | None:
    """
    A line of the workflow on a share of cases that is no percentage: `>= 40`, `<= 50 cases`; None for the rest.

    The example has the form that the line takes: without the metric, which the question names.
    """
    block, _, metric = question.key.partition(".")
    known = METRICS.get(metric)
    if block != "workflow" or known is None or known.kind != "rate":
        return None
    try:
        bound = parse_clause(" ".join(text.split()), metric=metric).bound
    except LineInvalid:
        return None
    if bound is None or bound.unit == "%":
        return None
    comparison = question.example.split()[0]
    meant = f"{comparison} {_percent(bound.amount)} %" if _may_be_percent(bound) else question.example
    return f"{metric} is a share of cases; write e.g. '{meant}'."


def repeated_action(names: Sequence[str]) -> str | None:
    """The same action twice: the second would replace the first, and with it what the first was refused for."""
    twice = next((name for number, name in enumerate(names) if name in names[:number]), None)
    return f"'{twice}' stands here twice; write each action once, with one effect." if twice else None


def _reads(volume: str) -> bool:
    try:
        parse_volume(volume)
    except LineInvalid:
        return False
    return True


def _may_be_percent(bound: Quantity) -> bool:
    return not bound.unit and 0 < bound.amount <= 100


def _percent(amount: Decimal) -> str:
    percent = amount * 100 if amount < 1 else amount
    return f"{percent.normalize():f}"
