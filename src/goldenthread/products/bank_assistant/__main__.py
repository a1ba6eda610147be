"""`python -m goldenthread.products.bank_assistant`: two runs behind the guard, in a home that is thrown away."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import goldenthread
from goldenthread.products.bank_assistant import demo
from goldenthread.surfaces.cli import end_in_order


def main() -> None:
    """Tell the story."""
    with tempfile.TemporaryDirectory(prefix="goldenthread-bank-") as folder:
        Path(folder).chmod(0o755)  # as root the database runs as another OS user, which must get through
        demo.play(Path(folder) / "home")


if __name__ == "__main__":
    end_in_order()
    try:
        main()
    except goldenthread.GoldenthreadError as problem:
        sys.exit(str(problem))
