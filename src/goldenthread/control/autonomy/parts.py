"""What the cases of one segment prove of a clause: those that are settled, and those that wait behind a pending one."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from goldenthread.control.autonomy.rows import Missing
from goldenthread.promise.contract import Claim, ClauseState, ClauseTest, holds
from goldenthread.promise.evidence import DaysState, FutureDaysTest, MeanState, RateMeter, RateTest
from goldenthread.promise.evidence.bets import log_mean_exp
from goldenthread.promise.evidence.boundary import LONGEST_TABLE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ABSENT, _GOOD, _BAD, _PENDING = 0, 1, 2, 3  # a pending case stands as bad until it is known


@dataclass(kw_only=True)
class Part(ABC):
    """One segment's evidence of a clause."""

    test: ClauseTest

    @property
    @abstractmethod
    def settled_pass(self) -> bool:
        """Whether a look at the settled cases has promoted."""

    @abstractmethod
    def add(self, value: float, at: datetime) -> None:
        """One more settled case."""

    @abstractmethod
    def forget(self, count: int) -> None:
        """The first `count` of the waiting cases are settled now, or never were."""

    @abstractmethod
    def note(self, place: int, value: float | Missing) -> None:
        """What is known now of the waiting case at `place`, from 0; a new one at the end."""

    @abstractmethod
    def ahead_passes(self) -> bool:
        """Whether a prefix that ends among the waiting cases promotes, what is pending taken as the worst."""

    def stands(self, *, line: bool) -> bool:
        """
        Whether what is known now does not speak against it; a `line` of the workflow must be proved now.

        Only a sieve: where it costs more to say, the full judgement says so.
        """
        return True


@dataclass(kw_only=True)
class RatePart(Part):
    """A rate or quantile: two integers and a table; a byte for each waiting case."""

    meter: RateMeter
    _codes: bytearray = field(default_factory=bytearray)
    _changed: bool = False  # whether something was noted since the last look
    _passes: bool = False  # what that look said

    @property
    def settled_pass(self) -> bool:
        """As in `Part`."""
        return self.meter.passed_at is not None

    def add(self, value: float, at: datetime) -> None:
        """As in `Part`."""
        self.meter.add(holds(self.test.clause, value))

    def forget(self, count: int) -> None:
        """As in `Part`."""
        del self._codes[:count]
        self._changed = self._changed or count > 0  # what was taken for failed may have turned out well

    def note(self, place: int, value: float | Missing) -> None:
        """As in `Part`."""
        if isinstance(value, Missing):
            code = _ABSENT if value is Missing.ABSENT else _PENDING
        else:
            code = _GOOD if holds(self.test.clause, value) else _BAD
        if place == len(self._codes):
            self._codes.append(code)
        else:
            self._codes[place] = code
        self._changed = True

    def ahead_passes(self) -> bool:
        """As in `Part`; where nothing changed, the last look still holds."""
        if self._changed:
            self._changed, self._passes = False, self._look()
        return self._passes and bool(self._codes)

    def _look(self) -> bool:
        meter, test = self.meter, self.meter.test
        cases = meter.successes + meter.failures
        if not self._codes or meter.failures + 1 > test.boundary(cases + len(self._codes)):
            return False  # the first that waits counts as a failure, and the boundary never falls
        return _some_prefix_passes(test, cases, meter.failures, self._codes)

    def stands(self, *, line: bool) -> bool:
        """As in `Part`."""
        good = self.meter.successes + self._codes.count(_GOOD)
        bad = self.meter.failures + self._codes.count(_BAD)
        return stands(self.meter.test, good, bad, self._codes.count(_PENDING), line=line)


def _some_prefix_passes(test: RateTest, cases: int, failures: int, codes: bytearray) -> bool:
    import numpy as np

    waiting: NDArray[np.uint8] = np.frombuffer(bytes(codes), dtype=np.uint8)
    counted = cases + np.cumsum(waiting != _ABSENT)
    last = int(counted[-1])
    if last > LONGEST_TABLE:
        most = np.array([test.boundary(n) for n in range(cases, last + 1)])
        counted -= cases
    else:
        most = np.frombuffer(test.table.upto(last), dtype=np.int32)
    return bool(np.any(failures + np.cumsum(waiting >= _BAD) <= most[counted]))


def stands(test: RateTest, good: int, bad: int, pending: int, *, line: bool) -> bool:
    """
    Whether a clause that was proved once still stands.

    A gate may wait long for its last clause, and quality may be gone by then. So the rate known now must be on the
    right side of the bar; and the workflow's line, which keeps an agent from leaving the hard cases to others,
    must be proved by all cases so far, the pending ones taken as handed over.
    """
    if line:
        return test.promotes(good, bad + pending)
    return good + bad > 0 and good >= test.bar * (good + bad)


@dataclass(kw_only=True)
class MeanPart(Part):
    """A mean or a difference: the capital of a dozen bets."""

    state: ClauseState
    _values: list[float | Missing] = field(default_factory=list)
    _changed: bool = False
    _passes: bool = False

    @property
    def settled_pass(self) -> bool:
        """As in `Part`."""
        return self.state.passed_at is not None

    def add(self, value: float, at: datetime) -> None:
        """As in `Part`."""
        self.state = self.test.settle(self.state, value)

    def forget(self, count: int) -> None:
        """As in `Part`."""
        del self._values[:count]
        self._changed = self._changed or count > 0

    def note(self, place: int, value: float | Missing) -> None:
        """As in `Part`."""
        self._values[place : place + 1] = [value]
        self._changed = True

    def ahead_passes(self) -> bool:
        """As in `Part`; where nothing changed, the last look still holds."""
        if self._changed:
            self._changed, self._passes = False, self._look()
        return self._passes and bool(self._values)

    def _look(self) -> bool:
        waiting = [None if value is Missing.PENDING else value for value in self._values if value is not Missing.ABSENT]
        known = sum(value is not None for value in waiting)
        return self._may_pass(known) and self.test.judge(waiting, after=self.state).passed

    def _may_pass(self, known: int) -> bool:
        """Whether so many known cases could promote, were they all at their best: cheap, and never wrong."""
        test, state = self.test.test, self.state
        if known == 0 or isinstance(test, RateTest) or not isinstance(state, MeanState):
            return False
        best, worst = test.gain(test.best), test.gain(test.worst)
        logs = [
            log + known * math.log1p(bet * best) + math.log1p(bet * worst)
            for log, bet in zip(state.log_capitals, test.bets, strict=True)
        ]
        return log_mean_exp(logs) >= test.threshold


@dataclass(kw_only=True)
class DaysPart(Part):
    """A rate about future days: whole days only, so nothing beyond a pending case can count."""

    days: FutureDaysTest
    state: DaysState = field(default_factory=DaysState)

    @property
    def settled_pass(self) -> bool:
        """As in `Part`."""
        return self.days.passed(self.state)

    def add(self, value: float, at: datetime) -> None:
        """As in `Part`."""
        self.state = self.days.update(self.state, holds(self.test.clause, value), at.toordinal())

    def forget(self, count: int) -> None:
        """Nothing is kept of cases that wait."""

    def note(self, place: int, value: float | Missing) -> None:
        """Nothing is kept of cases that wait."""

    def ahead_passes(self) -> bool:
        """Never."""
        return False


def part(test: ClauseTest, claim: Claim) -> Part:
    """The evidence of a clause before the first case."""
    if not isinstance(test.test, RateTest):
        return MeanPart(test=test, state=test.start)
    if claim is Claim.FUTURE_DAYS:
        return DaysPart(test=test, days=FutureDaysTest(test=test.test))
    return RatePart(test=test, meter=RateMeter(test.test))
