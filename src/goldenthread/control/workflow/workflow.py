"""A fold over live cases: a detector for each line of the workflow, and the error budget of its window."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from goldenthread.promise.contract import (
    Clause,
    Comparison,
    Contract,
    TripwireDetector,
    seconds,
    tripwire_detector,
)
from goldenthread.promise.errors import ValueOutsideCap
from goldenthread.promise.values import Level

BUDGET_METRICS: Mapping[str, float] = {"rework_rate": 1.0, "policy_violation": 1.0, "task_success": 0.0}
"""What makes a live case one that the error budget counts, by metric: the value that is a failure."""

LINES = ("cycle_time", "automation_rate", "escalation_rate", "rework_rate")
"""The lines that single cases can break."""

FEWEST = 20
"""Cases from which a line that failed is held to hold again."""

_INVERSE = {
    Comparison.AT_LEAST: Comparison.BELOW,
    Comparison.ABOVE: Comparison.AT_MOST,
    Comparison.BELOW: Comparison.AT_LEAST,
    Comparison.AT_MOST: Comparison.ABOVE,
}
_ACTING = (Level.CONSTRAINED, Level.EXPANDED)


@dataclass(frozen=True, kw_only=True)
class Budget:
    """
    The error budget at an instant: `failed` cases of `allowed`, over a window.

    `allowed` is the stated share of the cases that came, or of those that the contract expects in a window, if they are
    more: the budget of a window is known before it begins.
    """

    failed: int
    cases: int
    allowed: float
    text: str

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
    since: datetime | None = None  # the first failure of those that speak against it
    broken: Broken | None = None
    seen: list[tuple[datetime, bool]] = field(default_factory=list)  # since it broke

    def take(self, at: datetime, failed: bool, words: str) -> None:
        """One more case."""
        detector = self.alarm.detector
        assert detector is not None
        self.state = detector.update(self.state, failed)
        if detector.statistic(self.state) < 1.0:
            self.since = None
        elif failed and self.since is None:
            self.since = at
        if self.broken is not None:
            self.seen.append((at, failed))
        elif detector.alarm(self.state):
            onset = self.since or at
            self.broken = Broken(line=words, text=str(self.clause), onset=onset, at=at, words=self._words())

    @property
    def holds_again(self) -> bool:
        """Whether the cases since it broke are within the line."""
        latest = self.seen[-FEWEST * 5 :]
        share = self.alarm.limit
        return (
            share is not None and len(latest) >= FEWEST and sum(failed for _, failed in latest) <= share * len(latest)
        )

    def mend(self) -> None:
        """It holds: watched afresh."""
        self.state, self.since, self.broken, self.seen = self.alarm.start, None, None, []

    def _words(self) -> str:
        assert self.alarm.detector is not None
        rarity = self.alarm.detector.threshold
        return f"The workflow's line '{self.clause}' fails (a false alarm comes once in {rarity:,.0f} cases at most)"


@dataclass(kw_only=True)
class Workflow:
    """Of one slice. `ends` and `failures` are instants in the order of the chain, which never go back."""

    lines: dict[str, _Line] = field(default_factory=dict)
    ends: list[datetime] = field(default_factory=list)
    failures: list[datetime] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)  # runs that have failed already
    counted: set[tuple[str, str]] = field(default_factory=set)  # (line, run) that gave their value

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

    def ended(self, run: str, status: str, at: datetime) -> None:
        """A live run ended; a fault is no case of the workflow."""
        if status == "fault":
            return
        self.ends.append(at)
        if status == "done":
            self._take("rework_rate", run, at, 0.0)

    def saw(self, metric: str, run: str, at: datetime, value: float, level: Level) -> None:
        """A value of a live case came."""
        if BUDGET_METRICS.get(metric) == value and run not in self.failed:
            self.failed.add(run)
            self.failures.append(at)
        if metric == "rework_rate":
            if value == 1.0:
                self._take(metric, f"{run} again", at, value)
        elif metric != "automation_rate" or level in _ACTING:
            self._take(metric, run, at, value)

    def budget(self, contract: Contract, now: datetime) -> Budget | None:
        """What is left of the error budget at an instant; None where the contract states none."""
        stated = contract.workflow.error_budget if contract.workflow is not None else None
        if stated is None:
            return None
        window = timedelta(seconds=float(seconds(stated.window)))
        cases = _since(self.ends, now - window, now)
        failed = _since(self.failures, now - window, now)
        allowed = float(stated.share) / 100 * max(cases, _expected(contract, window))
        return Budget(failed=failed, cases=cases, allowed=round(allowed, 3), text=str(stated))

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

    def _take(self, metric: str, run: str, at: datetime, value: float) -> None:
        line = self.lines.get(metric)
        if line is None or (metric, run) in self.counted:
            return
        try:
            failed = line.alarm.fails(value)
        except ValueOutsideCap:
            return
        self.counted.add((metric, run))
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


def _since(instants: list[datetime], begins: datetime, ends: datetime) -> int:
    return bisect_right(instants, ends) - bisect_right(instants, begins)


def _cases(count: int) -> str:
    return "case" if count == 1 else "cases"
