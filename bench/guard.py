"""
The guard's two speeds: `decide`, which is pure, and `authorize`, which is decide plus a permit that is durable.

Never quote one for the other.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.contest import ROUNDS, measured, quantile_us, rate
from bench.contestant import ours_with_rules, timed
from bench.machine import flush_latency_us
from bench.registry import benchmark
from bench.table import Figure, Row
from bench.worlds import DECLARATION, SLICE, constrained_home
from goldenthread.control.guard import (
    Authorizer,
    Desk,
    Request,
    Run,
    declare_agent,
    open_run,
)
from goldenthread.surfaces.opening import open_ledger

RULES = (10, 100, 1_000)
SECONDS = 4.0
RULES_SECONDS = 0.2
CALLERS = 32
PEERS = {
    "cedarpy": "cedarpy, policies parsed beforehand",
    "agent-governance-toolkit": "agent-governance-toolkit's govern(), policy loaded beforehand, no audit log",
}
COMMAND = "python -m bench {}"


@benchmark("decide")
def measure_decide() -> Sequence[Row]:
    """
    One decision at constrained, with a list and an amount limit, among 10, 100 and 1,000 declared actions; the same
    question to each peer, in turns of the same run, in one process and in two at once.
    """
    return [*(row for rules in RULES for row in _decisions(rules)), *_with_organisation_rules()]


def _with_organisation_rules() -> Iterator[Row]:
    """Rules in CEL cost where they cover the action, and nothing elsewhere; in turns of one run, one process."""
    contests = {
        f"{on_action} CEL rule{'' if on_action == 1 else 's'} on the action, {elsewhere:,} on others": ours_with_rules(
            on_action=on_action, elsewhere=elsewhere
        )
        for on_action, elsewhere in ((0, 0), (0, 1_000), (1, 0), (10, 1_000))
    }
    taken: dict[str, list[int]] = {name: [] for name in contests}
    for _ in range(ROUNDS):
        for name, ask in contests.items():
            taken[name] += timed(ask, RULES_SECONDS)
    none, *_ = (quantile_us([one], 0.5) for one in taken.values())
    for name, nanoseconds in taken.items():
        for share, quantile in ((0.5, "p50"), (0.99, "p99")):
            what = f"decide (pure, no permit), 100 rules, {name}, {quantile}"
            yield _beside(what, "us", quantile_us([nanoseconds], share), none, "without CEL rules, p50, same run")


def _decisions(rules: int) -> Iterator[Row]:
    one = measured(rules, processes=1)
    two = measured(rules, processes=2)
    own = f"decide (pure, no permit), {rules} rules"
    peers = [name for name in one if name != "ours"]
    for share, name in ((0.5, "p50"), (0.99, "p99"), (0.999, "p99.9")):
        for peer in peers:
            ours, theirs = quantile_us(one["ours"], share), quantile_us(one[peer], share)
            yield _beside(f"{own}, {name}", "us", ours, theirs, PEERS[peer])
    for taken, processes in ((one, "one process"), (two, "two processes")):
        for peer in peers:
            ours, theirs = rate(taken["ours"]), rate(taken[peer])
            yield _beside(f"{own}, rate, {processes}", "decisions/s", ours, theirs, PEERS[peer])
    p50 = quantile_us(one["ours"], 0.5)
    yield _beside(f"{own}, p50", "us", p50, 8, "our limit, without CEL rules")


def _beside(what: str, unit: str, ours: float | None, theirs: float | None, against: str) -> Row:
    return Row(
        what=what,
        ours=Figure(value=ours, unit=unit),
        beside=Figure(value=theirs, unit=unit),
        against=against,
        better="lower" if unit == "us" else "higher",
        command=COMMAND.format("decide"),
    )


@benchmark("authorize")
def measure_authorize() -> Sequence[Row]:
    """Durable permits on one slice, fsync on: one caller, many callers, one process and two."""
    with _home() as home:
        alone = _authorize_here(home, callers=1)
        many = _authorize_here(home, callers=CALLERS)
        two = _authorize_in_processes(home, processes=2, callers=CALLERS // 2)
        flush_us = flush_latency_us(home)
    command = COMMAND.format("authorize")
    limit = f"the limit set for the enforcing guard; one flush of this disk took {flush_us:.0f} us"
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
                against=f"{limit}, of p99",
                better="lower",
                command=command,
            ),
            Row(
                what=f"{what}, p99",
                ours=Figure(value=_quantile(timings, 0.99) * 1e3, unit="ms"),
                beside=Figure(value=limit_ms, unit="ms"),
                against=limit,
                better="lower",
                command=command,
            ),
            Row(
                what=f"{what}, rate",
                ours=Figure(value=len(timings) / SECONDS, unit="permits/s"),
                beside=Figure(value=limit_rate, unit="permits/s"),
                against=limit,
                better="higher",
                command=command,
            ),
        ]
    return rows


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


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
