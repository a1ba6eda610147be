"""Durable runs: their rate beside plain DBOS in the same run, and what it costs that two thousand wait for people."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import SimpleQueue
from statistics import median

from bench.machine import flush_latency_us
from bench.registry import benchmark
from bench.runs_agent import connected
from bench.runs_contestant import PLAIN, PLAIN_QUEUE
from bench.table import Figure, Row
from bench.worlds import SLICE, constrained_home
from goldenthread.control.approvals import Inbox
from goldenthread.control.guard import Desk
from goldenthread.promise.values import Json
from goldenthread.record.ledger import Ledger
from goldenthread.record.principals import KeyRing, Role, grant
from goldenthread.record.store import Home
from goldenthread.surfaces.opening import open_ledger
from goldenthread.work.runtime import Handed, Submissions, engine

RUNS = 600
ROUNDS = 3
WAITING = 2_000
ANSWERED = 100
IDLE_S = 20.0
COMMAND = "python -m bench runs"
_TICKS_PER_S = 100.0


@benchmark("runs")
def measure_runs() -> Sequence[Row]:
    """Three steps and one action as a durable run; runs that wait, and how fast an answer wakes one."""
    with _home() as home:
        return [*_rates(home), *_waiting(home)]


def _rates(home: Path) -> Iterator[Row]:
    rates: dict[tuple[str, int], list[float]] = {}
    for number in range(ROUNDS):
        for workers in (1, 2):
            for kind in ("plain", "ours"):
                rates.setdefault((kind, workers), []).append(_rate(home, kind, workers, f"{number}.{workers}"))
    flush = f"one flush of this disk took {flush_latency_us(home):.0f} us"
    for workers in (1, 2):
        who = "1 worker" if workers == 1 else f"{workers} workers"
        yield Row(
            what=f"durable runs, three steps one action, {who}",
            ours=Figure(value=median(rates["ours", workers]), unit="runs/s"),
            beside=Figure(value=median(rates["plain", workers]), unit="runs/s"),
            against=f"plain DBOS, four steps, no guard and no ledger, {who}, same run; {flush}",
            better="higher",
            command=COMMAND,
        )
    yield Row(
        what="durable runs, 2 workers",
        ours=Figure(value=median(rates["ours", 2]), unit="runs/s"),
        beside=Figure(value=median(rates["ours", 1]), unit="runs/s"),
        against="1 worker, same run",
        better="higher",
        command=COMMAND,
    )


def _rate(home: Path, kind: str, workers: int, name: str) -> float:
    """Runs ended a second, from the first tenth to the ninth: without the start and the last few."""
    ledger = open_ledger(home)
    submissions = Submissions(ledger)
    try:
        cases = [f"{kind}.{name}.{number}" for number in range(RUNS)]
        hand_in = _hand_in_plain if kind == "plain" else _hand_in
        hand_in(submissions, cases)
        with ExitStack() as stack:
            _begin([stack.enter_context(_process(kind, home)) for _ in range(workers)])
            ends = _ends(submissions, kind, cases)
        tenth = RUNS // 10
        return (RUNS - 2 * tenth) / (ends[-tenth - 1] - ends[tenth - 1])
    finally:
        submissions.close()
        ledger.store.close()


def _hand_in(submissions: Submissions, cases: Sequence[str]) -> None:
    for number, case in enumerate(cases):
        submissions.submit(SLICE, Handed(case=case, given={"amount": number % 100}))


def _hand_in_plain(submissions: Submissions, cases: Sequence[str]) -> None:
    for number, case in enumerate(cases):
        submissions.client.enqueue(
            {
                "workflow_name": PLAIN,
                "queue_name": PLAIN_QUEUE,
                "workflow_id": case,
                "app_version": engine.VERSION,
            },
            number,
        )


def _ends(submissions: Submissions, kind: str, cases: Sequence[str]) -> list[float]:
    """When each ended, in seconds, by the database's clock."""
    if kind == "plain":
        query = (
            "select updated_at / 1000.0 from goldenthread_dbos.workflow_status"
            " where workflow_uuid = any(%s) and status = 'SUCCESS' order by 1"
        )
        wanted = list(cases)
    else:
        query = (
            "select extract(epoch from ended_at) from submission where case_ref = any(%s) and state = 'done' order by 1"
        )
        wanted = [submissions.ledger.vault.ref(SLICE, case) for case in cases]
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        with submissions.ledger.store.session() as connection:
            rows = connection.execute(query.encode(), (wanted,)).fetchall()
        if len(rows) == len(cases):
            return [float(at) for (at,) in rows]
        time.sleep(0.5)
    raise RuntimeError(f"{kind}: not all of {len(cases)} runs ended in time")


def _waiting(home: Path) -> Iterator[Row]:
    ledger = open_ledger(home)
    submissions = Submissions(ledger)
    try:
        with _process("asks", home) as process:
            _begin([process])
            turns = _lines(process)
            for number in range(WAITING):
                given = {"amount": 42, "number": number}
                submissions.submit(SLICE, Handed(case=f"waits.{number}", given=given))
            _until_all_wait(submissions)
            time.sleep(3.0)
            memory, share, database = _cost(process.pid, ledger)
            woken = _wake(home, ledger, turns)
        what = f"{WAITING:,} runs that wait for a person"
        limits = (
            (f"{what}, memory of the worker", memory, 200.0, "MB"),
            (f"{what}, its share of a core", share, 5.0, "%"),
            (f"{what}, the database's share of a core", database, 5.0, "%"),
            (f"{what}, from an answer to the agent at work again, p50", woken[len(woken) // 2] * 1e3, 100.0, "ms"),
            (f"{what}, the same, p95", woken[int(len(woken) * 0.95)] * 1e3, 100.0, "ms"),
        )
        for name, value, limit, unit in limits:
            yield Row(
                what=name,
                ours=Figure(value=value, unit=unit),
                beside=Figure(value=limit, unit=unit),
                against="our limit",
                better="lower",
                command=COMMAND,
            )
    finally:
        submissions.close()
        ledger.store.close()


def _until_all_wait(submissions: Submissions) -> None:
    deadline = time.monotonic() + 600
    while submissions.counts(SLICE).get("waiting", 0) < WAITING:
        if time.monotonic() > deadline:
            raise RuntimeError(f"not all came to wait: {submissions.counts(SLICE)}")
        time.sleep(0.5)


def _cost(pid: int, ledger: Ledger) -> tuple[float, float, float]:
    """Megabytes resident, and the per cent of a core that the worker and the database take while all wait."""
    with ledger.store.session() as connection:
        row = connection.execute("select pg_postmaster_start_time(), pg_backend_pid()").fetchone()
    assert row is not None
    family = _parent(row[1])
    before = (_cpu_s(pid), _family_cpu_s(family))
    time.sleep(IDLE_S)
    after = (_cpu_s(pid), _family_cpu_s(family))
    resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6
    ours, theirs = ((later - sooner) / IDLE_S * 100 for sooner, later in zip(before, after, strict=True))
    return resident, ours, theirs


def _wake(home: Path, ledger: Ledger, turns: SimpleQueue[str]) -> list[float]:
    """Seconds from an answer that stands to the agent's function that runs again, ordered."""
    inbox = Inbox(Desk(ledger, SLICE), KeyRing(Home(home)).sign)
    items = {item.case: item for item in inbox.items()}
    taken = []
    for _ in range(WAITING):  # the first turns' words
        turns.get(timeout=60)
    for number in range(ANSWERED):
        inbox.approve(items[f"waits.{number}"].id, by="reviewer")
        answered = time.monotonic()
        began = float(turns.get(timeout=60).split()[1])
        taken.append(began - answered)
        time.sleep(0.05)
    return sorted(taken)


def _lines(process: subprocess.Popen[str]) -> SimpleQueue[str]:
    """What a process says, read by a thread, so that it never waits to say more."""
    stdout, lines = process.stdout, SimpleQueue[str]()
    assert stdout is not None

    def read() -> None:
        for line in stdout:
            lines.put(line)

    threading.Thread(target=read, daemon=True).start()
    return lines


def _begin(processes: Sequence[subprocess.Popen[str]]) -> None:
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()


@contextmanager
def _process(kind: str, home: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.runs_contestant", kind, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        if process.stdout.readline() != "ready\n":
            raise RuntimeError(f"the contestant '{kind}' did not start")
        yield process
    finally:
        process.stdin.close()
        process.wait(timeout=60)
        if kind != "asks":
            process.stdout.close()


@contextmanager
def _home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="goldenthread-bench-") as folder:
        Path(folder).chmod(0o755)  # as root the database runs as another user, which must get through
        home = Path(folder) / "home"
        with constrained_home(home):
            _climb(home)
            _hire(home)
            yield home


def _climb(home: Path) -> None:
    """The agent with its tool earns its level, by cases that people decided before."""
    thread, act = connected(home)
    with thread:
        arguments: dict[str, Json] = {"country": "DE", "amount": 42}
        past = [(f"climb-{number}", "act_1", arguments) for number in range(12)]
        thread.record_decisions(SLICE, past, by="expert")
        for case, _, _ in past:
            with thread.run(SLICE, case=case):
                act(country="DE", amount=42)


def _hire(home: Path) -> None:
    """Somebody who may approve what the agent does: who answers for it may not."""
    ledger = open_ledger(home)
    grant(ledger, KeyRing(Home(home)), by="owner", name="reviewer", roles=[Role(name="approver")])
    ledger.store.close()


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def _family_cpu_s(parent: int) -> float:
    """Of a process, its children, and those that ended."""
    fields = Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()
    total = sum(int(fields[place]) for place in (11, 12, 13, 14)) / _TICKS_PER_S
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return total + sum(_cpu_s(int(child)) for child in children)
