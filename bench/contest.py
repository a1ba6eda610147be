"""Contestants in turns: each in processes of its own, a slice of time each, round after round, in one run."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROUNDS = 5
SECONDS = 0.3
FEWEST_BEYOND = 10
"""Decisions that must lie above a quantile before it is said."""

AGT_PYTHON = "GOLDENTHREAD_BENCH_AGT"
"""
The Python of an environment with agent-governance-toolkit-core. It cannot stand in ours: release 5.0 wants
cryptography below 50, and we do not take an older one to measure a peer.
"""

Taken = Sequence[Sequence[int]]
"""Nanoseconds of each decision, by process."""


def measured(rules: int, processes: int) -> Mapping[str, Taken]:
    """What each contestant's decisions took; a peer that is not installed took none."""
    names = {
        "ours": sys.executable,
        "cedarpy": _own_if("cedarpy"),
        "agent-governance-toolkit": os.environ.get(AGT_PYTHON),
    }
    taken: dict[str, list[list[int]]] = {name: [[] for _ in range(processes)] for name in names}
    with ExitStack() as stack:
        ready = {
            name: [stack.enter_context(_contestant(python, name, rules)) for _ in range(processes)]
            for name, python in names.items()
            if python
        }
        for _ in range(ROUNDS):
            for name, started in ready.items():
                for one, nanoseconds in zip(taken[name], _round(started), strict=True):
                    one.extend(nanoseconds)
    return taken


def quantile_us(taken: Taken, share: float) -> float | None:
    """A quantile in microseconds, or None where too few decisions lie beyond it."""
    ordered = sorted(nanoseconds for one in taken for nanoseconds in one)
    if len(ordered) * (1 - share) < FEWEST_BEYOND:
        return None
    return ordered[int(share * len(ordered))] / 1e3


def rate(taken: Taken) -> float | None:
    """Decisions a second, of all processes together."""
    if not all(taken):
        return None
    return sum(len(one) / (sum(one) / 1e9) for one in taken)


def _own_if(module: str) -> str | None:
    return sys.executable if importlib.util.find_spec(module) else None


def _round(started: Sequence[subprocess.Popen[str]]) -> Iterator[list[int]]:
    """All processes of one contestant at once."""
    for one in started:
        assert one.stdin is not None
        one.stdin.write(f"{SECONDS}\n")
        one.stdin.flush()
    for one in started:
        assert one.stdout is not None
        answer = one.stdout.readline()
        if not answer:
            raise RuntimeError(f"the contestant {one.args!r} ended")
        yield json.loads(answer)


@contextmanager
def _contestant(python: str, name: str, rules: int) -> Iterator[subprocess.Popen[str]]:
    command = [python, "-m", "bench.contestant", name, str(rules)]
    root = Path(__file__).parent.parent
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        try:
            yield started
        finally:
            assert started.stdin is not None
            started.stdin.close()
