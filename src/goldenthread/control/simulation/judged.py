"""Recorded runs of agents judged by a contract: what each clause would have been worth, and which level."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from goldenthread.control.autonomy import ClauseReading, read_gate
from goldenthread.control.simulation.play import Moment, PlayedCase, PlayedLabel, Player, Source
from goldenthread.promise.contract import Claim, Contract
from goldenthread.promise.errors import RunsInvalid, ValueProblem
from goldenthread.promise.evidence import e_bh
from goldenthread.promise.values import LADDER, Level
from goldenthread.record.runs import RecordedRun, RunSet

_SINCE = datetime(2026, 1, 5, tzinfo=UTC)
_STEP = timedelta(seconds=1)
_COST = "USD/case"


@dataclass(frozen=True, kw_only=True)
class AgentJudged:
    """
    One agent (one fingerprint) before a contract.

    Attributes:
        name: As the file or whoever imported it says.
        files: Labels of the sets its runs come from.
        cases: Tasks; a task is one case, however often it was tried.
        counted: Cases with a run that did not end in a fault.
        runs: Runs on record.
        faults: Runs that ended in a fault.
        notes: What the files do not say, or what was not believed.
        readings: By the gate's level, each clause over all counted cases, as if nothing had moved.
        changes: What would have moved, in order, by case number.
        earned: The level at the end.
    """

    name: str
    fingerprint: str
    files: tuple[str, ...]
    cases: int
    counted: int
    runs: int
    faults: int
    notes: tuple[str, ...]
    readings: Mapping[Level, tuple[ClauseReading, ...]]
    changes: tuple[Moment, ...]
    earned: Level

    def clears(self, level: Level) -> bool:
        """Whether every clause of a gate is proved, this agent looked at alone."""
        readings = self.readings[level]
        return bool(readings) and all(reading.passed for reading in readings)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """
    All agents before one contract.

    Attributes:
        chosen: By the gate's level, the fingerprints of those that stand out when all are compared, so that on
            average at most a share of 1 - confidence of the chosen is chosen wrongly; None where nothing was compared
            (one agent, or a claim about future days).
    """

    contract: Contract
    agents: tuple[AgentJudged, ...]
    chosen: Mapping[Level, frozenset[str]] | None


def judge_runs(contract: Contract, sets: Sequence[RunSet]) -> Judged:
    """
    What a contract says of agents whose runs are on record. Nothing is earned by it.

    Args:
        contract: With at least one gate.
        sets: Of any agents; those of one fingerprint are judged together, each case by its first run without a fault.

    Raises:
        ValueProblem: No gate, or no runs.
        RunsInvalid: A set of another slice than the contract's, or the same file twice.
    """
    autonomy = contract.autonomy
    if autonomy is None or not any(autonomy.gates.values()):
        raise ValueProblem(f"The contract '{contract.slice}' has no gate to judge by. Write `autonomy: gates:`.")
    if not sets:
        raise ValueProblem("There are no runs to judge. Name a file with `--runs`, or an imported set with `--set`.")
    _require_of_slice(contract, sets)
    by_agent: dict[str, list[RunSet]] = {}
    for one in sets:
        by_agent.setdefault(one.agent.fingerprint, []).append(one)
    agents = tuple(_judged(contract, found) for found in by_agent.values())
    compared = len(agents) > 1 and autonomy.claim is Claim.PERIOD
    return Judged(contract=contract, agents=agents, chosen=_chosen(agents, autonomy.alpha) if compared else None)


def runs_as_cases(runs: Iterable[RecordedRun], contract: Contract) -> Iterator[PlayedCase]:
    """
    Recorded runs as cases to play: those of a case up to its first without a fault, in the order given.

    They are played in the order of their start. Where some run tells no time, one second lies between a run and the
    next, so that their order is kept.
    """
    kept = list(_until_counted(runs))
    timed = all(run.started_at is not None for run in kept)
    if timed:
        kept.sort(key=lambda run: run.started_at or _SINCE)
    for number, run in enumerate(kept):
        started = run.started_at if timed and run.started_at is not None else _SINCE + number * _STEP
        ended = run.ended_at if timed and run.ended_at is not None else started
        yield _case(run, started, ended, contract)


def _until_counted(runs: Iterable[RecordedRun]) -> Iterator[RecordedRun]:
    found = set[str]()
    for run in runs:
        if run.case not in found:
            yield run
        if run.status != "fault":
            found.add(run.case)


def _case(run: RecordedRun, started: datetime, ended: datetime, contract: Contract) -> PlayedCase:
    labels = [
        PlayedLabel(metric=one.metric, value=one.value, known_at=ended, source=one.source) for one in run.outcomes
    ]
    if run.cost is not None and _pays_in_dollars(contract):
        labels.append(PlayedLabel(metric="cost", value=run.cost, known_at=ended, source="price list and usage"))
    return PlayedCase(
        case=run.case, at=started, ended_at=ended, status=run.status, source="replay", labels=tuple(labels)
    )


def _pays_in_dollars(contract: Contract) -> bool:
    """Costs on record are in US dollars; nobody turns them into another money here."""
    assert contract.autonomy is not None
    clauses = [clause for gate in contract.autonomy.gates.values() for clause in gate]
    bounds = [clause.bound or clause.margin for clause in clauses if clause.metric == "cost"]
    return any(bound is not None and bound.unit == _COST for bound in bounds)


def _judged(contract: Contract, sets: Sequence[RunSet]) -> AgentJudged:
    runs = [run for one in sets for run in one.runs]
    cases = list(runs_as_cases(runs, contract))
    begin = min([_SINCE, *(case.at for case in cases)])
    whose = sets[0].agent
    still = Player(contract, begin=begin, agent=whose.name, fingerprint=whose.fingerprint, moves=False)
    list(still.play(_source(cases)))
    moving = Player(contract, begin=begin, agent=whose.name, fingerprint=whose.fingerprint)
    assert contract.autonomy is not None
    return AgentJudged(
        name=whose.name,
        fingerprint=whose.fingerprint,
        files=tuple(one.label for one in sets),
        cases=len({run.case for run in runs}),
        counted=sum(case.status != "fault" for case in cases),
        runs=len(runs),
        faults=sum(run.status == "fault" for run in runs),
        notes=tuple(dict.fromkeys(note for one in sets for note in one.notes)),
        readings={
            level: read_gate(still.standing, whose.fingerprint, level)
            for level in LADDER
            if contract.autonomy.gates.get(level)
        },
        changes=tuple(moving.play(_source(cases))),
        earned=moving.level,
    )


def _source(cases: Sequence[PlayedCase]) -> Source:
    return lambda _level, number: cases[number - 1] if number <= len(cases) else None


def _chosen(agents: Sequence[AgentJudged], alpha: float) -> dict[Level, frozenset[str]]:
    """
    The weakest clause's evidence stands for the gate: if the gate should stay shut, it is wrong in some clause, and
    that one alone is then as strong by chance as the rule reckons with.
    """
    levels = agents[0].readings
    return {
        level: e_bh({agent.fingerprint: _weakest(agent.readings[level]) for agent in agents}, alpha) for level in levels
    }


def _weakest(readings: Sequence[ClauseReading]) -> float:
    found = [reading.evidence.log_e if reading.evidence and not reading.error else -math.inf for reading in readings]
    return min(found, default=-math.inf)


def _require_of_slice(contract: Contract, sets: Sequence[RunSet]) -> None:
    seen: dict[str, str] = {}
    for one in sets:
        if one.slice and one.slice != contract.slice:
            raise RunsInvalid(
                f"{one.label}: its runs are of '{one.slice}', and the contract is of '{contract.slice}'. "
                "Name runs of the contract's slice; nothing was judged."
            )
        if one.digest in seen:
            raise RunsInvalid(
                f"{one.label}: the same runs are named twice, also as {seen[one.digest]}. Name each once; "
                "nothing was judged."
            )
        seen[one.digest] = one.label
