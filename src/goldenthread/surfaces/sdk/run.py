"""A run, as an agent's code sees it."""

from __future__ import annotations

import asyncio
import functools
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self, cast

from goldenthread.control import guard
from goldenthread.control.guard import Outcome, Step
from goldenthread.promise.errors import (
    BudgetSpent,
    Denied,
    Drafted,
    Escalated,
    NestedEffect,
    NotCanonical,
    RunClosed,
    StopInForce,
    Stopped,
    ToolBreach,
    ValueProblem,
    Waiting,
)
from goldenthread.promise.values import Json, Level, Verdict, canonical, digest
from goldenthread.surfaces.sdk.choosing import Choosing
from goldenthread.surfaces.sdk.context import ACTING
from goldenthread.surfaces.sdk.knowledge import Citations, Document
from goldenthread.surfaces.sdk.toolcalls import ToolCall, cause_of

if TYPE_CHECKING:
    from goldenthread.surfaces.sdk.thread import Thread

DoneWith = Callable[[Mapping[str, Json]], None]

CURRENT: ContextVar[Run | None] = ContextVar("goldenthread_run", default=None)

ANSWER_S = 10.0
"""How long, in seconds, the guard may take from a call to its leave; after that the tool does not begin."""

_GO = ("permitted", "consumed", "done")
_STATUS: dict[type[BaseException], str] = {
    Drafted: "drafted",
    Denied: "denied",
    BudgetSpent: "denied",
    Escalated: "escalated",
}


class Run(Choosing):
    """
    One attempt at a case: `with thread.run(slice, case=...) as run`.

    `status` is `open` inside the block, and after it `done`, `waiting`, `drafted`, `denied`, `escalated` or
    `fault`. What stops a run on purpose ends the block quietly; any other exception is a fault and goes on.
    """

    def __init__(
        self,
        thread: Thread,
        slice_name: str,
        case: str,
        given: Mapping[str, Json],
        segment: Mapping[str, str],
        called_by: str | None = None,
    ) -> None:
        self._thread = thread
        self._slice = slice_name
        self._case = case
        self._given = given
        self._segment = segment
        self._run: guard.Run | None = None
        self._token: Token[Run | None] | None = None
        self._lease: int | None = None
        self._calls: guard.Calls | None = None
        self._until: dict[str, float] = {}  # by the action's id: when its leave comes too late
        self._steps: list[Step] = []
        self._citations = Citations()
        self._called_by = called_by
        self._seen = guard.Seen(dict(given) or None, trusted=called_by is None)
        self._waits: set[str] = set()  # ids of actions that cannot go on now
        self._lock = threading.RLock()  # frameworks call tools from several threads
        self._began = 0.0
        self.status = "new"
        self.actions: list[str] = []  # ids of the actions asked for, for `goldenthread why`

    @property
    def id(self) -> str:
        """The run's id, also after the block; the same when a case's open run is resumed."""
        return self._begun().id

    @property
    def level(self) -> Level:
        """The level that counted for this case when the block began, also after it."""
        return self._begun().level

    def retrieve(self, source: str, query: Json, top: int = 3) -> list[Document]:
        """
        Ask a source of knowledge; the hits are on record and may be cited.

        Raises:
            ValueProblem: No source of that name is registered.
        """
        self._opened()
        known = self._thread.sources.get(source)
        if known is None:
            raise ValueProblem(
                f"No source '{source}'; registered are {', '.join(self._thread.sources) or 'none'}. "
                "Register it with `thread.source(...)`."
            )
        hits = list(known.search(query, top))
        self._citations.retrieved.update({hit.id: (known, hit) for hit in hits})
        self._steps.append(
            Step(
                kind="retrieve",
                content={
                    "source": source,
                    "query": digest(query),
                    "hits": [
                        {"id": hit.id, "score": round(hit.score, 6), "digest": digest(dict(hit.content))}
                        for hit in hits
                    ],
                },
            )
        )
        return hits

    def cite(self, document: str) -> None:
        """Rest what follows on a retrieved document, by its id. Whether it bears the claim is checked by the guard."""
        self._opened()
        if document not in self._citations.cited:
            self._citations.cited.append(document)

    @contextmanager
    def model_call(self, *, tokens: int = 0, cost: str = "") -> Iterator[guard.Usage]:
        """
        A call of a model within the budgets of the contract: what it may use at most is reserved before, what it
        used is on record after.

        Args:
            tokens: The most that it may use, in and out.
            cost: The most that it may cost: '0.05 EUR'.

        Yields:
            What it used, to be filled in: `used.tokens = 812`. What is not filled in counts as reserved.

        Raises:
            BudgetSpent: A budget leaves less than that; nothing was called.
            ValueProblem: A negative number, or no amount of money.
        """
        run = self._opened()
        desk = self._thread.desk(run.slice)
        used = guard.reserve(desk, run, tokens=tokens, cost=cost)
        try:
            yield used
        finally:
            guard.settle(desk, run, used)

    def call(
        self, agent: str, slice_name: str, *, calls: int | None = None, tokens: int | None = None, cost: str = ""
    ) -> str:
        """
        Call another agent, as the contract's `technique.calls` allows: leave for one run of it, under this one.

        Args:
            agent: The called agent's name.
            slice_name: The slice it works in.
            calls: How many actions it may take; None: as many as this run's budgets leave.
            tokens: How many tokens its models may use.
            cost: What they may cost: '0.50 EUR'.

        Returns:
            What the called agent opens its run with: `thread.run(slice_name, case=..., called_by=...)`.

        Raises:
            DelegationRefused: The contract doesn't name that agent, or the chain is as deep as it may be.
            BudgetSpent: This run has less left.
        """
        run = self._opened()
        allot = guard.allotment(calls=calls, tokens=tokens, cost=cost)
        return guard.delegate(self._thread.desk(run.slice), run, self._seen, agent, slice_name, allot)

    def escalate(self, reason: str) -> NoReturn:
        """Hand the case to a person; ends the run."""
        run = self._opened()
        self._steps.append(Step(kind="escalate", content={"reason": reason}))
        item = guard.escalate(self._thread.desk(run.slice), run, reason)
        where = f" It is inbox item {item}." if item else ""
        raise Escalated(f"Case '{run.case}' went to a person: {reason}.{where}")

    def __enter__(self) -> Self:
        if self._run is not None:
            raise RunClosed(f"The run on case '{self._case}' is {self.status}. Open another with `thread.run(...)`.")
        self._lease = self._thread.leases.take(self._slice, self._case)
        try:
            self._thread.declare_once(self._slice)
            self._run = guard.open_run(
                self._thread.desk(self._slice),
                self._thread.declaration(),
                self._case,
                self._given,
                self._segment,
                self._called_by,
            )
            self._inherit()
        except BaseException:
            self._thread.leases.release(self._lease)
            raise
        self.status = "open"
        self._token = CURRENT.set(self)
        self._began = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        assert self._token is not None
        assert self._lease is not None
        CURRENT.reset(self._token)
        try:
            return self._close(error)
        finally:
            self._token = None
            self._thread.leases.release(self._lease)

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
            return self._handed(self._tool_call(name, outcome), outcome.result)
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
            return self._handed(self._tool_call(name, outcome), outcome.result)
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
            guard.record_effect(self._thread.desk(run.slice), run, outcome, _recordable(result))
        self._steps.append(Step(kind="effect", content={"action": outcome.id}))
        return result

    def _failed(self, outcome: Outcome, error: BaseException) -> None:
        with self._lock:
            run = self._opened()
            guard.record_failure(self._thread.desk(run.slice), run, outcome, error)
        self._steps.append(Step(kind="error", content={"action": outcome.id, "error": type(error).__name__}))

    def _inherit(self) -> None:
        """
        What was done and read before counts here too: in this run by an earlier process, and in the runs above; what
        they were given is no better for passing through.
        """
        run = self._begun()
        self._calls = guard.recall(self._thread.desk(self._slice), run, self._seen)
        caller = run.caller
        if caller is not None:
            self._seen.before.update(caller.before)
            self._seen.injected.update(caller.injected)

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
            raise Denied(f"'{name}' may not happen: {decision.reason} (clause {decision.clause}).")

    def _saw(self, name: str, result: Any) -> Any:
        """What a tool gave back: later values may come from it."""
        with self._lock:
            desk = self._thread.desk(self._slice)
            desk.saw(self._seen, name, _recordable(result))
            guard.remember_seen(desk, self._begun(), self._seen)
        return result

    def _did(self, name: str) -> None:
        """An action was begun, and nobody knows what came of it."""
        self._seen.before.add(name)
        guard.remember_seen(self._thread.desk(self._slice), self._begun(), self._seen)

    def _authorize(self, name: str, arguments: Mapping[str, Any]) -> Outcome:
        call, outcome = self._request(name, arguments)
        return self._go(call, name, arguments, outcome)

    def _go(self, call: int, name: str, arguments: Mapping[str, Any], outcome: Outcome) -> Outcome:
        """The outcome, if it lets the tool be called."""
        if outcome.state not in _GO:
            if outcome.state in ("asked", "unknown"):
                self._numbers().give_back(call, name, arguments)
            self._stop(name, outcome)
        return outcome

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
        if outcome.state == "drafted":
            raise Drafted(f"'{name}' is a draft for people: {words}.")
        raise Denied(f"'{name}' does not happen: {words}.")

    def _close(self, error: BaseException | None) -> bool:
        run = self._opened()
        desk = self._thread.desk(run.slice)
        took = time.monotonic() - self._began
        stopped = isinstance(error, Stopped)
        if error is not None and not isinstance(error, Exception):
            self.status = "open"  # the process is told to stop: the run stays open, to be resumed
            return False
        if self._waits:
            self.status = "waiting"
            guard.pause_run(desk, run, self._steps, took, self._seen)
        else:
            self.status = _status_of(error)
            guard.end_run(desk, run, self.status, self._steps, took, self._seen)
        return stopped

    def _under_contract(self) -> tuple[guard.Desk, guard.Run, list[Step]]:
        run = self._opened()
        return self._thread.desk(run.slice), run, self._steps

    def _opened(self) -> guard.Run:
        if self._token is None or self.status != "open":
            raise self._outside()
        return self._begun()

    def _begun(self) -> guard.Run:
        if self._run is None:
            raise self._outside()
        return self._run

    def _outside(self) -> RunClosed:
        return RunClosed(f"The run on case '{self._case}' is {self.status}. Work inside `with thread.run(...)` only.")


def _refuse_nested(name: str) -> None:
    outer = ACTING.get()
    if outer is not None:
        raise NestedEffect(
            f"Action '{name}' was called inside {outer}: after a crash nobody could tell which of "
            "the two happened. Call one after the other, in the run."
        )


def _status_of(error: BaseException | None) -> str:
    if error is None:
        return "done"
    return _STATUS.get(type(error), "fault")


def _recordable(result: Any) -> Json:
    """The result if JSON can carry it; else None, and a resumed run gets None for it."""
    try:
        canonical(result)
    except (NotCanonical, TypeError):
        return None
    return cast(Json, result)
