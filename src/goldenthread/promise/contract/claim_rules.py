"""Rules on what a gate claims (C5): segments that exist, days that can be spoken of, and events that can be hard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from goldenthread.promise.contract.clause_rules import placed_clauses
from goldenthread.promise.contract.cursor import nearest_of
from goldenthread.promise.contract.forms import Form, form_of, missing_for
from goldenthread.promise.contract.metrics import METRICS
from goldenthread.promise.contract.model import Autonomy, Claim, Clause, Contract

_Broken: TypeAlias = tuple[str, str, str]  # rule, path, words


def segments_declared(contract: Contract) -> Iterator[_Broken]:
    """C5: a clause that holds in every segment says which there are, and there are at least two."""
    autonomy = contract.autonomy
    if autonomy is None:
        return
    for name, values in autonomy.segments.items():
        if len(values) < 2:
            words = (
                f"'{name}' has one value and divides nothing; "
                f"write at least two, e.g. '{name}: [{', '.join(values)}, other]', or remove it."
            )
            yield "C5", f"autonomy.segments.{name}", words
    for path, clause in placed_clauses(contract, "gates"):
        if clause.segment is not None and clause.segment not in autonomy.segments:
            yield "C5", path, _undeclared(clause.segment, autonomy)


def _undeclared(segment: str, autonomy: Autonomy) -> str:
    nearest = nearest_of(segment, autonomy.segments)
    if nearest:
        return f"there is no segment '{segment}'; did you mean '{nearest}'?"
    return f"there is no segment '{segment}'; write e.g. 'segments: {{{segment}: [one, other]}}' under autonomy."


def claims_carried(contract: Contract) -> Iterator[_Broken]:
    """C5: only shares of cases can be judged about days that are still to come."""
    if contract.autonomy is None or contract.autonomy.claim is not Claim.FUTURE_DAYS:
        return
    for path, clause in placed_clauses(contract, "gates"):
        if missing_for(clause) is None and form_of(clause) in (Form.MEAN, Form.DIFFERENCE):
            yield "C5", path, _not_of_days(clause)


def _not_of_days(clause: Clause) -> str:
    kind = "mean" if form_of(clause) is Form.MEAN else "difference to people"
    instead = "task_success >= 90 %"
    if clause.bound is not None:
        instead = f"{clause.metric} {'p90' if clause.comparison in ('<=', '<') else 'p10'} {clause.comparison} "
        instead += str(clause.bound)
    return (
        f"'{clause}' is a {kind}, and only shares of cases can be judged about future days; "
        f"write e.g. '{instead}', or 'claim: {Claim.PERIOD}'."
    )


def hard_events(contract: Contract) -> Iterator[_Broken]:
    """C5: only what somebody reports with its severity can be waited for as hard."""
    severe = sorted(name for name, metric in METRICS.items() if metric.severity)
    for path, clause in placed_clauses(contract, "tripwires"):
        if clause.hard and clause.metric in METRICS and clause.metric not in severe:
            words = (
                f"severity is reported only for {', '.join(severe[:-1])} and {severe[-1]}; write 'any {clause.metric}'."
            )
            yield "C5", path, words
