"""
The outline of a slice: what its rare records alone say. Contracts, signatures, agents, levels and stops, and no case.

It is the ground of the standing, which knows every case as well, and is folded by the same code: what both know is the
same. A page that shows no evidence asks the outline, which takes microseconds however many cases there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any

from goldenthread.control.autonomy.releases import (
    HIGHEST_UNSIGNED,
    REFUSE,
    SIGN,
    Release,
    missing_signatures,
    take_refusal,
    take_signature,
    unsigned_words,
)
from goldenthread.control.autonomy.rules import Rules, compile_rules
from goldenthread.control.coverage import Alone
from goldenthread.control.stops import Stop, Stops, VoiceOf, nobody, product_key
from goldenthread.promise.contract import Contract, loosened_gates, parse_contract
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
class Outline:
    """What the rare records of one slice say; `seq` is the last record applied."""

    slice: str
    mode: TrustMode = TrustMode.COOPERATIVE
    signature_problem: SignatureProblem
    voice_of: VoiceOf = nobody
    seq: int = 0
    moves: int = 0  # how many records changed anything
    now: datetime = _BEFORE  # when the last record that moves it was written; never goes back
    versions: dict[int, Version] = field(default_factory=dict)
    in_force: Version | None = None
    gate_since: dict[Level, int] = field(default_factory=dict)
    agents: Mapping[str, Release] = field(default_factory=dict)
    stops: Stops = field(init=False)
    began: datetime | None = None  # when the first contract came into force
    alone: dict[str, Alone] = field(default_factory=dict)  # agents with nobody to answer for them, by name
    alone_seq: int = 0  # the last record that changed that
    products: frozenset[str] = frozenset()  # that any committed version names: none slips out of a product's stop

    def __post_init__(self) -> None:
        self.stops = Stops(self.slice, self.voice_of)

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
    def current(self) -> Release | None:
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
        return any(agent.level > start_level(self.contract) for agent in self.agents.values() if agent.changes)

    def fallback(self, fingerprint: str) -> tuple[Alone, Level] | None:
        """What it is held to while nobody is there to answer for it: how it was left alone, and the level; or None."""
        agent, contract = self.agents.get(fingerprint), self.contract
        terms = contract.autonomy.when_people_leave if contract is not None and contract.autonomy is not None else None
        alone = self.alone.get(agent.agent) if agent is not None else None
        return (alone, terms.level) if alone is not None and terms is not None else None

    def apply(self, record: Record) -> None:
        """Fold one record of this slice; records of other kinds change nothing, also not what counts as now."""
        self.seq = record.seq
        handler = self._handler(record.kind)
        if handler is not None:
            self.now = max(self.now, record.at)
            handler(self, record)
            self.moves += 1  # after it: who looks meanwhile, without the lock, must not take half of it for the whole

    def _handler(self, kind: str) -> Callable[[Any, Record], None] | None:
        return RARE_HANDLERS.get(kind)

    def add_release(self, record: Record, mode: TrustMode, level: Level) -> None:
        """A fingerprint that nobody declared before."""
        found = release_fields(record, mode, level)
        self.agents = {**self.agents, record.data["fingerprint"]: Release(**found)}

    def came_into_force(self, version: Version) -> None:
        """A version came into force: for what else rests on the contract."""

    def moved(self, agent: Any, record: Record) -> None:
        """A level changed: for what else rests on it."""


def release_fields(record: Record, mode: TrustMode, level: Level) -> dict[str, Any]:
    """What a declaration says of a release, by the names of its fields."""
    return {
        "fingerprint": record.data["fingerprint"],
        "agent": record.data["agent"],
        "declaration": record.data,
        "seq": record.seq,
        "mode": mode,
        "level": level,
    }


def start_level(contract: Contract | None) -> Level:
    """The level that an agent begins with."""
    return contract.autonomy.start if contract is not None and contract.autonomy is not None else Level.SHADOW


@lru_cache(maxsize=1024)
def _parsed(text: str, name: str) -> Contract:
    """Reading a file of YAML takes ten milliseconds, and several folds of one process read the same."""
    return parse_contract(text, name)


def _commit(outline: Outline, record: Record) -> None:
    contract = _parsed(record.data["text"], f"{outline.slice}@{record.data['version']}")
    outline.versions[contract.version] = Version(contract=contract, digest=record.data["digest"], seq=record.seq)
    if contract.product is not None:
        outline.products |= {product_key(contract.product)}


def _sign(outline: Outline, record: Record) -> None:
    version = outline.versions[record.data["version"]]
    problem = outline.signature_problem(version.contract, record)
    if problem is not None:
        version.refused[record.by] = problem
        return
    version.signatures[record.by] = record.data["role"]
    if version.signed_seq is None and not version.missing and not version.contract.is_prototype:
        version.signed_seq = record.seq
        _put_in_force(outline, version, record.seq)


def _put_in_force(outline: Outline, version: Version, seq: int) -> None:
    old = outline.contract
    if old is not None and old.version > version.contract.version:
        return
    fresh = set(LADDER) if old is None else set(loosened_gates(old, version.contract))
    new_gates = version.contract.autonomy.gates if version.contract.autonomy else {}
    for level in new_gates:
        if level in fresh or level not in outline.gate_since:
            outline.gate_since[level] = seq
    outline.in_force = version
    outline.began = outline.began or outline.now
    if version.contract.autonomy is None or version.contract.autonomy.when_people_leave is None:
        outline.alone.clear()
    outline.came_into_force(version)
    for agent in outline.agents.values():
        if not agent.changes:
            agent.level = start_level(version.contract)


def _declare(outline: Outline, record: Record) -> None:
    fingerprint, mode = record.data["fingerprint"], TrustMode(record.data.get("mode", TrustMode.COOPERATIVE))
    if fingerprint in outline.agents:
        outline.agents[fingerprint].seq, outline.agents[fingerprint].mode = record.seq, mode
        return
    outline.add_release(record, mode, start_level(outline.contract))


def _sign_release(outline: Outline, record: Record) -> None:
    agent, contract = outline.agents[record.data["fingerprint"]], outline.contract
    problem = outline.signature_problem(contract, record) if contract is not None else "no contract is in force"
    take_signature(agent, contract, record, problem)


def _refuse_release(outline: Outline, record: Record) -> None:
    take_refusal(outline.agents[record.data["fingerprint"]], record)


def _change(outline: Outline, record: Record) -> None:
    agent = outline.agents[record.data["fingerprint"]]
    agent.level = Level(record.data["to"])
    agent.changes.append(record)
    if record.data["verdict"] == "demote":
        agent.since = record.seq
    outline.moved(agent, record)
    outline.stops.apply(record)


def _lose_cover(outline: Outline, record: Record) -> None:
    alone = Alone.of_record(record.data)
    outline.alone[alone.agent] = alone
    outline.alone_seq = record.seq


def _find_cover(outline: Outline, record: Record) -> None:
    outline.alone.pop(record.data["agent"], None)
    outline.alone_seq = record.seq


def _stop(outline: Outline, record: Record) -> None:
    outline.stops.apply(record)


RARE_HANDLERS: Mapping[str, Callable[[Any, Record], None]] = {
    "contract:version:commit": _commit,
    "contract:version:sign": _sign,
    "agent:fingerprint:declare": _declare,
    SIGN: _sign_release,
    REFUSE: _refuse_release,
    "level:change": _change,
    "coverage:lost": _lose_cover,
    "coverage:back": _find_cover,
    "slice:suspend": _stop,
    "stop:set": _stop,
    "stop:lift": _stop,
}

RARE_KINDS: tuple[str, ...] = tuple(RARE_HANDLERS)
"""The record kinds that move an outline. A slice has few of them, however many cases it has worked."""
