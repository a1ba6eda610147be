"""
`python -m bench.discovery --pm4py PYTHON [--events 1000000] [--rounds 3] [--large 10000000]`: print the figures.

Each contestant is a process of its own that begins with nothing: ours writes the whole report (text, page with its
maps, JSON), pm4py as much of it as it has. Time is from start to end of the process, the least of some rounds in
turns; processor time stands beside it. Both must have counted the same. At the large size ours runs alone, for its
memory; and a line of a gigabyte is read.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.machine import machine
from bench.table import Figure, Row, render

_COMMAND = "make bench-discovery"
_WANTED = {"csv": 10.0, "parquet": 10.0, "xes": 3.0}
_MEMORY_MB = 4000.0
# Both keep what they compile, as they do where they are used.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
_SAME = """Both: a process from its start to its end, the same file, and the same counts, which are compared.
Both count what follows what with its times, variants, times of cases, rework, handovers, how far apart the same comes
again, what comes in, and who does what. Ours also: spreads of times by activity, timers, deadlines, seasons, changes
over time, what is odd in the log, the digest of the file, seven maps, a page and JSON. pm4py also: mean, range and
deviation of times by pair, where ours has median, p95 and sum; and handovers of all pairs, of which ours lists the
hundred most frequent. These are half of its time, so that a row leaves them out, on its side only. pm4py reads XES as
it does by default, CSV and Parquet by pandas as its documentation does. Ours uses a second core where one is free;
what pm4py is asked uses one, so that a row says seconds of processor."""
_OURS = "from goldenthread.surfaces.cli import main; main()"


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A process: what it printed, seconds from start to end, seconds of processor, and the most memory, in MB."""

    printed: str
    seconds: float
    processor_s: float
    memory_mb: float


def main(arguments: list[str]) -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pm4py", type=Path, help="The Python that has pm4py; without it ours runs alone.")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--large", type=int, default=10_000_000, help="0 leaves it out.")
    parser.add_argument("--rounds", type=int, default=3, help="Of which the least time counts.")
    parser.add_argument("--forms", nargs="+", choices=sorted(_WANTED), default=["csv", "parquet", "xes"])
    chosen = parser.parse_args(arguments)
    print(machine())
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="goldenthread-bench-") as name:
        folder = Path(name)
        for form, path in _made(folder, chosen.events, chosen.forms).items():
            rows += _contest(form, path, folder, chosen.pm4py, chosen.rounds)
            path.unlink()
        if chosen.large:
            for form, path in _made(folder, chosen.large, ("csv", "parquet")).items():
                rows.append(_large(form, path, folder))
                path.unlink()
            rows.append(_endless(folder))
    print(render(rows))
    print(_SAME)
    return 0


def _made(folder: Path, events: int, forms: Sequence[str]) -> dict[str, Path]:
    """By a process of its own: what the one that measures holds is counted as memory of those that it starts."""
    subprocess.run([sys.executable, "-m", "bench.discovery.made", str(folder), str(events), *forms], check=True)
    return {form: folder / f"log.{form}" for form in forms}


def _contest(form: str, path: Path, folder: Path, peer: Path | None, rounds: int) -> list[Row]:
    """In turns, so that whatever else the machine does falls on both."""
    asked = [_report(path, folder), *([[str(peer), str(Path(__file__).parent / "peer.py"), str(path)]] if peer else [])]
    ran = [[_run(command) for command in asked] for _ in range(rounds)]
    ours, theirs, dearest = _least([turn[0] for turn in ran]), _least([turn[-1] for turn in ran]) if peer else None, 0.0
    found = _counted(folder)
    print(f"{form}, {found['events']:,} events: ours {_words(ours)}")
    if theirs is not None:
        said = json.loads(theirs.printed.strip().splitlines()[-1])
        counted, parts = said["counted"], said["parts"]
        print(f"{form}: pm4py {_words(theirs)}: " + ", ".join(f"{part} {s:.1f} s" for part, s in parts.items()))
        wrong = {word: (counted[word], found[word]) for word in counted if counted[word] != found[word]}
        if wrong:
            raise SystemExit(f"They did not count the same: {wrong}")
        dearest = parts["handovers"]
    whole = f"{found['events']:,} events from {form}"
    beside = (
        (f"whole report of {whole} (wanted: {_WANTED[form]:.0f} x)", ours.seconds, theirs.seconds if theirs else None),
        (f"whole report of {whole}, processor", ours.processor_s, theirs.processor_s if theirs else None),
        (
            f"{whole}, processor, pm4py without handovers",
            ours.processor_s,
            theirs.processor_s - dearest if theirs else None,
        ),
    )
    return [
        Row(
            what=what,
            ours=Figure(value=value, unit="s"),
            beside=Figure(value=other, unit="s"),
            against="pm4py",
            better="lower",
            command=_COMMAND,
        )
        for what, value, other in beside
    ]


def _least(ran: Sequence[Ran]) -> Ran:
    """The least of each figure, and the most memory."""
    return Ran(
        printed=ran[-1].printed,
        seconds=min(one.seconds for one in ran),
        processor_s=min(one.processor_s for one in ran),
        memory_mb=max(one.memory_mb for one in ran),
    )


def _large(form: str, path: Path, folder: Path) -> Row:
    ours = _run(_report(path, folder))
    events = _counted(folder)["events"]
    print(f"{form}, {events:,} events: ours {_words(ours)}")
    return Row(
        what=f"memory for the whole report of {events:,} events from {form}",
        ours=Figure(value=ours.memory_mb, unit="MB"),
        beside=Figure(value=_MEMORY_MB, unit="MB"),
        against="the limit that was set",
        better="lower",
        command=_COMMAND,
    )


def _endless(folder: Path) -> Row:
    """A log in which one line is a gigabyte long, of which nothing is on disk."""
    path = folder / "endless.csv"
    with path.open("wb") as file:
        file.write(b"case_id,activity,timestamp\n1,open,2026-03-02T08:00:00Z\n2,")
        file.seek(1024**3)
        file.write(b",2026-03-02\n3,open,2026-03-02T08:00:00Z\n")
    ours = _run([*_report(path, folder)])
    report = json.loads((folder / "report.json").read_text())["intake"]
    print(
        f"a line of 1 GB: ours {_words(ours)}; left out {report['left_out']['long']['count']}, {report['events']} count"
    )
    path.unlink()
    return Row(
        what="memory for a log with a line of 1 GB",
        ours=Figure(value=ours.memory_mb, unit="MB"),
        beside=Figure(value=_MEMORY_MB, unit="MB"),
        against="the limit that was set",
        better="lower",
        command=_COMMAND,
    )


def _report(path: Path, folder: Path) -> list[str]:
    """All figures, the maps and the page; slices are left out, since the peer ranks none and drafts no contract."""
    page = ["--html", str(folder / "report.html")]
    return [sys.executable, "-c", _OURS, "discover", str(path), *page, "--no-slices", "--json"]


def _counted(folder: Path) -> dict[str, int]:
    """What the report says, in the words that pm4py's answer has."""
    report = json.loads((folder / "report.json").read_text())
    figures = report["figures"]
    return {
        "events": report["intake"]["events"],
        "cases": figures["overview"]["cases"],
        "follows": sum(edge["count"] for edge in figures["edges"]),
        "pairs": len(figures["edges"]),
        "variants": figures["overview"]["variants"],
        "rework": sum(one["again_cases"] for one in figures["activities"]),
    }


def _run(command: list[str]) -> Ran:
    """Run a process to its end; what it prints goes to `report.json` beside the log that it reads."""
    folder = Path(command[command.index("--html") + 1]).parent if "--html" in command else None
    with tempfile.TemporaryFile() as printed:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=printed, stderr=subprocess.DEVNULL, env=_ENVIRONMENT)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{command[:3]} ended with {process.returncode}")
        printed.seek(0)
        text = printed.read().decode()
    if folder is not None:
        (folder / "report.json").write_text(text)
    return Ran(
        printed=text,
        seconds=seconds,
        processor_s=used.ru_utime + used.ru_stime,
        memory_mb=used.ru_maxrss * 1024 / 1e6,
    )


def _words(ran: Ran) -> str:
    return f"{ran.seconds:.1f} s ({ran.processor_s:.1f} s of processor), {ran.memory_mb:,.0f} MB"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
