"""
Value: what a slice of work may be worth with an agent, and which service promises that makes affordable.

Knows ranges with their sources, what people and runs cost, and when a level may be reached. Refuses to know what really
happened: that is the outcome lines' to say. Invariants: every number is a range with a source, or a default that says
so; a range is exact for its inputs, with nothing averaged away; what nobody stated is named as not counted.
"""

from goldenthread.factory.value.climbing import Climb, Climbs, climbs_of, climbs_of_reaches, stated_climb
from goldenthread.factory.value.frontier import frontier
from goldenthread.factory.value.inputs import NEEDED, SAYS, UNITS, Shares, ValueInputs, read_value, value_inputs
from goldenthread.factory.value.page import frontier_bars, frontier_html
from goldenthread.factory.value.promise_reader import LARGEST_SERVICE, parse_service
from goldenthread.factory.value.promises import INPUTS, Frontier, Option, Promise, Range, Service
from goldenthread.factory.value.spans import SOURCES, Span, parse_span
from goldenthread.factory.value.words import (
    decision_words,
    frontier_text,
    option_lines,
    promise_words,
    range_words,
    share_words,
    value_text,
)
from goldenthread.factory.value.worth import LevelWorth, Swing, Value, case_worth, expected_value

__all__ = [
    "INPUTS",
    "LARGEST_SERVICE",
    "NEEDED",
    "SAYS",
    "SOURCES",
    "UNITS",
    "Climb",
    "Climbs",
    "Frontier",
    "LevelWorth",
    "Option",
    "Promise",
    "Range",
    "Service",
    "Shares",
    "Span",
    "Swing",
    "Value",
    "ValueInputs",
    "case_worth",
    "climbs_of",
    "climbs_of_reaches",
    "decision_words",
    "expected_value",
    "frontier",
    "frontier_bars",
    "frontier_html",
    "frontier_text",
    "option_lines",
    "parse_service",
    "parse_span",
    "promise_words",
    "range_words",
    "read_value",
    "share_words",
    "stated_climb",
    "value_inputs",
    "value_text",
]
