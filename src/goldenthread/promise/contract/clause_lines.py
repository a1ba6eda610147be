"""A clause taken from its line: a bound, a margin beside people, or a single event."""

from __future__ import annotations

import re

from goldenthread.promise.contract.cursor import Line, short
from goldenthread.promise.contract.model import Clause, Comparison, Quantity
from goldenthread.promise.contract.pieces import (
    ARGUMENT_NAME,
    NUMBER,
    take_metric,
    take_quantity,
    take_statistic,
    take_window,
)
from goldenthread.promise.contract.quantities import dimension

_EVERY = re.compile(r"in +every(?![A-Za-z0-9_])")
_MEANT_EVERY = re.compile(r"in +(each|all|any)(?![A-Za-z0-9_]) *([A-Za-z_][A-Za-z0-9_]*)?")
_BESIDE_PEOPLE = re.compile(r"(?:not|no|below|above|under|over|worse|better|like|as)(?![A-Za-z0-9_])")


def take_clause(line: Line, metric: str | None) -> Clause:
    """A condition, or `any X`."""
    if metric is None and line.take_words("any"):
        return _event(line)
    name = metric or take_metric(line)
    statistic = None if line.peek(_BESIDE_PEOPLE) else take_statistic(line)
    if line.peek(_BESIDE_PEOPLE):
        comparison, bound, margin = _side(line), None, _margin(line)
    else:
        comparison, margin = _comparison(line, name, statistic), None
        bound = take_quantity(line, "number", f"{comparison} 80 %")
    cap = _cap(line, bound or margin)
    return Clause(
        metric=name,
        statistic=statistic,
        comparison=comparison,
        bound=bound,
        margin=margin,
        cap=cap,
        window=_window(line),
        segment=_segment(line),
    )


# --- an event -------------------------------------------------------------------------------------


def _event(line: Line) -> Clause:
    hard = line.take_words("hard")
    if hard and not line.next_word():
        raise line.fail("the metric's name is missing after 'hard'; write e.g. 'any hard rework_rate'.")
    metric = take_metric(line, "policy_violation")
    if line.peek(_EVERY):
        raise line.fail("a single event counts wherever it happens; remove 'in every'.")
    return Clause(metric=metric, any=True, hard=hard)


# --- a bound --------------------------------------------------------------------------------------


def _comparison(line: Line, metric: str, statistic: str | None) -> Comparison:
    found = line.take(re.compile(r">=|<=|>|<"))
    if found:
        return Comparison(found.group())
    meant = {"≥": ">=", "≤": "<=", "=>": ">=", "=<": "<=", "==": ">=", "=": ">="}
    for sign, instead in meant.items():
        if line.peek(re.compile(re.escape(sign))):
            raise line.fail(f"'{sign}' is no comparison; write e.g. '{instead}'.")
    head = f"{metric} {statistic}" if statistic else metric
    if not line.chunk():
        raise line.fail(f"'{head}' has no number; write e.g. '{head} >= 80 %'.")
    if line.peek(NUMBER):
        bound = short(line.chunk())
        raise line.fail(f"the comparison is missing before '{bound}'; write '<= {bound}' or '>= {bound}'.")
    raise line.fail_as("comparison", ">= 80 %")


# --- a margin beside people -----------------------------------------------------------------------


def _side(line: Line) -> Comparison:
    start = line.at
    for words, comparison in (("not below", Comparison.AT_LEAST), ("not above", Comparison.AT_MOST)):
        if line.take_words(words):
            if line.next_word() == "people":
                return comparison
            instead = short(f"{comparison} {line.chunk() or '80 %'}")
            line.at = start
            raise line.fail(f"'{words}' is said of people; write e.g. '{instead}' or '{words} people by 1 %'.")
    raise line.fail_as("comparison", "not below people by 1 %")


def _margin(line: Line) -> Quantity:
    example = "people by 1 %"
    if not line.take_words("people by"):
        line.take_words("people")
        raise line.fail_as("margin", "by 1 %")
    return take_quantity(line, "margin", example)


# --- what may follow ------------------------------------------------------------------------------


def _cap(line: Line, bound: Quantity | None) -> Quantity | None:
    if bound is None or not line.take_words("cap"):
        return None
    start = line.at
    cap = take_quantity(line, "cap", "cap 5 EUR")
    if _stem(cap) != _stem(bound):
        line.at = start
        alike = f"cap 5 {_stem(bound)}".rstrip()
        raise line.fail(f"'{cap}' cannot cap '{bound}'; write it in the same unit, e.g. '{alike}'.")
    return cap


def _stem(quantity: Quantity) -> str:
    """The currency of money, whatever it is counted per; the dimension of anything else."""
    return dimension(quantity).split("/")[0] if dimension(quantity) != "time" else "min"


def _window(line: Line) -> Quantity | None:
    meant = line.peek(_MEANT_EVERY)
    if meant:
        raise line.fail(f"'{meant.group()}' is no segment; write e.g. 'in every {meant.group(2) or 'language'}'.")
    return take_window(line) if line.next_word() == "in" and not line.peek(_EVERY) else None


def _segment(line: Line) -> str | None:
    if not line.take(_EVERY):
        return None
    found = line.peek(ARGUMENT_NAME)
    if not found or found.group() != line.next_word():
        raise line.fail_as("segment", "in every language")
    line.at = found.end()
    if line.next_word() == "in":
        raise line.fail(f"'in every {found.group()}' stands last; write '{line.chunk()} in every {found.group()}'.")
    return found.group()
