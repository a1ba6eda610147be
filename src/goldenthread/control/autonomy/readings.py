"""Clauses judged in full on the cases of a fingerprint: what a page shows and a level change carries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from goldenthread.control.autonomy.parts import stands
from goldenthread.control.autonomy.rows import Qualification, Row, part_of
from goldenthread.control.autonomy.rules import Alarm, Required
from goldenthread.promise.contract import (
    Autonomy,
    Claim,
    Clause,
    ClauseEvidence,
    ClauseTest,
    Form,
    NotJudged,
    bound_of,
    holds,
    margin_of,
    wants_high,
)
from goldenthread.promise.errors import EvidenceError
from goldenthread.promise.evidence import FutureDaysTest, RateTest

_Cases = list[tuple[Row, "float | None"]]


@dataclass(frozen=True, kw_only=True)
class ClauseReading:
    """
    A gate's clause with its evidence.

    Attributes:
        missing: Why it cannot be judged yet.
        error: Why a value on record is none that the clause can take.
        from_workflow: The escalation line, which every gate requires.
        segment: Which part of the cases this reading is of, for a clause that holds in every one of them.
        days: Whole days seen, for a claim about future days.
        likeness: How alike the cases of a day are, for such a claim; in [0, 1], estimated.
    """

    clause: Clause
    evidence: ClauseEvidence | None
    missing: str | None = None
    error: str | None = None
    from_workflow: bool = False
    segment: str | None = None
    days: int | None = None
    likeness: float | None = None

    @property
    def passed(self) -> bool:
        """True only with evidence that carries the clause."""
        return self.evidence is not None and self.evidence.passed and self.error is None

    @property
    def meter(self) -> float:
        """Share of the evidence needed, in [0, 1]."""
        return self.evidence.meter if self.evidence is not None else 0.0

    @property
    def title(self) -> str:
        """The clause, and for which segment this is."""
        return f"{self.clause}: {self.segment}" if self.segment is not None else str(self.clause)

    def record(self) -> dict[str, Any]:
        """As it stands in a `level:change` record; figures rounded so that every machine writes the same bytes."""
        said: dict[str, Any] = {"clause": str(self.clause)}
        if self.segment is not None:
            said["segment"] = self.segment
        evidence = self.evidence
        if evidence is None or self.error is not None:
            return {**said, "missing": self.error or self.missing}
        figures = {
            "cases": evidence.n,
            "pending": evidence.pending,
            "failures": evidence.failures,
            "estimate": _rounded(evidence.estimate),
            "lower": _rounded(evidence.lower),
            "upper": _rounded(evidence.upper),
            "meter": _rounded(evidence.meter),
            "passed": evidence.passed,
        }
        return {**said, **figures, **({} if self.days is None else {"days": self.days})}


def read_clause(
    required: Required, autonomy: Autonomy, agent: Qualification, since: int, now: datetime
) -> Iterator[ClauseReading]:
    """One reading of a required clause as of `now`, or one for each segment that it speaks of."""
    clause, test = required.clause, required.test
    blank = ClauseReading(clause=clause, evidence=None, from_workflow=required.from_workflow)
    if isinstance(test, NotJudged):
        yield replace(blank, missing=test.reason)
        return
    cases = list(agent.counted(clause, since, now))
    try:
        parts = _parts(cases, clause, required.declared)
    except EvidenceError as problem:
        yield replace(blank, error=problem.message)
        return
    whole = next((row.index for row, value in cases if value is None), len(agent.order))
    for segment, part in parts.items():
        yield _read(replace(blank, segment=segment or None), test, autonomy.claim, part, whole)


def proved_failure_rate(alarm: Alarm, alpha: float, agent: Qualification, now: datetime) -> float | None:
    """
    The upper confidence bound of the rate that a tripwire watches, over the cases that count now.

    Returns:
        A rate in (0, limit), rounded to six digits; None where nothing better than the limit is proved.
    """
    clause, limit = alarm.clause, alarm.detector.limit
    failed = [alarm.detector.fails(value) for _row, value in agent.counted(clause, 0, now) if value is not None]
    if limit is None or not failed:
        return None
    test = RateTest(bar=1.0 - limit, alpha=alpha)
    upper = round(1.0 - test.lower_bound(len(failed) - sum(failed), sum(failed)), 6)
    return upper if 0.0 < upper < limit else None


def _parts(cases: _Cases, clause: Clause, declared: tuple[str, ...]) -> dict[str, _Cases]:
    """The cases by segment, in case order; all under '' where the clause speaks of none."""
    if not declared:
        return {"": cases}
    parts: dict[str, _Cases] = {name: [] for name in declared}
    for row, value in cases:
        parts[part_of(row, clause.segment or "", declared)].append((row, value))
    return parts


def _read(blank: ClauseReading, test: ClauseTest, claim: Claim, cases: _Cases, whole: int) -> ClauseReading:
    try:
        evidence = test.judge([value for _row, value in cases])
        reading = replace(blank, evidence=evidence)
        if claim is Claim.FUTURE_DAYS:
            reading = _about_future_days(reading, test, cases, whole)
    except EvidenceError as problem:
        return replace(blank, error=problem.message)
    return replace(_as_it_stands(reading, test), missing=_nothing_known(blank.clause, evidence))


def _as_it_stands(reading: ClauseReading, test: ClauseTest) -> ClauseReading:
    """What was proved once counts only while what is known now does not speak against it."""
    evidence = reading.evidence
    assert evidence is not None
    if not evidence.passed or _stands(reading, evidence, test):
        return reading
    meter = min(evidence.meter, 0.99)
    if reading.from_workflow and isinstance(test.test, RateTest):
        bad = evidence.failures or 0
        meter = min(0.99, test.test.meter(evidence.n - bad, bad + evidence.pending))
    return replace(reading, evidence=replace(evidence, passed=False, passed_at=None, meter=meter))


def _stands(reading: ClauseReading, evidence: ClauseEvidence, test: ClauseTest) -> bool:
    if isinstance(test.test, RateTest):
        bad, line = evidence.failures or 0, reading.from_workflow and reading.days is None
        return stands(test.test, evidence.n - bad, bad, evidence.pending, line=line)
    if evidence.estimate is None:
        return False
    bar = bound_of(test.clause) if test.form is Form.MEAN else _level_with_people(test.clause)
    return evidence.estimate >= bar if wants_high(test.clause) else evidence.estimate <= bar


def _level_with_people(clause: Clause) -> float:
    return -margin_of(clause) if wants_high(clause) else margin_of(clause)


def _nothing_known(clause: Clause, evidence: ClauseEvidence) -> str | None:
    if evidence.n:
        return None
    wait = {0: "", 1: "; 1 case waits for it"}.get(evidence.pending, f"; {evidence.pending:,} cases wait for it")
    return f"nobody has measured {clause.metric} yet{wait}"


def _about_future_days(reading: ClauseReading, test: ClauseTest, cases: _Cases, whole: int) -> ClauseReading:
    """The same cases as so many days: those before the first pending one of all, since a day counts whole."""
    assert isinstance(test.test, RateTest)
    assert reading.evidence is not None
    days = FutureDaysTest(test=test.test)
    state = days.start
    for row, value in cases:
        if row.index >= whole or value is None:
            break
        state = days.update(state, holds(test.clause, value), row.at.toordinal())
    bound = days.lower_bound(state)
    known = bound > 0.0 and test.form is Form.RATE
    evidence = replace(
        reading.evidence,
        lower=bound if known and wants_high(test.clause) else None,
        upper=1.0 - bound if known and not wants_high(test.clause) else None,
        meter=days.meter(state),
        passed=days.passed(state),
    )
    return replace(reading, evidence=evidence, days=days.days(state), likeness=days.evidence(state).likeness)


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 6)
