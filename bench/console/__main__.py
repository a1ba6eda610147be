"""
`python -m bench.console [--runs 100000 1000000 10000000] [--slices 200] [--home FOLDER]`: print the figures.

A year of runs is made up, in chains whose hashes hold; what pages keep of them is worked out once, as `goldenthread up`
does in the background; then a server in a process of its own is asked for every page, as somebody who is let in.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench.console.asking import Asked, Browser, ask_pages, last_but_a_twentieth, sizes
from bench.console.home import opened, served
from bench.console.made import BEGAN, Clock, facts_of, make_store
from bench.console.painting import first_paints
from bench.machine import machine
from bench.table import Figure, Row, render
from goldenthread.record.digests import keep_digest, load_digest
from goldenthread.record.ledger import Ledger
from goldenthread.surfaces.making import Maker
from goldenthread.surfaces.opening import open_ledger
from goldenthread.surfaces.views import KEPT, code_version

WORKED_OUT = 5
"""Slices whose views are worked out from all of their cases."""

_COMMAND = "make bench-console"


def main(arguments: list[str]) -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--slices", type=int, default=200)
    parser.add_argument("--home", type=Path, help="Measure this one, which an earlier call made, or make it there.")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.serve is not None:
        return _serve(chosen.serve)
    print(machine())
    rows: list[Row] = []
    for runs in chosen.runs:
        with tempfile.TemporaryDirectory(prefix="goldenthread-bench-", dir="/var/tmp") as folder:
            Path(folder).chmod(0o711)  # its database runs as another user where this one is root
            rows += _at(chosen.home or Path(folder) / "home", runs, chosen.slices)
    print(render(rows))
    return 0


def _at(home: Path, runs: int, slices: int) -> list[Row]:
    if not home.exists():
        _make(home, runs, slices)
    with opened(home) as (ledger, _):
        began = time.perf_counter()
        made = _keep_views(ledger)
        took = time.perf_counter() - began
        print(f"{runs:,} runs: views of {made} slices worked out in {took:.0f} s; the others' are copies of these")
        server = subprocess.Popen(
            [sys.executable, "-m", "bench.console", "--serve", str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert server.stdout is not None
        assert server.stdin is not None
        told = json.loads(server.stdout.readline())
        browser = Browser(told["port"], told["token"])
        asked = ask_pages(browser, ledger, slices)
        paints = first_paints(told["port"], browser.cookie, ["/", "/slices/slice-003", "/slices/slice-003/cases"])
        server.stdin.close()
        memory_mb = json.loads(server.stdout.readline())["memory_mb"]
        server.wait()
    print(sizes(asked))
    return _rows(asked, paints, memory_mb, f"{runs:,} runs, {slices} slices")


def _keep_views(ledger: Ledger) -> int:
    """
    What the maker keeps of a few slices, and copies of it for the others: all slices are made alike, and a page takes
    as long to show what was copied.
    """
    maker, store = Maker(ledger), ledger.store
    due = sorted(maker.due())
    made = [name for name in due[:WORKED_OUT] if maker.make(name)]
    heads = ledger.heads()
    for kept in KEPT.values() if made else ():
        (one,) = load_digest(store, code_version(), kept.name, made[:1]).values()
        for name in due[WORKED_OUT:]:
            content = one.content.replace(one.chain.encode(), name.encode())
            mark = replace(one.mark, head=heads[name].seq)
            keep_digest(store, replace(one, chain=name, content=content, mark=mark))
    return len(made)


def _make(home: Path, runs: int, slices: int) -> None:
    began = time.perf_counter()
    real, clock = open_ledger(home), Clock(BEGAN)
    try:
        ledger = Ledger(real.store, real.vault, clock)
        make_store(ledger, clock, runs, slices)
        with ledger.store.session() as connection:
            size = connection.execute("select pg_database_size(current_database())").fetchone()
    finally:
        real.store.close()
    facts_of(home / "metrics", runs)
    octets = size[0] / 1e9 if size is not None else 0.0
    print(f"{runs:,} runs in {slices} slices made in {time.perf_counter() - began:.0f} s: {octets:.1f} GB")


def _rows(asked: list[Asked], paints: list[float], memory_mb: float, of: str) -> list[Row]:
    slowest = max(asked, key=lambda one: one.p95_ms)
    late = max(asked, key=lambda one: one.first_p95_ms)
    heaviest = max(asked, key=lambda one: one.octets)
    every = last_but_a_twentieth(time_ms for one in asked for time_ms in one.times_ms)
    return [
        _row(f"slowest page's p95, {slowest.address}, {of}", slowest.p95_ms, 100.0, "ms"),
        _row(
            f"slowest page's p95 at the first look from the disk, {late.address}, {of}", late.first_p95_ms, 100.0, "ms"
        ),
        _row(f"p95 of all {len(asked)} pages together, {of}", every, 100.0, "ms"),
        _row(f"heaviest page, {heaviest.address}, {of}", heaviest.octets / 1000, 300.0, "kB"),
        _row(f"slowest first paint in Chromium, {of}", max(paints, default=None), 1000.0, "ms"),
        _row(f"memory of the server, {of}", memory_mb, 1000.0, "MB"),
    ]


def _row(what: str, value: float | None, limit: float, unit: str) -> Row:
    return Row(
        what=what,
        ours=Figure(value=value, unit=unit),
        beside=Figure(value=limit, unit=unit),
        against="the limit at ten million runs",
        better="lower",
        command=_COMMAND,
    )


def _serve(home: Path) -> int:
    """In a process of its own: serve until the input ends, then say what it took."""
    import resource

    with opened(home) as (ledger, _), served(ledger, home / "metrics") as console:
        console.warmer.done.wait(600)
        print(json.dumps({"port": console.port, "token": console.token}), flush=True)
        sys.stdin.buffer.read()
    print(json.dumps({"memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
