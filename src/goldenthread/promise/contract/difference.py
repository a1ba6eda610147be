"""What a new version of a contract loosens, tightens or changes, in words for the people who sign it."""

from __future__ import annotations

from collections.abc import Iterator

from goldenthread.promise.contract.acting_difference import acting_changes
from goldenthread.promise.contract.action_difference import action_changes, list_changes, technique_changes
from goldenthread.promise.contract.autonomy_difference import autonomy_changes
from goldenthread.promise.contract.change import Change, demanded, line_changes, numbers, texts, whole_part
from goldenthread.promise.contract.comparing import Demand, demand_of_quantity
from goldenthread.promise.contract.model import Contract, Shift, Workflow


def difference(old: Contract, new: Contract) -> tuple[Change, ...]:
    """Every difference that means something, in the order of the page; the same value in another unit means nothing."""
    return (
        *_header(old, new),
        *_outcomes(old, new),
        *_workflow(old.workflow, new.workflow),
        *autonomy_changes(old, new),
        *list_changes(old, new),
        *action_changes(old.actions, new.actions),
        *acting_changes(old, new),
        *technique_changes(old.technique, new.technique),
    )


def _header(old: Contract, new: Contract) -> Iterator[Change]:
    yield from texts("slice", old.slice, new.slice)
    yield from _product(old.product, new.product)
    for key in ("owner", "expert", "position", "volume", "problem"):
        yield from texts(key, getattr(old, key), getattr(new, key))
    yield from texts("for", old.audience, new.audience)
    yield from texts("horizon", old.horizon, new.horizon)
    yield from texts("approach", old.approach, new.approach)


def _product(old: str | None, new: str | None) -> Iterator[Change]:
    """No direction: what stops the product stops more slices or fewer, and one that it left still stops this one."""
    if old == new:
        return
    here = f"the slice belongs to the product '{new}'" if new else "the slice belongs to no product"
    before = f" instead of '{old}'; a stop of '{old}' goes on to stop it" if old else ""
    yield Change(direction="changes", path="product", words=f"{here}{before}.")


# --- outcomes -------------------------------------------------------------------------------------


def _outcomes(old: Contract, new: Contract) -> Iterator[Change]:
    yield from _shifts("outcome.business", old.business, new.business)
    yield from _shifts("outcome.customer", old.customer, new.customer)
    adoption = tuple((contract.adoption,) if contract.adoption else () for contract in (old, new))
    yield from _shifts("adoption", *adoption)


def _shifts(path: str, old: tuple[Shift, ...], new: tuple[Shift, ...]) -> Iterator[Change]:
    before = {(shift.metric, shift.statistic): shift for shift in old}
    after = {(shift.metric, shift.statistic): shift for shift in new}
    for key, shift in before.items():
        if key in after:
            yield from _shift(path, shift, after[key])
        else:
            yield Change(direction="removes", path=path, words=f"no longer promises '{shift}'.")
    for key, shift in after.items():
        if key not in before:
            yield Change(direction="adds", path=path, words=f"now promises '{shift}'.")


def _shift(path: str, old: Shift, new: Shift) -> Iterator[Change]:
    name = old.metric
    if demand_of_quantity(old.baseline, new.baseline) is not Demand.SAME:
        words = f"the baseline of {name} is {new.baseline} instead of {old.baseline}."
        yield Change(direction="changes", path=path, words=words)
    demand = demand_of_quantity(old.target, new.target)
    if demand is not Demand.SAME:
        falls = demand_of_quantity(old.baseline, old.target) is Demand.LESS
        words = f"the target of {name} is {new.target} instead of {old.target}."
        yield Change(direction=demanded(demand.reversed if falls else demand), path=path, words=words)
    window = demand_of_quantity(old.window, new.window)
    if window is not Demand.SAME:
        words = f"{name} has {new.window} instead of {old.window}."
        yield Change(direction=demanded(window.reversed), path=path, words=words)
    if old.owner != new.owner:
        words = f"{name} is owned by {new.owner} instead of {old.owner}, who must sign."
        yield Change(direction="changes", path=path, words=words)
    yield from texts(path, old.of, new.of)


# --- workflow -------------------------------------------------------------------------------------


def _workflow(old: Workflow | None, new: Workflow | None) -> Iterator[Change]:
    if old is None or new is None:
        yield from whole_part("workflow", old, new)
        return
    yield from texts("workflow.done", old.done, new.done)
    for key in ("cycle_time", "throughput", "automation_rate", "escalation_rate", "rework_rate", "backlog"):
        yield from line_changes(f"workflow.{key}", getattr(old, key), getattr(new, key))
    if old.error_budget and new.error_budget:
        budget = "{new} % of cases may go wrong instead of {old} %."
        yield from numbers(
            "workflow.error_budget", old.error_budget.share, new.error_budget.share, budget, tight_up=False
        )
        yield from texts("workflow.error_budget", old.error_budget.window, new.error_budget.window)
    else:
        yield from texts("workflow.error_budget", old.error_budget, new.error_budget)
    yield from texts("workflow.fails_like", old.fails_like, new.fails_like)
    yield from texts("workflow.at_ten_products", old.at_ten_products, new.at_ten_products)
