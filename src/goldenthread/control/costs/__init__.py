"""
What a case costs: its model calls, its tools and the people who looked at it.

Knows runs, effects, reads and reviews on record, and what contracts state of costs. Refuses to know how tokens are
priced. Invariants: a part that cannot be told is unknown and named, never zero; money of two currencies is not added
up; a review that nobody measured is one that the contract states, or unknown.
"""

from goldenthread.control.costs.cases import currency_of, run_costs, slice_costs
from goldenthread.control.costs.parts import Part, together
from goldenthread.control.costs.people import LONGEST_REVIEW, Review, reviews_of
from goldenthread.control.costs.records import CaseCost, CostFact, SliceCosts
from goldenthread.control.costs.tools import ToolCalls, tool_calls

__all__ = [
    "LONGEST_REVIEW",
    "CaseCost",
    "CostFact",
    "Part",
    "Review",
    "SliceCosts",
    "ToolCalls",
    "currency_of",
    "reviews_of",
    "run_costs",
    "slice_costs",
    "together",
    "tool_calls",
]
