"""The block `costs` of a contract, and what one action costs."""

from __future__ import annotations

from goldenthread.promise.contract import grammar
from goldenthread.promise.contract.costing import EVERYBODY, Costs
from goldenthread.promise.contract.cursor import whole
from goldenthread.promise.contract.one_line import Quantity
from goldenthread.promise.contract.parts import Part, choice, read_part
from goldenthread.promise.contract.pieces import PRINCIPAL_NAME, take_time
from goldenthread.promise.contract.quantities import seconds
from goldenthread.promise.contract.tree import Mapping as Block

COST_KEYS = ("people", "review", "longest", "tools", "models")
LONGEST_S = 8 * 3600
"""Seconds; nobody reviews one question for more than a working day."""


def read_costs(top: Part) -> Costs | None:
    """What the contract states of costs, or None."""
    part = top.part("costs", COST_KEYS, "costs: {people: 54 EUR/h, review: 3 min, tools: 0 EUR}")
    if part is None:
        return None
    review, longest = _length(part, "review", "3 min"), _length(part, "longest", "15 min")
    if review is not None and longest is not None and seconds(review) > seconds(longest):
        part.complain("review", f"'{review}' is longer than 'longest', {longest}; write a shorter one.")
    people = _people(part)
    if "people" not in part.entries and (review is not None or longest is not None):
        key = "review" if review is not None else "longest"
        part.complain(key, "says how long people review, and not what that costs; write e.g. 'people: 54 EUR/h'.")
    return Costs(
        people=people,
        review=review,
        longest=longest,
        tools=part.line("tools", grammar.parse_price),
        models=choice(part, "models", ("none",), "cost of models; prices of models are stated elsewhere") is None,
    )


def read_price(block: Part) -> Quantity | None:
    """What a call of an action costs."""
    return block.line("costs", grammar.parse_price)


def _length(part: Part, key: str, example: str) -> Quantity | None:
    found = part.line(key, lambda text: whole(text, lambda line: take_time(line, "time", example)))
    if found is not None and seconds(found) > LONGEST_S:
        part.complain(key, f"'{found}' is longer than a working day of 8 h; write e.g. '{example}'.")
    return found


def _people(part: Part) -> dict[str, Quantity]:
    node = part.node("people")
    if node is None:
        return {}
    if not isinstance(node, Block):
        rate = part.line("people", grammar.parse_hourly)
        return {EVERYBODY: rate} if rate is not None else {}
    block = read_part(node, part.at("people"), part.report, None)
    found = {}
    for name in block.entries:
        rate = block.line(name, grammar.parse_hourly)
        if not PRINCIPAL_NAME.fullmatch(name):
            words = f"'{name}' is no name of a person or role; write e.g. 'approver: 54 EUR/h'."
            block.report.add(block.entries[name][0].mark, block.at(name), words)
        elif rate is not None:
            found[name] = rate
    return found
