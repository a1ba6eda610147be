from __future__ import annotations

import click

from docs.cli_reference import _commands, reference
from docs.pages import DOCS
from goldenthread.surfaces.cli import application


def test_cli_page_is_what_the_commands_say() -> None:
    """The page is made by `make docs`; a command that changed without it would be documented wrongly."""
    assert (DOCS / "reference" / "cli.md").read_text(encoding="utf-8") == reference()


def test_every_command_explains_itself_with_an_example() -> None:
    """`--help` is where most people look first, and an example is what most of them copy."""
    silent = [
        " ".join(words)
        for words, command in _commands(("goldenthread",), application)
        if not command.help or "Example:" not in command.help
    ]
    assert silent == []


def test_every_option_says_what_it_does() -> None:
    """An option without help is a riddle."""
    silent = [
        f"{' '.join(words)} {option.opts[0]}"
        for words, command in _commands(("goldenthread",), application)
        for option in command.params
        if isinstance(option, click.Option) and not option.hidden and not option.help
    ]
    assert silent == []
