"""`python -m proof [--quick] [--jobs N] [NAME...]`: measure, print every figure; non-zero if one falls outside."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from proof.registry import Registry, Run, Section, found
from proof.table import Figure, render, summary

HOLDS, OUTSIDE, MISUSED = 0, 1, 2


def main(arguments: Sequence[str], registry: Registry | None = None) -> int:
    """Run what was asked for; 0, 1 where a figure falls outside, 2 where there is no section of a name."""
    asked = _parser().parse_args(arguments)
    known = registry or found()
    if asked.list:
        print("\n".join(known.known))
        return HOLDS
    try:
        chosen = list(known.chosen(asked.names))
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return MISUSED
    run, outside, total = Run(quick=asked.quick), [], 0
    # A registry handed in is of this process alone; only what a new process can find again is shared out.
    for section, found_figures in _measured(chosen, run, asked.jobs if registry is None else 1):
        print(render(section, found_figures), end="\n\n", flush=True)
        total += len(found_figures)
        outside += [f"{section}: {figure.name}" for figure in found_figures if not figure.inside]
    print(summary(outside, total))
    return OUTSIDE if outside or not total else HOLDS


def measure(section: Section, run: Run) -> list[Figure]:
    """The figures of one section, here and now; how long they took goes to the error stream."""
    started = time.perf_counter()
    figures = list(section.measure(run))
    print(f"measured {section.name} in {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    return figures


def _measured(chosen: Sequence[Section], run: Run, jobs: int) -> Iterator[tuple[str, list[Figure]]]:
    if jobs <= 1 or len(chosen) < 2:
        yield from ((section.name, measure(section, run)) for section in chosen)
        return
    names = [section.name for section in chosen]
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as workers:
        yield from zip(names, workers.map(partial(_measure_by_name, run=run), names), strict=True)


def _measure_by_name(name: str, run: Run) -> list[Figure]:
    return measure(found().known[name], run)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m proof", description="Every figure of evidence.md, measured again.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="sections; all, if none is named")
    parser.add_argument("--quick", action="store_true", help="fewer agents, wider ranges: the part that runs in CI")
    parser.add_argument("--list", action="store_true", help="name the sections, measure nothing")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="sections at a time (default: cores)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
