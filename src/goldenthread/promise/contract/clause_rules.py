"""Rules on single clauses (C5): somebody measures it, it points the right way, and evidence could decide it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal, TypeAlias

from goldenthread.promise.contract.margins import missing_for_margin
from goldenthread.promise.contract.metrics import METRICS
from goldenthread.promise.contract.model import Clause, Comparison, Contract, Quantity
from goldenthread.promise.contract.quantities import SECONDS, magnitude
from goldenthread.promise.contract.tripwires import not_watched
from goldenthread.promise.values import Level

_Broken: TypeAlias = tuple[str, str, str]  # rule, path, words


def gates_judged(contract: Contract) -> Iterator[_Broken]:
    """C5: every gate has numbers that evidence could reach."""
    for path, clause in placed_clauses(contract, "gates"):
        if clause.any:
            words = f"'{clause}' has no number, so no evidence can pass it; write e.g. '{clause.metric} <= 1 %'."
            yield "C5", path, words
        else:
            yield from _measured(path, clause)
            yield from _promised_way(path, clause)
            yield from _provable(path, clause)


def tripwires_judged(contract: Contract) -> Iterator[_Broken]:
    """C5: every tripwire can fall, and only when things go wrong."""
    autonomy = contract.autonomy
    if autonomy is None:
        return
    for level in autonomy.tripwires:
        if level >= autonomy.ceiling and autonomy.ceiling is not Level.SHADOW:
            words = (
                f"the agent never stands above {level}, so it cannot fall there; write a level below "
                f"{autonomy.ceiling}."
            )
            yield "C5", f"autonomy.tripwires.{level}", words
    for path, clause in placed_clauses(contract, "tripwires"):
        missing = not_watched(clause)
        if missing is not None:
            yield "C5", path, f"{missing}."
        else:
            yield from _measured(path, clause)
            yield from _feared_way(path, clause)


def workflow_judged(contract: Contract) -> Iterator[_Broken]:
    """C5: every workflow line is measured and points the right way."""
    if contract.workflow is None:
        return
    for key in ("cycle_time", "throughput", "automation_rate", "escalation_rate", "rework_rate", "backlog"):
        clause: Clause | None = getattr(contract.workflow, key)
        if clause is not None and (clause.margin is not None or clause.segment is not None):
            words = "a line of the workflow is one number over all cases; write margins and segments in a gate."
            yield "C5", f"workflow.{key}", words
        elif clause is not None:
            yield from _measured(f"workflow.{key}", clause)
            yield from _promised_way(f"workflow.{key}", clause)


def placed_clauses(contract: Contract, part: Literal["gates", "tripwires"]) -> Iterator[tuple[str, Clause]]:
    """Every clause of the gates or the tripwires, with its path in the file."""
    by_level = getattr(contract.autonomy, part) if contract.autonomy else {}
    for level, clauses in by_level.items():
        path = f"autonomy.{part}.{level}"
        for number, clause in enumerate(clauses, start=1):
            listed = f"{path}[{number}]"
            yield (listed if listed in contract.positions else path), clause


def _measured(path: str, clause: Clause) -> Iterator[_Broken]:
    """Somebody measures it, in the unit and form that the clause has."""
    metric = METRICS.get(clause.metric)
    if metric is None:
        yield "C5", path, f"nobody measures '{clause.metric}'; write one of {', '.join(sorted(METRICS))}."
        return
    if clause.margin is not None:
        missing = missing_for_margin(clause)
        if missing is not None:
            yield "C5", path, f"{missing}."
        return
    if clause.bound is None:
        return
    if metric.kind == "rate" and (clause.bound.unit != "%" or clause.statistic):
        name = _name(path, clause)
        words = f"{clause.metric} is a share of cases; write e.g. '{name}{clause.comparison} {_share(clause.bound)}'."
        yield "C5", path, words
    elif metric.kind == "quantile":
        yield from _time_measured(path, clause)
    elif clause.metric == "cost":
        yield from _cost_measured(path, clause)
    elif metric.kind == "count" and (not clause.bound.unit.startswith("cases") or clause.statistic):
        yield "C5", path, f"{clause.metric} counts cases; write e.g. '{clause.comparison} 40 {metric.unit}'."


def _name(path: str, clause: Clause) -> str:
    """The metric as a line begins with it; under `workflow` its key says it already."""
    return "" if path.startswith("workflow.") else f"{clause.metric} "


def _share(bound: Quantity) -> str:
    """The bound as the percentage that was likely meant."""
    if bound.unit not in ("", "%"):
        return "5 %"
    fraction = bound.unit == "" and 0 < bound.amount <= 1
    return f"{(bound.amount * 100).normalize() if fraction else bound.amount:f} %"


def _time_measured(path: str, clause: Clause) -> Iterator[_Broken]:
    assert clause.bound is not None
    name = _name(path, clause)
    if clause.bound.unit not in SECONDS:
        yield "C5", path, f"{clause.metric} is a time; write e.g. '{name}p90 {clause.comparison} 10 min'."
    elif clause.statistic is None:
        words = (
            f"{clause.metric} differs from case to case; write for how many it holds, "
            f"e.g. '{name}p90 {clause.comparison} {clause.bound}'."
        )
        yield "C5", path, words


def _cost_measured(path: str, clause: Clause) -> Iterator[_Broken]:
    assert clause.bound is not None
    unit = clause.bound.unit
    if not unit.endswith("/case"):
        yield "C5", path, f"cost is money a case; write e.g. 'cost {clause.comparison} 0.40 EUR/case cap 5 EUR'."
    elif clause.cap is None and clause.statistic in (None, "mean"):
        cap = f"cap {clause.bound.amount * 10:f} {unit.removesuffix('/case')}"
        words = (
            f"a mean cost has no bound without a hard cap a case, which the guard keeps; write e.g. '{clause} {cap}'."
        )
        yield "C5", path, words
    elif clause.cap is not None and magnitude(clause.cap) <= magnitude(clause.bound):
        yield "C5", path, f"the cap of {clause.cap} is not above {clause.bound}; write a higher cap or a lower bound."


_AT_LEAST = (Comparison.AT_LEAST, Comparison.ABOVE)


def _promised_way(path: str, clause: Clause) -> Iterator[_Broken]:
    metric = METRICS.get(clause.metric)
    if metric is None or clause.comparison is None:
        return
    higher = metric.direction == "higher"
    if (clause.comparison in _AT_LEAST) is not higher:
        if clause.margin is None:
            said, instead = str(clause.comparison), ">=" if higher else "<="
        else:
            said, instead = ("not above", "not below") if higher else ("not below", "not above")
        words = f"{clause.metric} is better when it is {metric.direction}, so '{said}' promises nothing; "
        yield "C5", path, f"{words}write '{instead}'."


def _feared_way(path: str, clause: Clause) -> Iterator[_Broken]:
    metric = METRICS.get(clause.metric)
    if metric is None or clause.comparison is None or clause.bound is None:
        return
    if (clause.comparison in _AT_LEAST) is (metric.direction == "higher"):
        sign = "<" if metric.direction == "higher" else ">"
        words = (
            f"{clause.metric} is better when it is {metric.direction}, so this would fall when all is well; write "
            f"'{sign}'."
        )
        yield "C5", path, words
    elif metric.kind == "rate" and not 0 < clause.bound.amount < 100:
        words = (
            f"a share of {clause.bound} cannot be crossed step by step; write a number between, or 'any "
            f"{clause.metric}'."
        )
        yield "C5", path, words


def _provable(path: str, clause: Clause) -> Iterator[_Broken]:
    metric = METRICS.get(clause.metric)
    if metric is None or clause.bound is None or metric.kind != "rate" or clause.bound.unit != "%":
        return
    if not 0 < clause.bound.amount < 100:
        words = (
            f"no number of cases can prove {clause.bound}; write a number between 0 and 100 %, e.g. "
            f"'{_near(clause.bound.amount)} %'."
        )
        yield "C5", path, words


def _near(amount: Decimal) -> str:
    return "99" if amount >= 100 else "1"
