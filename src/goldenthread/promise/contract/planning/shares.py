"""Which share of all cases bears on a clause at a level: not every case says something about every metric."""

from __future__ import annotations

from decimal import Decimal

from goldenthread.promise.contract.model import Autonomy, Clause
from goldenthread.promise.values import Level

OF_PROPOSALS = frozenset({"agreement", "ungrounded_rate", "approved_unedited"})
"""Metrics of what the agent proposes: a case that it hands to a person has no proposal, and bears on none of them."""

CASES_A_WEEK = {"cases per day": Decimal(7), "cases per week": Decimal(1)}


def bearing_share(autonomy: Autonomy, level: Level, clause: Clause, handed_over: float = 0.0) -> tuple[float, str]:
    """
    The share of all cases that bear on a clause while the agent stands at a level, and why not all do.

    Args:
        autonomy: With the blind and the audited shares.
        level: Where the agent stands.
        clause: Of a gate or tripwire.
        handed_over: Share of the cases that the agent hands to a person, in [0, 1].

    Returns:
        A share in [0, 1]; words, or '' where the level leaves no case out.
    """
    share, words = _at_level(autonomy, level, clause)
    return share * (1.0 - handed_over) if clause.metric in OF_PROPOSALS else share, words


def _at_level(autonomy: Autonomy, level: Level, clause: Clause) -> tuple[float, str]:
    if clause.metric == "agreement" or clause.margin is not None:
        return _decided_by_people_too(autonomy, level)
    if clause.metric == "approved_unedited":
        known = level is Level.APPROVAL
        return (1.0, "") if known else (0.0, f"none counts at {level}, where nobody approves each action")
    if clause.metric == "policy_violation" and level is Level.SHADOW:
        return 0.0, "none counts in shadow, where nothing has effect"
    if clause.metric == "automation_rate" and level < Level.CONSTRAINED:
        return 0.0, f"none counts at {level}, where no case is done without a person"
    return 1.0, ""


def segment_shares(autonomy: Autonomy, clause: Clause, given: dict[tuple[str, str], float]) -> dict[str, float]:
    """
    Share of the cases that each segment of a clause has: as given, the rest split evenly; empty without segments.

    Args:
        autonomy: Names the segments.
        clause: Of a gate.
        given: Shares in (0, 1) by segment's name and value; what they leave over the others share.
    """
    if clause.segment is None:
        return {}
    values = autonomy.segments.get(clause.segment, ())
    stated = {value: given[clause.segment, value] for value in values if (clause.segment, value) in given}
    left = max(0.0, 1.0 - sum(stated.values()))
    others = len(values) - len(stated)
    return {value: stated.get(value, left / others if others else 0.0) for value in values}


def _decided_by_people_too(autonomy: Autonomy, level: Level) -> tuple[float, str]:
    """In shadow people work on every case; later only in the blind share at draft and in the audited one."""
    if level is Level.SHADOW:
        return 1.0, ""
    if level is Level.APPROVAL:
        return 0.0, "none counts at approval, where people see every proposal first; those seen before do"
    audited = level >= Level.CONSTRAINED
    percent = (autonomy.audit if audited else autonomy.blind).get(level, Decimal(0))
    number = format(percent.normalize() if percent else percent, "f")
    what = "audited" if audited else "decided blind"
    return float(percent / 100), f"only the {number} % {what} at {level} count, and those seen in shadow before"
