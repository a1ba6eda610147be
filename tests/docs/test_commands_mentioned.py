from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from docs.pages import PAGES, ROOT
from goldenthread.surfaces.cli import application

_COMMAND = re.compile(r"^(?:\$ )?goldenthread (?P<words>[a-z][^\n|]*)", re.MULTILINE)
_FENCED = re.compile(r"^```(?:sh|console|text)[^\n]*\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
_QUOTED = re.compile(r"`(?P<text>goldenthread [^`\n]+)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_in_the_pages_exists_with_its_options(page: Path) -> None:
    """A command that the page names and the program does not know is a promise broken at the first try."""
    text = page.read_text(encoding="utf-8")
    code = "\n".join(found["text"] for form in (_FENCED, _QUOTED) for found in form.finditer(text))
    mentioned = [found["words"] for found in _COMMAND.finditer(code)]
    assert [problem for words in mentioned if (problem := _problem(words))] == []


def _problem(words: str) -> str | None:
    command: click.Command = application
    parts = shlex.split(words, comments=True)
    while isinstance(command, click.Group) and parts and re.fullmatch(r"[a-z][a-z-]*", parts[0]):
        found = command.get_command(click.Context(command), parts[0])
        if found is None:
            return f"goldenthread {words}: no '{parts[0]}'"
        command, parts = found, parts[1:]
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    unknown = [part for part in parts if part.startswith("--") and part.split("=")[0] not in {*options, "--help"}]
    return f"goldenthread {words}: no {unknown[0]}" if unknown else None
