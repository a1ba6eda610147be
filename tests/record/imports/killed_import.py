"""An import that takes its time towards the end, so that it can be killed before it is done."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from goldenthread.record.imports.model import Unit
from goldenthread.record.imports.plan import Plan
from goldenthread.record.telemetry import Pace
from record.imports.taken import Taken

_UNITS = Plan.units
_AT_EASE = 4_000


def slowly(plan: Plan, skip: int = 0) -> Iterator[Unit]:
    """The file's units, the later ones a fiftieth of a second apart."""
    for number, unit in enumerate(_UNITS(plan, skip)):
        if number > _AT_EASE:
            time.sleep(0.02)
        yield unit


if __name__ == "__main__":
    Plan.units = slowly  # type: ignore[assignment]
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    Taken(Path(sys.argv[1]), Path(sys.argv[2]), pace=Pace(piece_rows=2000))
    sys.stdout.write("done\n")
