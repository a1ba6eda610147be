"""
A gate's evidence folded as labels come, so that a look costs the same at the millionth case as at the first.

`gates` judges in full when a level is about to move or somebody looks; a meter only tells, cheaply, whether
that is worth while. Both must agree before anything moves.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime

from goldenthread.control.autonomy.rows import Missing, Row, part_of
from goldenthread.promise.contract import Claim, Clause, ClauseState, ClauseTest, holds
from goldenthread.promise.errors import EvidenceError
from goldenthread.promise.evidence import DaysState, FutureDaysTest, RateMeter, RateTest


class ClauseMeter:
    """
    The evidence of one clause: settled up to the first case whose value is still to come, looked at beyond it.

    `position` is the number of cases (of all in their order) that are settled; `error` says what is on record
    that no evidence can take, and keeps the clause from passing until the records before it change.
    """

    __slots__ = ("_declared", "_parts", "clause", "error", "floor", "position")

    def __init__(self, clause: Clause, test: ClauseTest, claim: Claim, declared: tuple[str, ...], floor: int) -> None:
        self.clause = clause
        self.floor = floor
        self.position = 0
        self.error: str | None = None
        self._declared = declared
        self._parts = {name: _part(test, claim) for name in declared or ("",)}

    def passed(self, order: list[Row]) -> bool:
        """Whether some look so far has promoted, in every segment that the clause speaks of."""
        if self.error is None:
            try:
                self._settle(order)
                return all(part.settled_pass or self._beyond(part, name, order) for name, part in self._parts.items())
            except EvidenceError as problem:
                self.error = problem.message
        return False

    def _settle(self, order: list[Row]) -> None:
        clause, floor, position, end = self.clause, self.floor, self.position, len(order)
        while position < end:
            row = order[position]
            if row.seq > floor:
                value = row.value(clause)
                if value is Missing.PENDING:
                    break
                if not isinstance(value, Missing):
                    self._parts[self._name(row)].add(value, row.at)
            position += 1
            self.position = position
        self.position = position

    def _name(self, row: Row) -> str:
        return part_of(row, self.clause.segment or "", self._declared) if self._declared else ""

    def _beyond(self, part: Part, name: str, order: list[Row]) -> bool:
        """Whether a prefix that ends beyond the first pending case promotes, what is pending taken as failed."""
        if not part.looks_ahead or self.position == len(order):
            return False
        waiting = (
            value
            for row in order[self.position :]
            if (value := row.value(self.clause)) is not Missing.ABSENT
            and (not self._declared or self._name(row) == name)
        )
        return part.ahead([None if isinstance(value, Missing) else value for value in waiting])


@dataclass(kw_only=True)
class Part(ABC):
    """What one segment has shown, pending cases left out."""

    test: ClauseTest
    looks_ahead = True

    @property
    @abstractmethod
    def settled_pass(self) -> bool:
        """Whether a look at the settled cases has promoted."""

    @abstractmethod
    def add(self, value: float, at: datetime) -> None:
        """One more settled case."""

    @abstractmethod
    def ahead(self, waiting: list[float | None]) -> bool:
        """Whether some prefix of the waiting cases promotes."""


@dataclass(kw_only=True)
class RatePart(Part):
    """A rate or quantile: two integers and a table."""

    meter: RateMeter

    @property
    def settled_pass(self) -> bool:
        """As in `Part`."""
        return self.meter.passed_at is not None

    def add(self, value: float, at: datetime) -> None:
        """As in `Part`."""
        self.meter.add(holds(self.test.clause, value))

    def ahead(self, waiting: list[float | None]) -> bool:
        """As in `Part`."""
        good, bad, test = self.meter.successes, self.meter.failures, self.meter.test
        for value in waiting:
            if value is not None and holds(self.test.clause, value):
                good += 1
                if bad <= test.boundary(good + bad):
                    return True
            else:
                bad += 1
        return False


@dataclass(kw_only=True)
class MeanPart(Part):
    """A mean or a difference: the capital of a dozen bets."""

    state: ClauseState

    @property
    def settled_pass(self) -> bool:
        """As in `Part`."""
        return self.state.passed_at is not None

    def add(self, value: float, at: datetime) -> None:
        """As in `Part`."""
        self.state = self.test.settle(self.state, value)

    def ahead(self, waiting: list[float | None]) -> bool:
        """As in `Part`."""
        return self.test.judge(waiting, after=self.state).passed


@dataclass(kw_only=True)
class DaysPart(Part):
    """A rate about future days: whole days only, so nothing beyond a pending case can count."""

    days: FutureDaysTest
    state: DaysState = field(default_factory=DaysState)
    looks_ahead = False

    @property
    def settled_pass(self) -> bool:
        """As in `Part`."""
        return self.days.passed(self.state)

    def add(self, value: float, at: datetime) -> None:
        """As in `Part`."""
        self.state = self.days.update(self.state, holds(self.test.clause, value), at.toordinal())

    def ahead(self, waiting: list[float | None]) -> bool:
        """Never: a day counts whole."""
        return False


def _part(test: ClauseTest, claim: Claim) -> Part:
    if not isinstance(test.test, RateTest):
        return MeanPart(test=test, state=test.start)
    if claim is Claim.FUTURE_DAYS:
        return DaysPart(test=test, days=FutureDaysTest(test=test.test))
    return RatePart(test=test, meter=RateMeter(test.test))
