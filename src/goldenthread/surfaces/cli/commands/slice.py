"""`goldenthread slice`: suspend, resume."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from goldenthread.surfaces.cli.terminal import say

if TYPE_CHECKING:
    from goldenthread.record.ledger import Record


@click.group("slice")
def slice_group() -> None:
    """
    Stop a slice at once, and let it go on.

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
    Stop a slice: from now on nothing its agent does has effect. One owner or approver is enough.

    \b
    Example:
      goldenthread slice suspend intake --by lee@example.com --reason "wrong licences since noon"
    """
    from goldenthread.control.signing import suspend as suspend_slice
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        record = suspend_slice(place.desk(slice_name), place.keys(by), by=by, reason=reason)
    say(_words(record, f"{slice_name} is suspended: no action has effect", f"{slice_name} was suspended before"))


@slice_group.command()
@click.argument("slice_name", metavar="SLICE")
@click.option("--by", required=True, metavar="NAME", help="An owner of the slice; signs with their key.")
@click.option("--reason", required=True, help="Why; it stands on record.")
@click.pass_obj
def resume(home: str | None, slice_name: str, by: str, reason: str) -> None:
    """
    Let a suspended slice go on, at the level it had. Only its owner can.

    \b
    Example:
      goldenthread slice resume intake --by maya@example.com --reason "the licence list is mended"
    """
    from goldenthread.control.signing import resume as resume_slice
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        record = resume_slice(place.desk(slice_name), place.keys(by), by=by, reason=reason)
    say(_words(record, f"{slice_name} goes on", f"{slice_name} was not suspended"))


def _words(record: Record | None, done: str, nothing: str) -> str:
    return f"{nothing}; nothing was recorded." if record is None else f"{done} (record {record.chain}#{record.seq})."
