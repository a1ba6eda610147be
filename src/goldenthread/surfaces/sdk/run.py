"""A run, as an agent's code sees it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self

from goldenthread.control import guard
from goldenthread.control.guard import Step
from goldenthread.promise.errors import (
    BudgetSpent,
    Denied,
    Drafted,
    Escalated,
    OutOfService,
    RunClosed,
    Stopped,
    ValueProblem,
)
from goldenthread.promise.values import Json, Level, digest
from goldenthread.surfaces.sdk.degrading import Breakers, Degrading
from goldenthread.surfaces.sdk.knowledge import Citations, Document
from goldenthread.surfaces.sdk.stepping import Stepping
from goldenthread.surfaces.sdk.talking import Talking

if TYPE_CHECKING:
    from goldenthread.surfaces.sdk.thread import Thread

CURRENT: ContextVar[Run | None] = ContextVar("goldenthread_run", default=None)

_STATUS: dict[type[BaseException], str] = {
    Drafted: "drafted",
    Denied: "denied",
    BudgetSpent: "denied",
    Escalated: "escalated",
    OutOfService: "fault",
}


class Run(Degrading, Stepping, Talking):
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
        Stepping.__init__(self)
        self._thread = thread
        self._slice = slice_name
        self._case = case
        self._given = given
        self._segment = segment
        self._run: guard.Run | None = None
        self._token: Token[Run | None] | None = None
        self._lease: guard.Lease | None = None
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

    @property
    def breakers(self) -> Breakers:
        """Those of this agent's process."""
        return self._thread.breakers

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
            self._citations.keep(document, self._steps)

    @contextmanager
    def model_call(
        self, *, tokens: int = 0, cost: str = "", model: str = "", provider: str = ""
    ) -> Iterator[guard.Usage]:
        """
        A call of a model within the budgets of the contract: what it may use at most is reserved before, what it
        used is on record after.

        Args:
            tokens: The most that it may use, in and out.
            cost: The most that it may cost: '0.05 EUR'. Left out, it is the price of `model`, if a budget counts money.
            model: Its name, so that tokens have a price.
            provider: Who answers, where the model's name does not say it: 'azure'.

        Yields:
            What it used, to be filled in: `used.tokens = 812`. What is not filled in counts as reserved.

        Raises:
            BudgetSpent: A budget leaves less than that; nothing was called.
            ValueProblem: A negative number, or no amount of money; or a budget counts money, and what the call may cost
                is neither said nor known.
        """
        run = self._opened()
        desk = self._thread.desk(run.slice)
        with self._refusals_of("model"):
            used = guard.reserve(desk, run, tokens=tokens, cost=cost, model=model, provider=provider)
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
            DelegationRefused: The contract doesn't name that agent, nobody committed a contract for that slice, or
                the chain is as deep as it may be.
            BudgetSpent: This run has less left.
        """
        run = self._opened()
        allot = guard.allotment(calls=calls, tokens=tokens, cost=cost)
        with self._refusals_of("agent"):
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

    def abandon(self) -> None:
        """Give the case back from outside the block, whose own code can write nothing more (see `guard.HOLD`)."""
        if self._lease is not None:
            self._thread.leases.release(self._lease)

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


def _status_of(error: BaseException | None) -> str:
    if error is None:
        return "done"
    return _STATUS.get(type(error), "fault")
