"""Makes docs/reference/cli.md from the commands: `python tests/docs/cli_reference.py docs/reference/cli.md`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from goldenthread.surfaces.cli import application

NAME = "goldenthread"
_HEAD = """\
# Commands

Made from the commands themselves by `make docs`; a test holds the two together.

Every command ends with 0 when it did what it says, with 1 and one line `code: what failed. Next step.` when it did
not ([errors](../errors.md)), and with 2 when it was not called as shown here.
"""


def reference() -> str:
    """The whole page."""
    sections = [_section(words, command) for words, command in _commands((NAME,), application)]
    return "\n".join([_HEAD, *sections])


def _commands(words: tuple[str, ...], command: click.Command) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not command.hidden:
        yield words, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=words[-1])
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _commands((*words, name), child)


def _section(words: tuple[str, ...], command: click.Command) -> str:
    context = click.Context(command, info_name=" ".join(words))
    usage = " ".join([" ".join(words), *command.collect_usage_pieces(context)])
    text, _, example = inspect.cleandoc(command.help or "").partition("\b\nExample:\n")
    lines = [f"## `{' '.join(words)}`", "", _flowing(text), "", "```text", usage, "```", ""]
    if options := _options(command, context):
        lines += ["| option | what |", "| --- | --- |", *options, ""]
    if example:
        lines += ["```text", inspect.cleandoc(example), "```", ""]
    return "\n".join(lines)


def _flowing(text: str) -> str:
    paragraphs = text.replace("\b", "").strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _options(command: click.Command, context: click.Context) -> list[str]:
    records = [
        parameter.get_help_record(context)
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.hidden
    ]
    return [f"| `{_escaped(left)}` | {_escaped(right)} |" for left, right in filter(None, records)]


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
    print(f"Wrote {sys.argv[1]}.")
