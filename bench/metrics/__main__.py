"""
`python -m bench.metrics [--runs 100000 1000000 10000000] [--keep FOLDER]`: print the figures.

Runs are made up: a year of them over two hundred slices. A process of its own then takes in news of a tenth of the
slices, and asks for all standard metrics of 28 days: of one slice (each time another one), and of all. Its memory is
the most that the system ever saw it hold. All answers come from what a refresh left on disk.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.machine import machine
from bench.table import Figure, Row, render

_COMMAND = "make bench-metrics"
_TRIES = 9
_LIMITS = {"one": 50.0, "all": 500.0, "memory": 2000.0}


def main(arguments: list[str]) -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.ask is not None:
        print(json.dumps(_ask(chosen.ask)))
        return 0
    print(machine())
    rows: list[Row] = []
    for runs in chosen.runs:
        with tempfile.TemporaryDirectory(prefix="goldenthread-bench-") as folder:
            rows += _at(Path(folder) / "metrics", runs)
    print(render(rows))
    return 0


def _at(folder: Path, runs: int) -> list[Row]:
    from bench.metrics.made import make_year

    make_year(folder, runs)
    octets = sum(path.stat().st_size for path in folder.glob("*.parquet"))
    command = [sys.executable, "-m", "bench.metrics", "--ask", str(folder)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    print(
        f"{runs:,} runs, {octets / 1e6:.0f} MB on disk ({octets / runs:.0f} bytes a run): "
        f"refresh of {found['records']:,} new records in 20 slices {found['refresh_s']:.2f} s; "
        f"first answer of a process {found['first_ms']:.0f} ms, all standard metrics included; "
        f"one slice at best {found['least_ms']:.1f} ms ({found['cpu_ms']:.1f} ms of processor), "
        f"all at best {found['all_least_ms']:.0f} ms; "
        f"one slice by day {found['by_day_ms']:.1f} ms; runs behind a number {found['behind_ms']:.1f} ms."
    )
    of = f"28 days of {runs:,} runs, 200 slices"
    return [
        _row(f"all metrics of one slice, {of}, median", found["one_ms"], "ms", "one"),
        _row(f"all metrics of all slices, {of}, median", found["all_ms"], "ms", "all"),
        _row(f"memory of the process that asks, {of}", found["memory_mb"], "MB", "memory"),
    ]


def _row(what: str, value: float, unit: str, limit: str) -> Row:
    return Row(
        what=what,
        ours=Figure(value=value, unit=unit),
        beside=Figure(value=_LIMITS[limit], unit=unit),
        against="the limit of the mission at ten million",
        better="lower",
        command=_COMMAND,
    )


def _ask(folder: Path) -> dict[str, float]:
    """In a process of its own: what a page asks."""
    import resource

    from bench.metrics.made import LAST, News, slice_name
    from goldenthread.record.metrics.facts import Days, open_facts, refresh

    news = News(folder, 20, 250)
    refresh_s = _timed(lambda: refresh(folder, news)) / 1000
    days = Days.until(LAST, 28)
    with open_facts(folder) as facts:
        first = _timed(lambda: facts.measure(days, slice_name=slice_name(3)))
        one = [_timed(lambda at=at: facts.measure(days, slice_name=slice_name(at))) for at in range(10, 10 + _TRIES)]  # type: ignore[misc]
        used = time.process_time()
        for at in range(30, 30 + _TRIES):
            facts.measure(days, slice_name=slice_name(at))
        used = time.process_time() - used
        every = [_timed(lambda: facts.measure(days)) for _ in range(_TRIES)]
        by_day = [_timed(lambda: facts.measure(days, slice_name=slice_name(7), by="day")) for _ in range(_TRIES)]
        behind = [_timed(lambda: facts.behind("rework_rate", days, slice_name=slice_name(7))) for _ in range(_TRIES)]
    return {
        "records": 20 * 250,
        "refresh_s": refresh_s,
        "first_ms": first,
        "one_ms": statistics.median(one),
        "least_ms": min(one),
        "cpu_ms": used / _TRIES * 1000,
        "all_ms": statistics.median(every),
        "all_least_ms": min(every),
        "by_day_ms": statistics.median(by_day),
        "behind_ms": statistics.median(behind),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
