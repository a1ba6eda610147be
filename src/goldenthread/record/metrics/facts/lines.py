"""
The lines of a contract's workflow, held against what was measured.

What is pending is counted for a line and against it: where both say the same the line holds, or fails; else nobody can
know yet. No data is never a pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from goldenthread.promise.contract import Clause, Comparison, Contract, seconds
from goldenthread.record.metrics.facts.asking import Days, Facts
from goldenthread.record.metrics.facts.measured import Measured

State = Literal["holds", "fails", "unknown"]
_LINES = ("cycle_time", "throughput", "automation_rate", "escalation_rate", "rework_rate", "backlog")


@dataclass(frozen=True, kw_only=True)
class LineState:
    """A line of the workflow as of some days: whether it holds, and why nobody knows where it is unknown."""

    metric: str
    clause: str
    state: State
    why: str = ""


def line_states(facts: Facts, contract: Contract, measured: list[Measured], days: Days) -> tuple[LineState, ...]:
    """
    Every line of a contract's workflow over some days, in the contract's order.

    Args:
        facts: Where more is asked for a quantile.
        contract: Whose lines.
        measured: What `Facts.measure` said of its slice over these days, as a whole.
        days: The days.
    """
    if contract.workflow is None:
        return ()
    by_name = {one.metric.name: one for one in measured if one.part is None}
    began, found = facts.began(contract.slice), []
    for name in _LINES:
        clause: Clause | None = getattr(contract.workflow, name)
        if clause is not None:
            state, why = _judged(facts, contract.slice, began, clause, by_name.get(name), days)
            found.append(LineState(metric=name, clause=clause.condition, state=state, why=why))
    return tuple(found)


def _judged(
    facts: Facts, slice_name: str, began: date | None, clause: Clause, one: Measured | None, days: Days
) -> tuple[State, str]:
    if clause.bound is None or clause.comparison is None:
        return "unknown", "it is held against people's own work, which is judged with gates"
    if one is None or began is None:
        return "unknown", "no case began on these days"
    match one.metric.kind:
        case "rate":
            return _of_rate(clause, one)
        case "quantile":
            return _of_quantile(facts, slice_name, clause, one, days)
        case _:
            holds = _holds(clause, one.value or Fraction(0), _bound(clause, one))
            if not holds and one.metric.of == "day" and began > days.first:
                return "unknown", f"the slice began on {began.isoformat()}, within these days"
            return ("holds" if holds else "fails"), ""


def _of_rate(clause: Clause, one: Measured) -> tuple[State, str]:
    if one.range is None:
        return "unknown", "nothing was measured"
    least, most = (_holds(clause, end, _bound(clause, one)) for end in one.range)
    if least is most:
        return ("holds" if least else "fails"), ""
    return "unknown", f"{one.pending:,} of {one.known + one.pending:,} are pending, and it depends on them"


def _of_quantile(facts: Facts, slice_name: str, clause: Clause, one: Measured, days: Days) -> tuple[State, str]:
    if clause.statistic is None or not clause.statistic.startswith("p"):
        return "unknown", f"a {clause.statistic or 'bare'} of it is not kept"
    every = one.known + one.pending
    if not every:
        return "unknown", "nothing was measured"
    assert clause.bound is not None
    limit = int(seconds(clause.bound) * 1_000_000)
    above, at_least = facts.above(one.metric.name, days, slice_name=slice_name, limit=limit)
    rank = -(-int(clause.statistic[1:]) * every // 100)
    wants_less = clause.comparison in (Comparison.AT_MOST, Comparison.BELOW)
    beyond = above if clause.comparison in (Comparison.AT_MOST, Comparison.ABOVE) else at_least
    within = one.known - beyond  # values on the low side of the limit
    sure = within >= rank if wants_less else within + one.pending < rank
    lost = within + one.pending < rank if wants_less else within >= rank
    if sure or lost:
        return ("holds" if sure else "fails"), ""
    return "unknown", f"{one.pending:,} of {every:,} are pending, and it depends on them"


def _bound(clause: Clause, one: Measured) -> Fraction:
    assert clause.bound is not None
    amount, unit = Fraction(clause.bound.amount), clause.bound.unit
    if unit == "%":
        return amount / 100
    return amount * 7 if unit == "cases per day" and one.metric.of == "day" else amount


def _holds(clause: Clause, value: Fraction, bound: Fraction) -> bool:
    match clause.comparison:
        case Comparison.AT_LEAST:
            return value >= bound
        case Comparison.AT_MOST:
            return value <= bound
        case Comparison.ABOVE:
            return value > bound
        case _:
            return value < bound
