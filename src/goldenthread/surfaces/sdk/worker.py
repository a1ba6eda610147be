"""A worker, as an engineer writes it: agents by slice, run until it is stopped."""

from __future__ import annotations

import asyncio
import inspect
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from contextvars import Context, copy_context
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

from goldenthread.control import guard
from goldenthread.control.guard import HOLD
from goldenthread.promise.contract import parse_duration
from goldenthread.promise.errors import (
    AgentInvalid,
    GoldenthreadError,
    LineInvalid,
    RunBusy,
    ScheduleInvalid,
    Stopped,
    StoreError,
    TurnLost,
    ValueProblem,
    WorkerInvalid,
)
from goldenthread.promise.values import Json
from goldenthread.surfaces.keeping import Keeping
from goldenthread.surfaces.withdrawing import cancel_submission
from goldenthread.work.runtime import (
    EVERY_S,
    Ending,
    Handed,
    Housekeeping,
    Limits,
    Loop,
    Running,
    Schedule,
    Submission,
    Submissions,
    Tick,
    Turn,
    pause_s,
)
from goldenthread.work.runtime import Worker as Working

if TYPE_CHECKING:
    from goldenthread.surfaces.sdk.run import Run
    from goldenthread.surfaces.sdk.thread import Thread

AgentFunction = Callable[..., Any]
F = TypeVar("F", bound=AgentFunction)

GRACE_S = 30.0
_BUSY_S = 1.0


@dataclass(frozen=True, kw_only=True)
class _Agent:
    function: AgentFunction
    limits: Limits


class _Again(BaseException):
    """A fault that is not the last: it passes the run by, which stays open and goes on in the next turn."""


class Worker:
    """
    Agents that are called for cases which anybody hands in: `thread.worker()`.

    A case is worked on in turns. A turn calls the function from the top; what it did is given back, so it goes on where
    it was. When it must wait for a person the turn ends, and the answer begins the next one, in any worker.
    """

    def __init__(self, thread: Thread) -> None:
        self.thread = thread
        self._agents: dict[str, _Agent] = {}
        self._ticks: dict[str, Tick] = {}
        self._schedules: dict[str, Schedule] = {}
        self._submissions: Submissions | None = None
        self._stop = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def agent(
        self,
        slice_name: str,
        *,
        tries: int = 3,
        within: str | None = None,
        at_once: int = 8,
        overall: int | None = None,
        rate: str | None = None,
    ) -> Callable[[F], F]:
        """
        Register the function below as the agent of a slice: `def work(run, given)`, also `async def`.

        Args:
            slice_name: The slice.
            tries: How many faults in a row end the run. A fault is any exception but what stops a run on purpose.
            within: The longest that a turn may take, '10 min'; longer is a fault. A coroutine is cancelled; of a plain
                function nothing is written any more. Time that is spent waiting for people is not in it.
            at_once: Most turns at once in one worker.
            overall: Most turns at once in all workers.
            rate: Most turns begun in a time, in all workers: '30 per 1 min'.

        Raises:
            AgentInvalid: There is one for that slice, it does not take (run, given), or a limit is none.
        """

        def register(function: F) -> F:
            _require_function(slice_name, function)
            if slice_name in self._agents:
                raise AgentInvalid(
                    f"The slice '{slice_name}' has an agent in this worker already. Register one a slice."
                )
            self._agents[slice_name] = _Agent(function=function, limits=limits)
            return function

        limits = _limits(slice_name, tries, within, at_once, overall, rate)
        return register

    @property
    def slices(self) -> tuple[str, ...]:
        """The slices that have an agent here."""
        return tuple(self._agents)

    def schedule(
        self,
        times: str,
        name: str,
        slice_name: str,
        given: Mapping[str, Json] | None = None,
        *,
        zone: str = "UTC",
    ) -> None:
        """
        Have a case come by the clock: `worker.schedule("daily 06:00", "digest", "reports", zone="Europe/Berlin")`.

        Each time is handed in once, however many workers there are; of times that passed while none was at work, the
        last one. The case is named after the schedule and the time: `digest 2026-12-01T06:00`.

        Args:
            times: 'daily 06:00', 'Mon-Fri 06:00', 'hourly', 'every 15 min', or five fields of cron.

        Raises:
            ScheduleInvalid: The times or the zone can't be read, or the name is taken.
        """
        if name in self._schedules:
            raise ScheduleInvalid(f"The schedule '{name}' is there already. Give this one another name.")
        given = dict(given or {})
        self._schedules[name] = Schedule(name=name, slice=slice_name, times=times, zone=zone, given=given)

    def tick(self, name: str, call: Tick) -> None:
        """Have something called with the ledger every few seconds, by one worker of all; it must be idempotent."""
        self._ticks[name] = call

    def submit(
        self,
        slice_name: str,
        case: str,
        given: Mapping[str, Json] | None = None,
        *,
        segment: Mapping[str, str] | None = None,
        at: datetime | None = None,
        priority: int = 0,
    ) -> Submission:
        """
        Hand a case to whichever worker is free. The same case again, while it is open, is the same durable run.

        Args:
            given: What the case says, JSON; sealed under the case's key.
            segment: As for `thread.run`.
            at: Not before; aware.
            priority: 0 goes first, then 1, and so on.

        Raises:
            ContractNotFound: There is no such slice.
            ValueProblem, NotCanonical, CaseErased, StoreUnavailable: Why not.
        """
        self.thread.desk(slice_name).contract()
        handed = Handed(case=case, given=dict(given or {}), segment=dict(segment or {}))
        return self.submissions.submit(slice_name, handed, at=at, priority=priority)

    def cancel(self, submission: str) -> Submission:
        """
        End a durable run: nothing more of it is begun, and what it asked people is withdrawn.

        Raises:
            SubmissionUnknown, SubmissionEnded: There is none; it ended before.
        """
        return cancel_submission(self.submissions, submission)

    @property
    def submissions(self) -> Submissions:
        """The durable runs of this home."""
        with self._lock:
            if self._submissions is None:
                self._submissions = Submissions(self.thread.ledger)
            return self._submissions

    def run(self, *, grace_s: float = GRACE_S, ready: Callable[[], None] | None = None) -> None:
        """
        Work until SIGTERM, SIGINT or `stop()`; then finish what is under way.

        Args:
            grace_s: The longest to wait for that; what is not finished then, another worker goes on with.
            ready: Called once it works.

        Raises:
            WorkerInvalid: No agent is registered, or this process has a worker already.
            ContractNotFound: An agent's slice has no contract.
        """
        keeping = Keeping(self.thread.ledger, self.thread.desk)
        try:
            self._run(keeping, grace_s, ready)
        finally:
            keeping.close()

    def _run(self, keeping: Keeping, grace_s: float, ready: Callable[[], None] | None) -> None:
        working = self._working({**keeping.ticks, **self._ticks})
        undoing = Loop("undos", self._carry_out_undos, EVERY_S)
        before = self._catch_signals()
        try:
            working.start()
            undoing.start()
            if ready is not None:
                ready()
            while not self._stop.wait(0.5):
                pass
        finally:
            undoing.stop()
            working.stop(grace_s)
            self._end_loop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def stop(self) -> None:
        """End `run`, from any thread."""
        self._stop.set()

    def close(self) -> None:
        """Give back what `submit` holds."""
        with self._lock:
            submissions, self._submissions = self._submissions, None
        if submissions is not None:
            submissions.close()

    def _working(self, ticks: Mapping[str, Tick]) -> Working:
        if not self._agents:
            raise WorkerInvalid(
                'The worker has no agent. Register one above: `@worker.agent("SLICE")` on `def work(run, given)`.'
            )
        for slice_name in self._agents:
            self.thread.desk(slice_name).contract()
            self.thread.declare_once(slice_name)
        self._stop.clear()
        return Working(
            self.thread.ledger,
            {name: agent.limits for name, agent in self._agents.items()},
            work=self._work,
            overdue=self._overdue,
            stopped=lambda slice_name: bool(self.thread.desk(slice_name).stops()),
            lease_backend=lambda: self.thread.leases.backend,
            housekeeping=Housekeeping(ledger=self.thread.ledger, ticks=ticks),
            schedules=self._schedules,
            fingerprint=self.thread.fingerprint,
        )

    def _carry_out_undos(self) -> None:
        """What people ordered to be undone, with the tools that this process has."""
        for slice_name in self._agents:
            self.thread.carry_out_undos(slice_name)

    def _catch_signals(self) -> dict[int, Any]:
        if threading.current_thread() is not threading.main_thread():
            return {}
        return {
            number: signal.signal(number, lambda *_: self._stop.set()) for number in (signal.SIGTERM, signal.SIGINT)
        }

    def _work(self, turn: Turn, running: Running) -> Ending:
        """One turn; whatever happens is how it ended."""
        HOLD.set(turn.hold)
        run = self.thread.run(turn.slice, case=turn.handed.case, given=turn.handed.given, segment=turn.handed.segment)
        agent = self._agents[turn.slice]
        last = turn.tries + 1 >= agent.limits.tries
        try:
            with run:
                running.run = run.id
                running.when_given_up(run.abandon)
                self._call(agent.function, run, turn, running, last=last)
        except TurnLost:
            return Ending(state="again")  # nobody listens: the hold is another's
        except RunBusy:
            return Ending(state="again", pause_s=_BUSY_S)
        except BaseException as error:  # noqa: BLE001 - whatever an agent raises is a fault, and the worker goes on
            return self._broken(error, turn, running, last=last)
        return Ending(state=run.status, run=run.id)

    def _call(self, function: AgentFunction, run: Run, turn: Turn, running: Running, *, last: bool) -> None:
        try:
            if inspect.iscoroutinefunction(function):
                self._await(function, run, turn, running)
            else:
                function(run, turn.handed.given)
        except (Stopped, TurnLost):
            raise
        except BaseException as error:
            if not last or _is_ours(error):
                raise _Again from error
            if isinstance(error, Exception):
                raise
            raise RuntimeError(f"The agent raised {type(error).__name__}.") from error  # it ends its run, not us

    def _broken(self, error: BaseException, turn: Turn, running: Running, *, last: bool) -> Ending:
        cause = error.__cause__ if isinstance(error, _Again) and error.__cause__ is not None else error
        if isinstance(cause, TurnLost):
            return Ending(state="again")
        if _is_ours(cause):
            return Ending(state="again", run=running.run, problem=_kind(cause), pause_s=_BUSY_S)
        if last:
            return Ending(state="fault", run=running.run, problem=_kind(cause))
        return Ending(state="again", run=running.run, problem=_kind(cause), fault=True, pause_s=pause_s(turn.tries + 1))

    def _await(self, function: Callable[..., Awaitable[Any]], run: Run, turn: Turn, running: Running) -> None:
        """A coroutine on the one loop, in the context of this turn."""
        loop, context = self._running_loop(), copy_context()
        done = threading.Event()
        tasks: list[asyncio.Task[Any]] = []
        errors: list[BaseException] = []

        async def called() -> None:
            try:
                await function(run, turn.handed.given)
            except BaseException as error:  # noqa: BLE001 - handed to the turn's own thread
                errors.append(error)
            finally:
                done.set()

        def begin(context: Context = context) -> None:
            tasks.append(loop.create_task(called(), context=context))

        def cancel() -> None:
            loop.call_soon_threadsafe(lambda: [task.cancel() for task in tasks])

        loop.call_soon_threadsafe(begin)
        running.when_given_up(cancel)
        done.wait()
        if errors:
            raise errors[0]

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="goldenthread-loop", daemon=True).start()
            return self._loop

    def _end_loop(self) -> None:
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.call_soon_threadsafe(loop.stop)

    def _overdue(self, running: Running) -> None:
        """The last try took too long: the run ends as a fault, whatever its function still does."""
        turn = running.turn
        case_ref = self.thread.ledger.vault.ref(turn.slice, turn.handed.case)
        guard.end_left_run(self.thread.desk(turn.slice), case_ref, "fault")


def _limits(
    slice_name: str, tries: int, within: str | None, at_once: int, overall: int | None, rate: str | None
) -> Limits:
    for name, number in (("tries", tries), ("at_once", at_once), ("overall", overall if overall is not None else 1)):
        if number < 1:
            raise AgentInvalid(f"The agent of '{slice_name}' has {name}={number}; write 1 or more.")
    try:
        within_s = float(parse_duration(within)) if within is not None else None
        return Limits(at_once=at_once, overall=overall, rate=_rate(rate), within_s=within_s, tries=tries)
    except (LineInvalid, ValueProblem) as problem:
        raise AgentInvalid(
            f"The agent of '{slice_name}' has a limit that can't be read: {problem.message} "
            "Write within='10 min' and rate='30 per 1 min'."
        ) from problem


def _rate(rate: str | None) -> tuple[int, float] | None:
    if rate is None:
        return None
    most, _, time = rate.partition(" per ")
    if not most.strip().isdigit() or int(most) < 1 or not time:
        raise ValueProblem(f"'{rate}' is no rate.")
    return int(most), float(parse_duration(time.strip()))


def _require_function(slice_name: str, function: AgentFunction) -> None:
    takes = "`def work(run, given)`"
    if not callable(function):
        raise AgentInvalid(f"The agent of '{slice_name}' is no function. Write {takes}.")
    with suppress(ValueError):
        try:
            inspect.signature(function).bind(None, {})
        except TypeError as problem:
            raise AgentInvalid(
                f"The agent of '{slice_name}', {getattr(function, '__name__', function)}, can't be called with the run "
                f"and what the case was given: {problem}. Write {takes}."
            ) from problem


def _is_ours(error: BaseException) -> bool:
    """The database is away: no fault of the agent, and no try is used up."""
    return isinstance(error, StoreError | psycopg.OperationalError | RunBusy)


def _kind(error: BaseException) -> str:
    """What kind of fault, without its words: they may hold content."""
    return error.code if isinstance(error, GoldenthreadError) else type(error).__name__
