"""
A page's examples, worked as a reader would.

A page's blocks are worked from top to bottom in one empty folder. `yaml file=x.yaml` and `python file=x.py` write that
file; `python runnable` and `console runnable` run. In a console block each line that begins with `$ ` is a command, and
what follows is all that it prints; `...` stands for anything, and `<item>` for a word that later commands may use.
`needs=pydantic-ai` says that the page can be worked only where that framework is installed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from docs.pages import PAGES, Block, blocks

LIMIT_S = 240
WORKED = [page for page in PAGES if any("runnable" in block.info for block in blocks(page))]
_PLACEHOLDER = re.compile(r"<(?P<word>[a-z]+)>")


def needs(page: Path) -> set[str]:
    """The frameworks without which the page can't be worked, named as our extras are."""
    return {word.removeprefix("needs=") for block in blocks(page) for word in block.info if word.startswith("needs=")}


def work(page: Path, folder: Path) -> None:
    """Write and run all that the page shows, in the folder; what is printed must be what the page says."""
    words: dict[str, str] = {}
    for block in blocks(page):
        if block.file:
            (folder / block.file).write_text(block.text, encoding="utf-8")
        if "runnable" in block.info:
            _work(block, folder, words)


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
