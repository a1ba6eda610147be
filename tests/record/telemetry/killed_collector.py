"""A collector that says which spans it was told are durable, one id a line, until it is killed."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

from goldenthread.record.telemetry import Body, Pace
from record.telemetry.emitted import collecting, request, span

if __name__ == "__main__":
    chance = random.Random(os.getpid())
    with collecting(Path(sys.argv[1]), pace=Pace(piece_rows=300)) as collector:
        while True:
            ids = [chance.randbytes(8) for _ in range(20)]
            bodies = [request(*(span(id=id, trace=chance.randbytes(16)) for id in ids[part::4])) for part in range(4)]
            done = [collector.submit(Body(octets=body)) for body in bodies]
            for part, future in enumerate(done):
                assert future.result(timeout=30).taken == len(ids[part::4])
                sys.stdout.write("".join(f"{id.hex()}\n" for id in ids[part::4]))
                sys.stdout.flush()
