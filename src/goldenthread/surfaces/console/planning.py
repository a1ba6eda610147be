"""
Plans worked out beside the console: in one process of its own, one at a time, each within its time, kept by content.

A plan takes from a tenth of a second to some seconds of a whole core, and a hostile contract may ask for more. A page
that waited for it would keep all others waiting; a process, unlike a thread, can be ended.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import threading
from collections import OrderedDict
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from goldenthread.promise.errors import GoldenthreadError, PlanUnfinished
from goldenthread.surfaces.views.plans import PlanView, plan_view

TIME_S = 30.0
"""Seconds that one plan may take."""
START_S = 60.0
"""Seconds that the process may take to start."""
MOST_WAITING = 16
"""Plans that may wait for their turn; who comes later asks again."""
MOST_KEPT = 200
IDLE_S = 60.0
"""Seconds after which the process is ended when nobody wants a plan."""


class Plans:
    """Plans by the content of their contract; nothing runs until one is asked for."""

    def __init__(self, *, time_s: float = TIME_S, idle_s: float = IDLE_S, most_waiting: int = MOST_WAITING) -> None:
        self._time_s = time_s
        self._idle_s = idle_s
        self._most_waiting = most_waiting
        self._kept: OrderedDict[str, PlanView] = OrderedDict()
        self._waiting: OrderedDict[str, str] = OrderedDict()  # digest -> text, the one at work among them
        self._change = threading.Condition()
        self._worker: threading.Thread | None = None
        self._closed = False

    def of(self, text: str) -> PlanView:
        """The plan of a contract's text, or that it is being worked out: then ask again."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        with self._change:
            if digest in self._kept:
                self._kept.move_to_end(digest)
                return self._kept[digest]
            if digest not in self._waiting:
                if len(self._waiting) >= self._most_waiting:
                    return PlanView(state="working", words="Many plans are being worked out. This one waits to begin.")
                self._waiting[digest] = text
                self._begin()
                self._change.notify_all()
        return PlanView(state="working", words="The plan is being worked out.")

    def wait(self, text: str, timeout_s: float) -> PlanView:
        """The plan, waited for; still 'working' where it took longer."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        self.of(text)
        with self._change:
            self._change.wait_for(lambda: digest in self._kept, timeout_s)
        return self.of(text)

    def close(self) -> None:
        """Begin no more, and wait for the end of the one at work."""
        with self._change:
            self._closed = True
            self._waiting.clear()
            self._change.notify_all()
            worker = self._worker
        if worker is not None:
            worker.join()

    def _begin(self) -> None:
        if self._worker is None and not self._closed:
            self._worker = threading.Thread(target=self._work, name="plans", daemon=True)
            self._worker.start()

    def _work(self) -> None:
        process = _Process()
        try:
            while (job := self._next()) is not None:
                digest, text = job
                outcome = process.plan(text, self._time_s)
                with self._change:
                    self._waiting.pop(digest, None)
                    self._kept[digest] = outcome
                    while len(self._kept) > MOST_KEPT:
                        self._kept.popitem(last=False)
                    self._change.notify_all()
        finally:
            process.end()

    def _next(self) -> tuple[str, str] | None:
        """The text that waits longest; None after a while without any, and then this thread is over."""
        with self._change:
            self._change.wait_for(lambda: bool(self._waiting) or self._closed, self._idle_s)
            if not self._waiting:
                self._worker = None
                return None
            return next(iter(self._waiting.items()))


class _Process:
    """The process that plans; started when it is needed, and again after it was ended."""

    def __init__(self) -> None:
        self._process: BaseProcess | None = None
        self._line: Connection | None = None

    def plan(self, text: str, time_s: float) -> PlanView:
        """One plan; whatever goes wrong is a view that says so."""
        try:
            line = self._started()
            line.send(text)
            if not line.poll(time_s):
                self.end()
                return _failed(f"The plan took longer than {time_s:g} s and was given up.")
            found = line.recv()
        except (EOFError, OSError):
            self.end()
            return _failed("The process that plans ended in the midst of it.")
        if not isinstance(found, PlanView):
            self.end()
            return _failed("The process that plans answered something else.")
        return found

    def end(self) -> None:
        """End it, at once."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
        if self._line is not None:
            self._line.close()
        self._process, self._line = None, None

    def _started(self) -> Connection:
        if self._line is None:
            context = multiprocessing.get_context("spawn")
            self._line, theirs = context.Pipe()
            self._process = context.Process(target=serve_plans, args=(theirs,), name="goldenthread-plans", daemon=True)
            self._process.start()
            theirs.close()
            if not self._line.poll(START_S):
                raise OSError
            self._line.recv()
        return self._line


def serve_plans(line: Connection) -> None:
    """Plan each text that comes, until nobody sends any more; the main function of the process."""
    import goldenthread.promise.contract  # noqa: F401  now, and not at the expense of the first plan's time
    from goldenthread.promise.evidence import keep_boundaries_in
    from goldenthread.record.store import BoundaryFiles

    keep_boundaries_in(BoundaryFiles.chosen())
    line.send("ready")
    while True:
        try:
            text = line.recv()
        except EOFError:
            return
        line.send(planned(text))


def planned(text: str) -> PlanView:
    """The plan of a text, here and now."""
    from goldenthread.promise.contract import parse_contract, plan

    try:
        return plan_view(plan(parse_contract(text, "")))
    except GoldenthreadError as problem:
        return PlanView(state="failed", words=problem.message)
    except (ArithmeticError, ValueError, MemoryError, RecursionError) as problem:
        return _failed(f"The plan failed: {type(problem).__name__}.")


def _failed(words: str) -> PlanView:
    problem = PlanUnfinished(
        f"{words} Try again, or run `goldenthread contract plan`, which takes all the time it needs."
    )
    return PlanView(state="failed", words=problem.message)


PLANS = Plans()
"""Those of this process: a plan belongs to a text, whoever wrote it."""
