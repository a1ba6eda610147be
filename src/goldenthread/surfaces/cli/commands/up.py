"""`goldenthread up`."""

from __future__ import annotations

import signal
from types import FrameType

import click

from goldenthread.surfaces.cli.terminal import say


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="By default any that is free.")
@click.option("--host", default="127.0.0.1", show_default=True, help="127.0.0.1, ::1 or localhost; nothing else.")
@click.option("--as", "name", metavar="NAME", help="Whom to act as to begin with; by default nobody.")
@click.pass_obj
def up(home: str | None, port: int, host: str, name: str | None) -> None:
    """
    Serve the console on this machine, until Ctrl-C.

    The address that is printed opens it once; from then on the browser is known.

    \b
    Example:
      goldenthread up --port 7007
      goldenthread up --as lee@example.com
    """
    from goldenthread.record.metrics import folder_of
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.console import serve
    from goldenthread.surfaces.making import made

    for ending in (signal.SIGINT, signal.SIGTERM):  # a shell's background job begins with Ctrl-C ignored
        signal.signal(ending, _stop)
    with (
        opened(home) as place,
        serve(
            place.ledger, host=host, port=port, facts=folder_of(place.home.path), home=place.home, name=name
        ) as console,
        made(place.ledger),
    ):
        say(f"The console is open, once, at {console.entry}", "Ctrl-C ends it.")
        console.run()
    say("The console has ended.")


def _stop(_number: int, _frame: FrameType | None) -> None:
    """Ended from outside is as good as Ctrl-C: what was opened is closed again."""
    raise KeyboardInterrupt
