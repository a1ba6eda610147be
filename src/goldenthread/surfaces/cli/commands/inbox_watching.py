"""`goldenthread inbox approvers` and `clear`: whether people still look."""

from __future__ import annotations

import click

from goldenthread.surfaces.cli.terminal import emit, say


@click.command()
@click.argument("slice_name", metavar="[SLICE]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def approvers(home: str | None, slice_name: str | None, as_json: bool) -> None:
    """
    Show whether people still look: each approver, with checks caught, agreement, pace, weight and flag.

    \b
    Example:
      goldenthread inbox approvers refunds
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.views import approver_text
    from goldenthread.surfaces.views import approvers as read

    with opened(home) as place:
        view = read(place.desk(slice_name))
    if as_json:
        emit(view)
    else:
        say(*approver_text(view).splitlines())


@click.command()
@click.argument("approver")
@click.argument("slice_name", metavar="[SLICE]", required=False)
@click.option("--reason", required=True, help="What was found; it stands on record.")
@click.option("--as", "by", required=True, metavar="NAME", help="The owner who says so; signs with their key.")
@click.pass_obj
def clear(home: str | None, approver: str, slice_name: str | None, reason: str, by: str) -> None:
    """
    Clear a flagged approver: their approvals count again from here on. By an owner of the slice, not by themselves.

    \b
    Example:
      goldenthread inbox clear lee@example.com refunds --reason "was ill, and is back" --as maya@example.com
    """
    from goldenthread.control.approvals import clear as clear_flag
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        desk, keys = place.desk(slice_name), place.keys(by)
        clear_flag(desk, approver, reason, by=by, sign=keys.sign)
    say(f"{approver} is cleared in {desk.slice}. What they approved while flagged goes on counting nothing.")
