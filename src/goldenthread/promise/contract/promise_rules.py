"""Rules on what is promised and who promises it: one page (C1), before and after (C4), outcomes (C5), signers (C7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from goldenthread.promise.contract.comparing import Demand, demand_of_quantity
from goldenthread.promise.contract.metric_names import better, is_health
from goldenthread.promise.contract.model import Contract
from goldenthread.promise.contract.page import LINES, page

_Broken: TypeAlias = tuple[str, str, str]  # rule, path, words


MOST_BUSINESS_METRICS = 2
"""C5: one or two business metrics a slice, not ten."""


# --- C1: one page ---------------------------------------------------------------------------------


def one_page(contract: Contract) -> Iterator[_Broken]:
    """C1: it fits on one sheet."""
    overflow = page(contract).overflow
    if overflow:
        words = (
            f"the page has {LINES + overflow} lines and one sheet takes {LINES}. Clarify the work: say less, or "
            "split the slice."
        )
        yield "C1", "slice", words


def whole_page(contract: Contract) -> Iterator[_Broken]:
    """C1: it says where the work sits, and what one would ask of a team."""
    if contract.is_prototype or contract.workflow is None:
        return
    if contract.position is None:
        yield (
            "C1",
            "position",
            "is missing; write where the work sits, e.g. 'open-source office, first review of a request'.",
        )
    for key, example in (("throughput", '">= 100 cases per week"'), ("backlog", '"<= 40 cases"')):
        if getattr(contract.workflow, key) is None:
            words = f"is missing, and one would ask it of a team; write e.g. '{key}: {example}'."
            yield "C1", f"workflow.{key}", words


# --- C4: success is committed first ---------------------------------------------------------------


def shifts_move(contract: Contract) -> Iterator[_Broken]:
    """C4: a target that is not the baseline, and lies on its better side."""
    for path, shift in contract.shifts.items():
        demand = demand_of_quantity(shift.baseline, shift.target)
        if demand is Demand.SAME:
            words = (
                f"baseline and target are both {shift.target}, so nothing is promised; write where it goes, e.g. '18 "
                "-> 6 EUR/case'."
            )
            yield "C4", path, words
        elif better(shift.metric) == ("lower" if demand is Demand.MORE else "higher"):
            words = (
                f"{shift.metric} would get worse, from {shift.baseline} to {shift.target}; write the baseline first, "
                "then the target."
            )
            yield "C4", path, words


def shares_possible(contract: Contract) -> Iterator[_Broken]:
    """C4: a share of cases lies between nothing and all."""
    for path, shift in contract.shifts.items():
        share = shift.target.unit == "%" and shift.of is not None
        for quantity in (shift.baseline, shift.target):
            if share and not 0 <= quantity.amount <= 100:
                yield "C4", path, f"'{quantity}' of {shift.of} is impossible; write 0 to 100 %."


# --- C5: what a contract must not be --------------------------------------------------------------


def few_business_metrics(contract: Contract) -> Iterator[_Broken]:
    """C5: one or two business metrics, not ten."""
    count = len(contract.business)
    if count > MOST_BUSINESS_METRICS:
        words = f"{count} business metrics; keep the one or two that the work is for."
        yield "C5", "outcome.business", words


def metrics_named_once(contract: Contract) -> Iterator[_Broken]:
    """C5: nobody promises the same number twice."""
    seen: dict[tuple[str, str | None], str] = {}
    for path, shift in contract.shifts.items():
        key = (shift.metric, shift.statistic)
        if key in seen:
            yield "C5", path, f"{shift.metric} is promised at {seen[key]} already; keep one line."
        seen.setdefault(key, path)


def no_health_outcome(contract: Contract) -> Iterator[_Broken]:
    """C5: how the agent runs is no outcome."""
    for path, shift in contract.shifts.items():
        if is_health(shift.metric):
            words = (
                f"{shift.metric} says how the agent runs, not what the work is worth; "
                "write what the business or the customer gets, e.g. 'cost_to_serve 18 -> 6 EUR/case'."
            )
            yield "C5", path, words


# --- C7: who signs --------------------------------------------------------------------------------


def signers(contract: Contract) -> Iterator[_Broken]:
    """C7: an expert signs, and nobody in two roles."""
    if contract.expert is None and not contract.is_prototype:
        yield (
            "C7",
            "expert",
            "is missing; an expert answers on the problem and signs, e.g. 'open-source-lead@example.com'.",
        )
    if contract.expert == contract.owner:
        yield "C7", "expert", f"{contract.owner} is the owner already; nobody signs in two roles. Name another person."
    for path, shift in contract.shifts.items():
        role = {contract.owner: "owner", contract.expert: "expert"}.get(shift.owner)
        if role is not None:
            words = (
                f"{shift.owner} is the {role} already and would sign in two roles; name who else owns these numbers."
            )
            yield "C7", path, words
