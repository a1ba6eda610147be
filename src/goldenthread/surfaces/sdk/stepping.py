"""Steps of a run whose results last: done once, and given back when the run goes on in another process."""

from __future__ import annotations

import inspect
import threading
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from goldenthread.control import guard
from goldenthread.control.guard import Desk, Step
from goldenthread.promise.errors import ValueProblem
from goldenthread.promise.values import Json
from goldenthread.surfaces.sdk.context import ACTING
from goldenthread.surfaces.sdk.tries import pause_s

if TYPE_CHECKING:
    from goldenthread.work.runtime import Memo


class Stepping(ABC):
    """What of a run does steps."""

    def __init__(self) -> None:
        self._memo: Memo | None = None
        self._memo_lock = threading.Lock()
        self._done: list[Json] = []

    def step(self, name: str, work: Callable[..., Any], /, *args: Any, tries: int = 1, **kwargs: Any) -> Any:
        """
        Do something once in this run, and keep what it gave: when the run goes on, after a crash or a person's answer,
        it is given back and nothing is done.

        What has an effect is an action, not a step: an action inside one is refused. Between the work and its result
        on record lies a moment; a process that dies there does the work again.

        Args:
            name: Of the step. The same name again is the next of that name: call them in the same order each time.
            work: Called with `args` and `kwargs`. Its result is sealed under the case's key.
            tries: How often it is called before its last error counts, with growing pauses in between.

        Returns:
            The result, as JSON carries it: the same each time, a tuple as a list.

        Raises:
            NotCanonical: JSON can't carry the result.
            TurnLost: Another worker has this run by now.
        """
        if inspect.iscoroutinefunction(work):
            raise ValueProblem(f"The step '{name}' is a coroutine function. Call `await run.step_async(...)`.")
        from time import sleep

        memo, ordinal = self._next(name)
        known = memo.find(name, ordinal)
        if known is not None:
            return memo.open(known)
        with _inside(name):
            result = None
            for number in range(1, tries + 1):
                try:
                    result = work(*args, **kwargs)
                    break
                except Exception:
                    if number >= tries:
                        raise
                sleep(pause_s(number))
        return self._keep(memo, name, ordinal, result)

    async def step_async(
        self, name: str, work: Callable[..., Awaitable[Any]], /, *args: Any, tries: int = 1, **kwargs: Any
    ) -> Any:
        """The same for a coroutine function."""
        from asyncio import sleep

        memo, ordinal = self._next(name)
        known = memo.find(name, ordinal)
        if known is not None:
            return memo.open(known)
        with _inside(name):
            result = None
            for number in range(1, tries + 1):
                try:
                    result = await work(*args, **kwargs)
                    break
                except Exception:
                    if number >= tries:
                        raise
                await sleep(pause_s(number))
        return self._keep(memo, name, ordinal, result)

    @abstractmethod
    def _under_contract(self) -> tuple[Desk, guard.Run, list[Step]]:
        """The open run, its desk and its steps so far."""

    def _next(self, name: str) -> tuple[Memo, int]:
        desk, run, _ = self._under_contract()
        with self._memo_lock:
            if self._memo is None:
                from goldenthread.work.runtime import Memo

                self._memo = Memo(desk.ledger, run.id, run.case_ref, resumed=run.resumed)
        return self._memo, self._memo.next(name)

    def _keep(self, memo: Memo, name: str, ordinal: int, result: Any) -> Any:
        kept = memo.keep(name, ordinal, result)
        with self._memo_lock:
            if not self._done:  # one step of the record names all that were done here, in their order
                self._under_contract()[2].append(Step(kind="step", content={"steps": self._done}))
            self._done.append(f"{name}.{ordinal}")
        return kept


@contextmanager
def _inside(name: str) -> Iterator[None]:
    token = ACTING.set(f"the step '{name}'")
    try:
        yield
    finally:
        ACTING.reset(token)
