"""What of a run lets tools work: permit used, called under its contract, and what came of it on record."""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from goldenthread.control import guard
from goldenthread.control.guard import Outcome, Step
from goldenthread.promise.errors import StopInForce, ToolBreach, Waiting
from goldenthread.promise.values import Json
from goldenthread.surfaces.sdk.asking import Asking
from goldenthread.surfaces.sdk.context import ACTING
from goldenthread.surfaces.sdk.toolcalls import ToolCall, cause_of, recordable

DoneWith = Callable[[Mapping[str, Json]], None]


class Performing(Asking):
    """What of a run lets tools work, and records what came of it."""

    def perform(
        self, name: str, tool: Callable[..., Any], arguments: Mapping[str, Any], *, done_with: DoneWith | None = None
    ) -> Any:
        """
        One action of the agent: decided, permitted, done and recorded. Called by the decorated tool.

        Args:
            done_with: Called with the arguments that are permitted, which a person may have edited; also where what
                was done before is given back.
        """
        if self.is_silent_read(name):
            with self._reading(name, arguments) as call:
                result = call.call(lambda: tool(**arguments))
            return self._handed(call, result)
        outcome = self._authorize(name, arguments)
        if done_with is not None:
            done_with(outcome.arguments)
        if outcome.state == "done":
            return self._given_back(name, outcome)
        with self._acting(name, outcome) as call:
            result = call.call(lambda: tool(**outcome.arguments))
        return self._handed(call, self._effect(outcome, result))

    async def perform_async(
        self,
        name: str,
        tool: Callable[..., Awaitable[Any]],
        arguments: Mapping[str, Any],
        *,
        done_with: DoneWith | None = None,
    ) -> Any:
        """The same for a tool that is a coroutine function."""
        if self.is_silent_read(name):
            with self._reading(name, arguments) as call:
                result = await call.call_async(lambda: tool(**arguments))
            return self._handed(call, result)
        outcome = await self._authorize_async(name, arguments)
        if done_with is not None:
            done_with(outcome.arguments)
        if outcome.state == "done":
            return self._given_back(name, outcome)
        with self._acting(name, outcome) as call:
            result = await call.call_async(lambda: tool(**outcome.arguments))
        return self._handed(call, self._effect(outcome, result))

    @contextmanager
    def _acting(self, name: str, outcome: Outcome) -> Iterator[ToolCall]:
        """The time in which the tool itself works: its permit is used, and what it raises is on record."""
        self._consume(name, outcome)
        call = self._tool_call(name, outcome)
        token = ACTING.set(f"the tool of action '{name}'")
        try:
            yield call
        except BaseException as error:
            self._did(name)
            self._failed(outcome, cause_of(error))
            call.record_breaches()
            raise
        finally:
            ACTING.reset(token)

    @contextmanager
    def _reading(self, name: str, arguments: Mapping[str, Any]) -> Iterator[ToolCall]:
        """The time in which a tool reads: it needs no permit, and is decided before each try."""
        self._decide_read(name, arguments)
        self._steps.append(Step(kind="read", content={"action": name}))
        call = self._tool_call(name, again=lambda: self._decide_read(name, arguments))
        try:
            yield call
        except BaseException:
            self._did(name)  # what it raised may hold what it read
            call.record_breaches()
            raise

    def _tool_call(
        self, name: str, outcome: Outcome | None = None, again: Callable[[], None] | None = None
    ) -> ToolCall:
        """A call of a tool under its contract; before each further try of an effect, stops are looked for again."""
        run = self._opened()
        if outcome is not None:
            again = functools.partial(self._consume, name, replace(outcome, state="consumed"))
        decision = outcome.id if outcome is not None else None
        return ToolCall(self._thread.desk(run.slice), run, name, decision=decision, again=again)

    def _given_back(self, name: str, outcome: Outcome) -> Any:
        """
        What an earlier call gave. Of an effect that only a person knows of there is nothing, and nothing to hold
        against what the contract says that the tool gives.
        """
        if outcome.result is None:
            return self._saw(name, None)
        return self._handed(self._tool_call(name, outcome), outcome.result)

    def _handed(self, call: ToolCall, result: Any) -> Any:
        """What a tool gave back, if it is what its contract says; later values may come from it."""
        call.record_breaches()
        try:
            call.require_output(result)
        except ToolBreach:
            self._saw(call.name, None)  # it came before, and nothing that it gave is handed on
            raise
        return self._saw(call.name, result)

    def _consume(self, name: str, outcome: Outcome) -> None:
        run = self._opened()
        desk = self._thread.desk(run.slice)
        try:
            with self._lock:
                if outcome.state == "permitted":
                    until = self._until.pop(outcome.id, None)
                    guard.consume(desk, run, outcome, self._seen, until=until)
                else:
                    guard.repeat(desk, outcome, name)
        except StopInForce as stopped:
            self._waits.add(outcome.id)
            raise Waiting(f"'{name}' waits until it is let go on. {stopped.message}") from stopped

    def _effect(self, outcome: Outcome, result: Any) -> Any:
        with self._lock:
            run = self._opened()
            guard.record_effect(self._thread.desk(run.slice), run, outcome, recordable(result))
        self._steps.append(Step(kind="effect", content={"action": outcome.id}))
        return result

    def _failed(self, outcome: Outcome, error: BaseException) -> None:
        with self._lock:
            run = self._opened()
            guard.record_failure(self._thread.desk(run.slice), run, outcome, error)
        self._steps.append(Step(kind="error", content={"action": outcome.id, "error": type(error).__name__}))

    def _saw(self, name: str, result: Any) -> Any:
        """What a tool gave back: later values may come from it."""
        with self._lock:
            desk = self._thread.desk(self._slice)
            desk.saw(self._seen, name, recordable(result))
            guard.remember_seen(desk, self._begun(), self._seen)
        return result

    def _did(self, name: str) -> None:
        """An action was begun, and nobody knows what came of it."""
        self._seen.before.add(name)
        guard.remember_seen(self._thread.desk(self._slice), self._begun(), self._seen)

    @abstractmethod
    def _begun(self) -> guard.Run:
        """
        The run, also after its block.

        Raises:
            RunClosed: Before it.
        """
