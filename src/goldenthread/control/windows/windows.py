"""What is on record of a slice's outcomes: a fold over its chain. The same code runs live and on replay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from goldenthread.promise.contract import Contract
from goldenthread.record.ledger import Record

SOURCE, BASELINE, READ = "outcome:source", "outcome:baseline", "outcome:read"
ASK, FLAG, UNFLAG = "outcome:ask", "outcome:flag", "outcome:unflag"
HOLDOUT = "outcome:holdout"
STATUS_QUO = "outcome:status-quo"

STATED_KINDS = (SOURCE, BASELINE, HOLDOUT, STATUS_QUO)
"""What is signed: by a data owner, the holdout by the slice's owner, the status quo by either."""

WINDOW_KINDS = (*STATED_KINDS, READ, ASK, FLAG, UNFLAG)
"""The record kinds that the fold reads."""

WordProblem = Callable[[Record], "str | None"]
"""Why what a data owner signed does not count, or None when it does."""


def unheard(_record: Record) -> str | None:
    """No word counts: what a fold does that was not told who may speak."""
    return "nobody said whose word counts"


@dataclass(frozen=True, kw_only=True)
class Stated:
    """Where a metric's values are, by the word of its owner."""

    by: str
    seq: int
    digest: str
    source: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What a metric was before, as its owner signed it; `value` in the unit of the line's target."""

    by: str
    seq: int
    at: datetime
    begins: str
    ends: str
    cases: int
    value: Decimal
    text: str


@dataclass(frozen=True, kw_only=True)
class Read:
    """What a reading measured, by line of the contract as it was then."""

    seq: int
    at: datetime
    source: str
    refused: int
    measured: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Holdout:
    """A share of cases, in percent, that stays with people from `at` on."""

    share: Decimal
    seq: int
    at: datetime


@dataclass(kw_only=True)
class Windows:
    """
    Of one slice. `first_live` is when its first live case began; `since` when a version in force first named a metric.

    `reported` are values that data owners observed on single cases, by metric and case: when it ran, value, who.
    """

    word_problem: WordProblem = unheard
    holds: bool = True  # False in a play, where nobody measures outcomes
    first_live: datetime | None = None
    since: dict[str, datetime] = field(default_factory=dict)
    sources: dict[str, Stated] = field(default_factory=dict)
    baselines: dict[str, Baseline] = field(default_factory=dict)
    readings: dict[str, Read] = field(default_factory=dict)
    reported: dict[str, dict[str, tuple[datetime, float, str]]] = field(default_factory=dict)
    holdout: Holdout | None = None
    work: Record | None = None  # what people's own log says of the workflow before
    asked: dict[str, Record] = field(default_factory=dict)  # by metric: the last time its owner was asked
    flags: dict[str, Record] = field(default_factory=dict)  # by name, while they stand
    refused: dict[int, str] = field(default_factory=dict)  # words that do not count, by record

    def apply(self, record: Record) -> None:
        """Fold one record of the slice."""
        data = record.data
        if record.kind in STATED_KINDS:
            problem = self.word_problem(record)
            if problem is not None:
                self.refused[record.seq] = problem
            elif record.kind == SOURCE:
                self._stated(record)
            elif record.kind == STATUS_QUO:
                self.work = record
            elif record.kind == HOLDOUT:
                share = Decimal(data["share"])
                self.holdout = Holdout(share=share, seq=record.seq, at=record.at) if share else None
            else:
                self._baseline(record)
        elif record.kind == READ:
            self._read(record)
        elif record.kind == ASK:
            self.asked[data["metric"]] = record
        elif record.kind == FLAG:
            self.flags[data["flag"]] = record
        elif record.kind == UNFLAG:
            self.flags.pop(data["flag"], None)

    def in_force(self, contract: Contract, now: datetime) -> None:
        """A version came into force: metrics that none named before begin now."""
        for shift in contract.shifts.values():
            self.since.setdefault(shift.metric, now)

    def began(self, now: datetime) -> None:
        """A live case began."""
        self.first_live = self.first_live or now

    def saw(self, metric: str, case: str, at: datetime, value: float, source: str) -> None:
        """Somebody reported a value of one case that ran at `at`; only the line's owner will count."""
        if metric in self.since:
            self.reported.setdefault(metric, {})[case] = (at, value, source)

    def _stated(self, record: Record) -> None:
        source = record.data["source"]
        stated = Stated(by=record.by, seq=record.seq, digest=record.data["digest"], source=source)
        self.sources[source["metric"]] = stated

    def _baseline(self, record: Record) -> None:
        data = record.data
        self.baselines[data["metric"]] = Baseline(
            by=record.by,
            seq=record.seq,
            at=record.at,
            begins=data["from"],
            ends=data["to"],
            cases=data["cases"],
            value=Decimal(data["value"]),
            text=data["value"],
        )

    def _read(self, record: Record) -> None:
        data = record.data
        stated = self.sources.get(data["metric"])
        if stated is None or stated.digest != data["source"]:
            self.refused[record.seq] = "its source is not the one that the data owner stated"
            return
        self.readings[data["metric"]] = Read(
            seq=record.seq, at=record.at, source=data["source"], refused=data["refused"], measured=data["measured"]
        )
