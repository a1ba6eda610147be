"""
What is used up: calls, sums of arguments, tokens and money of a run, a day and a slice.

Knows the records that reserve, use and give back. Refuses to know verdicts. Invariants: derived from the chain alone;
what may have been spent counts as spent; a reservation is given back only where nothing can come of it any more.
"""

from goldenthread.control.spending.amounts import (
    Amounts,
    action_amounts,
    budgets_of,
    has_budgets,
    of_record,
    over_words,
    to_record,
    unsummable,
)
from goldenthread.control.spending.spending import SPENDING_KINDS, Spending

__all__ = [
    "SPENDING_KINDS",
    "Amounts",
    "Spending",
    "action_amounts",
    "budgets_of",
    "has_budgets",
    "of_record",
    "over_words",
    "to_record",
    "unsummable",
]
