"""A worker: takes turns off the queues of its slices, and keeps everybody's runs going, until it is stopped."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import psycopg

from goldenthread.promise.errors import CaseErased, StoreError, WorkerInvalid
from goldenthread.record.ledger import Ledger
from goldenthread.work.runtime import engine as dbos
from goldenthread.work.runtime.beating import BEAT_S, Beating, put_back, under_way
from goldenthread.work.runtime.dispatching import Dispatcher
from goldenthread.work.runtime.executing import Limits, Running
from goldenthread.work.runtime.forgetting import Forgetting, kept_for
from goldenthread.work.runtime.housekeeping import Housekeeping, Loop
from goldenthread.work.runtime.listening import Listener
from goldenthread.work.runtime.schedules import Clockwork, Schedule
from goldenthread.work.runtime.submissions import Submissions
from goldenthread.work.runtime.turns import Ending, Turn, Turns, pause_s
from goldenthread.work.runtime.waking import Waking

SWEEP_S = 2.0
OVERDUE = "overdue"
"""The problem of a run whose turn took longer than it may."""
DUE_S = 0.5
_POOL = 16
_KEEP_TRYING_S = 60.0

_ONLY: list[Worker] = []
"""The worker of this process: DBOS has one executor a process."""


class Worker:
    """
    One process's share of the work.

    Args:
        ledger: Of the home.
        slices: What it works on, and how much of it at once.
        work: Does a turn and gives how it ended; raises nothing.
        overdue: Called for the last turn that took longer than it may, once it can write nothing more.
        stopped: slice -> whether a stop reaches it now.
        lease_backend: The database process that holds this process's leases.
        housekeeping: What is called every few seconds, by one worker of all.
        schedules: Cases that come by the clock, by name.
        fingerprint: Of the agent that works here.

    Raises:
        WorkerInvalid: A setting that cannot be.
    """

    def __init__(
        self,
        ledger: Ledger,
        slices: Mapping[str, Limits],
        *,
        work: Callable[[Turn, Running], Ending],
        overdue: Callable[[Running], None],
        stopped: Callable[[str], bool],
        lease_backend: Callable[[], int],
        housekeeping: Housekeeping,
        schedules: Mapping[str, Schedule],
        fingerprint: str = "",
    ) -> None:
        kept = kept_for()
        self.id = secrets.token_hex(8)
        self.submissions = Submissions(ledger)
        forgetting = Forgetting(self.submissions, kept)
        housekeeping = replace(housekeeping, ticks={**housekeeping.ticks, "old turns": lambda _: forgetting.tick()})
        self._ledger = ledger
        self._slices = slices
        self._work = work
        self._overdue = overdue
        self._engine = dbos.engine_of(ledger.store, _POOL)
        self._turns = Turns(submissions=self.submissions, worker=self.id, fingerprint=fingerprint)
        self._clockwork = Clockwork(self.submissions, schedules)
        self._waking = Waking(self.submissions, stopped)
        self._beating = Beating(ledger.store, self.id, list(slices), lease_backend, fingerprint)
        self._listener = Listener(ledger.store, self._heard, self._look)
        self._dispatchers: dict[str, Dispatcher] = {}
        self._running: dict[str, Running] = {}
        self._begun: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._loops = (
            Loop("beat", self._beat, BEAT_S),
            Loop("due", self._due, DUE_S),
            Loop("sweep", self._sweep, SWEEP_S),
            Loop("housekeeping", housekeeping.tick, housekeeping.every_s),
        )

    def start(self) -> None:
        """
        Begin to work.

        Raises:
            WorkerInvalid: This process has a worker already.
            StoreUnavailable: The database cannot be used.
        """
        if _ONLY:
            raise WorkerInvalid(
                "This process has a worker already, and there can be one a process. "
                "Register all agents with that one, or start another process."
            )
        _ONLY.append(self)
        try:
            self._launch()
        except BaseException as problem:
            self.stop(0.0)
            dbos.raise_if_away(problem)
            raise

    @property
    def at_work(self) -> int:
        """How many turns are under way here."""
        return len(self._running)

    def stop(self, grace_s: float) -> None:
        """
        Take no more turns, let those under way end, and hand the others to any worker that lives.

        Args:
            grace_s: The longest to wait for those under way.
        """
        for dispatcher in self._dispatchers.values():
            dispatcher.stop()
        deadline = time.monotonic() + grace_s
        while self._running and time.monotonic() < deadline:
            time.sleep(0.02)
        self._stopping.set()
        for running in list(self._running.values()):
            running.give_up()
        while self._running and time.monotonic() < deadline + 5.0:
            time.sleep(0.02)
        self._end()

    def _launch(self) -> None:
        from dbos import DBOS

        executor = dbos.launch(self._engine, self.id)
        _register()
        DBOS.launch()
        self._beating.beat()
        for slice_name, limits in self._slices.items():
            self._dispatch(executor, slice_name, limits)
        self._listener.start()
        for loop in self._loops:
            loop.start()

    def _dispatch(self, executor: Any, slice_name: str, limits: Limits) -> None:
        from dbos import DBOS

        name = dbos.queue_name(slice_name)
        DBOS.register_queue(
            name,
            worker_concurrency=min(limits.at_once, limits.overall or limits.at_once),
            global_concurrency=limits.overall,
            limiter={"limit": limits.rate[0], "period": limits.rate[1]} if limits.rate else None,
            polling_interval_sec=1.0,
            on_conflict="always_update",
        )
        self._dispatchers[slice_name] = Dispatcher(executor, name)
        self._dispatchers[slice_name].start()
        self._dispatchers[slice_name].kick()

    def _end(self) -> None:
        from dbos import DBOS

        for loop in self._loops:
            loop.stop()
        self._listener.stop()
        DBOS.destroy(workflow_completion_timeout_sec=0)
        with suppress(StoreError, psycopg.Error):  # then it is found dead
            self._beating.gone()
        self.submissions.close()
        self._engine.dispose()
        if self in _ONLY:
            _ONLY.remove(self)

    def execute(self, submission: str, number: int) -> None:
        """One turn, from taking it to what comes next; called by DBOS."""
        turn_id = dbos.turn_id(submission, number)
        self._begun.add(turn_id)
        try:
            self._execute(submission, number)
        finally:
            self._begun.discard(turn_id)

    def _execute(self, submission: str, number: int) -> None:
        try:
            turn = self._persisted(lambda: self._turns.take(submission, number))
        except CaseErased:
            self._persisted(lambda: self._turns.erased(submission))
            return
        if turn is None:
            return
        running = Running(turn, self._work)
        with self._lock:
            self._running[submission] = running
        try:
            self._finish(running)
        finally:
            with self._lock:
                if self._running.get(submission) is running:
                    del self._running[submission]
            self._kick(turn.slice)

    def _finish(self, running: Running) -> None:
        turn = running.turn
        limits = self._slices.get(turn.slice, Limits())
        running.go()
        ending = running.wait(limits.within_s)
        if ending is None and self._stopping.is_set():
            ending = Ending(state="again", run=running.run)
        elif ending is None and not running.given_up:
            self._overdue_at(running, limits)
            return
        if ending is not None:
            last = ending
            self._persisted(lambda: self._turns.end(turn, last))

    def _overdue_at(self, running: Running, limits: Limits) -> None:
        """The hold goes before anybody else may take the case: what the function still does, it can't write."""
        turn, problem = running.turn, OVERDUE
        last = turn.tries + 1 >= limits.tries
        ending = Ending(state="fault", run=running.run, problem=problem)
        if not last:
            again = pause_s(turn.tries + 1)
            ending = Ending(state="again", run=running.run, problem=problem, fault=True, pause_s=again)
        ours = self._persisted(lambda: self._turns.end(turn, ending)) != "lost"
        running.give_up()
        if ours and last:
            self._persisted(lambda: self._overdue(running))

    def _persisted(self, write: Callable[[], Any]) -> Any:
        """What is written at a turn's edges is tried again while the database is away."""
        import sqlalchemy

        deadline, pause = time.monotonic() + _KEEP_TRYING_S, 0.1
        while True:
            try:
                return write()
            except (StoreError, psycopg.OperationalError, sqlalchemy.exc.DBAPIError) as problem:
                if time.monotonic() > deadline or self._stopping.is_set():
                    # DBOS keeps what a workflow raised: nothing of what was to be written may stand in it.
                    raise RuntimeError("the database is away") from problem
            time.sleep(pause)
            pause = min(2.0, pause * 2)

    def _heard(self, word: str) -> None:
        kind, _, name = word.partition(" ")
        if kind == "queued":
            self._kick(name)
        elif kind == "answered":
            self._waking.answered(name)
        elif kind == "cancelled":
            running = self._running.get(name)
            if running is not None:
                running.give_up()

    def _look(self) -> None:
        """Words may have been missed."""
        self._waking.answered()
        for slice_name in self._dispatchers:
            self._kick(slice_name)

    def _kick(self, slice_name: str) -> None:
        dispatcher = self._dispatchers.get(slice_name)
        if dispatcher is not None:
            dispatcher.kick()

    def _beat(self) -> None:
        self._beating.beat()
        for worker in self._beating.dead():
            self._beating.adopt(self.submissions.client, worker)

    def _due(self) -> None:
        self._waking.due()
        self._clockwork.tick()

    def _sweep(self) -> None:
        self._waking.answered()
        self._waking.let_go()
        self._waking.stuck()
        pending = under_way(self.submissions.client)
        self._beating.missed(pending)
        put_back(self.submissions.client, self._beating.never_begun(pending, self._begun))


def _execute(submission: str, turn: int) -> None:
    if not _ONLY:
        raise RuntimeError("this process has no worker any more")
    _ONLY[0].execute(submission, turn)


_REGISTERED = threading.Event()


def _register() -> None:
    """The one workflow, once a process."""
    if _REGISTERED.is_set():
        return
    from dbos import DBOS

    DBOS.workflow(name=dbos.TURN, max_recovery_attempts=None)(_execute)
    _REGISTERED.set()
