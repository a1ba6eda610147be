"""A fold over live cases: a detector for each line of the workflow, and the error budget of its window."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from goldenthread.promise.contract import (
    Clause,
    Comparison,
    Contract,
    TripwireDetector,
    seconds,
    tripwire_detector,
)
from goldenthread.promise.errors import ValueOutsideCap
from goldenthread.promise.evidence import RollbackDetector
from goldenthread.promise.values import Level

BUDGET_METRICS: Mapping[str, tuple[float, Level]] = {
    "rework_rate": (1.0, Level.DRAFT),
    "policy_violation": (1.0, Level.DRAFT),
    "task_success": (0.0, Level.APPROVAL),
}
"""
What makes a live case one that the error budget counts, by metric: the value that is a failure, and from which level
on. A task that fails where people do the work has reached nobody.
"""

LINES = ("cycle_time", "automation_rate", "escalation_rate", "rework_rate")
"""The lines that single cases can break."""

FEWEST = 20
"""Cases from which a line that failed is held to hold again; by the latest hundred, where there are more."""

FOURTH = 4
"""Burn is looked at over the last fourth of the budget's window, as outcome lines are."""

_LATEST = 100

_INVERSE = {
    Comparison.AT_LEAST: Comparison.BELOW,
    Comparison.ABOVE: Comparison.AT_MOST,
    Comparison.BELOW: Comparison.AT_LEAST,
    Comparison.AT_MOST: Comparison.ABOVE,
}


@dataclass(frozen=True, kw_only=True)
class Budget:
    """
    The error budget at an instant: `failed` cases of `allowed`, over a window; `recent` of them in its last fourth.

    `allowed` is the stated share of the cases that came, or of those that the contract expects in a window, if they are
    more: the budget of a window is known before it begins.
    """

    failed: int
    recent: int
    cases: int
    allowed: float
    text: str

    @property
    def spent(self) -> float:
        """Share of it that is gone; 1 is all of it."""
        return self.failed / self.allowed if self.allowed else float(self.failed)

    @property
    def burn(self) -> float:
        """How fast it goes, over the last fourth of its window: at 1 it just lasts."""
        return self.recent * FOURTH / self.allowed if self.allowed else float(self.recent)

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left of it."""
        return self.failed > 0 and self.failed >= self.allowed

    @property
    def words(self) -> str:
        """How much of it is gone, for its owner."""
        return (
            f"{self.failed} failed {_cases(self.failed)} in the window, of {self.allowed:g} that '{self.text}' allows"
        )


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A line of the workflow that failed: since when its cases spoke against it, and when that was known."""

    line: str
    text: str
    onset: datetime
    at: datetime
    words: str


@dataclass(kw_only=True)
class _Line:
    """One line under watch."""

    clause: Clause
    alarm: TripwireDetector
    state: tuple[float, ...]
    weight: float = 0.0  # log of how much the cases since `since` speak for a failure rate well above the line's
    since: datetime | None = None
    broken: Broken | None = None
    seen: deque[bool] = field(default_factory=lambda: deque(maxlen=_LATEST))  # since it broke, whether each failed

    def take(self, at: datetime, failed: bool, words: str) -> None:
        """One more case."""
        detector = self.alarm.detector
        assert detector is not None
        self.state = detector.update(self.state, failed)
        self._date(at, failed, detector.on_limit)
        if self.broken is not None:
            self.seen.append(failed)
        elif detector.alarm(self.state):
            onset = self.since or at
            self.broken = Broken(line=words, text=str(self.clause), onset=onset, at=at, words=self._words())

    def _date(self, at: datetime, failed: bool, watch: RollbackDetector) -> None:
        """Keep when it most likely began: the last moment from which on all cases together speak against the line."""
        bet = watch.bets[len(watch.bets) // 2]
        odds = bet / watch.limit if failed else (1.0 - bet) / (1.0 - watch.limit)
        self.weight += math.log(odds)
        if self.weight <= 0.0:
            self.weight, self.since = 0.0, None
        elif self.since is None:
            self.since = at

    @property
    def holds_again(self) -> bool:
        """Whether the cases since it broke are within the line."""
        share = self.alarm.limit
        return share is not None and len(self.seen) >= FEWEST and sum(self.seen) <= share * len(self.seen)

    def mend(self) -> None:
        """It holds: watched afresh."""
        self.state, self.since, self.broken, self.weight = self.alarm.start, None, None, 0.0
        self.seen.clear()

    def _words(self) -> str:
        assert self.alarm.detector is not None
        rarity = self.alarm.detector.threshold
        return f"The workflow's line '{self.clause}' fails (a false alarm comes once in {rarity:,.0f} cases at most)"


@dataclass(kw_only=True)
class Workflow:
    """
    Of one slice. `ends` and `failures` are seconds since 1970 in the order of the chain, which never go back; `failed`
    the runs that have failed. What an agent did in shadow is no part of the workflow, and its lines are judged from
    approval on, where it does the work; automation from constrained on.
    """

    lines: dict[str, _Line] = field(default_factory=dict)
    ends: array[float] = field(default_factory=lambda: array("d"))
    failures: array[float] = field(default_factory=lambda: array("d"))
    failed: set[str] = field(default_factory=set)

    def in_force(self, contract: Contract) -> None:
        """A version came into force: a line that says the same goes on, another begins."""
        found: dict[str, _Line] = {}
        for name, clause in _clauses(contract):
            before = self.lines.get(name)
            if before is not None and before.clause == clause:
                found[name] = before
                continue
            alarm = _alarm(contract, clause)
            if alarm is not None:
                found[name] = _Line(clause=clause, alarm=alarm, state=alarm.start)
        self.lines = found

    def ended(self, status: str, at: datetime, level: Level) -> None:
        """A live run ended; a fault is no case of the workflow."""
        if status == "fault" or level is Level.SHADOW:
            return
        self.ends.append(at.timestamp())
        if status == "done":
            self._take("rework_rate", at, 0.0, level)  # nothing came back yet

    def saw(self, metric: str, run: str, at: datetime, value: float, level: Level, *, before: float | None) -> None:
        """A value of a live case came; `before` is what was known of it, and of it a line takes only what is worse."""
        failure, least = BUDGET_METRICS.get(metric, (None, level))
        if value == failure and level >= least and run not in self.failed:
            self.failed.add(run)
            self.failures.append(at.timestamp())
        is_news = value == 1.0 and before != 1.0 if metric == "rework_rate" else before is None
        if is_news:
            self._take(metric, at, value, level)

    @property
    def last_failure(self) -> datetime | None:
        """When a failed case was last known."""
        return datetime.fromtimestamp(self.failures[-1], UTC) if self.failures else None

    def budget(self, contract: Contract, now: datetime) -> Budget | None:
        """What is left of the error budget at an instant; None where the contract states none."""
        stated = contract.workflow.error_budget if contract.workflow is not None else None
        if stated is None:
            return None
        window = timedelta(seconds=float(seconds(stated.window)))
        cases = _since(self.ends, now - window, now)
        failed = _since(self.failures, now - window, now)
        recent = _since(self.failures, now - window / FOURTH, now)
        allowed = float(stated.share) / 100 * max(cases, _expected(contract, window))
        return Budget(failed=failed, recent=recent, cases=cases, allowed=round(allowed, 3), text=str(stated))

    def held(self, contract: Contract, now: datetime) -> str | None:
        """Why no level rises and no release is let through for it, in words; None if all may."""
        if not self.failures:
            return None
        budget = self.budget(contract, now)
        if budget is None or not budget.is_spent:
            return None
        return f"The error budget is spent ({budget.words}); no level rises and no release is signed until it is not"

    @property
    def broken(self) -> dict[str, Broken]:
        """Lines that fail, by name."""
        return {
            name: line.broken for name, line in self.lines.items() if line.broken is not None and not line.holds_again
        }

    def _take(self, metric: str, at: datetime, value: float, level: Level) -> None:
        line = self.lines.get(metric)
        if line is None or level < (Level.CONSTRAINED if metric == "automation_rate" else Level.APPROVAL):
            return
        try:
            failed = line.alarm.fails(value)
        except ValueOutsideCap:
            return
        if line.broken is not None and line.holds_again:
            line.mend()
        line.take(at, failed, metric)


def _clauses(contract: Contract) -> Iterator[tuple[str, Clause]]:
    for name in LINES:
        clause = getattr(contract.workflow, name, None)
        if clause is not None:
            yield name, clause


def _alarm(contract: Contract, clause: Clause) -> TripwireDetector | None:
    """What watches for the line to be broken; None for one that single cases cannot break, or without a rate."""
    if contract.autonomy is None or clause.comparison is None:
        return None
    worse = replace(clause, comparison=_INVERSE[clause.comparison])
    found = tripwire_detector(worse, contract.autonomy.false_alarm, calibrated=contract.autonomy.calibrated)
    return found if isinstance(found, TripwireDetector) and found.detector is not None else None


def _expected(contract: Contract, window: timedelta) -> float:
    """Cases that the contract expects in a window; 0 where it does not say."""
    volume = contract.volume
    if volume is None:
        return 0.0
    days = 7.0 if volume.unit.endswith("week") else 1.0
    return float(volume.amount) / days * (window / timedelta(days=1))


def _since(instants: array[float], begins: datetime, ends: datetime) -> int:
    return bisect_right(instants, ends.timestamp()) - bisect_right(instants, begins.timestamp())


def _cases(count: int) -> str:
    return "case" if count == 1 else "cases"
