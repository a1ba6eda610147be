"""One case that a client works on: its run, in a thread of its own, a call after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from goldenthread.control import guard
from goldenthread.control.guard import Outcome
from goldenthread.promise.errors import (
    Denied,
    Drafted,
    GoldenthreadError,
    GuardTimeout,
    Stopped,
    UpstreamFailed,
    Waiting,
)
from goldenthread.promise.values import Json
from goldenthread.surfaces.gateway import answers
from goldenthread.surfaces.gateway.answers import Answer
from goldenthread.surfaces.sdk.run import Run
from goldenthread.surfaces.sdk.thread import Thread

Act = Callable[[Mapping[str, Json]], Answer]
"""Calls the tool with the arguments that were permitted; raises GatewayError where it can't be called."""


class Claim:
    """Who has the last word on a call: the tool begins, or whoever asked gives up. Only one of them, once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun = self._given_up = False

    def begin(self) -> None:
        """
        The tool begins now.

        Raises:
            GuardTimeout: Whoever asked has given up.
        """
        with self._lock:
            self._refuse_given_up()
            self._begun = True

    def check(self) -> None:
        """
        Raises:
            GuardTimeout: Whoever asked has given up.
        """
        with self._lock:
            self._refuse_given_up()

    def give_up(self) -> bool:
        """Nobody waits any more; False where the tool has begun."""
        with self._lock:
            self._given_up = not self._begun
            return self._given_up

    def _refuse_given_up(self) -> None:
        if self._given_up:
            raise GuardTimeout(
                "The guard did not answer in time, and nobody waits for the call any more, so it did not happen. "
                "Call again; if this lasts, look at the load of the database."
            )


class CaseRun(Run):
    """A run whose calls come from outside, may come again, and are told of in answers."""

    def __init__(self, thread: Thread, slice_name: str, case: str, seen: guard.Seen | None = None) -> None:
        """`seen` is what the client behind it did and read before, in a run that has ended."""
        super().__init__(thread, slice_name, case, {}, {})
        if seen is not None:
            self._seen.before.update(seen.before)
            self._seen.injected.update(seen.injected)
        self.case = case
        self._claim = Claim()
        self._ordinal: int | None = None
        self._outcome: Outcome | None = None
        self._pending: set[str] = set()
        self._came_to: set[str] = set()

    @property
    def seen(self) -> guard.Seen:
        """What was done and read in it so far."""
        return self._seen

    @property
    def waits(self) -> bool:
        """Whether something that was asked for here may still happen."""
        return bool(self._pending)

    def ask(
        self, name: str, arguments: Mapping[str, Json], act: Act, claim: Claim, ordinal: int | None = None
    ) -> Answer:
        """
        One call, from the question to the answer.

        Args:
            name: The action.
            arguments: As the client sent them, without the ticket.
            act: Calls the tool.
            claim: Begun right before the tool is called.
            ordinal: The call that a ticket stands for; None finds it by its arguments.
        """
        self._claim, self._ordinal, self._outcome = claim, ordinal, None
        given: list[Answer] = []

        def tool(**permitted: Any) -> Json:
            claim.begin()
            answer = act(permitted)
            given.append(answers.edited(answer, permitted) if permitted != arguments else answer)
            return answer.output  # on record is what the tool gave, without our words

        try:
            output = self.perform(name, tool, arguments)
        except Stopped as stopped:
            return self._stopped(name, stopped)
        except UpstreamFailed as failure:
            return self._failure(name, failure)
        self._settle("done")
        return given[0] if given else self._from_before(answers.recorded(output), arguments)

    def close(self) -> None:
        """End the run by what came of it, or leave it open for whoever comes back with a ticket."""
        error = self._ending()
        self._waits = set(self._pending)
        self.__exit__(type(error) if error is not None else None, error, None)

    def _number(self, name: str, arguments: Mapping[str, Any]) -> int:
        if self._ordinal is not None:
            return self._ordinal
        return guard.call_number(self._thread.desk(self._slice), self._opened(), name, arguments)

    def _authorize(self, name: str, arguments: Mapping[str, Any]) -> Outcome:
        self._outcome = super()._authorize(name, arguments)
        return self._outcome

    def _stop(self, name: str, outcome: Outcome) -> NoReturn:
        self._outcome = outcome
        super()._stop(name, outcome)

    def _consume(self, name: str, outcome: Outcome) -> None:
        self._claim.check()
        super()._consume(name, outcome)

    def _failed(self, outcome: Outcome, error: BaseException) -> None:
        if isinstance(error, GuardTimeout):  # the tool was never called, so nothing is in doubt
            guard.put_back(self._thread.desk(self._slice), self._opened(), outcome)
        else:
            super()._failed(outcome, error)

    def _stopped(self, name: str, stopped: Stopped) -> Answer:
        if isinstance(stopped, Waiting) and self._outcome is not None:
            self._pending.add(self._outcome.id)
            ticket = guard.issue_ticket(self._thread.desk(self._slice), self._thread.agent, self._outcome.id)
            return answers.pending(name, ticket, f"Why: {self._outcome.reason} (clause {self._outcome.clause}).")
        status = "drafted" if isinstance(stopped, Drafted) else "denied"
        self._settle(status)
        return answers.refused(stopped, status)

    def _from_before(self, answer: Answer, arguments: Mapping[str, Json]) -> Answer:
        """What an earlier call did, and with which arguments if not with these."""
        done_with = dict(self._outcome.arguments if self._outcome is not None else arguments)
        return answer if done_with == dict(arguments) else answers.edited(answer, done_with)

    def _failure(self, name: str, failure: UpstreamFailed) -> Answer:
        """The server was called and something went wrong: what it said is content like any other."""
        said = failure.answer if isinstance(failure, ToolFailed) else answers.refused(failure)
        self._saw(name, said.output)
        if self._outcome is None:
            return said  # a read: nothing can be in doubt
        self._settle("done")
        words = "It was called and failed; whether it took effect is not known, and a person has been asked to look."
        return said.noted(words)

    def _settle(self, came_to: str) -> None:
        self._came_to.add(came_to)
        if self._outcome is not None:
            self._pending.discard(self._outcome.id)

    def _ending(self) -> GoldenthreadError | None:
        if "done" in self._came_to or not self._came_to:
            return None
        if "drafted" in self._came_to:
            return Drafted("People have the proposals of this case.")
        return Denied("Nothing of this case was allowed.")


class ToolFailed(UpstreamFailed):
    """The server's own answer says that the tool failed; `answer` is that answer."""

    def __init__(self, message: str, answer: Answer) -> None:
        super().__init__(message)
        self.answer = answer
