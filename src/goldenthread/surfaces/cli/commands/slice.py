"""`goldenthread slice`: suspend, resume. Other words for `stop slice` and `lift`."""

from __future__ import annotations

import click

from goldenthread.surfaces.cli.terminal import say


@click.group("slice")
def slice_group() -> None:
    """
    Stop a slice and let it go on; the same as stop and lift.

    \b
    Example:
      goldenthread slice suspend intake --by lee@example.com --reason "wrong licences since noon"
    """


@slice_group.command()
@click.argument("slice_name", metavar="SLICE")
@click.option("--by", required=True, metavar="NAME", help="An owner or approver of the slice; signs with their key.")
@click.option("--reason", required=True, help="Why; it stands on record.")
@click.pass_obj
def suspend(home: str | None, slice_name: str, by: str, reason: str) -> None:
    """
    Stop a slice: from now on nothing its agent does has effect. One person is enough; the same as `stop slice`.

    \b
    Example:
      goldenthread slice suspend intake --by lee@example.com --reason "wrong licences since noon"
    """
    from goldenthread.surfaces.cli.commands.stop import stop_words, stopped
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        record = stopped(place, place.chosen(slice_name), by, reason)
    say(stop_words(record, f"{slice_name} is stopped", by))


@slice_group.command()
@click.argument("slice_name", metavar="SLICE")
@click.option("--by", required=True, metavar="NAME", help="An owner or approver of the slice; signs with their key.")
@click.option("--reason", required=True, help="Why; it stands on record.")
@click.pass_obj
def resume(home: str | None, slice_name: str, by: str, reason: str) -> None:
    """
    Say that a slice may go on, at the level it had. The first person asks, a second one lets it go on.

    The same as `lift` for every stop of the whole slice; one of the two people is its owner. What is stopped
    everywhere, or only a tool, is lifted with `lift`.

    \b
    Example:
      goldenthread slice resume intake --by maya@example.com --reason "the licence list is mended"
    """
    from goldenthread.surfaces.cli.commands.stop import lift_words, lifted
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        stops = [one for one in place.desk(slice_name).standing().stops.in_force if one.tool is None]
        words = [lift_words(lifted(place, one.id, by, reason), by) for one in stops]
    say(*(words or [f"{slice_name} was not stopped; nothing was recorded."]))
