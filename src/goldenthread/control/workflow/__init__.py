"""
Workflow: whether the lines that a contract draws for the work still hold, and what is left of its error budget.

Knows the ends of live cases and what was observed of each, in the order of the chain. Refuses to know gates, levels
earned and incidents: no I/O, no clock. Invariants: a line fails only by a detector with the contract's own rate of
false alarms; a failed case spends the budget when it is known, whenever the case ran; no case is counted twice.
"""

from goldenthread.control.workflow.workflow import BUDGET_METRICS, Broken, Budget, Workflow

__all__ = ["BUDGET_METRICS", "Broken", "Budget", "Workflow"]
