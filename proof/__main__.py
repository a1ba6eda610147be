"""`python -m proof [--quick] [--jobs N] [NAME...]`: measure, print every figure; non-zero if one falls outside."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from proof.registry import Registry, Run, found
from proof.running import measure_apart, measure_here
from proof.table import render, summary

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
    # A registry handed in is of this process alone; only what another process can find again is shared out.
    alone = registry is not None or asked.jobs <= 1 or len(chosen) < 2
    measured = measure_here(chosen, run) if alone else measure_apart(chosen, run, asked.jobs)
    for section, its_figures in measured:
        print(render(section, its_figures), end="\n\n", flush=True)
        total += len(its_figures)
        outside += [f"{section}: {figure.name}" for figure in its_figures if not figure.inside]
    print(summary(outside, total))
    return OUTSIDE if outside or not total else HOLDS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m proof", description="Every figure of evidence.md, measured again.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="sections; all, if none is named")
    parser.add_argument("--quick", action="store_true", help="fewer agents, wider ranges: the part that runs in CI")
    parser.add_argument("--list", action="store_true", help="name the sections, measure nothing")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="sections at a time (default: cores)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
