"""
What an owner believes of the agent or fears for it, as one line: `agreement=97 %`, `csat vs people=0.05 spread 1.2`.

    belief   METRIC [vs people]=QUANTITY [spread QUANTITY]
    share    SEGMENT.VALUE=PERCENT
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from goldenthread.promise.contract.cursor import Line, nearest_of, whole
from goldenthread.promise.contract.metrics import METRICS
from goldenthread.promise.contract.model import Autonomy, Quantity
from goldenthread.promise.contract.pieces import METRIC_NAME, take_percent, take_quantity
from goldenthread.promise.errors import LineInvalid

BESIDE_PEOPLE = " vs people"
_EQUALS = re.compile(r"=")
_MINUS = re.compile(r"-")


@dataclass(frozen=True, kw_only=True)
class Belief:
    """
    One belief about the truth.

    Attributes:
        name: The metric, or the metric and ' vs people'.
        amount: A percentage for a rate; for a quantile clause the percentage of cases within its bound; an amount
            for a mean. Beside people: by how much the agent is better, negative where it is worse.
        spread: How much a case typically lies off the mean (one standard deviation), or None where not stated.
    """

    name: str
    amount: Quantity
    spread: Quantity | None = None


def parse_belief(text: str) -> Belief:
    """A belief, or a fear for a tripwire; raises LineInvalid, which says what to write."""
    said, stated, spread = text.partition(" spread ")
    belief = whole(said, _take_belief)
    return replace(belief, spread=whole(spread, _take_spread)) if stated else belief


def parse_segment_share(text: str, autonomy: Autonomy | None) -> tuple[tuple[str, str], float]:
    """
    `language.de=70 %` as ((name, value), share).

    Raises:
        LineInvalid: It cannot be read, or the contract names no such segment.
    """
    known = {f"{name}.{value}": (name, value) for name, values in _segments(autonomy) for value in values}
    name, equals, percent = text.partition("=")
    if name.strip() not in known or not equals:
        raise LineInvalid(f"'{text}' names no segment of the contract; {_instead(known)}.")
    share = whole(percent, take_percent)
    if not 0 < share < 100:
        raise LineInvalid(f"'{text}' leaves no case for some segment; write a share between 0 % and 100 %.")
    return known[name.strip()], float(share / 100)


def _segments(autonomy: Autonomy | None) -> Iterable[tuple[str, tuple[str, ...]]]:
    return autonomy.segments.items() if autonomy is not None else ()


def _instead(known: Iterable[str]) -> str:
    names = list(known)
    if not names:
        return "it names none, so leave it out"
    return f"write e.g. '{names[0]}=50 %'"


def _take_belief(line: Line) -> Belief:
    name = line.take(METRIC_NAME)
    if name is None:
        raise line.fail_as("metric", "agreement=97 %")
    if name.group() not in METRICS:
        meant = nearest_of(name.group(), METRICS) or "agreement"
        line.at = 0
        raise line.fail(f"nobody measures '{name.group()}'; write e.g. '{meant}=97 %'.")
    beside = BESIDE_PEOPLE if line.take_words("vs people") else ""
    example = f"{name.group()}{beside}=97 %"
    if not line.take(_EQUALS):
        raise line.fail_as("equals sign", example)
    minus = line.take(_MINUS) is not None
    amount = take_quantity(line, "amount", example)
    signed = Quantity(amount=-amount.amount, unit=amount.unit) if minus else amount
    return Belief(name=name.group() + beside, amount=signed)


def _take_spread(line: Line) -> Quantity:
    return take_quantity(line, "spread", "spread 1.2")
