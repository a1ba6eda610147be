"""An import that says how many units are durable, until it is killed."""

from __future__ import annotations

import sys
from pathlib import Path

from goldenthread.record.telemetry import Pace
from record.imports.taken import Taken

if __name__ == "__main__":
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    Taken(Path(sys.argv[1]), Path(sys.argv[2]), pace=Pace(piece_rows=2000))
    sys.stdout.write("done\n")
