"""`goldenthread inbox checks`: known cases, for checks to be made of."""

from __future__ import annotations

from pathlib import Path

import click

from goldenthread.surfaces.cli.terminal import say


@click.group()
def checks() -> None:
    """
    Known cases for checks: questions whose right answer is on record before anybody is asked.

    \b
    Example:
      goldenthread inbox checks add refunds known.jsonl --as expert@example.com
    """


@checks.command()
@click.argument("slice_name", metavar="SLICE")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "by", required=True, metavar="NAME", help="The expert who gives them; signs with their key.")
@click.pass_obj
def add(home: str | None, slice_name: str, file: Path, by: str) -> None:
    """
    Put known cases of a file on record, sealed.

    One JSON object a line: case, given, action, arguments, right (approve or reject), because, and wrong: the
    arguments that an edit may mend.

    \b
    Example:
      goldenthread inbox checks add refunds known.jsonl --as expert@example.com
    """
    from goldenthread.control.approvals import add_known
    from goldenthread.control.vigilance import read_known
    from goldenthread.promise.errors import ChecksInvalid
    from goldenthread.surfaces.cli.place import opened

    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ChecksInvalid(f"{file} is no text in UTF-8 ({error.reason}). Write one JSON object a line.") from None
    known = read_known(lines, str(file))
    with opened(home) as place:
        new = add_known(place.desk(slice_name), known, by, place.keys(by).sign)
    before = len(known) - new
    again = f" {before} stood on record before." if before else ""
    say(f"{new} known {'case is' if new == 1 else 'cases are'} on record for checks of {slice_name}.{again}")
