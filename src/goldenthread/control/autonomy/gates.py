"""Gates and tripwires judged on a standing: pure, and the same on replay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from goldenthread.control.autonomy.meters import ClauseMeter
from goldenthread.control.autonomy.readings import ClauseReading, proved_failure_rate, read_clause
from goldenthread.control.autonomy.releases import HIGHEST_UNSIGNED, unsigned_words
from goldenthread.control.autonomy.rows import Qualification
from goldenthread.control.autonomy.rules import Alarm, Required, Rules
from goldenthread.control.autonomy.standing import Standing
from goldenthread.control.windows import holding
from goldenthread.promise.contract import Autonomy, Clause, Contract, NotJudged
from goldenthread.promise.values import LADDER, Effect, GateVerdict, Level, TrustMode


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
    baselines: Mapping[str, float] = field(default_factory=dict)  # by tripwire: the failure rate proved so far

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
            "evidence": [reading.record() for reading in self.readings],
            **({"baselines": dict(self.baselines)} if self.baselines else {}),
        }


def evaluate(standing: Standing, fingerprint: str) -> Evaluation:
    """Judge tripwires first, then the gate above the present level."""
    level = standing.earned(fingerprint)
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
        if not _worth_judging(standing, fingerprint):
            return
        due = evaluate(standing, fingerprint)
        if not due.moves:
            return
        yield due


def read_gate(standing: Standing, fingerprint: str, target: Level) -> tuple[ClauseReading, ...]:
    """
    Every clause that the gate into `target` requires, with its evidence, one reading for each segment that it
    speaks of; empty if there is no such gate.
    """
    contract, agent, rules = standing.contract, standing.agents.get(fingerprint), standing.rules
    if contract is None or contract.autonomy is None or agent is None or rules is None:
        return ()
    since = standing.gate_since.get(target, standing.seq)
    autonomy = contract.autonomy
    required = rules.gates.get(target, ())
    return tuple(reading for one in required for reading in read_clause(one, autonomy, agent, since, standing.now))


def _worth_judging(standing: Standing, fingerprint: str) -> bool:
    """Cheaply, at every case: does an alarm ring, or has every clause of the next gate met its evidence?"""
    contract, agent, rules = standing.contract, standing.agents.get(fingerprint), standing.rules
    if contract is None or contract.autonomy is None or agent is None or rules is None:
        return False
    if next(_ringing(rules, agent), None) is not None:
        return True
    target = standing.earned(fingerprint).next
    required = rules.gates.get(target, ()) if target is not None else ()
    if target is None or not required or target > contract.autonomy.ceiling or _held(standing, contract, agent, target):
        return False
    floor = max(standing.gate_since.get(target, standing.seq), agent.since)
    return all(_meter_passed(one, contract.autonomy, agent, target, floor, standing.now) for one in required)


def _meter_passed(
    required: Required, autonomy: Autonomy, agent: Qualification, target: Level, floor: int, now: datetime
) -> bool:
    if isinstance(required.test, NotJudged):
        return False
    key = (target, required.text)
    meter = agent.meters.get(key)
    if meter is None or meter.floor != floor:
        meter = ClauseMeter(required, required.test, autonomy.claim, floor)
        agent.meters[key] = meter
    return meter.passed(agent.order, now)


def _fall(standing: Standing, autonomy: Autonomy, agent: Qualification, level: Level) -> Evaluation | None:
    """
    The deepest fall that an alarm demands, if any. At or below the tripwire's own level there is nothing to
    fall to: the evidence starts afresh all the same, and at the lowest level the slice is suspended.
    """
    rules = standing.rules
    alarms = sorted(_ringing(rules, agent), key=lambda alarm: alarm.level.rank) if rules else []
    if not alarms:
        return None
    alarm = alarms[0]
    suspends = level is LADDER[0] and alarm.level is LADDER[0] and not standing.suspended
    return Evaluation(
        verdict=GateVerdict.DEMOTE,
        level=level,
        target=min(level, alarm.level),
        reason=_fall_words(alarm.clause, level, alarm.level, autonomy, suspends=suspends),
        tripwire=alarm.text,
        suspends=suspends,
    )


def _ringing(rules: Rules, agent: Qualification) -> Iterator[Alarm]:
    for alarm in rules.alarms:
        state = agent.detectors.get(alarm.key)
        if state is not None and alarm.detector.beside(agent.baselines.get(alarm.key)).alarm(state):
            yield alarm


def _baselines(standing: Standing, agent: Qualification) -> dict[str, float]:
    """By tripwire, the failure rate that the agent has proved to stay below; left out where it proved nothing."""
    rules, contract = standing.rules, standing.contract
    if rules is None or contract is None or contract.autonomy is None:
        return {}
    proved = {
        alarm.text: proved_failure_rate(alarm, contract.autonomy.alpha, agent, standing.now)
        for alarm in rules.alarms
        if not alarm.clause.any
    }
    return {text: rate for text, rate in proved.items() if rate is not None}


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
            reason=_open_words(target, open_clauses) + _early_words(standing, agent, target),
            readings=readings,
        )
    held = _held(standing, contract, agent, target)
    if held is not None:
        return Evaluation(verdict=GateVerdict.HOLD, level=level, target=target, reason=held, readings=readings)
    reason = f"Every clause of the gate to {target} is proved at {autonomy.confidence} % confidence"
    return Evaluation(
        verdict=GateVerdict.PROMOTE,
        level=level,
        target=target,
        reason=reason,
        readings=readings,
        baselines=_baselines(standing, agent),
    )


def _held(standing: Standing, contract: Contract, agent: Qualification, target: Level) -> str | None:
    """Why a proved gate does not open."""
    if standing.suspended:
        return "The slice is suspended"
    if standing.vigilance.flagged:
        names = ", ".join(one.name for one in standing.vigilance.flagged)
        return f"Whether people still look is in doubt: {names} is flagged, and no level rises until that is cleared"
    spent = standing.workflow.held(contract, standing.now) if standing.outcomes_hold else None
    if spent is not None:
        return spent
    unsigned = standing.unsigned(agent.fingerprint) if target > HIGHEST_UNSIGNED else {}
    if unsigned:
        return unsigned_words(unsigned)
    outcome = holding(contract, standing.windows, standing.now, target)
    if outcome is not None:
        return outcome
    irreversible = [name for name, action in contract.actions.items() if action.effect is Effect.IRREVERSIBLE]
    # By where the agent is, not who asks: a person who answers at a terminal judges the same evidence as the server.
    cooperative = TrustMode.ENFORCING not in (standing.mode, agent.mode)
    if target >= Level.CONSTRAINED and irreversible and cooperative:
        return f"{str(target).capitalize()} with irreversible effects ({', '.join(irreversible)}) needs enforcing mode"
    return None


def _early_words(standing: Standing, agent: Qualification, target: Level) -> str:
    """How many cases came too early to count: whoever looks at an empty meter must learn why."""
    signed = standing.gate_since.get(target, 0)
    early = sum(row.counts and row.seq <= signed for row in agent.order)
    if not early:
        return ""
    if early == 1:
        return "; 1 case that started before this gate was signed does not count"
    return f"; {early:,} cases that started before this gate was signed do not count"


def _open_words(target: Level, open_clauses: list[ClauseReading]) -> str:
    if not open_clauses:
        return f"The contract has no gate to {target}"
    whys = [(reading, reading.error or reading.missing) for reading in open_clauses]
    words = [f"'{reading.title}'" + (f" ({why})" if why else "") for reading, why in whys]
    return f"Not yet earned for {target}: {', '.join(words)}"
