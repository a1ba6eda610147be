"""
Going on with less: several ways to do one step, the best first, and people at the end.

A way that fails, is slow or would go over a budget gives its place to the next; one that keeps failing is left alone
for a while (a circuit breaker). What happened is on record as a fault: it is no failure of the agent.
"""

from __future__ import annotations

import asyncio
import threading
import time
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TypeVar, cast

from goldenthread.control import guard
from goldenthread.promise.errors import BudgetSpent, GoldenthreadError, OutOfService, PathsFailed, ValueProblem
from goldenthread.surfaces.sdk.context import ACTING
from goldenthread.surfaces.sdk.performing import Performing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pybreaker import CircuitBreaker

T = TypeVar("T")

FAULTS_TO_OPEN = 5
"""So many faults of a way one after the other, in one process, and it is left alone."""

OPEN_S = 30.0
"""Seconds until a way that was left alone is tried again, once."""


class Breakers:
    """The circuit breakers of one process, by step and way; thread-safe."""

    def __init__(self, faults: int = FAULTS_TO_OPEN, open_s: float = OPEN_S) -> None:
        self._faults, self._open_s = faults, open_s
        self._breakers: dict[tuple[str, str], CircuitBreaker] = {}
        self._lock = threading.Lock()

    def of(self, step: str, way: str) -> CircuitBreaker:
        """The breaker of one way to do a step."""
        from pybreaker import CircuitBreaker

        with self._lock:
            if (step, way) not in self._breakers:
                self._breakers[step, way] = CircuitBreaker(
                    fail_max=self._faults,
                    reset_timeout=self._open_s,
                    throw_new_error_on_trip=False,
                    exclude=[_is_no_fault],
                )
            return self._breakers[step, way]


class Degrading(Performing):
    """What of a run goes on with less when something that it needs is out of order."""

    @property
    @abstractmethod
    def breakers(self) -> Breakers:
        """Those of this agent's process."""

    def first_of(
        self,
        step: str,
        ways: Mapping[str, Callable[[], T]],
        *,
        within: float | None = None,
        otherwise: Literal["people", "raise"] = "people",
    ) -> T:
        """
        Do a step in the first way that works: the best model, then a cheaper one, then a template, say.

        A way gives its place to the next when it raises, when a budget leaves too little for it (`BudgetSpent`), or
        when it failed five times in a row here within the last half minute. Ways read and call models; an action with
        an effect is refused inside them, for it might happen twice.

        Args:
            step: What is done; it stands on record.
            ways: By name, the best first.
            within: Seconds after which a way was too slow. It can't be interrupted: what it gives is taken, and the
                slowness counts against it.
            otherwise: When no way works: 'people' hands the case to them, 'raise' leaves that to the caller. Both end
                the run as a fault, which is no observation of quality.

        Raises:
            OutOfService: No way worked, and people have the case.
            PathsFailed: No way worked, with `otherwise="raise"`.
            ValueProblem: There is no way at all.
        """
        attempt = _Attempt(self, step, ways)
        for way, work in ways.items():
            with attempt.trying(way):
                with attempt.breaker(way, within):
                    attempt.result = work()
                attempt.done = True
            if attempt.done or attempt.late:
                return cast(T, attempt.worked(way))
        raise self._given_up(attempt, otherwise) from attempt.last

    async def first_of_async(
        self,
        step: str,
        ways: Mapping[str, Callable[[], Awaitable[T]]],
        *,
        within: float | None = None,
        otherwise: Literal["people", "raise"] = "people",
    ) -> T:
        """The same with coroutine functions; one that is too slow is cancelled, and the next way is tried."""
        attempt = _Attempt(self, step, ways)
        for way, work in ways.items():
            with attempt.trying(way):
                with attempt.breaker(way):
                    async with asyncio.timeout(within):
                        attempt.result = await work()
                attempt.done = True
            if attempt.done:
                return cast(T, attempt.worked(way))
        raise self._given_up(attempt, otherwise) from attempt.last

    def _given_up(self, attempt: _Attempt, otherwise: Literal["people", "raise"]) -> GoldenthreadError:
        """No way worked: the case goes to people, or the caller says what follows."""
        words = f"'{attempt.step}' is out of service: {attempt.words}"
        if otherwise == "raise":
            return PathsFailed(f"{words}. Try the case again later, or give it to a person.")
        desk, run, steps = self._under_contract()
        steps.append(guard.Step(kind="escalate", content={"reason": words}))
        item = guard.escalate(desk, run, words)
        where = f" It is inbox item {item}." if item else ""
        return OutOfService(f"Case '{run.case}' went to people: {words}.{where}")


class _Late(Exception):
    """A way gave what it was asked for, after the time for it."""


class _Attempt:
    """One step on its way through its ways, and what went wrong in each."""

    def __init__(self, run: Degrading, step: str, ways: Mapping[str, object]) -> None:
        self.step = step
        self.last: Exception | None = None
        self.done = self.late = False
        self.result: object = None
        self._run = run
        self._ways = list(ways)
        self._faults: list[guard.PathFault] = []
        if not ways:
            raise ValueProblem(f"There is no way to do '{step}'. Name at least one.")

    @property
    def words(self) -> str:
        """What each way suffered from; classes of errors, never their texts."""
        return "; ".join(f"{fault.path}: {fault.words}" for fault in self._faults)

    @contextmanager
    def breaker(self, way: str, within: float | None = None) -> Iterator[None]:
        """Refuses a way that keeps failing, and counts how it goes now: late is as bad as failed."""
        with self._run.breakers.of(self.step, way).calling():
            began = time.monotonic()
            yield
            took = time.monotonic() - began
            if within is not None and took > within:
                raise _Late(f"it took {took:.3g} s, over {within:g} s")

    @contextmanager
    def trying(self, way: str) -> Iterator[None]:
        """The time in which a way is tried: its fault is noted and ends here; what stops the run on purpose goes on."""
        token = ACTING.set(f"the step '{self.step}'")
        try:
            yield
        except Exception as error:
            if _goes_on(error):
                raise
            self.last, self.late = error, isinstance(error, _Late)
            self._fault(way, _fault_words(error))
        finally:
            ACTING.reset(token)

    def worked(self, way: str) -> object:
        """What came of it; on record that it was not the best way, where it was not."""
        if way != self._ways[0]:
            desk, run, _ = self._run._under_contract()
            guard.record_path(desk, run, self.step, way, self._ways.index(way) + 1)
        return self.result

    def _fault(self, way: str, words: str) -> None:
        fault = guard.PathFault(step=self.step, path=way, words=words, taken=self.late)
        self._faults.append(fault)
        desk, run, _ = self._run._under_contract()
        guard.record_path_fault(desk, run, fault)


def _goes_on(error: Exception) -> bool:
    """Waiting, denied, a stop: that is no fault of the way, and no other way helps."""
    return isinstance(error, GoldenthreadError) and not isinstance(error, BudgetSpent)


def _is_no_fault(error: BaseException) -> bool:
    return isinstance(error, GoldenthreadError)


def _fault_words(error: Exception) -> str:
    from pybreaker import CircuitBreakerError

    if isinstance(error, _Late):
        return str(error)
    if isinstance(error, CircuitBreakerError):
        return "it failed too often just now, and is left alone"
    if isinstance(error, BudgetSpent):
        return "a budget leaves too little for it"
    return type(error).__name__
