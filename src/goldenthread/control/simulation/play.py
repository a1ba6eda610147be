"""One contract, one agent, many cases: ledger records made in memory and folded as production folds them."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any, Literal, TypeAlias

from goldenthread.control.autonomy import Standing, changes_due
from goldenthread.promise.contract import Contract, release_signers
from goldenthread.promise.errors import EvidenceBeforeSignature, TimeWentBackwards
from goldenthread.promise.values import Level, TrustMode
from goldenthread.record.ledger import Record

ENGINE = "goldenthread"


@dataclass(frozen=True, kw_only=True, slots=True)
class PlayedLabel:
    """
    One value of one metric for a case, and when it becomes known.

    `of` is 'people' for the worth of people's own work on the same case; `severity` is 'hard' or ''.
    """

    metric: str
    value: float
    known_at: datetime
    source: str = "person"
    of: Literal["agent", "people"] = "agent"
    severity: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlayedCase:
    """
    One case, worked once.

    Attributes:
        at: When its run started, UTC.
        ended_at: When its run ended; None: at once.
        status: 'done', 'drafted', 'denied', 'escalated' or 'fault'.
        labels: Each counts from its `known_at`; until then the case is pending in that metric.
    """

    case: str
    at: datetime
    ended_at: datetime | None = None
    status: str = "done"
    source: Literal["live", "replay"] = "live"
    labels: tuple[PlayedLabel, ...] = ()
    segment: Mapping[str, str] = field(default_factory=dict)


Source: TypeAlias = Callable[[Level, int], PlayedCase | None]
"""(level now, number of the case from 1) -> the next case in order of start, or None where there are no more."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A level change: when, after how many cases started, and the `level:change` record's data."""

    at: datetime
    cases: int
    change: Mapping[str, Any]

    @property
    def before(self) -> Level:
        """The level before."""
        return Level(self.change["from"])

    @property
    def after(self) -> Level:
        """The level after."""
        return Level(self.change["to"])

    @property
    def fell(self) -> bool:
        """True for a rollback."""
        return bool(self.change["verdict"] == "demote")


class Player:
    """
    One play.

    Args:
        contract: As parsed; committed and signed by everybody it names at `begin`, so that every case counts.
        begin: UTC; no case starts before it.
        agent: The agent's name.
        fingerprint: Its fingerprint; any text.
        mode: Trust mode; cooperative holds irreversible effects below constrained, as in production.
        moves: Whether levels move; if not, the standing gathers all evidence and stays where it began.
    """

    def __init__(
        self,
        contract: Contract,
        *,
        begin: datetime,
        agent: str = "played",
        fingerprint: str = "sha256:played",
        mode: TrustMode = TrustMode.COOPERATIVE,
        moves: bool = True,
    ) -> None:
        self.contract = contract
        self.fingerprint = fingerprint
        self.agent = agent
        self.begin = begin
        self.moves = moves
        self.standing = Standing(
            slice=contract.slice, mode=mode, signature_problem=lambda _contract, _record: None, outcomes_hold=False
        )
        self.cases = 0
        self._begin = self._now = begin
        self._due: list[tuple[datetime, int, dict[str, Any]]] = []  # a heap of what will be known, and when
        self._ticket = count()
        self._sign(contract)
        self._declare()

    def again(self) -> Player:
        """A play of the same contract from its beginning; the signed contract is shared, nothing else."""
        other = copy(self)
        old = self.standing
        other.standing = Standing(
            slice=old.slice,
            mode=old.mode,
            signature_problem=old.signature_problem,
            outcomes_hold=False,
            seq=max(version.signed_seq or version.seq for version in old.versions.values()),
            versions=dict(old.versions),
            in_force=old.in_force,
            gate_since=dict(old.gate_since),
        )
        other.cases, other._now, other._due, other._ticket = 0, self.begin, [], count()
        other._declare()
        return other

    @property
    def level(self) -> Level:
        """The level that the agent may use now."""
        return self.standing.level(self.fingerprint)

    def play(self, source: Source) -> Iterator[Moment]:
        """
        Play every case of `source`, then wait for the labels that are still out; yields each level change.

        Raises:
            EvidenceBeforeSignature: A case starts before the contract is signed.
            TimeWentBackwards: A case starts before the one before it, ends before it starts, or a label is known
                before its case started.
        """
        for number in count(1):
            case = source(self.level, number)
            if case is None:
                break
            _require_signed(self._begin, case)
            _require_order(self._now, case)
            yield from self._until(case.at)
            self.cases = number
            yield from self._work(case, f"run-{number}")
        yield from self._until(None)

    def _work(self, case: PlayedCase, run: str) -> Iterator[Moment]:
        names = {"run": run, "case": case.case, "fingerprint": self.fingerprint}
        level = self.level if case.source == "live" else Level.SHADOW
        start = {**names, "source": case.source, "level": level.value, "segment": case.segment}
        self._tell("run:start", start)
        if case.ended_at is None or case.ended_at <= self._now:
            yield from self._end(case, names)
        else:
            self._await(case.ended_at, {"end": case, "names": names})

    def _end(self, case: PlayedCase, names: dict[str, Any]) -> Iterator[Moment]:
        self._tell("run:end", {**names, "status": case.status})
        if case.status == "fault":
            return
        now, seen = self._now, []
        if not any(label.metric == "escalation_rate" for label in case.labels):
            escalated = float(case.status == "escalated")
            seen.append({"metric": "escalation_rate", "value": escalated, "source": "guard"})
        for label in case.labels:
            known = label.known_at <= now
            seen.append(_said(label, label.value if known else None))
            if not known:
                self._await(label.known_at, {**names, "observations": [_said(label, label.value)]})
        yield from self._observe({**names, "observations": seen})

    def _until(self, moment: datetime | None) -> Iterator[Moment]:
        """Let everything be known that is known by then; None: everything."""
        while self._due and (moment is None or self._due[0][0] <= moment):
            self._now, _, news = heapq.heappop(self._due)
            if "end" in news:
                yield from self._end(news["end"], news["names"])
            else:
                yield from self._observe(news)
        if moment is not None:
            self._now = moment

    def _await(self, moment: datetime, news: dict[str, Any]) -> None:
        heapq.heappush(self._due, (moment, next(self._ticket), news))

    def _observe(self, data: dict[str, Any]) -> Iterator[Moment]:
        self._tell("case:observe", data)
        if not self.moves:
            return
        for due in changes_due(self.standing, self.fingerprint):
            change = due.record(self.fingerprint, self.contract.version)
            self._tell("level:change", change)
            yield Moment(at=self._now, cases=self.cases, change=change)

    def _declare(self) -> None:
        said = {"fingerprint": self.fingerprint, "agent": self.agent, "manifest": {}, "tools": {}, "code": ""}
        self._tell("agent:fingerprint:declare", said, by=self.agent)
        for name, role in release_signers(self.contract).items():  # a play asks what is earned once all have signed
            signed = {"fingerprint": self.fingerprint, "version": self.contract.version, "role": role}
            self._tell("release:sign", signed, by=name)

    def _sign(self, contract: Contract) -> None:
        said = {"version": contract.version, "digest": contract.digest}
        self._tell("contract:version:commit", {**said, "text": contract.text}, by=contract.owner)
        for name, role in contract.signers.items():
            self._tell("contract:version:sign", {**said, "role": role}, by=name)

    def _tell(self, kind: str, data: dict[str, Any], by: str = ENGINE) -> None:
        seq = self.standing.seq + 1
        self.standing.apply(
            Record(
                chain=self.contract.slice,
                seq=seq,
                at=self._now,
                kind=kind,
                by=by,
                data=data,
                prev="",
                hash="",
                body=b"",
            )
        )


def play(contract: Contract, source: Source, *, begin: datetime, agent: str = "played") -> Iterator[Moment]:
    """Each level change of one play, in order. Raises TimeWentBackwards as `Player.play`."""
    return Player(contract, begin=begin, agent=agent).play(source)


def _said(label: PlayedLabel, value: float | None) -> dict[str, Any]:
    said: dict[str, Any] = {"metric": label.metric, "value": value, "source": label.source}
    if label.of == "people":
        said["of"] = "people"
    if label.severity:
        said["severity"] = label.severity
    return said


def _require_signed(begin: datetime, case: PlayedCase) -> None:
    if case.at < begin:
        raise EvidenceBeforeSignature(
            f"Case '{case.case}' started at {case.at.isoformat()}, and the contract was signed at {begin.isoformat()}. "
            "Leave it out, or say that the contract was signed earlier."
        )


def _require_order(now: datetime, case: PlayedCase) -> None:
    if case.at < now:
        raise TimeWentBackwards(
            f"Case '{case.case}' starts at {case.at.isoformat()}, before {now.isoformat()}, where the play stands. "
            "Give the cases in the order of their start."
        )
    if case.ended_at is not None and case.ended_at < case.at:
        raise TimeWentBackwards(
            f"Case '{case.case}' ends at {case.ended_at.isoformat()}, before it starts at {case.at.isoformat()}. "
            "Correct the times."
        )
    for label in case.labels:
        if label.known_at < case.at:
            raise TimeWentBackwards(
                f"The {label.metric} of case '{case.case}' is known at {label.known_at.isoformat()}, before the case "
                f"starts at {case.at.isoformat()}. Correct the times."
            )
