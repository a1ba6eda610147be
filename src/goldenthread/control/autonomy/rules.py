"""A contract's gates and tripwires compiled once: what `standing` and `gates` ask at every case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from goldenthread.promise.contract import (
    Autonomy,
    Claim,
    Clause,
    ClauseTest,
    Contract,
    NotJudged,
    TripwireDetector,
    clause_test,
    tripwire_detector,
)
from goldenthread.promise.evidence import RateTest
from goldenthread.promise.values import Level


@dataclass(frozen=True, kw_only=True)
class Required:
    """A clause that a gate requires, with its test; `declared` are the segments that it speaks of, if any."""

    clause: Clause
    text: str
    test: ClauseTest | NotJudged
    from_workflow: bool
    declared: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """A tripwire with its detector."""

    level: Level
    clause: Clause
    text: str
    detector: TripwireDetector

    @property
    def key(self) -> tuple[Level, str]:
        """By which its state is kept."""
        return self.level, self.text


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The gates by the level entered, and the tripwires by the metric that feeds them."""

    gates: Mapping[Level, tuple[Required, ...]]
    alarms: tuple[Alarm, ...]
    by_metric: Mapping[str, tuple[Alarm, ...]]


def compile_rules(contract: Contract) -> Rules:
    """The rules of a contract; none, where it states no autonomy."""
    autonomy = contract.autonomy
    if autonomy is None:
        return Rules(gates={}, alarms=(), by_metric={})
    line = contract.workflow.escalation_rate if contract.workflow else None
    alarms = tuple(_alarms(autonomy))
    metrics = {alarm.clause.metric for alarm in alarms}
    return Rules(
        gates={level: _gate(autonomy, clauses, line) for level, clauses in autonomy.gates.items() if clauses},
        alarms=alarms,
        by_metric={metric: tuple(a for a in alarms if a.clause.metric == metric) for metric in metrics},
    )


def _gate(autonomy: Autonomy, clauses: tuple[Clause, ...], line: Clause | None) -> tuple[Required, ...]:
    """The gate's own clauses, then the workflow's escalation line: nobody climbs by answering the easy cases only."""
    required = [_required(autonomy, clause, from_workflow=False) for clause in clauses]
    if line is not None and line not in clauses:
        required.append(_required(autonomy, line, from_workflow=True))
    return tuple(required)


def _required(autonomy: Autonomy, clause: Clause, *, from_workflow: bool) -> Required:
    return Required(
        clause=clause,
        text=str(clause),
        test=_test(autonomy, clause),
        from_workflow=from_workflow,
        declared=autonomy.segments.get(clause.segment or "", ()),
    )


def _test(autonomy: Autonomy, clause: Clause) -> ClauseTest | NotJudged:
    test = clause_test(clause, autonomy.alpha)
    if clause.segment is not None and clause.segment not in autonomy.segments:
        return NotJudged(clause=clause, reason=f"the contract declares no segments of '{clause.segment}'")
    about_days = autonomy.claim is Claim.FUTURE_DAYS
    if about_days and isinstance(test, ClauseTest) and not isinstance(test.test, RateTest):
        return NotJudged(clause=clause, reason="a mean or a difference cannot be judged about future days")
    return test


def _alarms(autonomy: Autonomy) -> list[Alarm]:
    found = []
    for level, clauses in autonomy.tripwires.items():
        for clause in clauses:
            detector = tripwire_detector(clause, autonomy.false_alarm, calibrated=autonomy.calibrated)
            if isinstance(detector, TripwireDetector):
                found.append(Alarm(level=level, clause=clause, text=str(clause), detector=detector))
    return found
