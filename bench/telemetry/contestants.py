"""Receivers under test: ours, MLflow and Phoenix, each as its own documentation starts it, on SQLite or files."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from goldenthread.record.telemetry import Places, Telemetry, assemble, by_day_and_agent, overview

OWNER = "maya@example.com"
TIMES = 5
EVERYTHING = 10**12


@dataclass(frozen=True, kw_only=True)
class Running:
    """
    A receiver that runs.

    Attributes:
        url: Where spans are sent.
        headers: What senders say besides.
        process: Its process; others below it are counted with it.
        folder: Where it stores.
        rows: How many spans are stored durably now, asked of the store itself.
        questions: By name, what answers it.
        most: Spans that it is sent; one that acknowledges before it stores is buried by more, and then stores none.
    """

    url: str
    process: psutil.Process
    folder: Path
    rows: Callable[[], int]
    questions: Mapping[str, Callable[[], object]]
    headers: Mapping[str, str] = field(default_factory=dict)
    most: int = EVERYTHING

    def cpu_s(self) -> float:
        """Processor time of the receiver and what it started, in seconds."""
        return sum(sum(one.cpu_times()[:2]) for one in (self.process, *self.process.children(recursive=True)))

    def octets(self) -> int:
        """What lies in its folder."""
        return sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())

    def answered_ms(self) -> dict[str, float]:
        """By question: the median of several times, in milliseconds; one before them is not counted."""
        return {name: _median_ms(ask) for name, ask in self.questions.items()}


@contextmanager
def ours(folder: Path, trace: bytes) -> Iterator[Running]:
    """`goldenthread telemetry serve`, with a token."""
    home = folder / "home"
    environment = {**os.environ, "GOLDENTHREAD_HOME": str(home)}
    environment.pop("GOLDENTHREAD_DATABASE_URL", None)

    def typed(*words: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", "from goldenthread.surfaces.cli import main; main()", *words],
            env=environment, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    typed("init", "--owner", OWNER)
    typed("principal", "grant", "collector", "--kind", "service", "--role", "telemetry", "--by", OWNER)
    token = typed("token", "create", "--telemetry", "collector", "--by", OWNER).splitlines()[1]
    command = [
        sys.executable,
        "-c",
        "from goldenthread.surfaces.cli import main; main()",
        "telemetry",
        "serve",
        "--port",
        "0",
    ]
    with _started(command, environment) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        places = Places.of(home)
        yield Running(
            url=found[0].removesuffix("."),
            headers={"Authorization": f"Bearer {token}"},
            process=psutil.Process(process.pid),
            folder=places.folder,
            rows=lambda: overview(places).spans,
            questions=_our_questions(places, trace),
        )


_OURS: Mapping[str, Callable[[Telemetry], object]] = {
    "count by day": lambda stored: stored.ask(
        "select start_ns // 86400000000000 as day, count(*) as spans from spans group by 1"
    ),
    "cost by model": lambda stored: stored.ask(
        "select request_model, sum(cost_micros)::bigint as micros from spans group by 1"
    ),
    "day x agent with exact p95, of every span, in SQL": lambda stored: stored.ask(
        "select start_ns // 86400000000000 as day, agent_name, count(*) as spans, "
        "quantile_disc(duration_ns, 0.95) as p95 from spans group by 1, 2"
    ),
    "day x agent with exact p95, cost and all figures": by_day_and_agent,
}


def _our_questions(places: Places, trace: bytes) -> dict[str, Callable[[], object]]:
    """Opening, which finds the files, by itself; the others are asked of what is open by then."""
    held: list[Telemetry] = []

    def opening() -> None:
        held[:] = [Telemetry(places)]

    asked = {**_OURS, "one thread of 5,000 spans": lambda stored: assemble(stored, trace)}
    found: dict[str, Callable[[], object]] = {"opening": opening}
    return found | {name: lambda ask=ask: ask(held[0]) for name, ask in asked.items()}


@contextmanager
def mlflow(folder: Path, program: Path) -> Iterator[Running]:
    """MLflow's tracking server on SQLite."""
    port, database = _port(), folder / "mlflow.db"
    command = [
        str(program),
        "server",
        "--backend-store-uri",
        f"sqlite:///{database}",
        "--port",
        str(port),
        "--workers",
        "1",
    ]
    with _started(command, {**os.environ, "MLFLOW_TRACKING_URI": ""}, folder) as process:
        _await(f"http://127.0.0.1:{port}/health")
        yield Running(
            url=f"http://127.0.0.1:{port}/v1/traces",
            headers={"x-mlflow-experiment-id": "0"},
            process=psutil.Process(process.pid),
            folder=folder,
            rows=lambda: _count(database),
            questions={"count by day": lambda: _sql(database, _COUNT.format("start_time_unix_nano / 86400000000000"))},
        )


@contextmanager
def phoenix(folder: Path, program: Path) -> Iterator[Running]:
    """Phoenix on SQLite."""
    port, grpc = _port(), _port()
    environment = {
        **os.environ,
        "PHOENIX_WORKING_DIR": str(folder),
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(grpc),
        "PHOENIX_TELEMETRY_ENABLED": "false",
    }
    database = folder / "phoenix.db"
    with _started([str(program), "serve"], environment, folder) as process:
        _await(f"http://127.0.0.1:{port}/healthz")
        yield Running(
            url=f"http://127.0.0.1:{port}/v1/traces",
            process=psutil.Process(process.pid),
            folder=folder,
            rows=lambda: _count(database),
            questions={"count by day": lambda: _sql(database, _COUNT.format("date(start_time)"))},
            most=4096,
        )


_COUNT = "select {}, count(*) from spans group by 1"


def _sql(database: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=60)) as connection:
        return connection.execute(question).fetchall()


def _count(database: Path) -> int:
    number = _sql(database, "select count(*) from spans")[0][0]
    assert isinstance(number, int)
    return number


@contextmanager
def _started(
    command: list[str], environment: dict[str, str], folder: Path | None = None
) -> Iterator[subprocess.Popen[str]]:
    log = Path(os.devnull) if folder is None else folder / "server.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE if folder is None else errors, stderr=errors, text=True,
            cwd=folder,
        )  # fmt: skip
        below: list[psutil.Process] = []
        try:
            yield process
        finally:
            below = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
            for one in below:
                if one.is_running():
                    one.kill()


def _await(url: str) -> None:
    deadline = time.monotonic() + 180
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - an address of this machine
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _port() -> int:
    with closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def _median_ms(ask: Callable[[], object]) -> float:
    ask()
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)
