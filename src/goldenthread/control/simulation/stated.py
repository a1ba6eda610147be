"""
What somebody states of an agent to be played, as one line each.

    quality   METRIC [of people] [in SEGMENT.VALUE]=QUANTITY [spread NUMBER]
    change    METRIC=QUANTITY [spread NUMBER] from case NUMBER [in turns of NUMBER]
    delay     good NUMBER, bad NUMBER
    share     PERCENT, or a number
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from goldenthread.control.simulation.quality import Delay
from goldenthread.promise.contract import METRICS, Quantity, parse_quantity
from goldenthread.promise.errors import GoldenthreadError, ValueProblem

_QUALITY = re.compile(
    r"\s*(?P<metric>[a-z_]+)(?P<people>\s+of\s+people)?(?:\s+in\s+(?P<name>[\w-]+)\.(?P<value>[\w.-]+))?\s*=\s*"
    r"(?P<amount>[^=]+?)(?:\s+spread\s+(?P<spread>\S+))?\s*"
)
_CHANGE = re.compile(
    r"(?P<quality>.*\S)\s+from\s+case\s+(?P<case>\d{1,9})"
    r"(?:\s+in\s+turns\s+of\s+(?P<turns>\d{1,9})(?:\s+cases)?)?\s*"
)
_DELAY = re.compile(r"\s*good\s+(?P<good>\S+?)\s*,\s*bad\s+(?P<bad>\S+)\s*")
_SHARE = re.compile(r"\s*(?P<number>[\d.]+(?:e-?\d+)?)\s*(?P<percent>%?)\s*")


@dataclass(frozen=True, kw_only=True)
class StatedQuality:
    """A quality as somebody stated it; `variation` is a standard deviation over the mean, None where not stated."""

    metric: str
    amount: Quantity
    variation: float | None = None
    people: bool = False
    segment: tuple[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class StatedChange:
    """A quality from a case on, counted from 1; with `turns` it comes and goes, as `Change` has it."""

    quality: StatedQuality
    case: int
    turns: int | None = None


def parse_quality(text: str) -> StatedQuality:
    """
    `agreement=95 %`, `csat of people=4.1`, `cost=0.20 EUR/case spread 0.8`, `agreement in language.de=80 %`.

    Raises:
        ValueProblem: It cannot be read, or nobody measures the metric.
    """
    match = _QUALITY.fullmatch(text)
    if match is None:
        raise ValueProblem(f"'{text}' states no quality; write METRIC=QUANTITY, e.g. agreement=95%.")
    metric = match["metric"]
    if metric not in METRICS or METRICS[metric].kind == "count":
        known = ", ".join(sorted(name for name, one in METRICS.items() if one.kind != "count"))
        raise ValueProblem(f"Nobody measures '{metric}' of a case; there is {known}. Name one of these.")
    try:
        amount = parse_quantity(match["amount"].strip())
    except GoldenthreadError as problem:
        raise ValueProblem(f"'{text}' states no quality: {problem.message}") from problem
    return StatedQuality(
        metric=metric,
        amount=amount,
        variation=None if match["spread"] is None else _number(match["spread"], text, least=1e-6),
        people=match["people"] is not None,
        segment=(match["name"], match["value"]) if match["name"] else None,
    )


def parse_change(text: str) -> StatedChange:
    """`rework_rate=10% from case 1000`, `agreement=95% from case 501 in turns of 500`; raises ValueProblem."""
    match = _CHANGE.fullmatch(text)
    turns = None if match is None or match["turns"] is None else int(match["turns"])
    if match is None or int(match["case"]) < 1 or turns == 0:
        raise ValueProblem(f"'{text}' states no change; write e.g. 'rework_rate=10% from case 1000'.")
    return StatedChange(quality=parse_quality(match["quality"]), case=int(match["case"]), turns=turns)


def parse_delay(text: str) -> Delay:
    """`good 20, bad 100`: how many cases a label waits on average; raises ValueProblem."""
    match = _DELAY.fullmatch(text)
    if match is None:
        raise ValueProblem(f"'{text}' states no delay of labels in cases; write e.g. 'good 20, bad 100'.")
    return Delay(good=_number(match["good"], text), bad=_number(match["bad"], text))


def parse_portion(text: str, what: str) -> float:
    """`1%` or `0.01` as .01; raises ValueProblem for what is no share from 0 to below 1."""
    match = _SHARE.fullmatch(text)
    try:
        found = math.nan if match is None else float(match["number"]) / (100.0 if match["percent"] else 1.0)
    except ValueError:
        found = math.nan
    if not 0.0 <= found < 1.0:
        raise ValueProblem(f"'{text}' is no share for {what}; expected 0 to below 1. Write e.g. 1% or 0.05.")
    return found


def parse_segment_portion(text: str) -> tuple[tuple[str, str], float]:
    """`language.de=70%` as ((language, de), .7); raises ValueProblem."""
    name, equals, share = text.partition("=")
    attribute, dot, value = name.strip().partition(".")
    if not (equals and dot and attribute and value):
        raise ValueProblem(f"'{text}' states no share of a segment; write e.g. language.de=70%.")
    return (attribute, value), parse_portion(share, name.strip())


def _number(text: str, whole: str, *, least: float = 0.0) -> float:
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not least <= found < 1e9:
        raise ValueProblem(f"'{text}' in '{whole}' is no number of at least 0. Write e.g. 20.")
    return found
