"""Gates and tripwires judged on a standing: pure, and the same on replay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from goldenthread.control.autonomy.standing import Qualification, Standing
from goldenthread.promise.contract import (
    Autonomy,
    Clause,
    ClauseEvidence,
    Contract,
    NotJudged,
    TripwireDetector,
    clause_test,
    tripwire_detector,
)
from goldenthread.promise.errors import EvidenceError
from goldenthread.promise.values import LADDER, Effect, GateVerdict, Level, TrustMode


@dataclass(frozen=True, kw_only=True)
class ClauseReading:
    """
    A gate's clause with its evidence.

    `missing` says why it cannot be judged yet, `error` that a value on record is none that the clause can take.
    """

    clause: Clause
    evidence: ClauseEvidence | None
    missing: str | None = None
    error: str | None = None
    from_workflow: bool = False  # the escalation line, which every gate requires

    @property
    def passed(self) -> bool:
        """True only with evidence that carries the clause."""
        return self.evidence is not None and self.evidence.passed

    @property
    def meter(self) -> float:
        """Share of the evidence needed, in [0, 1]."""
        return self.evidence.meter if self.evidence is not None else 0.0


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What the evidence says now of one fingerprint: verdict, from where to where, and on what."""

    verdict: GateVerdict
    level: Level
    target: Level | None
    reason: str
    readings: tuple[ClauseReading, ...] = ()
    tripwire: str | None = None
    suspends: bool = False

    @property
    def moves(self) -> bool:
        """True when a `level:change` record is due."""
        return self.verdict in (GateVerdict.PROMOTE, GateVerdict.DEMOTE)

    def record(self, fingerprint: str, version: int) -> dict[str, Any]:
        """The `level:change` record's data; figures rounded so that every machine writes the same bytes."""
        return {
            "fingerprint": fingerprint,
            "contract_version": version,
            "from": self.level.value,
            "to": (self.target or self.level).value,
            "verdict": self.verdict.value,
            "reason": self.reason,
            "tripwire": self.tripwire,
            "suspends": self.suspends,
            "evidence": [_reading_record(reading) for reading in self.readings],
        }


def evaluate(standing: Standing, fingerprint: str) -> Evaluation:
    """Judge tripwires first, then the gate above the present level."""
    level = standing.level(fingerprint)
    contract, agent = standing.contract, standing.agents.get(fingerprint)
    if contract is None or contract.autonomy is None or agent is None:
        return Evaluation(
            verdict=GateVerdict.INSUFFICIENT, level=level, target=None, reason="No contract in force: nothing is earned"
        )
    fall = _fall(standing, contract.autonomy, agent, level)
    return fall or _climb(standing, contract, agent, level)


def changes_due(standing: Standing, fingerprint: str) -> Iterator[Evaluation]:
    """
    Level changes that the evidence demands now, one at a time: the caller records each and applies it to the
    standing before asking for the next. Ends by itself: a level rises at most to the ceiling, and falls once.
    """
    for _ in LADDER:
        due = evaluate(standing, fingerprint)
        if not due.moves:
            return
        yield due


def read_gate(standing: Standing, fingerprint: str, target: Level) -> tuple[ClauseReading, ...]:
    """Every clause that the gate into `target` requires, with its evidence; empty if there is no such gate."""
    contract, agent = standing.contract, standing.agents.get(fingerprint)
    if contract is None or contract.autonomy is None or agent is None:
        return ()
    clauses = contract.autonomy.gates.get(target, ())
    if not clauses:
        return ()
    since = standing.gate_since.get(target, standing.seq)
    readings = [_read(clause, contract.autonomy, agent, since) for clause in clauses]
    line = contract.workflow.escalation_rate if contract.workflow else None
    if line is not None and line not in clauses:
        readings.append(_read(line, contract.autonomy, agent, since, from_workflow=True))
    return tuple(readings)


def _fall(standing: Standing, autonomy: Autonomy, agent: Qualification, level: Level) -> Evaluation | None:
    """
    The deepest fall that an alarm demands, if any. At or below the tripwire's own level there is nothing to
    fall to: the evidence starts afresh all the same, and at the lowest level the slice is suspended.
    """
    alarms = sorted(_alarms(autonomy, agent), key=lambda alarm: alarm[0].rank)
    if not alarms:
        return None
    target, clause = alarms[0]
    suspends = level is LADDER[0] and target is LADDER[0] and not standing.suspended
    return Evaluation(
        verdict=GateVerdict.DEMOTE,
        level=level,
        target=min(level, target),
        reason=_fall_words(clause, level, target, autonomy, suspends=suspends),
        tripwire=str(clause),
        suspends=suspends,
    )


def _alarms(autonomy: Autonomy, agent: Qualification) -> Iterator[tuple[Level, Clause]]:
    for target, clauses in autonomy.tripwires.items():
        for clause in clauses:
            state = agent.detectors.get((target, str(clause)))
            detector = tripwire_detector(clause, autonomy.false_alarm)
            if state is not None and isinstance(detector, TripwireDetector) and detector.alarm(state):
                yield target, clause


def _fall_words(clause: Clause, level: Level, target: Level, autonomy: Autonomy, *, suspends: bool) -> str:
    consequence = f"back to {target}" if target < level else f"the evidence starts afresh at {level}"
    if suspends:
        consequence = "the slice is suspended"
    if clause.any:
        return f"Tripwire '{clause}' was hit: {consequence}"
    rarity = f"a false alarm comes once in {autonomy.false_alarm:,} cases at most"
    return f"Tripwire '{clause}' was hit ({rarity}): {consequence}"


def _climb(standing: Standing, contract: Contract, agent: Qualification, level: Level) -> Evaluation:
    autonomy = contract.autonomy
    assert autonomy is not None
    target = level.next
    if target is None or target > autonomy.ceiling:
        return Evaluation(
            verdict=GateVerdict.HOLD,
            level=level,
            target=None,
            reason=f"{str(level).capitalize()} is the contract's ceiling",
        )
    readings = read_gate(standing, agent.fingerprint, target)
    open_clauses = [reading for reading in readings if not reading.passed]
    if not readings or open_clauses:
        broken = any(reading.error for reading in readings)
        return Evaluation(
            verdict=GateVerdict.ERROR if broken else GateVerdict.INSUFFICIENT,
            level=level,
            target=target,
            reason=_open_words(target, open_clauses),
            readings=readings,
        )
    held = _held(standing, contract, target)
    if held is not None:
        return Evaluation(verdict=GateVerdict.HOLD, level=level, target=target, reason=held, readings=readings)
    reason = f"Every clause of the gate to {target} is proved at {autonomy.confidence} % confidence"
    return Evaluation(verdict=GateVerdict.PROMOTE, level=level, target=target, reason=reason, readings=readings)


def _held(standing: Standing, contract: Contract, target: Level) -> str | None:
    """Why a proved gate does not open."""
    if standing.suspended:
        return "The slice is suspended"
    irreversible = [name for name, action in contract.actions.items() if action.effect is Effect.IRREVERSIBLE]
    if target >= Level.CONSTRAINED and irreversible and standing.mode is TrustMode.COOPERATIVE:
        return f"{str(target).capitalize()} with irreversible effects ({', '.join(irreversible)}) needs enforcing mode"
    return None


def _open_words(target: Level, open_clauses: list[ClauseReading]) -> str:
    if not open_clauses:
        return f"The contract has no gate to {target}"
    whys = [(reading.clause, reading.error or reading.missing) for reading in open_clauses]
    words = [f"'{clause}'" + (f" ({why})" if why else "") for clause, why in whys]
    return f"Not yet earned for {target}: {', '.join(words)}"


def _read(
    clause: Clause, autonomy: Autonomy, agent: Qualification, since: int, *, from_workflow: bool = False
) -> ClauseReading:
    test = clause_test(clause, autonomy.alpha)
    if isinstance(test, NotJudged):
        return ClauseReading(clause=clause, evidence=None, missing=test.reason, from_workflow=from_workflow)
    try:
        evidence = test.judge(agent.values(clause.metric, since))
    except EvidenceError as problem:
        return ClauseReading(clause=clause, evidence=None, error=problem.message, from_workflow=from_workflow)
    missing = None if evidence.n or evidence.pending else f"nobody has measured {clause.metric} yet"
    return ClauseReading(clause=clause, evidence=evidence, missing=missing, from_workflow=from_workflow)


def _reading_record(reading: ClauseReading) -> dict[str, Any]:
    evidence = reading.evidence
    if evidence is None:
        return {"clause": str(reading.clause), "missing": reading.error or reading.missing}
    return {
        "clause": str(reading.clause),
        "cases": evidence.n,
        "pending": evidence.pending,
        "failures": evidence.failures,
        "estimate": _rounded(evidence.estimate),
        "lower": _rounded(evidence.lower),
        "upper": _rounded(evidence.upper),
        "meter": _rounded(evidence.meter),
        "passed": evidence.passed,
    }


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 6)
