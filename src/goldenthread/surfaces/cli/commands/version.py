"""`goldenthread version`."""

from __future__ import annotations

import click


@click.command()
def version() -> None:
    """
    Print the version.

    \b
    Example:
      goldenthread version
    """
    from goldenthread import __version__

    click.echo(f"goldenthread {__version__}")
