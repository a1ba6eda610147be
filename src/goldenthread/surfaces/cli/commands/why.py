"""`goldenthread why`."""

from __future__ import annotations

import click

from goldenthread.surfaces.cli.terminal import emit, say


@click.command()
@click.argument("action")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def why(home: str | None, action: str, as_json: bool) -> None:
    """
    Show why an action was allowed, or was not: from the business line down to its effect.

    ACTION is its id or the id's first digits; those of the inbox item that asks about it; or a case, for the newest
    action in it. Every part names its record as SLICE#NUMBER.

    \b
    Example:
      goldenthread why 3f9a
      goldenthread why debian/apt
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.views import thread, thread_text

    with opened(home) as place:
        found = thread(place.ledger, action)
    if as_json:
        emit(found)
    else:
        say(thread_text(found))
