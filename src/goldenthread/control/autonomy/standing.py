"""The standing of a slice: a fold over its ledger records. The same code runs live and on replay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from goldenthread.control.autonomy.outline import RARE_HANDLERS, Outline, Version, release_fields
from goldenthread.control.autonomy.rows import Qualification, Row
from goldenthread.control.autonomy.rules import Alarm
from goldenthread.control.vigilance import VIGILANCE_KINDS, Vigilance, WordProblem, unheard
from goldenthread.control.windows import WINDOW_KINDS, Windows
from goldenthread.control.workflow import Workflow
from goldenthread.promise.contract import METRICS
from goldenthread.promise.values import Level, TrustMode
from goldenthread.record.ledger import Record


@dataclass(kw_only=True)
class Standing(Outline):
    """Everything the guard must know of one slice: its outline, and every case with what was seen of it."""

    word_problem: WordProblem = unheard
    outcomes_hold: bool = True  # whether outcomes and the error budget hold promotions; not in a play of quality alone
    agents: dict[str, Qualification] = field(default_factory=dict)
    vigilance: Vigilance = field(init=False)
    windows: Windows = field(init=False)
    workflow: Workflow = field(default_factory=Workflow)
    answers: dict[str, datetime] = field(default_factory=dict)  # when each person last answered anything
    answered: int = 0  # the last record of an answer

    def __post_init__(self) -> None:
        super().__post_init__()
        self.vigilance = Vigilance(word_problem=self.word_problem)
        self.windows = Windows(word_problem=self.word_problem, holds=self.outcomes_hold)
        if self.in_force is not None:
            self.windows.in_force(self.in_force.contract, self.now)
            self.workflow.in_force(self.in_force.contract)

    @property
    def current(self) -> Qualification | None:
        """The fingerprint declared last."""
        return max(self.agents.values(), key=lambda agent: agent.seq, default=None)

    def add_release(self, record: Record, mode: TrustMode, level: Level) -> None:
        """A fingerprint that nobody declared before."""
        self.agents[record.data["fingerprint"]] = Qualification(**release_fields(record, mode, level))

    def came_into_force(self, version: Version) -> None:
        """A version came into force: its lines are watched, and its clauses judged anew."""
        self.windows.in_force(version.contract, self.now)
        self.workflow.in_force(version.contract)
        for agent in self.agents.values():
            agent.meters.clear()

    def moved(self, agent: Qualification, record: Record) -> None:
        """A level changed: after a fall evidence starts afresh, after a climb more is watched."""
        if record.data["verdict"] == "demote":
            agent.detectors.clear()
            agent.baselines.clear()
            agent.meters.clear()
        else:
            _earn_baselines(self, agent, record.data.get("baselines") or {})

    def _handler(self, kind: str) -> Callable[[Any, Record], None] | None:
        return _HANDLERS.get(kind)


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


def _watch(standing: Standing, record: Record) -> None:
    standing.vigilance.apply(record)


def _measure(standing: Standing, record: Record) -> None:
    standing.windows.apply(record)


_HANDLERS: Mapping[str, Callable[[Any, Record], None]] = {
    **RARE_HANDLERS,
    "run:start": _start,
    "run:end": _end,
    "case:observe": _observe,
    "approval:answer": _answer,  # whoever does any of these is there
    "approval:claim": _answer,
    "approval:handover": _answer,
    "approval:question": _answer,
    **dict.fromkeys(VIGILANCE_KINDS, _watch),
    **dict.fromkeys(WINDOW_KINDS, _measure),
}

FOLDED_KINDS: tuple[str, ...] = tuple(_HANDLERS)
"""The record kinds that move a standing; a reader may skip all others."""
