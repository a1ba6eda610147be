"""
`python -m bench.telemetry [--seconds 30] [--spans 1000000] [--mlflow PROGRAM] [--phoenix PROGRAM]`: print the figures.

Each receiver alone: it is sent to for so long, and what counts is the spans in its own store, not what it acknowledged,
over the time until its folder comes to rest, a minute more at most. Then ours goes on to as many spans as asked, and
answers questions.
"""

from __future__ import annotations

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from bench.machine import machine
from bench.telemetry.contestants import Running, mlflow, ours, phoenix
from bench.telemetry.load import SPANS, conversation, templates
from bench.telemetry.sending import Line

TRACE = bytes.fromhex("4bf92f3577b34da6a3ce929d0e0e4736")
QUIET_S, PATIENCE_S = 8.0, 60.0
START = Callable[[Path], AbstractContextManager[Running]]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """
    What one receiver did.

    Attributes:
        rows: Durable spans once it has come to rest, those of before taken off.
        acknowledged: Spans that it said it had taken.
        rate: Durable spans a second, until then.
        cpu_us: Processor time of the receiver a span, in microseconds.
        span_bytes: On disk a span, once it has come to rest.
        rest_s: Seconds from the end of sending until then.
    """

    name: str
    rows: int
    acknowledged: int
    rate: float
    cpu_us: float
    span_bytes: float
    rest_s: float


def main(arguments: list[str]) -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--spans", type=int, default=1_000_000)
    parser.add_argument("--lines", type=int, default=12)
    parser.add_argument("--mlflow", type=Path)
    parser.add_argument("--phoenix", type=Path)
    wanted = parser.parse_args(arguments)
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-telemetry-") as folder:
        wanted.templates = Path(folder) / "templates"
        wanted.templates.write_bytes(pickle.dumps(templates()))
        return _all(wanted)


def _all(wanted: argparse.Namespace) -> int:
    found = [measured("goldenthread", lambda folder: ours(folder, TRACE), wanted, questions=True)]
    peers: dict[str, tuple[Path | None, Callable[[Path, Path], AbstractContextManager[Running]]]] = {
        "mlflow": (wanted.mlflow, mlflow),
        "phoenix": (wanted.phoenix, phoenix),
    }
    for name, (program, start) in peers.items():
        if program is not None:
            at = program.absolute()
            found.append(measured(name, lambda folder, start=start, at=at: start(folder, at), wanted))  # type: ignore[misc]
    for one in found[1:]:
        first = found[0]
        print(
            f"{first.rate / one.rate:.0f} x {one.name}'s durable rate, {one.cpu_us / first.cpu_us:.0f} times less "
            f"processor time a span, {one.span_bytes / first.span_bytes:.0f} times fewer bytes"
        )
    return 0


def measured(name: str, start: START, wanted: argparse.Namespace, *, questions: bool = False) -> Measured:
    """One receiver, in a folder of its own that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-telemetry-") as folder, start(Path(folder)) as running:
        _sent(running, wanted, seconds=600, most=2 * SPANS)  # what is loaded or made at the first request
        _rest(running)
        before, cpu_s = running.rows(), running.cpu_s()
        said = _sent(running, wanted, seconds=wanted.seconds, most=running.most)
        rest_s = _rest(running)
        stored = running.rows()
        rows = max(1, stored - before)
        found = Measured(
            name=name,
            rows=rows,
            acknowledged=int(said["acknowledged"]),
            rate=rows / (said["seconds"] + rest_s),
            cpu_us=(running.cpu_s() - cpu_s) / rows * 1e6,
            span_bytes=running.octets() / stored,
            rest_s=rest_s,
        )
        print(
            f"{name}: {rows} durable spans in {said['seconds'] + rest_s:.0f} s (acknowledged: {found.acknowledged}), "
            f"{found.rate:.0f}/s, {found.cpu_us:.0f} us of processor a span, {found.span_bytes:.0f} bytes a span, "
            f"at rest after {rest_s:.1f} s",
            flush=True,
        )
        if questions:
            _questions(running, wanted)
        else:
            _print_answers(running)
    return found


def _questions(running: Running, wanted: argparse.Namespace) -> None:
    line = Line(running.url, dict(running.headers))
    for body in conversation(TRACE):
        assert line.send(body)
    left = wanted.spans - running.rows()
    if left > 0:
        _sent(running, wanted, seconds=600, most=left)
    _rest(running)
    _print_answers(running)


def _print_answers(running: Running) -> None:
    rows = running.rows()
    for question, ms in running.answered_ms().items():
        print(f"  {question}, {rows} spans: {ms:.1f} ms", flush=True)


def _sent(running: Running, wanted: argparse.Namespace, *, seconds: float, most: int) -> dict[str, float]:
    """A sender in a process of its own, so that what it costs is not the receiver's."""
    said = {
        "url": running.url, "headers": dict(running.headers), "seconds": seconds, "most": most, "lines": wanted.lines,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "bench.telemetry.sending", json.dumps(said), str(wanted.templates)],
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _rest(running: Running) -> float:
    """Wait until the folder has not changed for a while, or too long; after how many seconds it did so last."""
    began = since = time.monotonic()
    before = running.octets()
    while time.monotonic() - since < QUIET_S and time.monotonic() - began < PATIENCE_S:
        time.sleep(0.25)
        if (now := running.octets()) != before:
            before, since = now, time.monotonic()
    return since - began


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
