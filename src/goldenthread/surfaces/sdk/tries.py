"""One call under its contract: how long it may take, how often it is made, and what of that was broken."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from goldenthread.control import guard
from goldenthread.control.guard import Breach, Called, Desk
from goldenthread.promise.contract import Action, DecisionContract, seconds
from goldenthread.promise.errors import DecisionBreach, GoldenthreadError, ToolBreach

T = TypeVar("T")

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0


def pause_s(number: int) -> float:
    """Seconds to wait after try `number`, from 1: doubled each time, up to a limit."""
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** (number - 1))


class Tries:
    """
    Calls a tool or a decision as often as its contract allows, and notes what was broken.

    A coroutine is cancelled when its time is over, and that is an error like any other. A plain function can't be
    cancelled: it is measured, and what it gave late is handed on.

    Args:
        desk: The run's.
        run: In which it is called.
        called: What is called.
        contract: What holds for the call; None: one try, and nothing is noted.
        again: Asked before each further try; it raises if that may not be.
    """

    def __init__(
        self,
        desk: Desk,
        run: guard.Run,
        called: Called,
        contract: Action | DecisionContract | None,
        again: Callable[[], None] | None = None,
    ) -> None:
        self.desk, self.run, self.called = desk, run, called
        self.breaches: list[Breach] = []
        self.made = 0
        self._kept = 0
        self._again = again
        self._within = contract.within if contract is not None else None
        self._most = contract.tries if contract is not None else 1
        self._stated = contract is not None and (
            contract.gives is not None or contract.within is not None or contract.tries > 1
        )

    @property
    def name(self) -> str:
        """The action's or the decision's."""
        return self.called.name

    def call(self, work: Callable[[], T]) -> T:
        """What the work gives, at the first try that succeeds; its last error otherwise."""
        while True:
            self.made += 1
            began = time.monotonic()
            try:
                return self._taken(work(), began)
            except Exception as error:
                self._note(error, began)
                if self._is_last(error):
                    raise
            time.sleep(pause_s(self.made))
            self._ask_again()

    async def call_async(self, work: Callable[[], Awaitable[T]]) -> T:
        """The same for a coroutine, which is cancelled when its time is over."""
        while True:
            self.made += 1
            began = time.monotonic()
            try:
                return self._taken(await self._timed(work), began)
            except Exception as error:
                self._note(error, began)
                if self._is_last(error):
                    raise
            await asyncio.sleep(pause_s(self.made))
            self._ask_again()

    def check(self, result: Any) -> None:
        """Raise where what came back is worth another try; here all of it is taken."""

    def record_breaches(self) -> None:
        """Put what was broken on record, once."""
        found = self.breaches[self._kept :]
        self._kept = len(self.breaches)
        guard.record_breaches(self.desk, self.run, self.called, found)

    def _taken(self, result: T, began: float) -> T:
        self._check_time(began)
        self.check(result)
        return result

    async def _timed(self, work: Callable[[], Awaitable[T]]) -> T:
        timer = asyncio.timeout(float(seconds(self._within)) if self._within is not None else None)
        try:
            async with timer:
                return await work()
        except TimeoutError as error:
            if not timer.expired():
                raise  # the tool's own
            self.breaches.append(Breach(clause="within", words=f"it was cancelled after {self._within}"))
            raise ToolBreach(
                f"'{self.name}' was cancelled after {self._within}, the longest that its contract allows. "
                "Look why it is slow, or sign a contract that gives it longer."
            ) from error

    def _check_time(self, began: float) -> None:
        took_s = time.monotonic() - began
        if self._within is not None and took_s > seconds(self._within):
            self.breaches.append(Breach(clause="within", words=f"it took {took_s:.3g} s, over {self._within}"))

    def _note(self, error: Exception, began: float) -> None:
        """What an error breaks: the time if that was over, and the tries where none is left."""
        if isinstance(error, GoldenthreadError):
            return
        self._check_time(began)
        if self.made >= self._most and self._stated:
            tries = "once" if self.made == 1 else f"{self.made} times"
            words = f"it was tried {tries}, and failed with {type(error).__name__}"
            self.breaches.append(Breach(clause="tries", words=words))

    def _is_last(self, error: Exception) -> bool:
        """Whether no try follows; one that does is on record first."""
        if self.made >= self._most or _is_ours(error):
            return True
        guard.record_try(self.desk, self.run, self.called, self.made, type(cause_of(error)).__name__)
        return False

    def _ask_again(self) -> None:
        if self._again is not None:
            self._again()


def cause_of(error: BaseException) -> BaseException:
    """What really happened where a breach only names it: the time that was over."""
    return error.__cause__ if isinstance(error, ToolBreach) and error.__cause__ is not None else error


def _is_ours(error: Exception) -> bool:
    """A stop, a refusal, a person asked: no answer of what was called, and no reason to call it again."""
    return isinstance(error, GoldenthreadError) and not isinstance(error, ToolBreach | DecisionBreach)
