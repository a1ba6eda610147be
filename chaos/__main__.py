"""`python -m chaos [--runs N | --minutes M] [--seed S] [--postgres FOLDER]`: harm the products, then judge."""

from __future__ import annotations

import argparse
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from chaos.table import render
from chaos.trial import Trial, Wanted


def main(arguments: Sequence[str]) -> int:
    """0 if everything held and everything was tried; 1 otherwise."""
    reader = argparse.ArgumentParser(prog="chaos", description=__doc__)
    reader.add_argument("--runs", type=int, help="so many cases")
    reader.add_argument("--minutes", type=float, help="so long, building and judging included")
    reader.add_argument("--seed", type=int, help="of the schedule of faults and of the cases; drawn if not given")
    reader.add_argument("--keep", type=Path, help="a new folder for the scene, which stays")
    reader.add_argument(
        "--postgres", type=Path, help="the folder of a PostgreSQL's programs; not given: the embedded one"
    )
    given = reader.parse_args(arguments)
    for ending in (signal.SIGINT, signal.SIGTERM):  # a shell's background job begins with Ctrl-C ignored
        signal.signal(ending, _stop)
    seed = given.seed if given.seed is not None else secrets.randbelow(10**9)
    wanted = Wanted(runs=given.runs, minutes=given.minutes if given.minutes or given.runs else 2.0, seed=seed)
    folder = given.keep or Path(tempfile.mkdtemp(prefix="goldenthread-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # as root the database runs as another user, which must get through
    print(f"seed {seed}; the scene is in {folder}", flush=True)
    began = time.monotonic()
    outcome = Trial(folder, wanted, given.postgres).play()
    print(render(outcome, time.monotonic() - began))
    if not outcome.ok:
        print(f"Not everything held. The scene stays in {folder}; `--seed {seed}` draws the same faults again.")
        return 1
    if given.keep is None:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _stop(_number: int, _frame: FrameType | None) -> None:
    """Ended from outside, it leaves nothing running either."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
