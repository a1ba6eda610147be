"""The standing of a slice: a fold over its ledger records. The same code runs live and on replay."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from goldenthread.control.autonomy.releases import (
    HIGHEST_UNSIGNED,
    REFUSE,
    SIGN,
    missing_signatures,
    take_refusal,
    take_signature,
    unsigned_words,
)
from goldenthread.control.autonomy.rows import Qualification, Row
from goldenthread.control.autonomy.rules import Alarm, Rules, compile_rules
from goldenthread.control.coverage import Alone
from goldenthread.control.stops import Stop, Stops, VoiceOf, nobody, product_key
from goldenthread.control.vigilance import VIGILANCE_KINDS, Vigilance, WordProblem, unheard
from goldenthread.control.windows import WINDOW_KINDS, Windows
from goldenthread.control.workflow import Workflow
from goldenthread.promise.contract import METRICS, Contract, loosened_gates, parse_contract
from goldenthread.promise.values import LADDER, Level, TrustMode
from goldenthread.record.ledger import Record

_BEFORE = datetime(1970, 1, 1, tzinfo=UTC)

SignatureProblem = Callable[[Contract, Record], "str | None"]
"""
Why a `contract:version:sign` record does not count, or None when it does; with the contract in force, why a
`release:sign` record does not.
"""


@dataclass(kw_only=True)
class Version:
    """One committed version of the contract and who has signed it."""

    contract: Contract
    digest: str
    seq: int
    signatures: dict[str, str] = field(default_factory=dict)  # principal -> role
    refused: dict[str, str] = field(default_factory=dict)  # principal -> why the signature does not count
    signed_seq: int | None = None  # the record that completed the signatures

    @cached_property
    def rules(self) -> Rules:
        """Its gates and tripwires, compiled."""
        return compile_rules(self.contract)

    @property
    def missing(self) -> dict[str, str]:
        """Who must still sign, and as what."""
        return {name: role for name, role in self.contract.signers.items() if name not in self.signatures}


@dataclass(kw_only=True)
class Standing:
    """Everything the guard must know of one slice; `seq` is the last record applied."""

    slice: str
    mode: TrustMode = TrustMode.COOPERATIVE
    signature_problem: SignatureProblem
    voice_of: VoiceOf = nobody
    word_problem: WordProblem = unheard
    outcomes_hold: bool = True  # whether outcomes and the error budget hold promotions; not in a play of quality alone
    seq: int = 0
    moves: int = 0  # how many records changed anything
    now: datetime = _BEFORE  # when the last record that moves a standing was written; never goes back
    versions: dict[int, Version] = field(default_factory=dict)
    in_force: Version | None = None
    gate_since: dict[Level, int] = field(default_factory=dict)
    agents: dict[str, Qualification] = field(default_factory=dict)
    stops: Stops = field(init=False)
    vigilance: Vigilance = field(init=False)
    windows: Windows = field(init=False)
    workflow: Workflow = field(default_factory=Workflow)
    began: datetime | None = None  # when the first contract came into force
    answers: dict[str, datetime] = field(default_factory=dict)  # when each person last answered anything
    answered: int = 0  # the last record of an answer
    alone: dict[str, Alone] = field(default_factory=dict)  # agents with nobody to answer for them, by name
    alone_seq: int = 0  # the last record that changed that
    products: frozenset[str] = frozenset()  # that any committed version names: none slips out of a product's stop

    def __post_init__(self) -> None:
        self.stops = Stops(self.slice, self.voice_of)
        self.vigilance = Vigilance(word_problem=self.word_problem)
        self.windows = Windows(word_problem=self.word_problem, holds=self.outcomes_hold)
        if self.in_force is not None:
            self.windows.in_force(self.in_force.contract, self.now)
            self.workflow.in_force(self.in_force.contract)

    @property
    def suspended(self) -> bool:
        """Whether the whole slice stands still by a record of its own chain."""
        return any(stop.tool is None for stop in self.stops.in_force)

    def reached_by(self, everywhere: Iterable[Stop]) -> tuple[Stop, ...]:
        """Every stop that reaches this slice: of those on the organisation's chain that are given, and its own."""
        return (*(stop for stop in everywhere if stop.reaches(self.products)), *self.stops.in_force)

    @property
    def contract(self) -> Contract | None:
        """The contract in force: the newest version that all its signers signed and that is no prototype."""
        return self.in_force.contract if self.in_force else None

    @property
    def rules(self) -> Rules | None:
        """The compiled gates and tripwires of the contract in force."""
        return self.in_force.rules if self.in_force else None

    @property
    def latest(self) -> Version | None:
        """The newest committed version, signed or not."""
        return self.versions[max(self.versions)] if self.versions else None

    @property
    def current(self) -> Qualification | None:
        """The fingerprint declared last."""
        return max(self.agents.values(), key=lambda agent: agent.seq, default=None)

    def level(self, fingerprint: str) -> Level:
        """
        The level that the fingerprint may use now: earned, but never above the ceiling in force, nor above draft
        while this release lacks a signature.
        """
        earned = self.earned(fingerprint)
        return min(earned, HIGHEST_UNSIGNED) if self.unsigned(fingerprint) else earned

    def unsigned(self, fingerprint: str) -> dict[str, str]:
        """Who must still sign this release, and as what; nobody where the contract in force does not ask."""
        return missing_signatures(self.contract, self.agents.get(fingerprint))

    def held(self, fingerprint: str) -> str | None:
        """Why a release may use less than it has earned, in words; None if it may use all."""
        if self.level(fingerprint) == self.earned(fingerprint):
            return None
        return unsigned_words(self.unsigned(fingerprint))

    def earned(self, fingerprint: str) -> Level:
        """What the evidence has earned the fingerprint, but never above the ceiling in force."""
        agent = self.agents.get(fingerprint)
        contract = self.contract
        if agent is None or contract is None or contract.autonomy is None:
            return Level.SHADOW
        return min(agent.level, contract.autonomy.ceiling)

    @property
    def climbed(self) -> bool:
        """Whether an agent passed a gate and still has more than it began with."""
        return any(agent.level > _start_level(self.contract) for agent in self.agents.values() if agent.changes)

    def fallback(self, fingerprint: str) -> tuple[Alone, Level] | None:
        """What it is held to while nobody is there to answer for it: how it was left alone, and the level; or None."""
        agent, contract = self.agents.get(fingerprint), self.contract
        terms = contract.autonomy.when_people_leave if contract is not None and contract.autonomy is not None else None
        alone = self.alone.get(agent.agent) if agent is not None else None
        return (alone, terms.level) if alone is not None and terms is not None else None

    def apply(self, record: Record) -> None:
        """Fold one record of this slice; records of other kinds change nothing, also not what counts as now."""
        self.seq = record.seq
        handler = _HANDLERS.get(record.kind)
        if handler is not None:
            self.now = max(self.now, record.at)
            handler(self, record)
            self.moves += 1  # after it: who looks meanwhile, without the lock, must not take half of it for the whole


def _commit(standing: Standing, record: Record) -> None:
    contract = parse_contract(record.data["text"], f"{standing.slice}@{record.data['version']}")
    standing.versions[contract.version] = Version(contract=contract, digest=record.data["digest"], seq=record.seq)
    if contract.product is not None:
        standing.products |= {product_key(contract.product)}


def _sign(standing: Standing, record: Record) -> None:
    version = standing.versions[record.data["version"]]
    problem = standing.signature_problem(version.contract, record)
    if problem is not None:
        version.refused[record.by] = problem
        return
    version.signatures[record.by] = record.data["role"]
    if version.signed_seq is None and not version.missing and not version.contract.is_prototype:
        version.signed_seq = record.seq
        _put_in_force(standing, version, record.seq)


def _put_in_force(standing: Standing, version: Version, seq: int) -> None:
    old = standing.contract
    if old is not None and old.version > version.contract.version:
        return
    fresh = set(LADDER) if old is None else set(loosened_gates(old, version.contract))
    new_gates = version.contract.autonomy.gates if version.contract.autonomy else {}
    for level in new_gates:
        if level in fresh or level not in standing.gate_since:
            standing.gate_since[level] = seq
    standing.in_force = version
    standing.began = standing.began or standing.now
    standing.windows.in_force(version.contract, standing.now)
    standing.workflow.in_force(version.contract)
    if version.contract.autonomy is None or version.contract.autonomy.when_people_leave is None:
        standing.alone.clear()
    for agent in standing.agents.values():
        agent.meters.clear()
    for agent in standing.agents.values():
        if not agent.changes:
            agent.level = _start_level(version.contract)


def _declare(standing: Standing, record: Record) -> None:
    fingerprint, mode = record.data["fingerprint"], TrustMode(record.data.get("mode", TrustMode.COOPERATIVE))
    if fingerprint in standing.agents:
        standing.agents[fingerprint].seq, standing.agents[fingerprint].mode = record.seq, mode
        return
    standing.agents[fingerprint] = Qualification(
        fingerprint=fingerprint,
        agent=record.data["agent"],
        declaration=record.data,
        seq=record.seq,
        mode=mode,
        level=_start_level(standing.contract),
    )


def _sign_release(standing: Standing, record: Record) -> None:
    agent, contract = standing.agents[record.data["fingerprint"]], standing.contract
    problem = standing.signature_problem(contract, record) if contract is not None else "no contract is in force"
    take_signature(agent, contract, record, problem)


def _refuse_release(standing: Standing, record: Record) -> None:
    take_refusal(standing.agents[record.data["fingerprint"]], record)


def _start_level(contract: Contract | None) -> Level:
    return contract.autonomy.start if contract is not None and contract.autonomy is not None else Level.SHADOW


def _start(standing: Standing, record: Record) -> None:
    data = record.data
    row = Row(
        run=data["run"],
        seq=record.seq,
        source=data["source"],
        at=standing.now,
        level=Level(data["level"]),
        segment=data.get("segment") or {},
    )
    standing.agents[data["fingerprint"]].begin(data["case"], row)
    if row.source == "live":
        standing.windows.began(standing.now)


def _end(standing: Standing, record: Record) -> None:
    agent = standing.agents[record.data["fingerprint"]]
    row = agent.rows.get(record.data["case"])
    if row is None or row.run != record.data["run"]:
        return
    agent.end(row, record.data["status"], standing.now)
    if row.source == "live":
        standing.workflow.ended(record.data["status"], standing.now, row.level)
    if row.ended == "fault" and not _was_answered(row):
        agent.drop(record.data["case"])


_OWN = frozenset({"guard", "clock", "check"})
"""Sources that see a run from inside; what any other says, or was asked, is no longer the agent's to take back."""


def _was_answered(row: Row) -> bool:
    """Whether somebody else judged the run, or was asked to: else an agent could fail on purpose to undo a no."""
    return bool(row.people) or any(source not in _OWN for source in row.sources.values())


def _observe(standing: Standing, record: Record) -> None:
    agent = standing.agents[record.data["fingerprint"]]
    row = agent.rows.get(record.data["case"])
    counts = row is not None and row.run == record.data["run"]
    for observation in record.data["observations"]:
        metric, value = observation["metric"], observation["value"]
        hard = observation.get("severity") == "hard"
        if row is None or not counts:
            # A case counts once as evidence; what must not happen even once counts in every run.
            _feed_alarms(standing, agent, metric, value, hard=hard, only="events")
        elif observation.get("of") == "people":
            agent.disturb(row, metric)
            row.people[metric] = value
        else:
            _observe_own(standing, agent, row, observation, hard=hard, approver=record.data.get("approver"))


def _observe_own(
    standing: Standing,
    agent: Qualification,
    row: Row,
    observation: Mapping[str, Any],
    *,
    hard: bool,
    approver: str | None = None,
) -> None:
    """`approver`: whose answer brought it. A yes of somebody who is flagged is no label, for good."""
    metric, value = observation["metric"], observation["value"]
    agent.disturb(row, metric)
    if approver is not None and value != 0.0 and not standing.vigilance.of(approver).weight:
        row.weightless = True
    due = row.due(metric)
    if metric not in row.values and due is not None and standing.now > due:
        row.late += (metric,)
    before, row.values[metric] = row.values.get(metric), value
    row.sources[metric] = observation["source"]
    if value is not None and row.source == "live":
        standing.windows.saw(metric, row.run, row.at, value, observation["source"])
        standing.workflow.saw(metric, row.run, standing.now, value, row.level, before=before)
    if value is not None and row.seq > agent.since and not row.is_weightless(metric):
        _feed_once(standing, agent, row, metric, value, hard=hard)


def _feed_once(standing: Standing, agent: Qualification, row: Row, metric: str, value: float, *, hard: bool) -> None:
    """A case feeds tripwires with its first value, and again only with a worse one: a correction may not be lost."""
    before = row.fed.get(metric)
    if before is None:
        _feed_alarms(standing, agent, metric, value, hard=hard, only="")
    elif before != value:
        _feed_alarms(standing, agent, metric, value, hard=hard, only="failures")
    elif hard and f"hard {metric}" not in row.fed:
        _feed_alarms(standing, agent, metric, value, hard=True, only="hard")
    worse = METRICS[metric].direction == "lower" if metric in METRICS else True
    if before is None or (value > before) is worse:
        row.fed[metric] = value
    if hard:
        row.fed[f"hard {metric}"] = value


def _feed_alarms(
    standing: Standing, agent: Qualification, metric: str, value: float | None, *, hard: bool, only: str
) -> None:
    """`only`: 'events', 'failures' or 'hard' leaves out the alarms that are not concerned; '' concerns all."""
    rules = standing.rules
    if value is None or rules is None:
        return
    for alarm in rules.by_metric.get(metric, ()):
        if _concerns(alarm, value, hard=hard, only=only):
            detector = alarm.detector.beside(agent.baselines.get(alarm.key))
            state = agent.detectors.get(alarm.key)
            agent.detectors[alarm.key] = detector.update(detector.start if state is None else state, value)


def _concerns(alarm: Alarm, value: float, *, hard: bool, only: str) -> bool:
    if alarm.clause.hard and not hard:
        return False
    match only:
        case "events":
            return alarm.clause.any
        case "failures":
            return alarm.detector.fails(value)
        case "hard":
            return alarm.clause.hard
        case _:
            return True


def _change(standing: Standing, record: Record) -> None:
    agent = standing.agents[record.data["fingerprint"]]
    agent.level = Level(record.data["to"])
    agent.changes.append(record)
    if record.data["verdict"] == "demote":
        agent.since = record.seq
        agent.detectors.clear()
        agent.baselines.clear()
        agent.meters.clear()
    else:
        _earn_baselines(standing, agent, record.data.get("baselines") or {})
    standing.stops.apply(record)


def _earn_baselines(standing: Standing, agent: Qualification, proved: Mapping[str, float]) -> None:
    """From here on each tripwire also watches what the agent has proved itself able to keep."""
    rules = standing.rules
    for alarm in rules.alarms if rules is not None else ():
        if alarm.text in proved:
            before = alarm.detector.beside(agent.baselines.get(alarm.key))
            state = agent.detectors.get(alarm.key, before.start)
            agent.baselines[alarm.key] = proved[alarm.text]
            agent.detectors[alarm.key] = alarm.detector.beside(proved[alarm.text]).resume(state)


def _answer(standing: Standing, record: Record) -> None:
    standing.answers[record.by] = standing.now
    standing.answered = record.seq


def _lose_cover(standing: Standing, record: Record) -> None:
    alone = Alone.of_record(record.data)
    standing.alone[alone.agent] = alone
    standing.alone_seq = record.seq


def _find_cover(standing: Standing, record: Record) -> None:
    standing.alone.pop(record.data["agent"], None)
    standing.alone_seq = record.seq


def _stop(standing: Standing, record: Record) -> None:
    standing.stops.apply(record)


def _watch(standing: Standing, record: Record) -> None:
    standing.vigilance.apply(record)


def _measure(standing: Standing, record: Record) -> None:
    standing.windows.apply(record)


_HANDLERS: Mapping[str, Callable[[Standing, Record], None]] = {
    "contract:version:commit": _commit,
    "contract:version:sign": _sign,
    "agent:fingerprint:declare": _declare,
    SIGN: _sign_release,
    REFUSE: _refuse_release,
    "run:start": _start,
    "run:end": _end,
    "case:observe": _observe,
    "level:change": _change,
    "approval:answer": _answer,  # whoever does any of these is there
    "approval:claim": _answer,
    "approval:handover": _answer,
    "approval:question": _answer,
    "coverage:lost": _lose_cover,
    "coverage:back": _find_cover,
    "slice:suspend": _stop,
    "stop:set": _stop,
    "stop:lift": _stop,
    **dict.fromkeys(VIGILANCE_KINDS, _watch),
    **dict.fromkeys(WINDOW_KINDS, _measure),
}

FOLDED_KINDS: tuple[str, ...] = tuple(_HANDLERS)
"""The record kinds that move a standing; a reader may skip all others."""
