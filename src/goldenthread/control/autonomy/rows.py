"""What one fingerprint has shown: its cases in the order of their start, and what is known of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from goldenthread.control.autonomy.releases import Release
from goldenthread.promise.contract import METRICS, Clause
from goldenthread.promise.errors import SegmentUnknown
from goldenthread.promise.values import Level

if TYPE_CHECKING:
    from goldenthread.control.autonomy.meters import ClauseMeter

OWED_BY_EVERY_CASE = frozenset({"automation_rate", "cost", "cycle_time", "task_success"})
"""Metrics whose denominator is every case that was worked: until the value comes, the case is pending."""

OWED_BY_CASES_DONE = frozenset({"rework_rate"})
"""Metrics whose denominator is the cases that the agent did itself: only these can come back to it."""

DECIDED_BY_THE_PROPOSAL = frozenset({"agreement"})
"""Metrics in which an open case has no part once its agent has proposed, unless a person was asked blind."""

HANDED_OVER = "escalation_rate"
"""The line of work that the agent left to others: also by a fault, or by leaving it to another release."""

APPROVED = "approved_unedited"
"""The metric whose labels are people's approvals, and worth what these people's looking is worth."""

_WORKED = frozenset({"done", "drafted", "denied", "escalated"})
_ACTING = frozenset({Level.APPROVAL, Level.CONSTRAINED, Level.EXPANDED})


class Missing(Enum):
    """Why a case gives a clause no value: it is still to come, or the case has no part in it."""

    PENDING = "pending"
    ABSENT = "absent"


@dataclass(kw_only=True, slots=True)
class Row:
    """
    One case under one fingerprint: the run by which it counts, and its values in the order of metrics seen.

    Attributes:
        people: What people's own work on the same case was worth, where somebody measured it.
        late: Metrics whose value came after it was due, and no longer counts.
        fed: By metric, the value that tripwires were last fed with; a case feeds them once, and again if it
            turns out worse.
        weightless: Whether somebody said yes to it who was flagged for not looking: their yes is no label.
    """

    run: str
    seq: int  # of run:start: the order of cases
    source: str  # 'live' or 'replay'
    at: datetime
    index: int = 0  # its place in the order of cases
    level: Level = Level.SHADOW
    ended: str | None = None  # the run's status
    ended_at: datetime | None = None
    counts: bool = True  # False once its run ended in a fault
    replaced: bool = False  # whether another run of the case counts instead
    segment: Mapping[str, str] = field(default_factory=dict)
    values: dict[str, float | None] = field(default_factory=dict)  # None: asked, not yet known
    sources: dict[str, str] = field(default_factory=dict)
    people: dict[str, float | None] = field(default_factory=dict)
    late: tuple[str, ...] = ()
    fed: dict[str, float] = field(default_factory=dict)
    weightless: bool = False

    def value(self, clause: Clause, now: datetime) -> float | Missing:
        """What this case says of a clause's metric as of `now`; for a margin, the agent's value less people's."""
        if not self.counts:
            gone = self.replaced or clause.metric != HANDED_OVER
            return Missing.ABSENT if gone else Missing.PENDING
        return self._gap(clause.metric, now) if clause.margin is not None else self._own(clause.metric, now)

    @property
    def acted(self) -> bool:
        """True where the agent did the work: what it did may yet come back."""
        return self.ended == "done" and self._alone

    def is_weightless(self, metric: str) -> bool:
        """Whether what is on record of a metric proves nothing: a yes of somebody who doesn't look. A no does."""
        return self.weightless and metric == APPROVED and self.values.get(metric) == 1.0

    def due(self, metric: str) -> datetime | None:
        """Until when a value is waited for that may never come; None where it is owed, or the case is open."""
        wait = METRICS[metric].wait if metric in METRICS else None
        return self.ended_at + wait if wait is not None and self.ended_at is not None else None

    @property
    def _alone(self) -> bool:
        return self.level in _ACTING and self.source == "live"

    def _own(self, metric: str, now: datetime) -> float | Missing:
        if metric in OWED_BY_CASES_DONE and self.ended is not None and not self.acted:
            return Missing.ABSENT
        if metric in self.values:
            value = self.values[metric]
            if metric in self.late or self.is_weightless(metric):
                return Missing.ABSENT
            return Missing.PENDING if value is None else value
        if self.ended is None:
            return Missing.ABSENT if self._has_proposed and metric in DECIDED_BY_THE_PROPOSAL else Missing.PENDING
        return Missing.PENDING if self._awaits(metric, now) else Missing.ABSENT

    @property
    def _has_proposed(self) -> bool:
        """A run that waits for a person's yes; whoever was to decide blind has been asked by then."""
        return APPROVED in self.values

    def _awaits(self, metric: str, now: datetime) -> bool:
        """Whether this case's value may yet come: left out, late failures would flatter every early look."""
        if metric == HANDED_OVER:
            return True
        if self.ended not in _WORKED:
            return False
        due = self.due(metric)
        return metric in OWED_BY_EVERY_CASE or metric in OWED_BY_CASES_DONE or (due is not None and now < due)

    def _gap(self, metric: str, now: datetime) -> float | Missing:
        """A pair is owed once one of the two is known; where the agent did the work, nobody stands beside it."""
        if self._alone:
            return Missing.ABSENT
        theirs, own = self.people.get(metric), self.values.get(metric)
        if theirs is not None and own is not None:
            return own - theirs
        either = metric in self.people or metric in self.values
        return Missing.PENDING if either or self.ended is None or self._awaits(metric, now) else Missing.ABSENT


@dataclass(kw_only=True)
class Qualification(Release):
    """What one fingerprint has earned, and by which cases."""

    rows: dict[str, Row] = field(default_factory=dict)  # by case, those that count
    order: list[Row] = field(default_factory=list)  # every case in the order of its start
    dropped: dict[str, Row] = field(default_factory=dict)  # cases whose every run so far ended in a fault
    detectors: dict[tuple[Level, str], tuple[float, ...]] = field(default_factory=dict)
    baselines: dict[tuple[Level, str], float] = field(default_factory=dict)  # failure rate proved at the promotion
    meters: dict[tuple[Level, str], ClauseMeter] = field(default_factory=dict)  # a cache of what `order` proves

    def begin(self, case: str, row: Row) -> None:
        """One more case; a second run of a case that counts already changes nothing."""
        if case not in self.rows:
            row.index = len(self.order)
            self.rows[case] = row
            self.order.append(row)
            faulted = self.dropped.pop(case, None)
            if faulted is not None:
                faulted.replaced = True
                self.disturb(faulted, None)

    def drop(self, case: str) -> None:
        """The case's run ended in a fault: it counts by the next one that does not."""
        row = self.dropped[case] = self.rows.pop(case)
        row.counts = False
        self.disturb(row, None)

    def end(self, row: Row, status: str, at: datetime) -> None:
        """The case's run ended, which settles what nobody will say of it any more."""
        row.ended, row.ended_at = status, at
        for meter in self.meters.values():
            if row.index >= meter.position:
                meter.touch(row.index)

    def disturb(self, row: Row, metric: str | None) -> None:
        """
        A case's `metric` (None: all of it) changes: what has settled it already is folded again, and so is what
        stopped at an error.
        """
        for key, meter in list(self.meters.items()):
            concerned = metric is None or metric == meter.clause.metric
            if meter.error is not None or (concerned and row.index < meter.position):
                del self.meters[key]
            elif row.index >= meter.position:
                meter.touch(row.index)

    def counted(self, clause: Clause, since: int, now: datetime) -> Iterator[tuple[Row, float | None]]:
        """Cases started after `since` that bear on a clause, in case order, with their value; None is pending."""
        floor = max(since, self.since)
        for row in self.order:
            if row.seq > floor:
                value = row.value(clause, now)
                if value is not Missing.ABSENT:
                    yield row, None if isinstance(value, Missing) else value


def part_of(row: Row, attribute: str, declared: tuple[str, ...]) -> str:
    """
    The segment that a case belongs to.

    Raises:
        SegmentUnknown: The case names none, or one that the contract does not.
    """
    segment = row.segment.get(attribute)
    if segment in declared:
        return segment
    said = f"the {attribute} '{segment}'" if segment is not None else f"no {attribute}"
    raise SegmentUnknown(
        f"A case was started with {said}; the contract names {', '.join(declared)}. "
        f"Start cases with `segment={{'{attribute}': '{declared[0]}'}}`, or commit a contract that names it."
    )
