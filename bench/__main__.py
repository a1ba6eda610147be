"""`python -m bench [NAME...]`: measure, and print the table. `--list` names what there is."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from bench.machine import machine
from bench.registry import Registry, found
from bench.table import Row, render


def main(arguments: Sequence[str], registry: Registry | None = None) -> int:
    """Run what was asked for; 0, or 2 where there is no benchmark of a name."""
    known = registry or found()
    if "--list" in arguments:
        print("\n".join(known.known))
        return 0
    try:
        chosen = list(known.chosen(arguments))
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 2
    rows: list[Row] = []
    for entry in chosen:
        print(f"measuring {entry.name}", file=sys.stderr)
        rows.extend(entry.measure())
    print(machine())
    print(render(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
