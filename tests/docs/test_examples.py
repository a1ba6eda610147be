"""
Every example in the pages does what the page says.

A page's blocks are worked from top to bottom in one empty folder. `yaml file=x.yaml` and `python file=x.py` write that
file; `python runnable` and `console runnable` run. In a console block each line that begins with `$ ` is a command, and
what follows is all that it prints; `...` stands for anything, and `<item>` for a word that later commands may use.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs.pages import PAGES, ROOT, Block, blocks
from goldenthread.promise.contract import parse_contract

LIMIT_S = 240
CONTRACTS = [block for page in PAGES for block in blocks(page) if "kind: AgentImpactContract" in block.text]
_PLACEHOLDER = re.compile(r"<(?P<word>[a-z]+)>")
WORKED = [page for page in PAGES if any("runnable" in block.info for block in blocks(page))]


@pytest.mark.parametrize("block", CONTRACTS, ids=str)
def test_every_contract_in_the_pages_parses(block: Block) -> None:
    """People copy the first contract they see."""
    assert parse_contract(block.text, str(block)).slice


@pytest.mark.parametrize("page", WORKED, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_example_runs_and_prints_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    """An example that fails costs the reader the trust in all others."""
    words: dict[str, str] = {}
    for block in blocks(page):
        if block.file:
            (tmp_path / block.file).write_text(block.text, encoding="utf-8")
        if "runnable" in block.info:
            _work(block, tmp_path, words)


def _work(block: Block, folder: Path, words: dict[str, str]) -> None:
    """Run a block; what its placeholders stand for is added to `words`."""
    if block.language == "python":
        printed = _run(["python", block.file or "-"], folder, None if block.file else block.text)
        assert printed == "", f"{block} printed, and the page doesn't show it"
    for command, expected in _steps(block.text) if block.language == "console" else ():
        meant = _PLACEHOLDER.sub(lambda found: words.get(found["word"], found[0]), command)
        printed = _run(["sh", "-c", meant], folder)
        fits = re.fullmatch(_pattern(expected), printed.strip(), re.DOTALL)
        assert fits, f"{block}: `{meant}` printed\n{printed}\nand the page says\n{expected}"
        words.update(fits.groupdict())


def _steps(text: str) -> list[tuple[str, str]]:
    """Commands with what they print; a backslash at the end of a line carries a command on."""
    parts = re.split(r"^\$ ((?:.*\\\n)*.*)\n", text, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def _pattern(expected: str) -> str:
    """A regular expression for what the page shows; widths of columns are not held against it."""
    parts = re.split(r"(\.\.\.|<[a-z]+>)", expected.strip())
    return "".join(_part(part) for part in parts)


def _part(part: str) -> str:
    if part == "...":
        return ".*?"
    if placeholder := _PLACEHOLDER.fullmatch(part):
        return f"(?P<{placeholder['word']}>[^\\s,]+)"
    return re.sub(r"(?:\\ )+", " +", re.escape(part))


def _run(command: list[str], folder: Path, given: str | None = None) -> str:
    """What a command prints that ends with 0; its home is in the folder, whatever the machine has."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GOLDENTHREAD_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{own.get('PATH', '')}"
    places = {"GOLDENTHREAD_HOME": str(folder / ".goldenthread"), "XDG_CACHE_HOME": str(folder / ".cache")}
    environment = {**own, **places, "PATH": path, "COLUMNS": "120"}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        input=given or "",
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout
