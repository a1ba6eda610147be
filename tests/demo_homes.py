"""The demo's home, made once for all processes of a run of tests; whoever needs it works on a copy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from goldenthread.record.store import exclusive

DEMO = ["-m", "goldenthread.products.open_source_intake"]
COMMAND = ["-c", "from goldenthread.surfaces.cli import main; main()"]
SHARED = "GOLDENTHREAD_TESTS_SHARED"
"""Names the folder that all processes of a run of tests share (see conftest.py)."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """A demo that was told to its end: its home, asleep, and what it said."""

    home: Path
    story: str


def told_demo() -> Told:
    """The demo of this run of tests: told by whoever asks first."""
    shared = Path(os.environ[SHARED])
    place, story = shared / "demo" / "home", shared / "demo.txt"
    with exclusive(shared / "demo.lock", timeout_s=400):
        if not story.exists():
            shutil.rmtree(place.parent, ignore_errors=True)
            place.parent.mkdir(mode=0o755)
            said = run_in(place, *DEMO, "demo", "--no-serve", "--live", "20")
            story.write_text(said, encoding="utf-8")
    return Told(home=place, story=story.read_text(encoding="utf-8"))


@contextmanager
def copied_demo() -> Iterator[Told]:
    """A copy of the demo's home, to work in; every OS user can get to it, as root's database needs."""
    told = told_demo()
    folder = Path(tempfile.mkdtemp(prefix="goldenthread-demo-"))
    folder.chmod(0o755)
    try:
        _copy(told.home, folder / "home")
        yield Told(home=folder / "home", story=told.story)
    finally:
        shutil.rmtree(folder)


def run_in(home: Path, *words: str) -> str:
    """The output of a Python program in a demo's home; it must end well."""
    ended = subprocess.run(
        [sys.executable, *words],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def environment(home: Path) -> dict[str, str]:
    """Ours, with the demo's home, its own database, and boundaries kept as people keep them."""
    ours = {name: value for name, value in os.environ.items() if name != "GOLDENTHREAD_DATABASE_URL"}
    return {**ours, "GOLDENTHREAD_HOME": str(home), "GOLDENTHREAD_CACHE": str(home.parent / "cache")}


def _copy(home: Path, to: Path) -> None:
    """With its owners: as root, the database's files are another OS user's."""
    shutil.copytree(home, to, symlinks=True)
    if os.geteuid() == 0:
        for file in (home, *home.rglob("*")):
            own = file.lstat()
            os.chown(to / file.relative_to(home), own.st_uid, own.st_gid, follow_symlinks=False)
