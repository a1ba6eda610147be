"""
The guard's two speeds: `decide`, which is pure, and `authorize`, which is decide plus a permit that is durable.

Never quote one for the other.
"""

from __future__ import annotations

import multiprocessing
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cedarpy

from bench.registry import benchmark
from bench.table import Figure, Row
from bench.worlds import ARGUMENTS, DECLARATION, SLICE, bench_contract, constrained_home
from goldenthread.control.guard import (
    Authorizer,
    Desk,
    Request,
    Run,
    Situation,
    compile_policy,
    decide,
    declare_agent,
    open_run,
)
from goldenthread.promise.values import Level, TrustMode, Verdict
from goldenthread.surfaces.opening import open_ledger

RULES = 100
DECISIONS = 100_000
SECONDS = 4.0
CALLERS = 32
COMMAND = "python -m bench {}"


@benchmark("decide")
def measure_decide() -> Sequence[Row]:
    """One decision at constrained, with a list and an amount limit, among a hundred declared actions."""
    policy = compile_policy(bench_contract(RULES))
    situation = Situation(level=Level.CONSTRAINED, mode=TrustMode.ENFORCING)

    def one() -> None:
        decide(policy, situation, "act_50", ARGUMENTS)

    timings = _timed(one, DECISIONS)
    began = time.perf_counter()
    for _ in range(DECISIONS):
        one()
    rate = DECISIONS / (time.perf_counter() - began)
    what = f"decide (pure, no permit), {RULES} rules, one process"
    command = COMMAND.format("decide")
    limit = "our limit, without CEL rules"
    return [
        Row(
            what=f"{what}, p50",
            ours=Figure(value=_quantile(timings, 0.5) * 1e6, unit="us"),
            beside=Figure(value=8, unit="us"),
            against=limit,
            better="lower",
            command=command,
        ),
        Row(
            what=f"{what}, p99",
            ours=Figure(value=_quantile(timings, 0.99) * 1e6, unit="us"),
            beside=Figure(value=8, unit="us"),
            against=f"{limit} for p50",
            better="lower",
            command=command,
        ),
        Row(
            what=f"{what}, rate",
            ours=Figure(value=rate, unit="decisions/s"),
            beside=Figure(value=125_000, unit="decisions/s"),
            against=limit,
            better="higher",
            command=command,
        ),
        _cedar(),
    ]


@benchmark("authorize")
def measure_authorize() -> Sequence[Row]:
    """Durable permits on one slice, fsync on: one caller, many callers, one process and two."""
    with _home() as home:
        alone = _authorize_here(home, callers=1)
        many = _authorize_here(home, callers=CALLERS)
        two = _authorize_in_processes(home, processes=2, callers=CALLERS // 2)
    command = COMMAND.format("authorize")
    rows = []
    for name, timings, limit_ms, limit_rate in (
        ("1 caller, 1 process", alone, 2.0, 500.0),
        (f"{CALLERS} callers, 1 process", many, 5.0, 5_000.0),
        (f"{CALLERS} callers, 2 processes", two, 5.0, 5_000.0),
    ):
        what = f"authorize (permit durable, fsync on), one slice, {name}"
        rows += [
            Row(
                what=f"{what}, p50",
                ours=Figure(value=_quantile(timings, 0.5) * 1e3, unit="ms"),
                beside=Figure(value=limit_ms, unit="ms"),
                against="the limit set for the enforcing guard, of p99",
                better="lower",
                command=command,
            ),
            Row(
                what=f"{what}, p99",
                ours=Figure(value=_quantile(timings, 0.99) * 1e3, unit="ms"),
                beside=Figure(value=limit_ms, unit="ms"),
                against="the limit set for the enforcing guard",
                better="lower",
                command=command,
            ),
            Row(
                what=f"{what}, rate",
                ours=Figure(value=len(timings) / SECONDS, unit="permits/s"),
                beside=Figure(value=limit_rate, unit="permits/s"),
                against="the limit set for the enforcing guard",
                better="higher",
                command=command,
            ),
        ]
    return rows


def _timed(call: Callable[[], None], times: int) -> list[float]:
    """Seconds of each call, sorted."""
    timings = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        timings.append(time.perf_counter() - began)
    return sorted(timings)


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _cedar() -> Row:
    """The same question to cedarpy, its policies parsed beforehand, measured in turn with ours."""
    policies = cedarpy.PolicySet.from_str(
        "\n".join(
            f'permit(principal, action == Action::"act_{number}", resource) when '
            '{ ["DE", "FR"].contains(context.country) && context.amount <= 100 };'
            for number in range(RULES)
        )
    )
    question = {
        "principal": 'User::"agent"',
        "action": 'Action::"act_50"',
        "resource": 'Slice::"bench"',
        "context": dict(ARGUMENTS),
    }
    policy = compile_policy(bench_contract(RULES))
    situation = Situation(level=Level.CONSTRAINED, mode=TrustMode.ENFORCING)

    def theirs() -> None:
        if not cedarpy.is_authorized(question, policies, []).allowed:
            raise RuntimeError("cedarpy denied what it should allow")

    def ours() -> None:
        if decide(policy, situation, "act_50", ARGUMENTS).verdict is not Verdict.ALLOW:
            raise RuntimeError("decide did not allow what it should")

    return Row(
        what=f"decide (pure, no permit), {RULES} rules, p50, in turn",
        ours=Figure(value=statistics.median(_timed(ours, 5_000)) * 1e6, unit="us"),
        beside=Figure(value=statistics.median(_timed(theirs, 5_000)) * 1e6, unit="us"),
        against=f"cedarpy, {RULES} policies parsed beforehand",
        better="lower",
        command=COMMAND.format("decide"),
    )


@contextmanager
def _home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="goldenthread-bench-") as folder:
        Path(folder).chmod(0o755)  # as root the database runs as another user, which must get through
        home = Path(folder) / "home"
        with constrained_home(home):
            yield home


def _authorize_here(home: Path, callers: int) -> list[float]:
    ledger = open_ledger(home)
    desk = Desk(ledger, SLICE)
    declare_agent(desk, DECLARATION)
    authorizer = Authorizer(desk)
    runs = [open_run(desk, DECLARATION, f"case-{time.time_ns()}-{number}", {}) for number in range(callers)]
    timings: list[list[float]] = [[] for _ in runs]
    ends = time.perf_counter() + SECONDS
    threads = [
        threading.Thread(target=_ask_until, args=(authorizer, run, ends, into))
        for run, into in zip(runs, timings, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger.store.close()
    return sorted(taken for one in timings for taken in one)


def _ask_until(authorizer: Authorizer, run: Run, ends: float, timings: list[float]) -> None:
    """Ask for one permit after another, each for another call and other arguments."""
    call = 0
    while (began := time.perf_counter()) < ends:
        request = Request(run=run, call=call, action="act_1", arguments={"country": "DE", "amount": call % 100})
        outcome = authorizer.authorize(request)
        timings.append(time.perf_counter() - began)
        if outcome.permit is None:
            raise RuntimeError(f"no permit was given: {outcome.state}, {outcome.reason}")
        call += 1


def _authorize_in_processes(home: Path, processes: int, callers: int) -> list[float]:
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        done = pool.starmap(_authorize_here, [(home, callers)] * processes, chunksize=1)
    return sorted(taken for timings in done for taken in timings)
