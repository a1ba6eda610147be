"""`goldenthread inbox`: what waits for people, and their answers."""

from __future__ import annotations

import click

from goldenthread.surfaces.cli.commands import inbox_answering, inbox_passing, inbox_watching
from goldenthread.surfaces.cli.commands.inbox_checks import checks
from goldenthread.surfaces.cli.commands.inbox_found import ID, opened_page
from goldenthread.surfaces.cli.commands.inbox_page import page_lines, print_items, print_signatures
from goldenthread.surfaces.cli.terminal import emit, moment, say, table


@click.group()
def inbox() -> None:
    """
    Answer what waits for people: approvals, blind questions, escalations, effects in doubt.

    An item is named by its id or by its first digits.

    \b
    Example:
      goldenthread inbox list
      goldenthread inbox show 3f9a
      goldenthread inbox approve 3f9a --as lee@example.com
    """


@inbox.command("list")
@click.argument("slice_name", metavar="[SLICE]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_items(home: str | None, slice_name: str | None, as_json: bool) -> None:
    """
    List what waits, oldest first, in one slice or in all: with whom it is, and when it is due; then the signatures
    that people are asked for, with the command that gives each.

    \b
    Example:
      goldenthread inbox list open-source-intake
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.views import asked_for, waiting

    with opened(home) as place:
        slices = [place.chosen(slice_name)] if slice_name else place.slices()
        desks = [place.desk(name) for name in slices]
        items = [item for desk in desks for item in waiting(desk)]
        signatures = [one for desk in desks for one in asked_for(desk)]
    if as_json:
        emit([*items, *signatures])
        return
    if not items:
        say("The inbox is empty." if not signatures else "No item waits.")
    else:
        print_items(items, several=len(slices) > 1)
    if signatures:
        print_signatures(signatures)


@inbox.command()
@click.argument("item")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(home: str | None, item: str, as_json: bool) -> None:
    """
    Show an item: what is asked on which arguments exactly, why, on what grounds, what a yes would do, what people
    decided in past cases like it, and how to answer.

    \b
    Example:
      goldenthread inbox show 3f9a
    """
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        page = opened_page(place, item)
    if as_json:
        emit(page)
    else:
        say(*page_lines(page))


for _module in (inbox_answering, inbox_passing, inbox_watching):
    for _command in (one for one in vars(_module).values() if isinstance(one, click.Command)):
        inbox.add_command(_command)
inbox.add_command(checks)


@inbox.command("due")
@click.argument("slice_name", metavar="[SLICE]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_due(home: str | None, slice_name: str | None, as_json: bool) -> None:
    """
    List what came due and is not on record yet: reminders, times that are over, questions that expired.

    \b
    Example:
      goldenthread inbox due
    """
    from goldenthread.control.approvals import due
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        slices = [place.chosen(slice_name)] if slice_name else place.slices()
        found = [one for name in slices for one in due(place.desk(name))]
    if as_json:
        emit(found)
    elif not found:
        say("Nothing came due.")
    else:
        rows = [[one.item[:ID], one.kind, moment(one.at), one.to, one.passes_to] for one in found]
        table(["item", "what", "since", "with", "passes to"], rows)


@inbox.command()
@click.argument("slice_name", metavar="[SLICE]", required=False)
@click.pass_obj
def tick(home: str | None, slice_name: str | None) -> None:
    """
    Put on record what came due: reminders, times that are over, questions that expired, agents that people left alone.
    Safe at any time.

    What is due holds without it: nobody can say yes to what expired, whether or not it is on record.

    \b
    Example:
      goldenthread inbox tick
    """
    from goldenthread.control.approvals import tick as tick_slice
    from goldenthread.control.guard import tick_coverage
    from goldenthread.control.signing import tick_sign_offs
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        slices = [place.chosen(slice_name)] if slice_name else place.slices()
        desks = [place.desk(name) for name in slices]
        done = [tick_slice(desk) for desk in desks]
        for desk in desks:
            tick_coverage(desk)
            tick_sign_offs(desk)
    counts = [sum(getattr(one, name) for one in done) for name in ("reminded", "overdue", "expired")]
    say(f"Reminded: {counts[0]}. Overdue: {counts[1]}. Expired: {counts[2]}.")
