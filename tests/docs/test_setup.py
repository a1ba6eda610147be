from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from docs.pages import ROOT

SCRIPT = ROOT / "requirements" / "make-venv"
BARE = """\
#!/bin/sh
# A Python without ensurepip and without pip, as a bare Debian has it.
case "$*" in
    *ensurepip*|*"pip --version"*) exit 1 ;;
esac
exec {python} "$@"
"""


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A PATH with the few programs that the script needs, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "dirname", "rm"):
        (folder / name).symlink_to(shutil.which(name) or name)
    return folder


def _make(path: Path, target: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPT, target], env={"PATH": str(path), **settings}, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_machine_without_python_is_told_what_to_install(bare: Path, tmp_path: Path) -> None:
    """The first command of a newcomer must end in words that help, whatever their machine lacks."""
    done = _make(bare, tmp_path / "venv")
    assert done.returncode == 1
    assert done.stderr == (
        "python-missing: No Python 3.11 or newer was found; goldenthread needs one. Install it (on Debian and Ubuntu: "
        "apt install python3 python3-venv), or name one: make PYTHON=/path/to/python.\n"
    )


def test_a_python_that_was_named_and_does_not_fit_is_refused(bare: Path, tmp_path: Path) -> None:
    """Taking another Python than the one that was asked for would surprise."""
    done = _make(bare, tmp_path / "venv", PYTHON="/bin/false")
    assert done.returncode == 1
    assert done.stderr == (
        "python-unfit: PYTHON=/bin/false is not a Python 3.11 or newer with the module venv. Name another, or none.\n"
    )


def test_a_python_that_can_install_nothing_is_named(bare: Path, tmp_path: Path) -> None:
    """Debian keeps ensurepip in a package of its own, so this is the likeliest thing that a fresh machine lacks."""
    python = bare / "python3"
    python.write_text(BARE.format(python=sys.executable), encoding="utf-8")
    python.chmod(0o755)
    done = _make(bare, tmp_path / "venv")
    assert done.returncode == 1
    assert done.stderr == (
        f"pip-missing: {python} has neither ensurepip nor pip, so nothing can be installed with it. "
        "On Debian and Ubuntu: apt install python3-venv. Or name another Python: make PYTHON=/path/to/python.\n"
    )
    assert not (tmp_path / "venv").exists()
