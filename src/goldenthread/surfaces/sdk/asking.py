"""What of a run asks the guard: may this action happen, and if not, how does the block end."""

from __future__ import annotations

import asyncio
import threading
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from goldenthread.control import guard
from goldenthread.control.guard import Outcome, Step
from goldenthread.promise.errors import (
    DelegationRefused,
    Denied,
    Drafted,
    NestedEffect,
    PermitRefused,
    RunClosed,
    Waiting,
)
from goldenthread.promise.values import Verdict, canonical
from goldenthread.surfaces.sdk.choosing import Choosing
from goldenthread.surfaces.sdk.context import ACTING
from goldenthread.surfaces.sdk.knowledge import Citations

if TYPE_CHECKING:
    from goldenthread.surfaces.sdk.thread import Thread

ANSWER_S = 10.0
"""How long, in seconds, the guard may take from a call to its leave; after that the tool does not begin."""

_GO = ("permitted", "consumed", "done")


class Asking(Choosing):
    """What of a run asks the guard, and keeps what it answered; the run itself holds all of this."""

    actions: list[str]
    _thread: Thread
    _slice: str
    _calls: guard.Calls | None
    _until: dict[str, float]
    _steps: list[Step]
    _citations: Citations
    _seen: guard.Seen
    _waits: set[str]
    _lock: threading.RLock

    def propose(self, name: str, arguments: Mapping[str, Any]) -> Verdict:
        """
        What the guard says to a call; a person is asked where it is theirs to say, and nothing is done.

        The same call, performed later in this run, is the one that was proposed.
        """
        if self.is_silent_read(name):
            self._decide_read(name, arguments)
            return Verdict.ALLOW
        call, outcome = self._request(name, arguments)
        self._numbers().give_back(call, name, arguments)
        if outcome.state in ("asked", "unknown"):
            self._waits.add(outcome.id)
            return Verdict.ASK
        if outcome.state in _GO:
            return Verdict.ALLOW
        return Verdict.DRAFT if outcome.state == "drafted" else Verdict.DENY

    def is_silent_read(self, name: str) -> bool:
        """Whether the contract declares an action as a read that stays here, which needs no permit."""
        return self._thread.desk(self._slice).is_silent_read(name)

    def _decide_read(self, name: str, arguments: Mapping[str, Any]) -> None:
        with self._lock:
            run = self._opened()
            desk = self._thread.desk(run.slice)
            facts = desk.facts(self._seen, name, arguments)
            decision = desk.decide(run.fingerprint, name, arguments, replay=run.replay, facts=facts)
        if decision.verdict is not Verdict.ALLOW:
            with self._refusals_of("read"):
                raise Denied(f"'{name}' may not happen: {decision.reason} (clause {decision.clause}).")
        if not desk.is_silent_read(name):  # by what was just read: it was one as far as this process knew
            raise PermitRefused(
                f"'{name}' is no read without a permit any more: another contract, or other rules, came into force. "
                "Nothing happened; open the case again to ask anew."
            )

    @contextmanager
    def _refusals_of(self, what: str) -> Iterator[None]:
        """Keep why something is refused that no action on record asks for: a person must find it in the run."""
        try:
            yield
        except (Denied, DelegationRefused) as refused:
            step = Step(kind="refuse", content={"of": what, "reason": refused.message})
            if self._steps[-1:] != [step]:  # an agent may ask again and again
                self._steps.append(step)
            raise

    def _authorize(self, name: str, arguments: Mapping[str, Any]) -> Outcome:
        call, outcome = self._request(name, arguments)
        return self._go(call, name, arguments, outcome)

    async def _authorize_async(self, name: str, arguments: Mapping[str, Any]) -> Outcome:
        """The same for a coroutine: others of its loop go on, and share the transaction."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:  # another library's loop
            return self._authorize(name, arguments)
        request, until = self._asked(name, arguments)
        try:
            outcome = await self._thread.authorize_async(request)
        except asyncio.CancelledError:
            self._numbers().give_back(request.call, name, arguments)  # whoever asks again gets the same permit
            raise
        self._answered(outcome, until)
        return self._go(request.call, name, arguments, outcome)

    def _go(self, call: int, name: str, arguments: Mapping[str, Any], outcome: Outcome) -> Outcome:
        """The outcome, if it lets the tool be called."""
        if outcome.state not in _GO:
            if outcome.state in ("asked", "unknown"):
                self._numbers().give_back(call, name, arguments)
            self._stop(name, outcome)
        return outcome

    def _request(self, name: str, arguments: Mapping[str, Any]) -> tuple[int, Outcome]:
        """The guard's answer to a call, and the call's ordinal."""
        with self._lock:
            request, until = self._asked(name, arguments)
            outcome = self._thread.authorize(request)
        self._answered(outcome, until)
        return request.call, outcome

    def _asked(self, name: str, arguments: Mapping[str, Any]) -> tuple[guard.Request, float]:
        """What is asked of the guard, and until when (seconds of its clock) the answer is wanted."""
        run = self._opened()
        _refuse_nested(name)
        canonical(dict(arguments))
        until = self._thread.desk(run.slice).uptime() + ANSWER_S
        with self._lock:
            request = guard.Request(
                run=run,
                call=self._number(name, arguments),
                action=name,
                arguments=arguments,
                cited=tuple(self._citations.cited),
                grounded=self._citations.grounded(name, arguments) if run.grounding else None,
                seen=self._seen,
            )
        return request, until

    def _answered(self, outcome: Outcome, until: float) -> None:
        self._until[outcome.id] = until
        self._waits.discard(outcome.id)
        if outcome.id not in self.actions:
            self.actions.append(outcome.id)
            self._steps.append(Step(kind="propose", content={"action": outcome.id, "verdict": outcome.verdict.value}))

    def _number(self, name: str, arguments: Mapping[str, Any]) -> int:
        """The ordinal of a call in its run: the order in which the agent's code makes them."""
        return self._numbers().take(name, arguments)

    def _numbers(self) -> guard.Calls:
        if self._calls is None:
            raise self._outside()
        return self._calls

    def _stop(self, name: str, outcome: Outcome) -> NoReturn:
        words = f"{outcome.reason} (clause {outcome.clause}, action {outcome.id})"
        if outcome.state in ("asked", "unknown"):
            self._waits.add(outcome.id)
            raise Waiting(
                f"'{name}' waits for a person, inbox item {outcome.item}: {words}. "
                f"Answer it with `goldenthread inbox show {outcome.item}`, then run the case again."
            )
        if outcome.state == "undone":
            raise Denied(f"'{name}' does not happen: people had it undone (action {outcome.id}).")
        if outcome.state == "drafted":
            raise Drafted(f"'{name}' is a draft for people: {words}.")
        raise Denied(f"'{name}' does not happen: {words}.")

    @abstractmethod
    def _opened(self) -> guard.Run:
        """
        The run, inside its block.

        Raises:
            RunClosed: Outside of it.
        """

    @abstractmethod
    def _outside(self) -> RunClosed:
        """The error of work outside of the block."""


def _refuse_nested(name: str) -> None:
    outer = ACTING.get()
    if outer is not None:
        raise NestedEffect(
            f"Action '{name}' was called inside {outer}: after a crash nobody could tell which of "
            "the two happened. Call one after the other, in the run."
        )
