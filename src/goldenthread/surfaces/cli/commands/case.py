"""`goldenthread case`: list, erase."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from goldenthread.surfaces.cli.arguments import call
from goldenthread.surfaces.cli.terminal import emit, moment, say, table

if TYPE_CHECKING:
    from goldenthread.surfaces.views import CaseView

STATUSES = ("open", "waiting", "done", "drafted", "shadow", "denied", "escalated", "fault", "superseded", "erased")
"""As in `surfaces.views`, which help does not load."""


@click.group()
def case() -> None:
    """
    List the cases of a slice; erase one.

    \b
    Example:
      goldenthread case list open-source-intake
    """


@case.command("list")
@click.argument("slice_name", metavar="[SLICE]", required=False)
@click.option("--status", type=click.Choice(STATUSES), metavar="STATUS", help=f"Only these: {', '.join(STATUSES)}.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="The newest so many.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_cases(home: str | None, slice_name: str | None, status: str | None, limit: int, as_json: bool) -> None:
    """
    List cases, newest first, with what became of them.

    \b
    Example:
      goldenthread case list open-source-intake --status waiting
    """
    from goldenthread.surfaces.cli.place import opened
    from goldenthread.surfaces.views import case_page

    with opened(home) as place:
        page = case_page(place.desk(slice_name), limit=limit, status=status)
    if as_json:
        emit(page)
    elif not page.cases:
        say(f"No {status} case." if status else "No case yet.")
    else:
        table(("case", "state", "level", "source", "proposal", "agrees", "started"), [_row(one) for one in page.cases])
        if page.after is not None:
            total = page.counts.get(status, 0) if status else sum(page.counts.values())
            say("", f"These are the newest {len(page.cases)} of {total:,}. See more with --limit.")


@case.command()
@click.argument("slice_name", metavar="SLICE")
@click.argument("name", metavar="CASE")
@click.option("--by", required=True, metavar="NAME", help="The slice's owner, a data owner or an administrator.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where no terminal is there to ask at.")
@click.pass_obj
def erase(home: str | None, slice_name: str, name: str, by: str, yes: bool) -> None:
    """
    Erase the content of a case for good: the key to it is destroyed.

    The records of the case stay and still verify; what they said of it can no longer be read. May be repeated.

    \b
    Example:
      goldenthread case erase open-source-intake click-8.1 --by maya@example.com
    """
    if not yes and not sys.stdin.isatty():
        raise click.UsageError(
            f"Missing option '--yes': this would erase case '{name}' of '{slice_name}' for good, and there is no "
            "terminal to ask at. Nothing was erased."
        )
    from goldenthread.control.signing import erase_case
    from goldenthread.surfaces.cli.place import opened

    with opened(home) as place:
        desk = place.desk(slice_name)
        place.keys(by)  # Whoever says so must have the key of that name.
        if not yes:
            click.confirm(f"Erase case '{name}' of '{slice_name}' for good?", abort=True)
        record = erase_case(desk, name, by=by)
    if record is None:
        say(f"Case {name} was erased before; nothing was recorded.")
    else:
        say(f"Case {name} is erased (record {record.chain}#{record.seq}). Its records still verify.")
        say("Backups of the vault that hold its key must be destroyed too.")


def _row(one: CaseView) -> list[object]:
    return [
        one.case.words,
        one.words,
        one.level,
        one.source,
        _proposal(one),
        {True: "yes", False: "no", None: ""}[one.agreement],
        moment(one.started_at),
    ]


def _proposal(one: CaseView) -> str:
    if one.proposal is None:
        return f"refused: {one.refused[-1].words}" if one.refused else ""
    first = one.actions[0]
    if not one.proposal.kept or not isinstance(first.arguments.value, dict):
        return one.proposal.words
    return call(first.name, first.arguments.value)
