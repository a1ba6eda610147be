"""
How fast `authorize` is: decide, reserve the budget, and a permit that is durable and chained before it is answered.

Never quote `decide` for it.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.machine import flush_latency_us
from bench.registry import benchmark
from bench.table import Figure, Row
from bench.worlds import DECLARATION, SLICE, constrained_home
from goldenthread.control.guard import AsyncAuthorizer, Authorizer, Desk, Outcome, Request, Run, declare_agent, open_run
from goldenthread.surfaces.opening import open_ledger

SECONDS = 4.0
CALLERS = 32
OFFERED = 5_000.0
COMMAND = "python -m bench authorize"
_WHAT = "authorize (budget reserved, permit durable and chained, fsync on), one slice"

Timings = list[float]
"""Seconds that each permit took."""


@dataclass(frozen=True)
class _Taken:
    """What each permit took, shortest first, and how long all of them together, in seconds."""

    timings: Timings
    elapsed_s: float


@dataclass(frozen=True, kw_only=True)
class _Setting:
    """So many callers in so many processes; `offered` permits a second in all, or as many as they get (None)."""

    kind: str
    callers: int
    processes: int
    offered: float | None = None

    @property
    def name(self) -> str:
        many = f"{self.callers} {self.kind} callers" if self.callers > 1 else f"1 {self.kind} caller"
        processes = f"{self.processes} process{'es' if self.processes > 1 else ''}"
        return f"{many}, {processes}" + (f", {self.offered:,.0f}/s offered" if self.offered else "")

    @property
    def interval_s(self) -> float | None:
        """Seconds between one caller's permits."""
        return self.callers / self.offered if self.offered else None


_SETTINGS = (
    _Setting(kind="asyncio", callers=1, processes=1),
    _Setting(kind="asyncio", callers=CALLERS, processes=1),
    _Setting(kind="asyncio", callers=CALLERS, processes=2),
    _Setting(kind="asyncio", callers=CALLERS, processes=2, offered=OFFERED),
    _Setting(kind="thread", callers=1, processes=1),
    _Setting(kind="thread", callers=CALLERS, processes=2),
)


@benchmark("authorize")
def measure_authorize() -> Sequence[Row]:
    """
    Durable permits with their budgets reserved, on one slice, fsync on: tasks of event loops and threads, one process
    and two, as many as they get and 5,000 a second offered.
    """
    with _home() as home:
        all_taken = [_authorize(home, setting) for setting in _SETTINGS]
        flush_us = flush_latency_us(home)
    against = f"the limit set for the enforcing guard; one flush of this disk took {flush_us:.0f} us"
    return [row for setting, taken in zip(_SETTINGS, all_taken, strict=True) for row in _rows(setting, taken, against)]


def _rows(setting: _Setting, taken: _Taken, against: str) -> Iterator[Row]:
    limit_ms, limit_rate = (2.0, 500.0) if setting.callers == 1 else (5.0, 5_000.0)
    for name, share, of in (("p50", 0.5, ", of p99"), ("p99", 0.99, "")):
        yield Row(
            what=f"{_WHAT}, {setting.name}, {name}",
            ours=Figure(value=_quantile(taken.timings, share) * 1e3, unit="ms"),
            beside=Figure(value=limit_ms, unit="ms"),
            against=f"{against}{of}",
            better="lower",
            command=COMMAND,
        )
    yield Row(
        what=f"{_WHAT}, {setting.name}, rate",
        ours=Figure(value=len(taken.timings) / taken.elapsed_s, unit="permits/s"),
        beside=Figure(value=limit_rate, unit="permits/s"),
        against=against,
        better="higher",
        command=COMMAND,
    )


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@contextmanager
def _home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="goldenthread-bench-") as folder:
        Path(folder).chmod(0o755)  # as root the database runs as another user, which must get through
        home = Path(folder) / "home"
        with constrained_home(home):
            yield home


def _authorize(home: Path, setting: _Setting) -> _Taken:
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager, context.Pool(setting.processes) as pool:
        ready = manager.Barrier(setting.processes)
        done = pool.starmap(_in_one_process, [(home, setting, ready)] * setting.processes, chunksize=1)
    timings = sorted(timing for taken in done for timing in taken.timings)
    return _Taken(timings, max(taken.elapsed_s for taken in done))


def _in_one_process(home: Path, setting: _Setting, ready: threading.Barrier) -> _Taken:
    ledger = open_ledger(home)
    desk = Desk(ledger, SLICE)
    declare_agent(desk, DECLARATION)
    cases = [f"case-{time.time_ns()}-{number}" for number in range(setting.callers // setting.processes)]
    runs = [open_run(desk, DECLARATION, case, {}) for case in cases]
    gc.collect()
    gc.freeze()  # as the guard's server does: what was made at the start need not be looked through again
    ready.wait()
    ask = _ask_in_tasks if setting.kind == "asyncio" else _ask_in_threads
    began = time.perf_counter()
    timings = ask(desk, runs, setting.interval_s)
    elapsed_s = time.perf_counter() - began
    ledger.store.close()
    return _Taken(timings, elapsed_s)


def _ask_in_tasks(desk: Desk, runs: Sequence[Run], interval_s: float | None) -> Timings:
    timings: Timings = []

    async def ask_all() -> None:
        async with AsyncAuthorizer(desk) as authorizer:
            began = time.perf_counter()
            offsets = [(interval_s or 0.0) * number / len(runs) for number in range(len(runs))]
            await asyncio.gather(
                *(
                    _ask_until(authorizer, run, began + offset, began + SECONDS, interval_s, timings)
                    for run, offset in zip(runs, offsets, strict=True)
                )
            )

    asyncio.run(ask_all())
    return timings


async def _ask_until(
    authorizer: AsyncAuthorizer, run: Run, due: float, ends: float, interval_s: float | None, timings: Timings
) -> None:
    """
    One permit after another, each for another call and other arguments; where they are offered at intervals, time
    runs from when one was due, so that a late answer makes the next ones late too.
    """
    call = 0
    while True:
        now = time.perf_counter()
        if interval_s is None:
            due = now
        elif due > now:
            await asyncio.sleep(due - now)
        if due >= ends:
            return
        outcome = await authorizer.authorize(_request(run, call))
        timings.append(time.perf_counter() - due)
        _require_permit(outcome)
        call += 1
        due += interval_s or 0.0


def _ask_in_threads(desk: Desk, runs: Sequence[Run], _: float | None) -> Timings:
    authorizer = Authorizer(desk)
    timings: list[Timings] = [[] for _ in runs]
    ends = time.perf_counter() + SECONDS
    work: Callable[[Run, Timings], None] = lambda run, into: _ask_alone_until(authorizer, run, ends, into)  # noqa: E731
    threads = [threading.Thread(target=work, args=pair) for pair in zip(runs, timings, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [taken for one in timings for taken in one]


def _ask_alone_until(authorizer: Authorizer, run: Run, ends: float, timings: Timings) -> None:
    call = 0
    while (began := time.perf_counter()) < ends:
        outcome = authorizer.authorize(_request(run, call))
        timings.append(time.perf_counter() - began)
        _require_permit(outcome)
        call += 1


def _request(run: Run, call: int) -> Request:
    return Request(run=run, call=call, action="act_1", arguments={"country": "DE", "amount": call % 100})


def _require_permit(outcome: Outcome) -> None:
    if outcome.permit is None:
        raise RuntimeError(f"no permit was given: {outcome.state}, {outcome.reason}")
