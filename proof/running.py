"""Runs sections, several at a time where there are several cores, and gives their figures in the order asked for."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from proof.registry import Run, Section, found
from proof.table import Figure


def measure(section: Section, run: Run) -> list[Figure]:
    """The figures of one section, here and now; how long they took goes to the error stream."""
    started = time.perf_counter()
    figures = list(section.measure(run))
    print(f"measured {section.name} in {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    return figures


def measure_here(sections: Sequence[Section], run: Run) -> Iterator[tuple[str, list[Figure]]]:
    """One section after the other, in this process."""
    return ((section.name, measure(section, run)) for section in sections)


def measure_apart(sections: Sequence[Section], run: Run, jobs: int) -> Iterator[tuple[str, list[Figure]]]:
    """Several sections at a time, each in a process of its own, which finds it again by its name."""
    names = [section.name for section in sections]
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as workers:
        yield from zip(names, workers.map(partial(_measure_by_name, run=run), names), strict=True)


def _measure_by_name(name: str, run: Run) -> list[Figure]:
    return measure(found().known[name], run)
