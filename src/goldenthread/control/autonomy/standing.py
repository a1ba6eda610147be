"""The standing of a slice: a fold over its ledger records. The same code runs live and on replay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from goldenthread.promise.contract import Contract, TripwireDetector, loosened_gates, parse_contract, tripwire_detector
from goldenthread.promise.values import LADDER, Level, TrustMode
from goldenthread.record.ledger import Record

SignatureProblem = Callable[[Contract, Record], "str | None"]
"""Why a `contract:version:sign` record does not count, or None when it does."""


@dataclass(kw_only=True)
class Version:
    """One committed version of the contract and who has signed it."""

    contract: Contract
    digest: str
    seq: int
    signatures: dict[str, str] = field(default_factory=dict)  # principal -> role
    refused: dict[str, str] = field(default_factory=dict)  # principal -> why the signature does not count
    signed_seq: int | None = None  # the record that completed the signatures

    @property
    def missing(self) -> dict[str, str]:
        """Who must still sign, and as what."""
        return {name: role for name, role in self.contract.signers.items() if name not in self.signatures}


@dataclass(kw_only=True)
class Row:
    """One case under one fingerprint: the run by which it counts, and its values in the order of metrics seen."""

    run: str
    seq: int  # of run:start: the order of cases
    source: str  # 'live' or 'replay'
    values: dict[str, float | None] = field(default_factory=dict)  # None: asked, not yet known
    sources: dict[str, str] = field(default_factory=dict)
    at: datetime | None = None


@dataclass(kw_only=True)
class Qualification:
    """What one fingerprint has earned."""

    fingerprint: str
    agent: str
    declaration: Mapping[str, Any]
    seq: int
    level: Level = Level.SHADOW
    since: int = 0  # evidence of cases started up to this record no longer counts
    rows: dict[str, Row] = field(default_factory=dict)  # by case, in the order of their start
    detectors: dict[tuple[Level, str], Any] = field(default_factory=dict)
    changes: list[Record] = field(default_factory=list)

    def values(self, metric: str, since: int) -> list[float | None]:
        """The metric's values in case order, cases started after `since` only; None is pending."""
        floor = max(since, self.since)
        return [row.values[metric] for row in self.rows.values() if row.seq > floor and metric in row.values]


@dataclass(kw_only=True)
class Standing:
    """Everything the guard must know of one slice; `seq` is the last record applied."""

    slice: str
    mode: TrustMode = TrustMode.COOPERATIVE
    signature_problem: SignatureProblem
    seq: int = 0
    versions: dict[int, Version] = field(default_factory=dict)
    in_force: Version | None = None
    gate_since: dict[Level, int] = field(default_factory=dict)
    agents: dict[str, Qualification] = field(default_factory=dict)
    suspended: bool = False

    @property
    def contract(self) -> Contract | None:
        """The contract in force: the newest version that all its signers signed and that is no prototype."""
        return self.in_force.contract if self.in_force else None

    @property
    def latest(self) -> Version | None:
        """The newest committed version, signed or not."""
        return self.versions[max(self.versions)] if self.versions else None

    @property
    def current(self) -> Qualification | None:
        """The fingerprint declared last."""
        return max(self.agents.values(), key=lambda agent: agent.seq, default=None)

    def level(self, fingerprint: str) -> Level:
        """The level that the fingerprint may use now: earned, but never above the ceiling in force."""
        agent = self.agents.get(fingerprint)
        contract = self.contract
        if agent is None or contract is None or contract.autonomy is None:
            return Level.SHADOW
        return min(agent.level, contract.autonomy.ceiling)

    def apply(self, record: Record) -> None:
        """Fold one record of this slice; records of other kinds change nothing."""
        self.seq = record.seq
        handler = _HANDLERS.get(record.kind)
        if handler is not None:
            handler(self, record)


def _commit(standing: Standing, record: Record) -> None:
    contract = parse_contract(record.data["text"], f"{standing.slice}@{record.data['version']}")
    standing.versions[contract.version] = Version(contract=contract, digest=record.data["digest"], seq=record.seq)


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
    for agent in standing.agents.values():
        if not agent.changes:
            agent.level = _start_level(version.contract)


def _declare(standing: Standing, record: Record) -> None:
    fingerprint = record.data["fingerprint"]
    if fingerprint in standing.agents:
        standing.agents[fingerprint].seq = record.seq
        return
    standing.agents[fingerprint] = Qualification(
        fingerprint=fingerprint,
        agent=record.data["agent"],
        declaration=record.data,
        seq=record.seq,
        level=_start_level(standing.contract),
    )


def _start_level(contract: Contract | None) -> Level:
    return contract.autonomy.start if contract is not None and contract.autonomy is not None else Level.SHADOW


def _start(standing: Standing, record: Record) -> None:
    agent = standing.agents[record.data["fingerprint"]]
    agent.rows.setdefault(
        record.data["case"],
        Row(run=record.data["run"], seq=record.seq, source=record.data["source"], at=record.at),
    )


def _end(standing: Standing, record: Record) -> None:
    if record.data["status"] != "fault":
        return
    agent = standing.agents[record.data["fingerprint"]]
    row = agent.rows.get(record.data["case"])
    if row is not None and row.run == record.data["run"] and not _was_answered(row):
        del agent.rows[record.data["case"]]


def _was_answered(row: Row) -> bool:
    """Whether a person answered in the run: else an agent could fail on purpose to undo a no."""
    return any(value is not None and row.sources[metric] == "person" for metric, value in row.values.items())


def _observe(standing: Standing, record: Record) -> None:
    agent = standing.agents[record.data["fingerprint"]]
    row = agent.rows.get(record.data["case"])
    counts = row is not None and row.run == record.data["run"]
    for observation in record.data["observations"]:
        metric, value = observation["metric"], observation["value"]
        if row is None or not counts:
            # A case counts once as evidence; what must not happen even once counts in every run.
            _feed_detectors(standing, agent, metric, value, events_only=True)
            continue
        known_before = row.values.get(metric) is not None
        row.values[metric] = value
        row.sources[metric] = observation["source"]
        if not known_before and row.seq > agent.since:
            _feed_detectors(standing, agent, metric, value)


def _feed_detectors(
    standing: Standing, agent: Qualification, metric: str, value: float | None, *, events_only: bool = False
) -> None:
    contract = standing.contract
    if value is None or contract is None or contract.autonomy is None:
        return
    for level, clauses in contract.autonomy.tripwires.items():
        for clause in clauses:
            if clause.metric == metric and (clause.any or not events_only):
                detector = tripwire_detector(clause, contract.autonomy.false_alarm)
                if isinstance(detector, TripwireDetector):
                    key = (level, str(clause))
                    agent.detectors[key] = detector.update(agent.detectors.get(key, detector.start), value)


def _change(standing: Standing, record: Record) -> None:
    agent = standing.agents[record.data["fingerprint"]]
    agent.level = Level(record.data["to"])
    agent.changes.append(record)
    if record.data["verdict"] == "demote":
        agent.since = record.seq
        agent.detectors.clear()
    if record.data.get("suspends"):
        standing.suspended = True


def _suspend(standing: Standing, record: Record) -> None:
    standing.suspended = record.kind == "slice:suspend"


_HANDLERS: Mapping[str, Callable[[Standing, Record], None]] = {
    "contract:version:commit": _commit,
    "contract:version:sign": _sign,
    "agent:fingerprint:declare": _declare,
    "run:start": _start,
    "run:end": _end,
    "case:observe": _observe,
    "level:change": _change,
    "slice:suspend": _suspend,
    "slice:resume": _suspend,
}

FOLDED_KINDS: tuple[str, ...] = tuple(_HANDLERS)
"""The record kinds that move a standing; a reader may skip all others."""
